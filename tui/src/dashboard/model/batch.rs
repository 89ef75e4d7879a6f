//! The last action on several stacks, and its state on each of them.

use stack::StackName;

use super::bulk_action::BulkAction;

/// An action on several stacks.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) action: BulkAction,
    entries: Vec<BatchEntry>,
}

/// One stack of the action.
#[derive(Debug)]
pub(crate) struct BatchEntry {
    pub(crate) stack: StackName,
    pub(crate) state: BatchState,
}

/// The state of the action on one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BatchState {
    /// It waits for its turn or is in progress; the stack's operation knows which.
    Pending,
    /// It succeeded, with this result.
    Done(String),
    /// A rule refused it, for this reason. Nothing was changed.
    Refused(String),
    /// It failed, for this reason.
    Failed(String),
    /// A teardown left something behind.
    Residue(String),
}

impl Batch {
    pub(crate) fn new(action: BulkAction, entries: Vec<BatchEntry>) -> Self {
        Self { action, entries }
    }

    /// The stacks, in the order of the plan.
    pub(crate) fn entries(&self) -> &[BatchEntry] {
        &self.entries
    }

    /// The state of the action on a stack; `None` if the action does not concern it.
    pub(crate) fn state(&self, stack: &StackName) -> Option<&BatchState> {
        let mut entries = self.entries.iter();
        entries
            .find(|entry| entry.stack == *stack)
            .map(|entry| &entry.state)
    }

    /// Stores how the action ended on a stack. Returns `false` if it did not wait for that.
    pub(crate) fn end(&mut self, stack: &StackName, state: BatchState) -> bool {
        let mut entries = self.entries.iter_mut();
        let entry =
            entries.find(|entry| entry.stack == *stack && entry.state == BatchState::Pending);
        match entry {
            Some(entry) => {
                entry.state = state;
                true
            }
            None => false,
        }
    }

    /// Whether the action is in progress on some stack.
    pub(crate) fn is_running(&self) -> bool {
        self.count(|state| *state == BatchState::Pending) > 0
    }

    /// The number of stacks in such a state.
    pub(crate) fn count(&self, is: impl Fn(&BatchState) -> bool) -> usize {
        let counted = self.entries.iter().filter(|entry| is(&entry.state));
        counted.count()
    }

    /// The results in words: `10 of 12 torn down, 1 refused, 1 failed`.
    pub(crate) fn results(&self) -> String {
        let done = self.count(|state| matches!(state, BatchState::Done(_)));
        let mut text = format!("{done} of {} {}", self.entries.len(), self.action.done());
        for (count, word) in [
            (
                self.count(|state| matches!(state, BatchState::Residue(_))),
                "incomplete",
            ),
            (
                self.count(|state| matches!(state, BatchState::Failed(_))),
                "failed",
            ),
            (
                self.count(|state| matches!(state, BatchState::Refused(_))),
                "refused",
            ),
        ] {
            if count > 0 {
                text = format!("{text}, {count} {word}");
            }
        }
        text
    }

    /// Whether the action succeeded on every stack.
    pub(crate) fn is_success(&self) -> bool {
        self.count(|state| matches!(state, BatchState::Done(_))) == self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use stack::testing::stack_name;

    use super::*;

    /// Each stack has its own result, which is stored once, and the words name every other one.
    #[test]
    fn each_stack_has_its_own_result() {
        let entry = |name: &str, state: BatchState| BatchEntry {
            stack: stack_name(name),
            state,
        };
        let mut batch = Batch::new(
            BulkAction::Teardown,
            vec![
                entry("a", BatchState::Pending),
                entry("b", BatchState::Refused("protected".to_owned())),
                entry("c", BatchState::Pending),
            ],
        );
        let gone = || BatchState::Done("3 deleted".to_owned());
        assert!(batch.end(&stack_name("a"), gone()));
        assert!(!batch.end(&stack_name("a"), gone()));
        assert!(!batch.end(&stack_name("b"), gone()));
        assert!(!batch.end(&stack_name("z"), gone()));
        assert!(batch.is_running());
        assert!(batch.end(&stack_name("c"), BatchState::Failed("no route".to_owned())));
        assert!(!batch.is_running() && !batch.is_success());
        assert_eq!(batch.results(), "1 of 3 torn down, 1 failed, 1 refused");
    }
}
