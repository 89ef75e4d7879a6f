//! Terraform as a program that is run where a stack was applied: destroy plans, the saved plan and no other, what it says.
//!
//! OpenTofu takes the same arguments and says the same lines. The environment of this process is passed on, but for what
//! would change which state is meant or how the program is called. A state lock is never forced.

mod apply;
mod diagnostic;
mod error;
mod mask;
mod plan;
mod root_module;
mod state;
mod state_lock;
mod stream;

pub use error::TerraformError;
pub use state_lock::StateLock;

pub(crate) use apply::RunningApply;
pub(crate) use diagnostic::Diagnostic;
pub(crate) use mask::Mask;
pub(crate) use plan::{Change, DestroyPlan};
pub(crate) use root_module::Terraform;
pub(crate) use state::{ManagedResource, State};
pub(crate) use stream::{Line, deleted};
