//! Registered actions.

use super::{Registration, Registry, registered_twice};
use crate::action::Action;
use crate::dispatch::ActionCalls;
use crate::model::Model;
use crate::resource::Resource;
use crate::schema::{LazySchema, PreparedSchema};

/// A registered action.
pub(crate) struct ActionEntry<C> {
    pub(crate) schema: LazySchema,
    pub(crate) calls: ActionCalls<C>,
}

impl<C: Clone + Send + Sync + 'static> Registry<C> {
    /// Registers an action.
    pub fn action<A: Action<Client = C>>(&mut self) -> &mut Self {
        const { A::Model::USES.check_action() };
        let entry = ActionEntry {
            schema: PreparedSchema::lazy::<A::Model>(A::Model::VERSION),
            calls: ActionCalls::new::<A>(),
        };
        if self.actions.insert(A::NAME, entry).is_some() {
            self.problems.push(registered_twice("action", A::NAME));
        }
        self
    }
}

impl<'r, R: Resource> Registration<'r, R>
where
    R::Client: Clone + Send + Sync + 'static,
{
    /// Registers an action, as [`Registry::action`] does.
    pub fn action<A: Action<Client = R::Client>>(self) -> &'r mut Registry<R::Client> {
        self.registry.action::<A>()
    }
}
