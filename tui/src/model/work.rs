//! Teardowns under way, as far as they have said: which resources have gone, which go now, what failed.

use std::collections::BTreeMap;

use stack::service::teardown::{Outcome, Progress};
use stack::{RunId, StackName};

/// All that are followed, or were.
#[derive(Debug, Default)]
pub(crate) struct Works(BTreeMap<StackName, Work>);

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Which run; `None` until it has begun.
    pub(crate) run: Option<RunId>,
    /// How many resources are to go.
    pub(crate) count: usize,
    /// Each resource that was spoken of, in that order.
    pub(crate) resources: Vec<(String, Fate)>,
    /// Somebody asked it to stop.
    pub(crate) stopping: bool,
    /// How it ended.
    pub(crate) ended: Option<Ended>,
}

/// How a resource fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is being deleted, for so many seconds.
    Going(u64),
    /// It is gone, after so many seconds.
    Gone(u64),
    /// It could not be deleted.
    Failed(u64),
}

/// How a teardown ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// With this outcome.
    Done(Outcome),
    /// Without one.
    Failed(String),
}

impl Works {
    /// The one of a stack.
    pub(crate) fn of(&self, stack: &StackName) -> Option<&Work> {
        self.0.get(stack)
    }

    /// Those that have not ended.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&StackName, &Work)> {
        self.0.iter().filter(|(_, work)| work.ended.is_none())
    }

    /// One is to be followed from its beginning; whether it was not followed before.
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

    /// One has said something.
    pub(crate) fn tell(&mut self, stack: &StackName, step: Progress) {
        self.0.entry(stack.clone()).or_default().tell(step);
    }
}

impl Work {
    /// How many have gone.
    pub(crate) fn gone(&self) -> usize {
        let gone = |fate: &Fate| matches!(fate, Fate::Gone(_));
        self.resources.iter().filter(|(_, fate)| gone(fate)).count()
    }

    fn tell(&mut self, step: Progress) {
        match step {
            Progress::Started { run, count, .. } => (self.run, self.count) = (Some(run), count),
            Progress::ResourceStarted { id, .. } => self.set(id, Fate::Going(0)),
            Progress::ResourceProgress { id, seconds } => self.set(id, Fate::Going(seconds)),
            Progress::ResourceDeleted(deleted) => self.set(deleted.id, Fate::Gone(deleted.seconds)),
            Progress::ResourceFailed { id, seconds, .. } => self.set(id, Fate::Failed(seconds)),
            Progress::Stopping => self.stopping = true,
            Progress::Done(outcome) => self.ended = Some(Ended::Done(outcome)),
            Progress::Failed { reason, .. } => self.ended = Some(Ended::Failed(reason)),
            // Planning, and what a newer jiti says.
            _ => {}
        }
    }

    fn set(&mut self, id: String, fate: Fate) {
        match self.resources.iter_mut().find(|(known, _)| *known == id) {
            Some((_, before)) => *before = fate,
            None => self.resources.push((id, fate)),
        }
    }
}
