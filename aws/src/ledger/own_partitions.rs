//! The partitions of the table that the commands of one stack read and write.

use stack::StackName;

use super::keys::{self, Standing};

/// The partitions that hold the items of one stack, and those that its commands read besides.
///
/// Only [`OwnPartitions::events`] has nothing of another stack. A policy of IAM can name the key of
/// a partition, but not that of an item in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPartitions {
    /// The name of the stack.
    pub stack: StackName,
    /// The number of shards: about one in so many other stacks has the same shard.
    pub shards: usize,
    /// The events of the stack.
    pub events: String,
    /// The snapshots of the live stacks of its shard.
    pub live: String,
    /// The snapshots of the stacks of its shard that are gone.
    pub gone: String,
    /// The log of its shard.
    pub log: String,
    /// The ledger's own item.
    pub ledger: String,
    /// The states of the other streams: the policy, the reaper, the pools and the breakers.
    pub streams: String,
}

impl OwnPartitions {
    /// The partitions of a stack in a table with so many shards.
    #[must_use]
    pub fn new(stack: &StackName, shards: usize) -> Self {
        let shard = keys::shard(stack, shards);
        Self {
            stack: stack.clone(),
            shards,
            events: keys::stack(stack),
            live: keys::snapshots(Standing::Live, shard),
            gone: keys::snapshots(Standing::Gone, shard),
            log: keys::log(shard),
            ledger: keys::ledger().pk,
            streams: keys::STREAMS.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of the partitions are part of the policies that users have attached, so they never
    /// change.
    #[test]
    fn the_partitions_never_change() {
        let own = OwnPartitions::new(&StackName::new("checkout-pr-2").unwrap(), 8);
        let keys = [
            own.events,
            own.live,
            own.gone,
            own.log,
            own.ledger,
            own.streams,
        ];
        assert_eq!(
            keys,
            [
                "stack#checkout-pr-2",
                "live#05",
                "gone#05",
                "log#05",
                "ledger",
                "streams"
            ]
        );
    }
}
