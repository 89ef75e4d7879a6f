//! Limits shared by several stacks. Each pool has its own ledger stream with conditional appends.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::StoredTimestamp;
use crate::lease::{Lease, Phase};
use crate::values::id::{Actor, Seq, StackName};
use crate::values::ttl::Span;

/// How long a member may be in a pool before its lease must exist. A stack enters the pool first
/// and its lease begins next; the process may die in between.
const ENTRY_TIMEOUT: Span = Span::minutes(1);

/// An event of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolEvent {
    /// The sequence number among the pool's events.
    pub seq: Seq,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// The person or process that caused it.
    pub actor: Actor,
    /// What happened.
    pub kind: PoolEventKind,
}

/// What happened in a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PoolEventKind {
    /// A stack takes a place in the pool.
    Entered {
        /// The stack's name.
        stack: StackName,
    },
    /// A stack gives its place back.
    Left {
        /// The stack's name.
        stack: StackName,
    },
}

/// The limit that a pool enforces, which decides when a member no longer belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolRule {
    /// Members are stacks that are not gone.
    Live,
    /// Members are stacks that are becoming ready.
    Init,
}

/// The members of a pool: the fold of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    members: BTreeMap<StackName, StoredTimestamp>,
    last_seq: Seq,
}

impl Pool {
    /// Applies many events.
    #[must_use]
    pub fn fold(self, events: impl IntoIterator<Item: Borrow<PoolEvent>>) -> Self {
        events
            .into_iter()
            .fold(self, |folded, event| folded.apply(event.borrow()))
    }

    /// Applies one event. Entering or leaving twice equals once, because a process that died in
    /// between does it again.
    #[must_use]
    pub fn apply(mut self, event: &PoolEvent) -> Self {
        match &event.kind {
            PoolEventKind::Entered { stack } => {
                self.members
                    .entry(stack.clone())
                    .or_insert(StoredTimestamp(event.at));
            }
            PoolEventKind::Left { stack } => {
                self.members.remove(stack);
            }
        }
        self.last_seq = event.seq;
        self
    }

    /// The number of the last event.
    #[must_use]
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// The members, with the time since which each is in the pool.
    pub fn members(&self) -> impl Iterator<Item = (&StackName, Timestamp)> {
        self.members
            .iter()
            .map(|(stack, StoredTimestamp(since))| (stack, *since))
    }

    /// Whether a stack is a member.
    #[must_use]
    pub fn contains(&self, stack: &StackName) -> bool {
        self.members.contains_key(stack)
    }

    /// Whether the stack is a member already, or another member fits under the limit.
    #[must_use]
    pub fn has_room_for(&self, stack: &StackName, limit: u32) -> bool {
        self.contains(stack) || self.members.len() < limit as usize
    }

    /// The members that no longer belong to the pool, because the process that should have removed
    /// them died. `lease` looks up the lease of a stack.
    pub fn stale<'a>(
        &'a self,
        rule: PoolRule,
        now: Timestamp,
        lease: impl Fn(&StackName) -> Option<&'a Lease>,
    ) -> Vec<&'a StackName> {
        let stays = |stack: &StackName, since: Timestamp| {
            let entering = ENTRY_TIMEOUT.after(since) > now;
            entering
                || lease(stack).is_some_and(|lease| match rule {
                    PoolRule::Live => lease.is_live(),
                    PoolRule::Init => lease.phase_at(now) == Phase::Provisioning,
                })
        };
        self.members()
            .filter(|(stack, since)| !stays(stack, *since))
            .map(|(stack, _)| stack)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::EventKind;
    use crate::testing::{actor, new_event, noon, registration, stack_name};

    fn pool(kinds: &[PoolEventKind]) -> Pool {
        let events = kinds.iter().enumerate().map(|(place, kind)| PoolEvent {
            seq: Seq(place as u64 + 1),
            at: noon(),
            actor: actor(),
            kind: kind.clone(),
        });
        Pool::default().fold(events)
    }

    fn entered(name: &str) -> PoolEventKind {
        PoolEventKind::Entered {
            stack: stack_name(name),
        }
    }

    fn left(name: &str) -> PoolEventKind {
        PoolEventKind::Left {
            stack: stack_name(name),
        }
    }

    /// A limit is exact. A member that enters again takes no second place, and one that leaves
    /// makes room.
    #[test]
    fn a_limit_is_exact() {
        let full = pool(&[entered("a"), entered("b"), entered("a")]);
        assert!(!full.has_room_for(&stack_name("c"), 2));
        assert!(full.has_room_for(&stack_name("a"), 2));
        assert_eq!(full.last_seq(), Seq(3));
        let free = pool(&[entered("a"), entered("b"), left("a"), left("a")]);
        assert!(free.has_room_for(&stack_name("c"), 2));
        assert!(!free.contains(&stack_name("a")));
    }

    /// A member without a lease is stale after a minute, and so is one whose lease no longer
    /// qualifies.
    #[test]
    fn stale_members_are_recognised() {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(15));
        let begin = EventKind::Requested {
            registration: Box::new(registration),
        };
        let kinds = [begin, EventKind::Ready, EventKind::Released];
        let leases: Vec<Lease> = (1..=3)
            .map(|count| {
                let events = kinds.iter().take(count).enumerate().map(|(place, kind)| {
                    new_event(noon(), kind.clone())
                        .into_event(stack_name("x"), Seq(place as u64 + 1))
                });
                Lease::fold(None, events).expect("legal").expect("a lease")
            })
            .collect();
        let names = ["initialising", "ready", "gone", "unknown"].map(stack_name);
        let pool = pool(&names.clone().map(|stack| PoolEventKind::Entered { stack }));
        let stale = |rule, minutes| {
            let now = Span::minutes(minutes).after(noon());
            let find = |name: &StackName| {
                names
                    .iter()
                    .position(|n| n == name)
                    .and_then(|place| leases.get(place))
            };
            pool.stale(rule, now, find)
                .into_iter()
                .map(StackName::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(stale(PoolRule::Live, 1), ["gone", "unknown"]);
        assert_eq!(stale(PoolRule::Init, 1), ["gone", "ready", "unknown"]);
        assert_eq!(
            stale(PoolRule::Init, 15),
            ["gone", "initialising", "ready", "unknown"]
        );
        let now = noon();
        assert!(pool.stale(PoolRule::Live, now, |_| None).is_empty());
    }
}
