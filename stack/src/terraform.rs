//! Runs Terraform where a stack was applied: it makes destroy plans, and applies the saved plan and
//! no other.
//!
//! OpenTofu takes the same arguments and prints the same lines. Terraform inherits this process's
//! environment, except for variables that would change which state is used or how the program runs.
//! jiti never forces a state lock.

mod address;
mod apply;
mod backend_block;
mod diagnostic;
mod error;
mod json_output;
mod mask;
mod plan;
mod planned_document;
mod programs;
mod root_module;
mod state;
mod state_lock;
mod stream;
#[cfg(test)]
mod test_fuzz;
mod variable;

/// The variable that is set when jiti runs Terraform. The provider then checks no limit: Terraform
/// plans the configuration before it destroys, and a teardown must always be possible.
pub const TEARDOWN_VARIABLE: &str = "JITI_TEARDOWN";

pub use error::TerraformError;
pub use json_output::json_document;
pub use mask::Mask;
pub use planned_document::{PlanSettings, planned_document};
pub use state_lock::StateLock;

pub(crate) use address::resource_type;
pub(crate) use apply::RunningApply;
pub(crate) use backend_block::BackendBlock;
pub(crate) use diagnostic::Diagnostic;
pub(crate) use plan::{Change, DestroyPlan};
pub(crate) use programs::{Programs, may_run};
pub(crate) use root_module::Terraform;
pub(crate) use state::{ManagedResource, State};
pub(crate) use stream::{Line, deleted};
