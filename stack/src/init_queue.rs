//! The queue of `max_concurrent_inits`: the stacks that are on their way to ready, and the applies
//! that wait for their turn, first come first served.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::ProcessId;
use crate::pool::PoolMember;
use crate::values::id::StackName;
use crate::values::ttl::Elapsed;

/// The stacks that have a turn and those that wait for one, without those of dead processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitQueue {
    /// How many stacks may be on their way to ready: `max_concurrent_inits`.
    pub limit: u32,
    /// The stacks that have a turn, in the order in which they took it.
    pub initialising: Vec<QueuedStack>,
    /// The stacks whose applies wait, in the order in which they came.
    pub waiting: Vec<QueuedStack>,
}

/// A stack with a turn, or in the queue for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedStack {
    /// The stack.
    pub stack: StackName,
    /// Since when, in UTC.
    pub since: Timestamp,
    /// The apply; null if no process is recorded.
    pub process: Option<ProcessId>,
}

/// The wait of one apply for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnWait {
    /// The stack that waits.
    pub stack: StackName,
    /// Its place in the queue, from 1.
    pub place: usize,
    /// How many stacks wait, with this one.
    pub waiting: usize,
    /// How many stacks may be on their way to ready.
    pub limit: u32,
    /// The stacks that have the turns.
    pub holders: Vec<QueuedStack>,
    /// Since when it waits, in UTC.
    pub since: Timestamp,
    /// The time of this reading, in UTC.
    pub now: Timestamp,
}

impl InitQueue {
    /// The place of a stack in the queue, from 1; `None` if it does not wait.
    #[must_use]
    pub fn place(&self, stack: &StackName) -> Option<usize> {
        let mut waiting = self.waiting.iter();
        waiting
            .position(|queued| queued.stack == *stack)
            .map(|before| before + 1)
    }

    /// Whether it is the turn of a stack: a place is free for it and for each stack before it. A
    /// stack that is not in the queue comes last.
    #[must_use]
    pub fn is_turn_of(&self, stack: &StackName) -> bool {
        let before = self
            .place(stack)
            .map_or(self.waiting.len(), |place| place - 1);
        self.initialising.len() + before < self.limit as usize
    }

    /// The wait of a stack; `None` if it does not wait.
    #[must_use]
    pub fn wait(&self, stack: &StackName, now: Timestamp) -> Option<TurnWait> {
        let mut waiting = self.waiting.iter();
        let queued = waiting.find(|queued| queued.stack == *stack)?;
        Some(self.wait_of(stack, queued.since, now))
    }

    /// The wait of a stack, in the queue or about to enter it.
    #[must_use]
    pub fn wait_of(&self, stack: &StackName, since: Timestamp, now: Timestamp) -> TurnWait {
        let place = self.place(stack);
        TurnWait {
            stack: stack.clone(),
            place: place.unwrap_or(self.waiting.len() + 1),
            waiting: self.waiting.len() + usize::from(place.is_none()),
            limit: self.limit,
            holders: self.initialising.clone(),
            since,
            now,
        }
    }
}

impl QueuedStack {
    /// A member of a pool.
    #[must_use]
    pub fn new(stack: &StackName, member: &PoolMember) -> Self {
        Self {
            stack: stack.clone(),
            since: member.since.0,
            process: member.process.clone(),
        }
    }

    /// The stack, for how long, and the process: `shop (3 min, process 12 on ci-1)`.
    #[must_use]
    pub fn describe(&self, now: Timestamp) -> String {
        let age = Elapsed::between(self.since, now).rounded();
        match &self.process {
            Some(process) => format!(
                "{} ({age}, process {} on {})",
                self.stack, process.pid, process.host
            ),
            None => format!("{} ({age})", self.stack),
        }
    }
}

impl TurnWait {
    /// Whether a reader would see another state: another place, or other holders.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        let state = |wait: &Self| (wait.place, wait.waiting, wait.holders.clone());
        state(self) != state(other)
    }
}

/// `place 2 of 5 in the queue; on their way to ready, of at most 2 (max_concurrent_inits): a (3
/// min, process 12 on ci-1), b (20 s, process 7 on ci-2)`
impl fmt::Display for TurnWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holders = self.holders.iter();
        let holders: Vec<_> = holders.map(|holder| holder.describe(self.now)).collect();
        write!(
            f,
            "place {} of {} in the queue; on their way to ready, of at most {} (max_concurrent_inits): {}",
            self.place,
            self.waiting,
            self.limit,
            holders.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noon, stack_name};
    use crate::values::ttl::Span;

    fn queued(names: &[&str]) -> Vec<QueuedStack> {
        let queued = |name: &&str| QueuedStack {
            stack: stack_name(name),
            since: noon(),
            process: None,
        };
        names.iter().map(queued).collect()
    }

    /// A free place belongs to the first in the queue. A newcomer takes one only if a place is left
    /// for it.
    #[test]
    fn the_first_in_the_queue_is_next() {
        let turns = |limit, initialising: &[&str], waiting: &[&str], of: &[&str]| {
            let queue = InitQueue {
                limit,
                initialising: queued(initialising),
                waiting: queued(waiting),
            };
            of.iter()
                .filter(|name| queue.is_turn_of(&stack_name(name)))
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let all = ["c", "d", "new"];
        assert!(turns(2, &["a", "b"], &["c", "d"], &all).is_empty());
        assert_eq!(turns(2, &["a"], &["c", "d"], &all), ["c"]);
        assert_eq!(turns(2, &[], &["c", "d"], &all), ["c", "d"]);
        assert_eq!(turns(3, &[], &["c", "d"], &all), all);
        assert_eq!(turns(1, &[], &[], &["new"]), ["new"]);
        // A limit that was lowered.
        assert!(turns(1, &["a", "b"], &[], &["new"]).is_empty());
    }

    /// A wait names the place, the limit, and who has the turns, for how long and in which process.
    #[test]
    fn a_wait_names_the_holders() {
        let mut holders = queued(&["a", "b"]);
        holders[0].process = Some(ProcessId {
            pid: 12,
            started: "x".to_owned(),
            host: "ci-1".to_owned(),
        });
        let queue = InitQueue {
            limit: 2,
            initialising: holders,
            waiting: queued(&["c", "d", "e"]),
        };
        let now = Span::minutes(3).after(noon());
        let wait = queue.wait_of(&stack_name("d"), noon(), now);
        assert_eq!(
            wait.to_string(),
            "place 2 of 3 in the queue; on their way to ready, of at most 2 (max_concurrent_inits): \
             a (3 min, process 12 on ci-1), b (3 min)"
        );
        let new = queue.wait_of(&stack_name("new"), noon(), now);
        assert_eq!((new.place, new.waiting), (4, 4));
        let later = TurnWait {
            now: Span::minutes(4).after(noon()),
            ..wait.clone()
        };
        assert!(!later.differs_from(&wait) && new.differs_from(&wait));
    }
}
