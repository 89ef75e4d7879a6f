//! Runs a provider in process and checks its responses against Core's rules.
//!
//! It makes the calls that Terraform makes, in the same order and through the same encoding: it
//! plans twice, reads the state back, and requires an empty plan after each apply.
//!
//! ```ignore
//! let harness = Harness::new(Jiti::default());
//! harness.configure(json!({ "ledger": path })).await?;
//!
//! let mut stack = harness.resource("jiti_stack");
//! stack.apply(json!({ "name": "checkout", "ttl": "8h" })).await?;
//! assert_eq!(stack.get("id"), json!("checkout"));
//!
//! let plan = stack.plan(json!({ "name": "other", "ttl": "8h" })).await?;
//! assert_eq!(plan.action(), PlannedAction::Replace);
//! stack.destroy().await?;
//! ```

mod acceptance;
mod config;
mod core;
mod harness;
mod identity;
mod instance;
mod invocation;
mod list;
mod opened;
mod planned_change;
mod variants;

pub use acceptance::Acceptance;
pub use config::unknown;
pub use harness::Harness;
pub use instance::Instance;
pub use invocation::{ActionPlan, Invocation};
pub use list::{Listed, ListedInstance, Query};
pub use opened::Opened;
pub use planned_change::PlannedChange;
