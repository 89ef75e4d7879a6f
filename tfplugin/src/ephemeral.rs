//! Ephemeral resources: values that exist only while Terraform runs, such as a short-lived token.

use std::fmt;
use std::future::{self, Future};
use std::ops::{Deref, DerefMut};
use std::time::SystemTime;

use crate::context::Context;
use crate::diag::{Failure, Result};
use crate::model::Model;

/// An ephemeral resource: an `ephemeral` block. Its values are in no plan and in no state.
///
/// Terraform opens it in every plan and in every apply, and closes it when its last user is done.
/// `open` only fills in the computed attributes: the SDK copies the configured values into the
/// result as they were written.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tfplugin::{Context, EphemeralContext, EphemeralResource, Model, Result, Secret, Value};
///
/// /// A token for a role.
/// #[derive(Clone, Model)]
/// struct Token {
///     /// The role.
///     #[attribute(required)]
///     role: Value<String>,
///     /// The token.
///     #[attribute(computed, sensitive)]
///     token: Value<Secret<String>>,
/// }
///
/// struct TokenResource;
///
/// impl EphemeralResource for TokenResource {
///     type Client = ();
///     type Model = Token;
///     const NAME: &'static str = "example_token";
///
///     fn new((): ()) -> Self {
///         Self
///     }
///
///     async fn open(&self, context: &mut EphemeralContext<'_>, config: Token) -> Result<Token> {
///         context.set_private("id", "42")?;
///         context.renew_at(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000));
///         Ok(Token { token: Value::Known(Secret::new("hush".to_owned())), ..config })
///     }
///
///     async fn renew(&self, context: &mut EphemeralContext<'_>) -> Result<()> {
///         let id: Option<String> = context.private("id")?;
///         // Extend the token with this id, and set the next time.
///         Ok(())
///     }
///
///     async fn close(&self, context: &mut Context) -> Result<()> {
///         let id: Option<String> = context.private("id")?;
///         // Revoke the token with this id.
///         Ok(())
///     }
/// }
/// ```
///
/// Terraform 1.10 and later and OpenTofu 1.11 and later have ephemeral resources.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an ephemeral resource",
    label = "needs an implementation of `tfplugin::EphemeralResource`",
    note = "implement `type Client`, `type Model`, `NAME`, `new` and `open`"
)]
pub trait EphemeralResource: Sized + Send + Sync + 'static {
    /// The provider's client.
    type Client;

    /// The model of the configuration and the result.
    type Model: Model;

    /// The type name with the provider's prefix, such as `example_token`.
    const NAME: &'static str;

    /// Creates the ephemeral resource with the client of the configured provider.
    fn new(client: Self::Client) -> Self;

    /// Validates a whole configuration, after the validators of its attributes.
    ///
    /// # Errors
    /// If the configuration is invalid.
    fn validate(context: &mut Context, config: &Self::Model) -> Result<()> {
        let _ = (context, config);
        Ok(())
    }

    /// Opens the ephemeral resource and returns its model with every value known. Every configured
    /// value is known.
    ///
    /// `renew` and `close` get no model. Store what they need in the private data. If it must be
    /// renewed, call [`EphemeralContext::renew_at`].
    ///
    /// # Errors
    /// If it cannot be opened. Terraform then calls neither `renew` nor `close`, so close what this
    /// call has opened.
    fn open(
        &self,
        context: &mut EphemeralContext<'_>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// Renews it, near the time that `open` or the previous `renew` set. It runs at the same time
    /// as other calls, and its private data is that of the previous `renew` or, the first time, of
    /// `open`. The values do not change.
    ///
    /// # Errors
    /// If it cannot be renewed. Terraform then tries no other renewal.
    fn renew(&self, context: &mut EphemeralContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = context;
        future::ready(Err(Failure::new(
            format!("{} cannot be renewed", Self::NAME),
            "It set a time to renew it, but does not implement `renew`. This is a bug in the \
             provider.",
        )))
    }

    /// Closes it. Terraform always calls this after a successful `open`, also when the run fails.
    ///
    /// The private data is that of `open`, even after a `renew`: find the object by data that does
    /// not change.
    ///
    /// # Errors
    /// If it cannot be closed.
    fn close(&self, context: &mut Context) -> impl Future<Output = Result<()>> + Send {
        let _ = context;
        future::ready(Ok(()))
    }
}

/// The context of an `open` or a `renew`: a [`Context`] that also sets the time of the next
/// renewal.
pub struct EphemeralContext<'c> {
    context: &'c mut Context,
}

impl<'c> EphemeralContext<'c> {
    pub(crate) fn new(context: &'c mut Context) -> Self {
        Self { context }
    }

    /// Sets the time at which Terraform calls `renew`, if it still runs then. Without it, Terraform
    /// does not renew.
    pub fn renew_at(&mut self, time: SystemTime) {
        self.context.set_renewal(time);
    }
}

impl Deref for EphemeralContext<'_> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.context
    }
}

impl DerefMut for EphemeralContext<'_> {
    fn deref_mut(&mut self) -> &mut Context {
        self.context
    }
}

impl fmt::Debug for EphemeralContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.context, f)
    }
}
