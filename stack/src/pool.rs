//! Limits shared by several stacks. Each pool has its own ledger stream with conditional appends.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::StoredTimestamp;
use crate::lease::{Lease, Phase, ProcessId};
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
    /// A stack takes a place in the pool. A member that enters again reports that the process of
    /// its place is alive.
    Entered {
        /// The stack's name.
        stack: StackName,
        /// The process that makes the stack ready: the place is free when it has ended. Absent for
        /// a place that no process holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        process: Option<ProcessId>,
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
    members: BTreeMap<StackName, PoolMember>,
    last_seq: Seq,
}

/// A place in a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolMember {
    /// When the stack took it, in UTC.
    pub since: StoredTimestamp,
    /// The process that holds it, if one does.
    pub process: Option<ProcessId>,
    /// The number of the event that took it. 0 in a state that an older jiti wrote.
    #[serde(default)]
    pub entered: Seq,
    /// The number of the last event by which the process reported that it is alive; 0 if it never
    /// did.
    #[serde(default)]
    pub reported: Seq,
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
    /// between does it again. Entering again is also a report, see [`PoolMember::reported`].
    #[must_use]
    pub fn apply(mut self, event: &PoolEvent) -> Self {
        match &event.kind {
            PoolEventKind::Entered { stack, process } => match self.members.get_mut(stack) {
                Some(member) => member.reported = event.seq,
                None => {
                    let member = PoolMember {
                        since: StoredTimestamp(event.at),
                        process: process.clone(),
                        entered: event.seq,
                        reported: Seq::NONE,
                    };
                    self.members.insert(stack.clone(), member);
                }
            },
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
            .map(|(stack, member)| (stack, member.since.0))
    }

    /// The place of a stack; `None` if it is not a member.
    #[must_use]
    pub fn member(&self, stack: &StackName) -> Option<&PoolMember> {
        self.members.get(stack)
    }

    /// The members in the order in which they entered.
    #[must_use]
    pub fn in_order(&self) -> Vec<(&StackName, &PoolMember)> {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|(_, member)| (member.entered, member.since));
        members
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
    /// them died. `lease` looks up the lease of a stack, and `is_dead` says whether the process of
    /// a member has ended.
    pub fn stale<'a>(
        &'a self,
        rule: PoolRule,
        now: Timestamp,
        lease: impl Fn(&StackName) -> Option<&'a Lease>,
        is_dead: impl Fn(&StackName, &PoolMember) -> bool,
    ) -> Vec<&'a StackName> {
        let stays = |stack: &StackName, member: &PoolMember| {
            if is_dead(stack, member) {
                return false;
            }
            let entering = ENTRY_TIMEOUT.after(member.since.0) > now;
            entering
                || lease(stack).is_some_and(|lease| match rule {
                    PoolRule::Live => lease.is_live(),
                    PoolRule::Init => lease.phase_at(now) == Phase::Provisioning,
                })
        };
        self.members
            .iter()
            .filter(|(stack, member)| !stays(stack, member))
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
            process: None,
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
        let pool = pool(&names.clone().map(|stack| PoolEventKind::Entered {
            stack,
            process: None,
        }));
        let stale = |rule, minutes| {
            let now = Span::minutes(minutes).after(noon());
            let find = |name: &StackName| {
                names
                    .iter()
                    .position(|n| n == name)
                    .and_then(|place| leases.get(place))
            };
            pool.stale(rule, now, find, |_, _| false)
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
        let none_dead = pool.stale(PoolRule::Live, now, |_| None, |_, _| false);
        assert!(none_dead.is_empty());
    }

    /// A place is free as soon as its process has ended, however young it is and whatever the
    /// phase of the stack. Entering again then takes the place for the new process.
    #[test]
    fn a_dead_process_holds_no_place() {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(15));
        let process = registration.origin.process.clone();
        let begin = EventKind::Requested {
            registration: Box::new(registration),
        };
        let events = [new_event(noon(), begin).into_event(stack_name("x"), Seq(1))];
        let lease = Lease::fold(None, events).expect("legal").expect("a lease");
        let by = |process: &ProcessId| PoolEventKind::Entered {
            stack: stack_name("x"),
            process: Some(process.clone()),
        };
        let stale = |pool: &Pool, dead: &ProcessId| {
            let is_dead =
                |_: &StackName, member: &PoolMember| member.process.as_ref() == Some(dead);
            let find = |_: &StackName| Some(&lease);
            pool.stale(PoolRule::Init, noon(), find, is_dead).len()
        };
        let other = ProcessId {
            pid: process.pid + 1,
            ..process.clone()
        };
        let held = pool(&[by(&process)]);
        assert_eq!((stale(&held, &other), stale(&held, &process)), (0, 1));
        let again = pool(&[by(&process), left("x"), by(&other)]);
        assert_eq!((stale(&again, &process), stale(&again, &other)), (0, 1));
    }

    /// Members keep the order in which they entered. Entering again is a report and keeps the
    /// place; leaving loses it.
    #[test]
    fn members_are_in_order_and_report() {
        let order = |pool: &Pool| {
            let members = pool.in_order().into_iter();
            members
                .map(|(stack, member)| (stack.to_string(), member.reported.0))
                .collect::<Vec<_>>()
        };
        let first = |name: &str, reported| (name.to_owned(), reported);
        let kinds = ["c", "a", "b", "c"].map(entered);
        assert_eq!(
            order(&pool(&kinds)),
            [first("c", 4), first("a", 0), first("b", 0)]
        );
        let back = pool(&[&kinds[..], &[left("c"), entered("c")]].concat());
        assert_eq!(order(&back), [first("a", 0), first("b", 0), first("c", 0)]);
    }

    /// The state that an older jiti wrote is read, without the order and the reports.
    #[test]
    fn the_state_of_an_older_version_is_read() {
        let text = r#"{"members": {"a": {"since": "2026-03-02T12:00:00Z", "process": null}}, "last_seq": 1}"#;
        let read: Pool = serde_json::from_str(text).expect("valid");
        assert_eq!(
            read.member(&stack_name("a")).expect("a member").entered,
            Seq::NONE
        );
        let written = serde_json::to_string(&pool(&[entered("a")])).expect("JSON");
        assert!(written.contains("\"reported\":0"), "{written}");
    }
}
