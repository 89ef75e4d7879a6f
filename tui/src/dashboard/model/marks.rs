//! The marked stacks: in the list, an action applies to all of them.

use std::collections::BTreeSet;

use super::store::StackStore;
use crate::dashboard::stack_key::StackKey;

/// The marked stacks, by identity, so that marks survive a new order, filter or read.
#[derive(Debug, Default)]
pub(crate) struct Marks(BTreeSet<StackKey>);

impl Marks {
    /// The number of marked stacks.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no stack is marked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a stack is marked.
    pub(crate) fn contains(&self, stack: &StackKey) -> bool {
        self.0.contains(stack)
    }

    /// The marked stacks, sorted by identity.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &StackKey> {
        self.0.iter()
    }

    /// Marks a stack, or removes its mark. Returns whether it is marked now.
    pub(crate) fn toggle(&mut self, stack: StackKey) -> bool {
        if self.0.remove(&stack) {
            return false;
        }
        self.0.insert(stack)
    }

    /// Marks these stacks; if all of them are marked, removes their marks. Returns whether they are
    /// marked now.
    pub(crate) fn toggle_all(&mut self, stacks: Vec<StackKey>) -> bool {
        let are_marked = stacks.iter().all(|stack| self.0.contains(stack));
        for stack in stacks {
            if are_marked {
                self.0.remove(&stack);
            } else {
                self.0.insert(stack);
            }
        }
        !are_marked
    }

    /// Removes all marks.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops the marks of stacks that are gone. The mark of an unleased stack that has a lease by
    /// now moves to the lease.
    pub(crate) fn follow(&mut self, store: &StackStore) {
        if self.0.is_empty() {
            return;
        }
        let marked = std::mem::take(&mut self.0).into_iter();
        self.0 = marked
            .filter_map(|key| match store.stack(&key) {
                Some(_) => Some(key),
                None => store.replacement_key(&key),
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use stack::testing::stack_name;

    use super::*;

    fn key(name: &str) -> StackKey {
        StackKey::from(&stack_name(name))
    }

    /// A second mark removes the first. Marking all marks the rest, and then removes every mark of
    /// these stacks and no other.
    #[test]
    fn marks_toggle() {
        let mut marks = Marks::default();
        assert!(marks.toggle(key("a")));
        assert!(!marks.toggle(key("a")));
        assert!(marks.is_empty());
        marks.toggle(key("a"));
        marks.toggle(key("z"));
        assert!(marks.toggle_all(vec![key("a"), key("b")]));
        assert_eq!(marks.len(), 3);
        assert!(!marks.toggle_all(vec![key("a"), key("b")]));
        assert_eq!(marks.iter().collect::<Vec<_>>(), [&key("z")]);
    }
}
