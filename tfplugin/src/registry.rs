//! The registry: the resources, data sources, functions, actions and ephemeral resources of a
//! provider.

mod action;
mod ephemeral;
mod implements;
mod provider_meta;

use std::collections::BTreeMap;
use std::marker::PhantomData;

pub(crate) use action::ActionEntry;
pub(crate) use ephemeral::EphemeralEntry;

use crate::data_source::DataSource;
use crate::diag::Diagnostic;
use crate::dispatch::{self, DataSourceCalls, IdentityCalls, ListCalls, ResourceCalls};
use crate::function::{Function, FunctionCalls};
use crate::model::Model;
use crate::resource::{
    Identify, Import, ListResource, MoveFrom, Resource, Upgrade, UpgradeIdentity,
};
use crate::schema::{LazySchema, PreparedSchema};
use implements::Capability;

/// The resources, data sources, functions, actions and ephemeral resources of a provider, by name.
///
/// Registrations chain. A capability applies to the resource before it:
///
/// ```
/// use tfplugin::{
///     ApplyContext, Context, Failure, Function, Import, Model, Registry, Resource, Result, Value,
/// };
///
/// # #[derive(Clone, Model)]
/// # struct Note {
/// #     /// The file.
/// #     #[attribute(required)]
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
/// # impl Import for Notes {
/// #     async fn import(&self, _: &mut Context, id: String) -> Result<Note> {
/// #         Ok(Note { path: id.into() })
/// #     }
/// # }
/// # struct Length;
/// # impl Function for Length {
/// #     const NAME: &'static str = "length";
/// #     const SUMMARY: &'static str = "The length of a path";
/// #     type Args = Note;
/// #     type Output = u64;
/// #     fn call(args: Note) -> Result<u64> { Ok(args.path.unwrap_or_default().len() as u64) }
/// # }
/// fn register(registry: &mut Registry<()>) {
///     registry
///         .resource::<Notes>()
///         .importable()
///         .function::<Length>();
/// }
/// ```
pub struct Registry<C> {
    pub(crate) resources: BTreeMap<&'static str, ResourceEntry<C>>,
    pub(crate) data_sources: BTreeMap<&'static str, DataSourceEntry<C>>,
    pub(crate) functions: BTreeMap<&'static str, FunctionCalls>,
    pub(crate) actions: BTreeMap<&'static str, ActionEntry<C>>,
    pub(crate) ephemeral_resources: BTreeMap<&'static str, EphemeralEntry<C>>,
    pub(crate) provider_meta: Option<LazySchema>,
    problems: Vec<Diagnostic>,
}

impl<C: Clone + Send + Sync + 'static> Registry<C> {
    pub(crate) fn new() -> Self {
        Self {
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            functions: BTreeMap::new(),
            actions: BTreeMap::new(),
            ephemeral_resources: BTreeMap::new(),
            provider_meta: None,
            problems: Vec::new(),
        }
    }

    /// Registers a resource. The returned [`Registration`] adds capabilities to it.
    pub fn resource<R: Resource<Client = C>>(&mut self) -> Registration<'_, R> {
        let entry = ResourceEntry {
            schema: PreparedSchema::lazy::<R::Model>(R::VERSION),
            calls: ResourceCalls::new::<R>(),
            version: R::VERSION,
            capabilities: implements::capabilities::<R>(),
        };
        if self.resources.insert(R::NAME, entry).is_some() {
            self.problems.push(registered_twice("resource", R::NAME));
        }
        Registration {
            registry: self,
            resource: PhantomData,
        }
    }

    /// The errors in what was registered.
    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        let resources = self.resources.iter();
        let forgotten = resources.flat_map(|(name, entry)| entry.forgotten(name));
        self.problems.iter().cloned().chain(forgotten).collect()
    }

    /// Registers a data source.
    pub fn data_source<D: DataSource<Client = C>>(&mut self) -> &mut Self {
        const { D::Model::USES.check_data_source() };
        let entry = DataSourceEntry {
            schema: PreparedSchema::lazy::<D::Model>(D::Model::VERSION),
            calls: DataSourceCalls::new::<D>(),
        };
        if self.data_sources.insert(D::NAME, entry).is_some() {
            self.problems.push(registered_twice("data source", D::NAME));
        }
        self
    }

    /// Registers a function.
    pub fn function<F: Function>(&mut self) -> &mut Self {
        const { F::Args::USES.check_function() };
        let calls = FunctionCalls::new::<F>();
        if self.functions.insert(F::NAME, calls).is_some() {
            self.problems.push(registered_twice("function", F::NAME));
        }
        self
    }
}

impl<C> std::fmt::Debug for Registry<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("resources", &self.resources.keys())
            .field("data_sources", &self.data_sources.keys())
            .field("functions", &self.functions.keys())
            .field("actions", &self.actions.keys())
            .field("ephemeral_resources", &self.ephemeral_resources.keys())
            .finish_non_exhaustive()
    }
}

/// A resource that was just registered. Its methods add a capability to the resource, or register
/// the next resource, data source, function, action or ephemeral resource.
pub struct Registration<'r, R: Resource> {
    registry: &'r mut Registry<R::Client>,
    resource: PhantomData<fn() -> R>,
}

