//! What a teardown would remove, as it was found out for somebody who only looks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::service::teardown::TeardownPlan;

use super::world::Key;
use crate::dashboard::event::Problem;

/// What is known of each stack that somebody looked at.
#[derive(Debug, Default)]
pub(crate) struct Foresights(BTreeMap<Key, Foresight>);

/// Of one of them.
#[derive(Debug)]
pub(crate) enum Foresight {
    /// Terraform is being asked.
    Asked,
    /// What it answered, and when; no plan when nothing is left to remove.
    Known {
        at: Timestamp,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    },
}

impl Foresights {
    /// What is known of a stack.
    pub(crate) fn of(&self, stack: &Key) -> Option<&Foresight> {
        self.0.get(stack)
    }

    /// It is about to be asked; whether nobody is at it already.
    pub(crate) fn ask(&mut self, stack: &Key) -> bool {
        let before = self.0.insert(stack.clone(), Foresight::Asked);
        !matches!(before, Some(Foresight::Asked))
    }

    /// What was answered.
    pub(crate) fn tell(
        &mut self,
        stack: Key,
        at: Timestamp,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    ) {
        self.0.insert(stack, Foresight::Known { at, answer });
    }

    /// Forgets the stacks that are no longer there.
    pub(crate) fn retain(&mut self, lives: impl Fn(&Key) -> bool) {
        self.0.retain(|stack, _| lives(stack));
    }
}
