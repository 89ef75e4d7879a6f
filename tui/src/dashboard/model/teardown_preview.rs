//! Teardown plans for display on the Resources tab.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::service::teardown::TeardownPlan;

use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// The previews by stack.
#[derive(Debug, Default)]
pub(crate) struct TeardownPreviews(BTreeMap<StackKey, TeardownPreview>);

/// The preview of one stack.
#[derive(Debug)]
pub(crate) enum TeardownPreview {
    /// The plan was requested.
    Pending,
    /// The result and its time. No plan: nothing is left to remove.
    Known {
        at: Timestamp,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    },
}

impl TeardownPreviews {
    /// Returns the preview of a stack.
    pub(crate) fn get(&self, stack: &StackKey) -> Option<&TeardownPreview> {
        self.0.get(stack)
    }

    /// Marks a preview as requested. Returns `false` if a request is already running.
    pub(crate) fn request(&mut self, stack: &StackKey) -> bool {
        let before = self.0.insert(stack.clone(), TeardownPreview::Pending);
        !matches!(before, Some(TeardownPreview::Pending))
    }

    /// Stores a result.
    pub(crate) fn insert(
        &mut self,
        stack: StackKey,
        at: Timestamp,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    ) {
        self.0.insert(stack, TeardownPreview::Known { at, answer });
    }

    /// Removes the preview of a stack.
    pub(crate) fn remove(&mut self, stack: &StackKey) {
        self.0.remove(stack);
    }

    /// Removes the previews of stacks that no longer exist.
    pub(crate) fn retain(&mut self, is_live: impl Fn(&StackKey) -> bool) {
        self.0.retain(|stack, _| is_live(stack));
    }
}
