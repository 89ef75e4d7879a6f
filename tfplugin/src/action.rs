//! Actions: operations that a configuration triggers, such as a restart. They have no state.

use std::fmt;
use std::future::{self, Future};
use std::ops::{Deref, DerefMut};

use tokio::sync::mpsc;

use crate::context::Context;
use crate::diag::{Diagnostic, Result};
use crate::model::Model;

/// An action: an `action` block, which an `action_trigger` of a resource or
/// `terraform apply -invoke` invokes.
///
/// ```
/// use tfplugin::{Action, InvokeContext, Model, Result, Value};
///
/// /// Restarts a server.
/// #[derive(Clone, Model)]
/// struct Restart {
///     /// The name of the server.
///     #[attribute(required)]
///     server: Value<String>,
/// }
///
/// struct RestartAction;
///
/// impl Action for RestartAction {
///     type Client = ();
///     type Model = Restart;
///     const NAME: &'static str = "example_restart";
///
///     fn new((): ()) -> Self {
///         Self
///     }
///
///     async fn invoke(&self, context: &mut InvokeContext<'_>, config: Restart) -> Result<()> {
///         let server = config.server.expect_known("server")?;
///         context.progress(format!("{server} stops"));
///         context.progress(format!("{server} starts"));
///         Ok(())
///     }
/// }
/// ```
///
/// Terraform 1.14 and later invokes actions. Other clients ignore them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action",
    label = "needs an implementation of `tfplugin::Action`",
    note = "implement `type Client`, `type Model`, `NAME`, `new` and `invoke`"
)]
pub trait Action: Sized + Send + Sync + 'static {
    /// The provider's client.
    type Client;

    /// The model of the configuration. A write-only attribute accepts ephemeral values.
    type Model: Model;

    /// The type name with the provider's prefix, such as `jiti_extend`.
    const NAME: &'static str;

    /// Creates the action with the client of the configured provider.
    fn new(client: Self::Client) -> Self;

    /// Validates a whole configuration, after the validators of its attributes.
    ///
    /// # Errors
    /// If the configuration is invalid.
    fn validate(context: &mut Context, config: &Self::Model) -> Result<()> {
        let _ = (context, config);
        Ok(())
    }

    /// Checks at plan whether the action can be invoked. Nothing of it is stored.
    ///
    /// Values may be unknown. An error about an unknown value is not shown: the value is known when
    /// the action is invoked.
    ///
    /// # Errors
    /// If the action cannot be invoked. Terraform then applies nothing.
    fn plan(
        &self,
        context: &mut Context,
        config: Self::Model,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (context, config);
        future::ready(Ok(()))
    }

    /// Invokes the action. Every configured value is known.
    ///
    /// # Errors
    /// If the action failed. Terraform then stops, and the resources that depend on the resource of
    /// the trigger are not applied.
    fn invoke(
        &self,
        context: &mut InvokeContext<'_>,
        config: Self::Model,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// The context of an invocation: a [`Context`] that also reports progress.
pub struct InvokeContext<'c> {
    context: &'c mut Context,
    progress: ProgressSender,
}

impl<'c> InvokeContext<'c> {
    pub(crate) fn new(context: &'c mut Context, progress: ProgressSender) -> Self {
        Self { context, progress }
    }

    /// Reports progress. Terraform shows the message at once.
    pub fn progress(&self, message: impl Into<String>) {
        self.progress.send(message);
    }

    /// The sender of progress, to pass to other tasks and callbacks.
    #[must_use]
    pub fn progress_sender(&self) -> ProgressSender {
        self.progress.clone()
    }
}

impl Deref for InvokeContext<'_> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.context
    }
}

impl DerefMut for InvokeContext<'_> {
    fn deref_mut(&mut self) -> &mut Context {
        self.context
    }
}

impl fmt::Debug for InvokeContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.context, f)
    }
}

/// Sends progress messages of one invocation to Terraform.
#[derive(Clone, Debug)]
pub struct ProgressSender(mpsc::UnboundedSender<InvocationEvent>);

/// An event of an invocation.
#[derive(Debug)]
pub(crate) enum InvocationEvent {
    Progress(String),
    /// The end of the invocation. Events after it are dropped.
    Completed(Vec<Diagnostic>),
}

impl ProgressSender {
    /// A sender, and the events that it sends.
    pub(crate) fn channel() -> (Self, mpsc::UnboundedReceiver<InvocationEvent>) {
        let (sender, events) = mpsc::unbounded_channel();
        (Self(sender), events)
    }

    /// Sends the end of the invocation.
    pub(crate) fn complete(&self, diagnostics: Vec<Diagnostic>) {
        let _ = self.0.send(InvocationEvent::Completed(diagnostics));
    }

    /// Sends a message. A message after the end of the invocation is dropped.
    pub fn send(&self, message: impl Into<String>) {
        // Without a receiver, the invocation has ended or Terraform is gone.
        let _ = self.0.send(InvocationEvent::Progress(message.into()));
    }
}
