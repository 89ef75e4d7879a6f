//! The keys of the table's items.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | the ledger itself | `ledger` | `ledger` |
//! | an event of a stack | `stack#NAME` | number of the event |
//! | the snapshot of a live stack | `live#SHARD` | name |
//! | the snapshot of a stack that is gone | `gone#SHARD` | name |
//! | an entry of the log | `log#SHARD` | position |
//! | the state of another stream | `streams` | name of the stream |
//! | an event of another stream | `stream#NAME` | number of the event |

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use stack::{Seq, StackName};

/// The attributes of an item.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The name of the partition key.
pub(super) const PK: &str = "pk";

/// The name of the sort key.
pub(super) const SK: &str = "sk";

/// The keys of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    /// The key as attributes.
    pub(super) fn attributes(&self) -> Item {
        Item::from([
            (PK.to_owned(), AttributeValue::S(self.pk.clone())),
            (SK.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// Whether the name of a stack is taken. Snapshots of both kinds are in partitions of their own, so
/// that a listing of live stacks reads nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Live,
    Gone,
}

impl Standing {
    pub(super) fn of(is_live: bool) -> Self {
        if is_live { Self::Live } else { Self::Gone }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Gone => "gone",
        }
    }
}

/// A number as a sort key, so that the order of texts is the order of numbers.
pub(super) fn number(number: u64) -> String {
    format!("{number:020}")
}

/// The ledger's own item.
pub(super) fn ledger() -> Key {
    Key::new("ledger", "ledger")
}

/// The partition of a stack's events.
pub(super) fn stack(name: &StackName) -> String {
    format!("stack#{name}")
}

/// An event of a stack.
pub(super) fn event(name: &StackName, seq: Seq) -> Key {
    Key::new(stack(name), number(seq.0))
}

/// The partition of the snapshots of one shard.
pub(super) fn snapshots(standing: Standing, shard: usize) -> String {
    format!("{}#{shard:02}", standing.word())
}

/// The snapshot of a stack.
pub(super) fn snapshot(standing: Standing, shard: usize, name: &StackName) -> Key {
    Key::new(snapshots(standing, shard), name.as_str())
}

/// The partition of the log of one shard.
pub(super) fn log(shard: usize) -> String {
    format!("log#{shard:02}")
}

/// An entry of the log.
pub(super) fn log_entry(shard: usize, position: u64) -> Key {
    Key::new(log(shard), number(position))
}

/// The partition of the states of all other streams.
pub(super) const STREAMS: &str = "streams";

/// The partition of the events of another stream.
pub(super) fn stream(name: &str) -> String {
    format!("stream#{name}")
}

/// The shard of a stack: a hash that never changes (FNV-1a), modulo the number of shards.
pub(super) fn shard(name: &StackName, shards: usize) -> usize {
    let hash = name
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    usize::try_from(hash % shards.max(1) as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shard of a name is part of the table's format.
    #[test]
    fn shards_never_change() {
        let shard = |name: &str| shard(&StackName::new(name).unwrap(), 8);
        assert_eq!(
            [shard("checkout-pr-1"), shard("checkout-pr-2"), shard("a")],
            [4, 5, 4]
        );
        let spread = (0..800).map(|n| shard(&format!("app-pr-{n}")));
        let mut counts = [0; 8];
        spread.for_each(|shard| counts[shard] += 1);
        assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    }

    /// Sort keys sort like numbers.
    #[test]
    fn numbers_sort_as_text() {
        assert!(number(9) < number(10) && number(99) < number(u64::MAX));
    }
}
