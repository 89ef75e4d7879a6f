//! The latest of many values, in bounded memory.

/// Keeps the `LIMIT` greatest values, of values that start with their date: the latest.
#[derive(Clone, Debug)]
pub(super) struct Latest<T, const LIMIT: usize> {
    /// At most twice as many, in no order.
    values: Vec<T>,
}

impl<T: Ord, const LIMIT: usize> Latest<T, LIMIT> {
    pub(super) fn add(&mut self, value: T) {
        if self.values.len() >= 2 * LIMIT {
            self.drop_earlier();
        }
        self.values.push(value);
    }

    pub(super) fn add_all(&mut self, values: impl IntoIterator<Item = T>) {
        for value in values {
            self.add(value);
        }
    }

    /// Adds the values of another collection.
    pub(super) fn merge(&mut self, other: Self) {
        self.add_all(other.values);
    }

    /// The values in ascending order.
    pub(super) fn into_sorted(mut self) -> Vec<T> {
        self.drop_earlier();
        self.values.sort_unstable();
        self.values
    }

    fn drop_earlier(&mut self) {
        if self.values.len() > LIMIT {
            self.values
                .select_nth_unstable_by(LIMIT, |one, other| other.cmp(one));
            self.values.truncate(LIMIT);
        }
    }
}

impl<T, const LIMIT: usize> Default for Latest<T, LIMIT> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_latest_are_those_of_all(
            all in prop::collection::vec(0_u8..50, 0..60),
            other in prop::collection::vec(0_u8..50, 0..60),
        ) {
            let collect = |values: &[u8]| {
                let mut latest = Latest::<u8, 7>::default();
                latest.add_all(values.iter().copied());
                assert!(latest.values.len() <= 14);
                latest
            };
            let mut latest = collect(&all);
            latest.merge(collect(&other));
            let mut expected = [all, other].concat();
            expected.sort_unstable();
            expected.drain(..expected.len().saturating_sub(7));
            prop_assert_eq!(latest.into_sorted(), expected);
        }
    }
}
