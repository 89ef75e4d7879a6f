//! Work under way on stacks, as far as it has said: teardowns, falling asleep, waking; which resources are done, which are
//! at it now, what failed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::service::power::{PowerOutcome, PowerStep};
use stack::service::teardown::{Progress, TeardownOutcome};
use stack::{Elapsed, RunId, StackName};

use super::row::before;

/// All that is followed, or was.
#[derive(Debug, Default)]
pub(crate) struct Works(BTreeMap<StackName, Work>);

/// What is being done with a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It is torn down.
    #[default]
    Teardown,
    /// It falls asleep.
    Sleep,
    /// It wakes.
    Wake,
}

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) doing: Doing,
    /// Which run of a teardown; `None` until it has begun.
    pub(crate) run: Option<RunId>,
    /// Since when it goes on, as far as it was followed.
    pub(crate) since: Option<Timestamp>,
    /// How many resources it is about, as far as that is known.
    pub(crate) count: usize,
    /// Each resource that was spoken of, in that order.
    pub(crate) resources: Vec<(String, Fate)>,
    /// Somebody asked it to stop.
    pub(crate) stopping: bool,
    /// How it ended.
    pub(crate) ended: Option<Ended>,
}

/// How a resource fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is at it, since then.
    Going(Timestamp),
    /// It is done, after so many seconds.
    Done(u64),
    /// It could not be done, after so many seconds; why, where that was said.
    Failed(u64, Option<String>),
}

/// How it ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// A teardown, with this outcome.
    Done(TeardownOutcome),
    /// A sleep or a wake, with this one.
    Turned(Box<PowerOutcome>),
    /// Without one.
    Failed(String),
}

impl Works {
    /// The one of a stack.
    pub(crate) fn of(&self, stack: &StackName) -> Option<&Work> {
        self.0.get(stack)
    }

    /// What has not ended of a stack.
    pub(crate) fn running(&self, stack: &StackName) -> Option<&Work> {
        self.of(stack).filter(|work| work.ended.is_none())
    }

    /// Which stacks fall asleep or wake now: that ends with this process.
    pub(crate) fn turning(&self) -> impl Iterator<Item = &StackName> {
        let turning = |work: &Work| work.ended.is_none() && work.doing != Doing::Teardown;
        let works = self.0.iter().filter(move |(_, work)| turning(work));
        works.map(|(stack, _)| stack)
    }

    /// A teardown is to be followed from its beginning; whether it was not followed before.
    pub(crate) fn begin(&mut self, stack: &StackName, run: &RunId) -> bool {
        let work = self.0.entry(stack.clone()).or_default();
        if work.run.as_ref() == Some(run) {
            return false;
        }
        *work = Work {
            run: Some(run.clone()),
            ..Work::default()
        };
        true
    }

    /// A stack begins to fall asleep, or to wake: so many resources, as far as that is known.
    pub(crate) fn turn(&mut self, stack: &StackName, doing: Doing, count: usize, now: Timestamp) {
        let work = Work {
            doing,
            count,
            since: Some(now),
            ..Work::default()
        };
        self.0.insert(stack.clone(), work);
    }

    /// A teardown has said something.
    pub(crate) fn tell(&mut self, stack: &StackName, step: Progress, now: Timestamp) {
        self.0.entry(stack.clone()).or_default().tell(step, now);
    }

    /// A sleep or a wake has.
    pub(crate) fn step(&mut self, stack: &StackName, step: PowerStep, now: Timestamp) {
        self.0.entry(stack.clone()).or_default().step(step, now);
    }

    /// A sleep or a wake has ended.
    pub(crate) fn end(&mut self, stack: &StackName, ended: Ended) {
        self.0.entry(stack.clone()).or_default().ended = Some(ended);
    }
}

impl Work {
    /// The operation and its progress in words: `is falling asleep: 1 of 3 stopped, 1 failed`.
    pub(crate) fn summary(&self) -> String {
        let (doing, done) = match self.doing {
            Doing::Teardown => ("is being torn down", "destroyed"),
            Doing::Sleep => ("is falling asleep", "stopped"),
            Doing::Wake => ("is waking", "started"),
        };
        let failed = match self.failed() {
            0 => String::new(),
            count => format!(", {count} failed"),
        };
        format!("{doing}: {} of {} {done}{failed}", self.done(), self.all())
    }

    /// How many are done.
    pub(crate) fn done(&self) -> usize {
        let done = |fate: &Fate| matches!(fate, Fate::Done(_));
        self.resources.iter().filter(|(_, fate)| done(fate)).count()
    }

    /// How many failed.
    pub(crate) fn failed(&self) -> usize {
        let failed = |fate: &Fate| matches!(fate, Fate::Failed(..));
        self.resources
            .iter()
            .filter(|(_, fate)| failed(fate))
            .count()
    }

    /// How many there are, as far as that is known.
    pub(crate) fn all(&self) -> usize {
        self.count.max(self.resources.len())
    }

    fn tell(&mut self, step: Progress, now: Timestamp) {
        match step {
            Progress::Started { run, count, .. } => (self.run, self.count) = (Some(run), count),
            Progress::ResourceStarted { id, .. } => self.set(id, Fate::Going(now)),
            Progress::ResourceProgress { id, seconds, .. } => {
                let since = Elapsed::from_millis(seconds.saturating_mul(1_000));
                self.set(id, Fate::Going(before(now, since)));
            }
            Progress::ResourceDeleted(deleted) => self.set(deleted.id, Fate::Done(deleted.seconds)),
            Progress::ResourceFailed { id, seconds, .. } => {
                self.set(id, Fate::Failed(seconds, None));
            }
            Progress::Stopping => self.stopping = true,
            Progress::Done(outcome) => self.ended = Some(Ended::Done(outcome)),
            Progress::Failed { reason, .. } => self.ended = Some(Ended::Failed(reason)),
            // Planning, and what a newer jiti says.
            _ => {}
        }
    }

    fn step(&mut self, step: PowerStep, now: Timestamp) {
        match step {
            PowerStep::Stopping(one) | PowerStep::Starting(one) => {
                self.set(one.id.to_string(), Fate::Going(now));
            }
            PowerStep::Done(one) => {
                let id = one.id.to_string();
                let took = self.took(&id, now);
                self.set(id, Fate::Done(took));
            }
            PowerStep::Failed(one) => {
                let took = self.took(&one.id, now);
                self.set(one.id, Fate::Failed(took, Some(one.reason)));
            }
        }
    }

    /// For how many seconds a resource has been at it.
    fn took(&self, id: &str, now: Timestamp) -> u64 {
        let mut known = self.resources.iter().filter(|(known, _)| known == id);
        match known.next() {
            Some((_, Fate::Going(since))) => Elapsed::between(*since, now).seconds(),
            _ => 0,
        }
    }

    fn set(&mut self, id: String, fate: Fate) {
        match self.resources.iter_mut().find(|(known, _)| *known == id) {
            Some((_, before)) => *before = fate,
            None => self.resources.push((id, fate)),
        }
    }
}
