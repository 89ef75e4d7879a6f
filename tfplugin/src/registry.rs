//! The registry: what a provider offers, and which capabilities each resource has taken up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use crate::data_source::DataSource;
use crate::diag::Diagnostic;
use crate::erased::{self, DataSourceCalls, ResourceCalls};
use crate::function::Function;
use crate::model::Model;
use crate::resource::{Import, MoveFrom, Resource, Upgrade};
use crate::schema::Schema;
use crate::server::function::FunctionCalls;
use crate::types::Type;

/// What a provider offers, by name.
///
/// ```ignore
/// fn register(registry: &mut Registry<Self::Client>) {
///     registry.resource::<Stack>().importable().upgradable();
///     registry.data_source::<Stacks>();
///     registry.function::<Tags>();
/// }
/// ```
pub struct Registry<C> {
    pub(crate) resources: BTreeMap<&'static str, ResourceEntry<C>>,
    pub(crate) data_sources: BTreeMap<&'static str, DataSourceEntry<C>>,
    pub(crate) functions: BTreeMap<&'static str, FunctionCalls>,
    pub(crate) mistakes: Vec<Diagnostic>,
}

impl<C: Clone + Send + Sync + 'static> Registry<C> {
    pub(crate) fn new() -> Self {
        Self {
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            functions: BTreeMap::new(),
            mistakes: Vec::new(),
        }
    }

    /// Offers a resource. What it returns takes up further capabilities.
    pub fn resource<R: Resource<Client = C>>(&mut self) -> Registration<'_, R> {
        let fresh = ResourceEntry {
            schema: prepare::<R::Model>(R::VERSION),
            calls: ResourceCalls::of::<R>(),
        };
        let entry = match self.resources.entry(R::NAME) {
            Entry::Vacant(vacant) => vacant.insert(fresh),
            Entry::Occupied(mut taken) => {
                self.mistakes.push(twice("resource", R::NAME));
                taken.insert(fresh);
                taken.into_mut()
            }
        };
        Registration {
            entry,
            resource: PhantomData,
        }
    }

    /// Offers a data source.
    pub fn data_source<D: DataSource<Client = C>>(&mut self) -> &mut Self {
        let entry = DataSourceEntry {
            schema: prepare::<D::Model>(D::Model::VERSION),
            calls: DataSourceCalls::of::<D>(),
        };
        if self.data_sources.insert(D::NAME, entry).is_some() {
            self.mistakes.push(twice("data source", D::NAME));
        }
        self
    }

    /// Offers a function.
    pub fn function<F: Function>(&mut self) -> &mut Self {
        if self
            .functions
            .insert(F::NAME, FunctionCalls::of::<F>())
            .is_some()
        {
            self.mistakes.push(twice("function", F::NAME));
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
            .finish_non_exhaustive()
    }
}

/// A resource that has just been offered, and may take up capabilities.
pub struct Registration<'r, R: Resource> {
    entry: &'r mut ResourceEntry<R::Client>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Registration<'_, R>
where
    R::Client: Clone + Send + Sync + 'static,
{
    /// It can be imported.
    pub fn importable(self) -> Self
    where
        R: Import,
    {
        self.entry.calls.import = Some(erased::import::<R>());
        self
    }

    /// It reads state that its older versions stored.
    pub fn upgradable(self) -> Self
    where
        R: Upgrade,
    {
        self.entry.calls.upgrade = Some(erased::upgrade::<R>());
        self
    }

    /// It takes over state of other resource types.
    pub fn movable(self) -> Self
    where
        R: MoveFrom,
    {
        self.entry.calls.move_from = Some(erased::move_from::<R>());
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

/// A resource with its schema, which is made when it is first needed.
pub(crate) struct ResourceEntry<C> {
    pub(crate) schema: Prepared,
    pub(crate) calls: ResourceCalls<C>,
}

/// A data source with its schema.
pub(crate) struct DataSourceEntry<C> {
    pub(crate) schema: Prepared,
    pub(crate) calls: DataSourceCalls<C>,
}

/// A schema and the type of its values, made once, and only for what a process uses.
pub(crate) type Prepared = LazyLock<Shapes, Box<dyn FnOnce() -> Shapes + Send>>;

/// A schema and the type of its values.
#[derive(Clone, Debug)]
pub(crate) struct Shapes {
    pub(crate) schema: Arc<Schema>,
    pub(crate) ty: Arc<Type>,
}

pub(crate) fn prepare<M: Model>(version: i64) -> Prepared {
    LazyLock::new(Box::new(move || {
        let block = M::block();
        let ty = Arc::new(block.implied_type());
        let schema = Arc::new(Schema { version, block });
        Shapes { schema, ty }
    }))
}

fn twice(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The provider offers {kind} {name} twice"),
        "The later one would hide the other. This is a mistake in the provider.",
    )
}
