//! Managed resources: objects that a provider creates, reads, updates and deletes.

mod identify;
mod import;
mod list;
mod move_from;
mod plan;
mod upgrade;

use std::future::{self, Future};

pub use identify::{Identify, UpgradeIdentity};
pub use import::Import;
pub use list::{ListContext, ListResource};
pub use move_from::{MoveFrom, MoveSource};
pub use plan::{Plan, Plannable, PlannedAction};
pub use upgrade::{StoredState, Upgrade};

pub(crate) use list::{ListQuery, ListedObject};
pub(crate) use plan::Draft;

use crate::context::{ApplyContext, Context};
use crate::diag::Result;
use crate::model::Model;

/// A managed resource.
///
/// The SDK decides which state survives an error. A failed update or delete keeps the prior state,
/// and a failed create stores nothing. Call [`ApplyContext::save`] when the call has created or
/// changed a real object: an error later in the call then stores the saved state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a managed resource",
    label = "needs an implementation of `tfplugin::Resource`",
    note = "implement `type Client`, `type Model`, `NAME`, `new`, `create`, `read`, `update` and `delete`"
)]
pub trait Resource: Sized + Send + Sync + 'static {
    /// The provider's client.
    type Client;

    /// The model of the configuration, the plan and the state.
    type Model: Model;

    /// The type name with the provider's prefix, such as `jiti_stack`.
    const NAME: &'static str;

    /// The version of the schema, taken from the model: `#[model(version = 1)]`. Raise it when the
    /// shape of stored state changes, and implement [`Upgrade`].
    const VERSION: i64 = <Self::Model as Model>::VERSION;

    /// Creates the resource with the client of the configured provider.
    fn new(client: Self::Client) -> Self;

    /// Validates a whole configuration, after the validators of its attributes.
    ///
    /// There is no client, and values may be unknown. When a value is unknown and its field cannot
    /// hold an unknown, the SDK calls this only once the value is known.
    ///
    /// # Errors
    /// If the configuration is invalid.
    fn validate(context: &mut Context, config: &Self::Model) -> Result<()> {
        let _ = (context, config);
        Ok(())
    }

    /// Adjusts a plan, after the defaults and modifiers of its attributes.
    ///
    /// Terraform plans every create, update and destroy, and plans again during apply, when every
    /// configured value is known. Both plans must agree, so do not use the clock here.
    ///
    /// An error about an unknown value, such as from [`Plan::planned`] for a `Vec` of unknown
    /// blocks or from [`Value::expect_known`](crate::Value::expect_known), is not shown in the
    /// first plan: the SDK keeps the plan as far as it is, and this runs again when the value is
    /// known.
    ///
    /// # Errors
    /// If the change cannot be planned.
    fn plan(
        &self,
        context: &mut Context,
        plan: &mut Plan<'_, Self::Model>,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (context, plan);
        future::ready(Ok(()))
    }

    /// Creates the planned object and returns its model with every value known.
    ///
    /// Call [`ApplyContext::save`] as soon as the object exists. When a later step fails, Terraform
    /// stores the saved state and marks it tainted. Write-only values are in
    /// [`ApplyContext::config`].
    ///
    /// # Errors
    /// If the create failed. Terraform stores the saved state, if there is any.
    fn create(
        &self,
        context: &mut ApplyContext<'_, Self::Model>,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// Reads the object's current state; `None` when it no longer exists.
    ///
    /// # Errors
    /// If the state cannot be read. Terraform keeps the state it has.
    fn read(
        &self,
        context: &mut Context,
        state: Self::Model,
    ) -> impl Future<Output = Result<Option<Self::Model>>> + Send;

    /// Changes the object to the planned model and returns it with every value known.
    ///
    /// # Errors
    /// If the update failed. Terraform keeps the saved state, or else the prior state.
    fn update(
        &self,
        context: &mut ApplyContext<'_, Self::Model>,
        prior: Self::Model,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// Deletes the object. Return `Ok` when it no longer exists.
    ///
    /// # Errors
    /// If the delete failed. Terraform keeps the saved state, or else the prior state.
    fn delete(
        &self,
        context: &mut ApplyContext<'_, Self::Model>,
        prior: Self::Model,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Adjusts the configuration that Terraform generates for an existing object, for example to
    /// keep only one of two attributes that conflict. It is already without the values that a
    /// configuration cannot set or need not set: computed and write-only attributes, deprecated
    /// ones, and defaults.
    ///
    /// # Errors
    /// If no configuration describes the object.
    fn generate_config(config: Self::Model) -> Result<Self::Model> {
        Ok(config)
    }
}