impl<'r, R: Resource> Registration<'r, R>
where
    R::Client: Clone + Send + Sync + 'static,
{
    /// Lets `terraform import` and `import` blocks take over existing objects.
    pub fn importable(self) -> Self
    where
        R: Import,
    {
        self.with_calls(|calls| calls.import = Some(dispatch::import::<R>()))
    }

    /// Upgrades state that older versions of the resource stored.
    pub fn upgradable(self) -> Self
    where
        R: Upgrade,
    {
        self.with_calls(|calls| calls.upgrade = Some(dispatch::upgrade::<R>()))
    }

    /// Lets `moved` blocks take over state of other resource types.
    pub fn movable(self) -> Self
    where
        R: MoveFrom,
    {
        self.with_calls(|calls| calls.move_from = Some(dispatch::move_from::<R>()))
    }

    /// Gives every object an identity, which Terraform stores and can import by.
    pub fn identifiable(self) -> Self
    where
        R: Identify,
    {
        const { R::Identity::USES.check_identity() };
        self.with_calls(|calls| calls.identity = Some(IdentityCalls::new::<R>()))
    }

    /// Upgrades identities that older versions of the resource stored. Call it after
    /// [`identifiable`](Self::identifiable).
    pub fn identity_upgradable(self) -> Self
    where
        R: UpgradeIdentity,
    {
        self.with_calls(|calls| {
            if let Some(identity) = &mut calls.identity {
                identity.upgrade = Some(dispatch::upgrade_identity::<R>());
            }
        })
    }

    /// Lets `terraform query` list the objects that exist.
    pub fn listable(self) -> Self
    where
        R: ListResource,
    {
        const { R::Filter::USES.check_filter() };
        self.with_calls(|calls| calls.list = Some(ListCalls::new::<R>()))
    }

    /// Registers the next resource, as [`Registry::resource`] does.
    pub fn resource<S: Resource<Client = R::Client>>(self) -> Registration<'r, S> {
        self.registry.resource::<S>()
    }

    /// Registers a data source, as [`Registry::data_source`] does.
    pub fn data_source<D: DataSource<Client = R::Client>>(self) -> &'r mut Registry<R::Client> {
        self.registry.data_source::<D>()
    }

    /// Registers a function, as [`Registry::function`] does.
    pub fn function<F: Function>(self) -> &'r mut Registry<R::Client> {
        self.registry.function::<F>()
    }

    fn with_calls(self, change: impl FnOnce(&mut ResourceCalls<R::Client>)) -> Self {
        if let Some(entry) = self.registry.resources.get_mut(R::NAME) {
            change(&mut entry.calls);
        }
        self
    }
}

impl<R: Resource> std::fmt::Debug for Registration<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration")
            .field("resource", &R::NAME)
            .finish_non_exhaustive()
    }
}

/// A registered resource.
pub(crate) struct ResourceEntry<C> {
    pub(crate) schema: LazySchema,
    pub(crate) calls: ResourceCalls<C>,
    version: i64,
    capabilities: [Capability; 6],
}

impl<C> ResourceEntry<C> {
    /// The errors for capabilities that the resource implements or needs, but does not register.
    fn forgotten(&self, name: &str) -> Vec<Diagnostic> {
        let ResourceCalls {
            import,
            upgrade,
            move_from,
            identity,
            list,
            ..
        } = &self.calls;
        let registered = [
            import.is_some(),
            upgrade.is_some(),
            move_from.is_some(),
            identity.is_some(),
            identity.as_ref().is_some_and(|i| i.upgrade.is_some()),
            list.is_some(),
        ];
        let mut errors: Vec<_> = self
            .capabilities
            .iter()
            .zip(registered)
            .filter(|(capability, registered)| capability.is_implemented && !registered)
            .map(|(Capability { name: capability, method, .. }, _)| {
                Diagnostic::error(
                    format!("The provider does not register {capability} of {name}"),
                    format!(
                        "The resource implements {capability}, but Terraform does not know it. Add \
                         `.{method}()` to its registration. This is a bug in the provider."
                    ),
                )
            })
            .collect();
        if self.version > 0 && upgrade.is_none() && errors.is_empty() {
            errors.push(Diagnostic::error(
                format!("The provider cannot upgrade the state of {name}"),
                format!(
                    "Its schema has version {}, so Terraform may have stored state of an older \
                     version. Implement Upgrade and add `.upgradable()` to its registration. This \
                     is a bug in the provider.",
                    self.version
                ),
            ));
        }
        if let Some(identity) = identity
            && identity.version > 0
            && identity.upgrade.is_none()
            && errors.is_empty()
        {
            errors.push(Diagnostic::error(
                format!("The provider cannot upgrade the identity of {name}"),
                format!(
                    "Its schema has version {}, so Terraform may have stored an identity of an \
                     older version. Implement UpgradeIdentity and add `.identity_upgradable()` to \
                     its registration. This is a bug in the provider.",
                    identity.version
                ),
            ));
        }
        errors
    }
}

/// A registered data source.
pub(crate) struct DataSourceEntry<C> {
    pub(crate) schema: LazySchema,
    pub(crate) calls: DataSourceCalls<C>,
}

fn registered_twice(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The provider registers the {kind} {name} twice"),
        "The second registration would hide the first. This is a bug in the provider.",
    )
}
