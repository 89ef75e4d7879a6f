//! The registered model of `provider_meta` blocks.

use super::{Registration, Registry};
use crate::diag::Diagnostic;
use crate::model::Model;
use crate::resource::Resource;
use crate::schema::PreparedSchema;

impl<C: Clone + Send + Sync + 'static> Registry<C> {
    /// Registers the model of `provider_meta` blocks, with which a module passes values to the
    /// provider: `terraform { provider_meta "example" { … } }`. Plans, reads and applies read it
    /// with [`Context::provider_meta`](crate::Context::provider_meta).
    pub fn provider_meta<M: Model>(&mut self) -> &mut Self {
        const { M::USES.check_provider_meta() };
        let schema = PreparedSchema::lazy::<M>(M::VERSION);
        if self.provider_meta.replace(schema).is_some() {
            self.problems.push(Diagnostic::error(
                "The provider registers the model of provider_meta twice",
                "The second registration would hide the first. This is a bug in the provider.",
            ));
        }
        self
    }
}

impl<'r, R: Resource> Registration<'r, R>
where
    R::Client: Clone + Send + Sync + 'static,
{
    /// Registers the model of `provider_meta` blocks, as [`Registry::provider_meta`] does.
    pub fn provider_meta<M: Model>(self) -> &'r mut Registry<R::Client> {
        self.registry.provider_meta::<M>()
    }
}
