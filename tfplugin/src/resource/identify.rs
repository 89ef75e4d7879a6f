//! Identity: the attributes that identify an object, so that Terraform can import and list it.

use std::future::Future;

use crate::context::Context;
use crate::diag::Result;
use crate::model::Model;
use crate::resource::{Resource, StoredState};

/// A resource whose objects have an identity: a few values that never change, such as a name, or a
/// region and a number.
///
/// Terraform 1.12 and later store the identity next to the state. `import` blocks can use it
/// instead of an id, and [list resources](crate::ListResource) need it. Older versions ignore it.
/// Register it with [`identifiable`](crate::Registration::identifiable).
///
/// The identity is a model of its own. Its attributes are text, numbers or booleans, or lists of
/// them. `required` attributes are required in an `import` block; the provider can fill in
/// `optional` ones. The version of the identity's schema is that of its model.
///
/// ```
/// # use tfplugin::{ApplyContext, Context, Resource};
/// use tfplugin::{Identify, Model, Result, Value};
///
/// #[derive(Clone, Model)]
/// struct NoteIdentity {
///     /// The path of the file.
///     #[attribute(required)]
///     path: Value<String>,
/// }
/// # #[derive(Clone, Default, Model)]
/// # struct Note {
/// #     /// The file.
/// #     #[attribute(required, requires_replace)]
/// #     path: Value<String>,
/// # }
/// # struct Notes;
/// # impl Resource for Notes {
/// #     type Client = ();
/// #     type Model = Note;
/// #     const NAME: &'static str = "example_note";
/// #     fn new((): ()) -> Self { Self }
/// #     async fn create(&self, _: &mut ApplyContext<'_, Note>, note: Note) -> Result<Note> {
/// #         Ok(note)
/// #     }
/// #     async fn read(&self, _: &mut Context, state: Note) -> Result<Option<Note>> {
/// #         Ok(Some(state))
/// #     }
/// #     async fn update(
/// #         &self, _: &mut ApplyContext<'_, Note>, _: Note, planned: Note,
/// #     ) -> Result<Note> {
/// #         Ok(planned)
/// #     }
/// #     async fn delete(&self, _: &mut ApplyContext<'_, Note>, _: Note) -> Result<()> { Ok(()) }
/// # }
///
/// impl Identify for Notes {
///     type Identity = NoteIdentity;
///
///     fn identity(&self, note: &Note) -> NoteIdentity {
///         NoteIdentity { path: note.path.clone() }
///     }
///
///     async fn import_by_identity(&self, _: &mut Context, note: NoteIdentity) -> Result<Note> {
///         Ok(Note { path: note.path, ..Note::default() })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the objects of `{Self}` have no identity",
    label = "needs an implementation of `tfplugin::Identify`",
    note = "`.identifiable()` and `.listable()` need `impl tfplugin::Identify for {Self}`: add it, or remove the call"
)]
pub trait Identify: Resource {
    /// The model of the identity.
    type Identity: Model;

    /// Whether the identity of an object may change while it exists. A change without this is an
    /// error: the provider has found another object.
    const MUTABLE: bool = false;

    /// The identity of an object. In a plan, values of the model may be unknown, and then those of
    /// the identity are, too. After an apply or a read, every `required` attribute has a value.
    fn identity(&self, model: &Self::Model) -> Self::Identity;

    /// The model of the object with this identity, for an `import` block with an `identity`.
    ///
    /// Set only the attributes that `read` needs to find the object: Terraform reads it next. When
    /// `read` returns `None`, Terraform reports that the object does not exist.
    ///
    /// # Errors
    /// If the identity is invalid.
    fn import_by_identity(
        &self,
        context: &mut Context,
        identity: Self::Identity,
    ) -> impl Future<Output = Result<Self::Model>> + Send;
}

/// A resource that can upgrade identities from older versions of the identity's schema.
///
/// Register it with [`identity_upgradable`](crate::Registration::identity_upgradable).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot upgrade identities of older versions",
    label = "needs an implementation of `tfplugin::UpgradeIdentity`",
    note = "`.identity_upgradable()` needs `impl tfplugin::UpgradeIdentity for {Self}`: add it, or remove the call"
)]
pub trait UpgradeIdentity: Identify {
    /// Converts an identity that an older version stored. There is no client: Terraform upgrades
    /// before it configures the provider.
    ///
    /// # Errors
    /// If the identity cannot be converted. Terraform then stops, and the state does not change.
    fn upgrade_identity(context: &mut Context, stored: StoredState) -> Result<Self::Identity>;
}
