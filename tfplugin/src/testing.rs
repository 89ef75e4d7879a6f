//! Drives a provider in process, and holds its answers to Core's rules.
//!
//! The provider is called as Terraform calls it: the same messages, encoded and decoded, in the
//! same order, with a plan made twice, state read back, and a plan after apply that has to be empty.
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
//! assert_eq!(plan.action(), Action::Replace);
//! stack.destroy().await?;
//! ```

mod config;
mod core;
mod harness;
mod instance;
mod planned;

pub use config::unknown;
pub use harness::Harness;
pub use instance::Instance;
pub use planned::PlannedChange;
