//! The identity of a stack is its name.

use tfplugin::{Context, Identify, Import, Model, Result, Value};

use super::stack::StackResource;
use super::stack_model::{StackModel, check_name};

/// What identifies a stack in a ledger.
#[derive(Clone, Debug, Model)]
pub(crate) struct StackIdentity {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
}

impl Identify for StackResource {
    type Identity = StackIdentity;

    fn identity(&self, stack: &StackModel) -> StackIdentity {
        StackIdentity {
            name: stack.name.clone(),
        }
    }

    async fn import_by_identity(
        &self,
        context: &mut Context,
        identity: StackIdentity,
    ) -> Result<StackModel> {
        self.import(context, identity.expect_name()?.clone()).await
    }
}
