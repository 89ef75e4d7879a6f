//! Registered ephemeral resources.

use super::{Registration, Registry, registered_twice};
use crate::dispatch::EphemeralCalls;
use crate::ephemeral::EphemeralResource;
use crate::model::Model;
use crate::resource::Resource;
use crate::schema::{LazySchema, PreparedSchema};

/// A registered ephemeral resource.
pub(crate) struct EphemeralEntry<C> {
    pub(crate) schema: LazySchema,
    pub(crate) calls: EphemeralCalls<C>,
}

impl<C: Clone + Send + Sync + 'static> Registry<C> {
    /// Registers an ephemeral resource.
    pub fn ephemeral_resource<E: EphemeralResource<Client = C>>(&mut self) -> &mut Self {
        const { E::Model::USES.check_ephemeral() };
        let entry = EphemeralEntry {
            schema: PreparedSchema::lazy::<E::Model>(E::Model::VERSION),
            calls: EphemeralCalls::new::<E>(),
        };
        if self.ephemeral_resources.insert(E::NAME, entry).is_some() {
            let problem = registered_twice("ephemeral resource", E::NAME);
            self.problems.push(problem);
        }
        self
    }
}

impl<'r, R: Resource> Registration<'r, R>
where
    R::Client: Clone + Send + Sync + 'static,
{
    /// Registers an ephemeral resource, as [`Registry::ephemeral_resource`] does.
    pub fn ephemeral_resource<E: EphemeralResource<Client = R::Client>>(
        self,
    ) -> &'r mut Registry<R::Client> {
        self.registry.ephemeral_resource::<E>()
    }
}
