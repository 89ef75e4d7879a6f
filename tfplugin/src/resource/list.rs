//! Lists: finding the objects of a resource that exist, whether or not Terraform manages them.

use std::fmt;
use std::future::{self, Future};
use std::ops::{Deref, DerefMut};

use tokio::sync::mpsc;

use crate::context::Context;
use crate::diag::{Diagnostic, Result};
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::resource::Identify;

/// A resource whose objects `terraform query` can list, with `list` blocks in `*.tfquery.hcl`
/// files. It needs Terraform 1.14.
///
/// Register it with [`listable`](crate::Registration::listable).
///
/// ```
/// # use tfplugin::{ApplyContext, Context, Identify, Resource};
/// use tfplugin::{ListContext, ListResource, Model, Result, Value};
///
/// #[derive(Model)]
/// #[model(nested)]
/// struct NoteFilter {
///     /// Only notes whose path begins with this.
///     #[attribute(optional)]
///     prefix: Value<String>,
/// }
/// # #[derive(Clone, Model)]
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
/// # impl Identify for Notes {
/// #     type Identity = Note;
/// #     fn identity(&self, note: &Note) -> Note { note.clone() }
/// #     async fn import_by_identity(&self, _: &mut Context, note: Note) -> Result<Note> {
/// #         Ok(note)
/// #     }
/// # }
/// # fn paths() -> Vec<String> { Vec::new() }
///
/// impl ListResource for Notes {
///     type Filter = NoteFilter;
///
///     async fn list(
///         &self,
///         found: &mut ListContext<'_, Self>,
///         filter: NoteFilter,
///     ) -> Result<()> {
///         let prefix = filter.prefix.unwrap_or_default();
///         for path in paths().into_iter().filter(|path| path.starts_with(&prefix)) {
///             found.send_object(path.clone(), Note { path: path.into() }).await;
///         }
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the objects of `{Self}` cannot be listed",
    label = "needs an implementation of `tfplugin::ListResource`",
    note = "`.listable()` needs `impl tfplugin::ListResource for {Self}`: add it, or remove the call"
)]
pub trait ListResource: Identify {
    /// The model of the `config` block. Its names are free: mark it `#[model(nested)]`.
    type Filter: Model;

    /// Validates a whole configuration, after the validators of its attributes. There is no
    /// client, and values may be unknown.
    ///
    /// # Errors
    /// If the configuration is invalid.
    fn validate_filter(context: &mut Context, filter: &Self::Filter) -> Result<()> {
        let _ = (context, filter);
        Ok(())
    }

    /// Finds objects and sends each of them as soon as it is found. Every value of the filter is
    /// known.
    ///
    /// The SDK drops the future when the limit is reached or when Terraform ends the query, so
    /// this must change nothing that needs a cleanup.
    ///
    /// # Errors
    /// If the objects cannot be listed. Terraform then shows the error and no result.
    fn list(
        &self,
        found: &mut ListContext<'_, Self>,
        filter: Self::Filter,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// The context of a list: a [`Context`] that sends the objects that were found.
///
/// A warning goes to Terraform with the next object.
pub struct ListContext<'c, R> {
    context: &'c mut Context,
    resource: &'c R,
    query: &'c ListQuery,
    sent: u64,
}

impl<'c, R: Identify> ListContext<'c, R> {
    pub(crate) fn new(context: &'c mut Context, resource: &'c R, query: &'c ListQuery) -> Self {
        Self {
            context,
            resource,
            query,
            sent: 0,
        }
    }

    /// The largest number of objects that Terraform accepts; `None` without a limit. The SDK stops
    /// there, so this is useful only as the size of a page.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.query.limit
    }

    /// Whether Terraform wants the whole objects, as for a generated configuration, and not only
    /// their identities.
    #[must_use]
    pub fn includes_objects(&self) -> bool {
        self.query.includes_objects
    }

    /// Sends an object of which the list call returns only the identity. The display name is what
    /// a person calls the object.
    ///
    /// When Terraform wants the whole object, the SDK imports it by its identity and reads it. An
    /// object that no longer exists is left out.
    ///
    /// # Errors
    /// If the object cannot be read.
    pub async fn send(
        &mut self,
        display_name: impl Into<String>,
        identity: R::Identity,
    ) -> Result<()> {
        let identity = identity.encode();
        let object = if self.query.includes_objects {
            let identity = R::Identity::decode(identity.clone(), &Path::root())?;
            let context = &mut *self.context;
            let imported = self.resource.import_by_identity(context, identity).await?;
            match self.resource.read(context, imported).await? {
                Some(object) => Some(object.encode()),
                None => return Ok(()),
            }
        } else {
            None
        };
        self.emit(display_name.into(), identity, object).await;
        Ok(())
    }

    /// Sends an object of which the list call returns everything that a read would. The display
    /// name is what a person calls the object.
    pub async fn send_object(&mut self, display_name: impl Into<String>, model: R::Model) {
        let identity = self.resource.identity(&model).encode();
        let object = self.query.includes_objects.then(|| model.encode());
        self.emit(display_name.into(), identity, object).await;
    }

    async fn emit(&mut self, display_name: String, identity: Dynamic, object: Option<Dynamic>) {
        let listed = ListedObject {
            identity,
            display_name,
            object,
            warnings: self.context.take_warnings(),
        };
        // An error means that Terraform has ended the query, which also drops this future.
        let _ = self.query.objects.send(listed).await;
        self.sent += 1;
        if self.query.limit == Some(self.sent) {
            future::pending::<()>().await;
        }
    }
}

impl<R> Deref for ListContext<'_, R> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.context
    }
}

impl<R> DerefMut for ListContext<'_, R> {
    fn deref_mut(&mut self) -> &mut Context {
        self.context
    }
}

impl<R> fmt::Debug for ListContext<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListContext")
            .field("limit", &self.query.limit)
            .field("includes_objects", &self.query.includes_objects)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

/// What Terraform wants, and where the objects go.
pub(crate) struct ListQuery {
    /// `None` is no limit.
    pub(crate) limit: Option<u64>,
    pub(crate) includes_objects: bool,
    pub(crate) objects: mpsc::Sender<ListedObject>,
}

/// An object that was found.
pub(crate) struct ListedObject {
    pub(crate) identity: Dynamic,
    pub(crate) display_name: String,
    pub(crate) object: Option<Dynamic>,
    pub(crate) warnings: Vec<Diagnostic>,
}
