//! Managed resources: what a provider creates, reads, updates and deletes.

mod import;
mod moved;
mod plan;
mod upgrade;

use std::future::{self, Future};

pub use import::Import;
pub use moved::{MoveFrom, MoveSource};
pub use plan::{Action, Plan, Plannable};
pub use upgrade::{Prior, Upgrade};

pub(crate) use plan::Draft;

use crate::context::Cx;
use crate::diag::Result;
use crate::model::Model;

/// A managed resource.
///
/// Errors need no care about state: a failed update or delete leaves the prior state as it was, a
/// failed create leaves nothing, and [`Cx::save`] changes either when something real was made or
/// changed before the error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a managed resource",
    label = "needs an implementation of `tfplugin::Resource`",
    note = "give it `type Client`, `type Model`, `NAME`, `new`, `create`, `read`, `update` and `delete`"
)]
pub trait Resource: Sized + Send + Sync + 'static {
    /// The provider's client.
    type Client;

    /// The block, as a struct: configuration, plan and state have this one shape.
    type Model: Model;

    /// The type name with the provider's prefix, such as `jiti_stack`.
    const NAME: &'static str;

    /// The version of the schema, which is the model's: `#[model(version = 1)]`. Raise it when
    /// stored state changes its shape, and take up [`Upgrade`].
    const VERSION: i64 = <Self::Model as Model>::VERSION;

    /// The resource of a configured provider.
    fn new(client: Self::Client) -> Self;

    /// Checks a configuration as a whole; each attribute's own validators have run before.
    ///
    /// There is no client, and values may be unknown. When the configuration has an unknown value
    /// in a field that cannot hold one, this is not called until it is known.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    fn validate(cx: &mut Cx, config: &Self::Model) -> Result<()> {
        let _ = (cx, config);
        Ok(())
    }

    /// Adjusts a plan, after defaults and the attributes' own modifiers.
    ///
    /// Called for create, update and destroy, and again during apply when every configured value
    /// is known: both plans must agree, so decide by what is in them and not by the clock.
    ///
    /// # Errors
    /// Why this cannot be planned.
    fn plan(
        &self,
        cx: &mut Cx,
        plan: &mut Plan<'_, Self::Model>,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, plan);
        future::ready(Ok(()))
    }

    /// Creates what was planned and returns it with every value known.
    ///
    /// [`Cx::save`] what exists as soon as it exists: that is what Terraform remembers, tainted,
    /// when a later step fails. Write-only values are in [`Cx::config`].
    ///
    /// # Errors
    /// Why it failed. Terraform keeps what was saved.
    fn create(
        &self,
        cx: &mut Cx,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// What is there now; `None` when it is gone.
    ///
    /// # Errors
    /// Why it cannot be told. Terraform keeps the state it had.
    fn read(
        &self,
        cx: &mut Cx,
        state: Self::Model,
    ) -> impl Future<Output = Result<Option<Self::Model>>> + Send;

    /// Changes what is there into what was planned and returns it with every value known.
    ///
    /// # Errors
    /// Why it failed. Terraform keeps the prior state, or what was saved.
    fn update(
        &self,
        cx: &mut Cx,
        prior: Self::Model,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// Deletes it. That it is gone already is a success.
    ///
    /// # Errors
    /// Why it failed. Terraform keeps the prior state, or what was saved.
    fn delete(&self, cx: &mut Cx, prior: Self::Model) -> impl Future<Output = Result<()>> + Send;
}
