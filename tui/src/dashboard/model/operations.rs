//! Operations on stacks, and the progress of each resource: teardowns, sleeps and wakes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::service::power::{PowerOutcome, PowerStep};
use stack::service::teardown::{Progress, TeardownOutcome};
use stack::{Elapsed, RunId, StackName};

use super::row::before;

/// The last operation on each stack, running or ended.
#[derive(Debug, Default)]
pub(crate) struct Operations(BTreeMap<StackName, Operation>);

/// What an operation does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OperationKind {
    /// Tears the stack down.
    #[default]
    Teardown,
    /// Puts the stack to sleep.
    Sleep,
    /// Wakes the stack.
    Wake,
}

/// One operation.
#[derive(Debug, Default)]
pub(crate) struct Operation {
    pub(crate) kind: OperationKind,
    /// The run of a teardown; `None` before it starts, and for sleep and wake.
    pub(crate) run: Option<RunId>,
    /// When it started, if known.
    pub(crate) since: Option<Timestamp>,
    /// The number of resources in the plan, or 0 if unknown.
    pub(crate) count: usize,
    /// The resources reported so far, in the order of their first report.
    pub(crate) resources: Vec<(String, ResourceProgress)>,
    /// It has begun, and no longer waits for its turn.
    pub(crate) started: bool,
    /// The steps so far, for the log: the last ones of a very long operation.
    pub(crate) steps: Vec<OperationStep>,
    /// A user asked it to stop.
    pub(crate) stopping: bool,
    /// How it ended; `None` while it runs.
    pub(crate) result: Option<OperationResult>,
}

/// One step of an operation.
#[derive(Clone, Debug)]
pub(crate) enum OperationStep {
    /// A step of a teardown.
    Teardown(Progress),
    /// A step of a sleep or wake.
    Power(PowerStep),
}

/// How many steps of an operation are kept. A teardown has two or three per resource.
const MAX_STEPS: usize = 5_000;

/// The progress of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResourceProgress {
    /// In progress since this time.
    InProgress(Timestamp),
    /// Done, after this many seconds.
    Done(u64),
    /// Failed after this many seconds, with a reason if one was reported.
    Failed(u64, Option<String>),
}

/// How an operation ended.
#[derive(Clone, Debug)]
pub(crate) enum OperationResult {
    /// A teardown ended with this outcome.
    TornDown(TeardownOutcome),
    /// A sleep or wake ended with this outcome.
    PowerFinished(Box<PowerOutcome>),
    /// The operation failed, for this reason.
    Failed(String),
}

impl Operations {
    /// Returns the last operation on a stack.
    pub(crate) fn last(&self, stack: &StackName) -> Option<&Operation> {
        self.0.get(stack)
    }

    /// Returns the running operation on a stack.
    pub(crate) fn running(&self, stack: &StackName) -> Option<&Operation> {
        self.last(stack)
            .filter(|operation| operation.result.is_none())
    }

    /// Returns the stacks that are going to sleep or waking up. These operations end with this
    /// process.
    pub(crate) fn changing_power(&self) -> impl Iterator<Item = &StackName> {
        let changing = |operation: &Operation| {
            operation.result.is_none() && operation.kind != OperationKind::Teardown
        };
        let operations = self
            .0
            .iter()
            .filter(move |(_, operation)| changing(operation));
        operations.map(|(stack, _)| stack)
    }

    /// Starts to follow a teardown. Returns `false` if it is already followed.
    pub(crate) fn begin_teardown(&mut self, stack: &StackName, run: &RunId) -> bool {
        let operation = self.0.entry(stack.clone()).or_default();
        if operation.run.as_ref() == Some(run) {
            return false;
        }
        *operation = Operation {
            run: Some(run.clone()),
            ..Operation::default()
        };
        true
    }

    /// Starts a sleep or wake. `count` is 0 if the number of resources is unknown.
    pub(crate) fn turn(
        &mut self,
        stack: &StackName,
        kind: OperationKind,
        count: usize,
        now: Timestamp,
    ) {
        let operation = Operation {
            kind,
            count,
            since: Some(now),
            ..Operation::default()
        };
        self.0.insert(stack.clone(), operation);
    }

    /// Applies one step of a teardown.
    pub(crate) fn apply_teardown_step(
        &mut self,
        stack: &StackName,
        step: Progress,
        now: Timestamp,
    ) {
        self.0
            .entry(stack.clone())
            .or_default()
            .apply_teardown_step(step, now);
    }

    /// Applies one step of a sleep or wake.
    pub(crate) fn apply_power_step(&mut self, stack: &StackName, step: PowerStep, now: Timestamp) {
        self.0
            .entry(stack.clone())
            .or_default()
            .apply_power_step(step, now);
    }

    /// Ends a sleep or wake.
    pub(crate) fn end(&mut self, stack: &StackName, result: OperationResult) {
        self.0.entry(stack.clone()).or_default().result = Some(result);
    }
}

impl Operation {
    /// The progress in words: `1 of 3 stopped, 1 failed`.
    pub(crate) fn progress(&self) -> String {
        let done = match self.kind {
            OperationKind::Teardown => "destroyed",
            OperationKind::Sleep => "stopped",
            OperationKind::Wake => "started",
        };
        let failed = match self.failed() {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        format!("{} of {} {done}{failed}", self.done(), self.all())
    }

    /// The number of resources that are done.
    pub(crate) fn done(&self) -> usize {
        let done = |progress: &ResourceProgress| matches!(progress, ResourceProgress::Done(_));
        self.resources
            .iter()
            .filter(|(_, progress)| done(progress))
            .count()
    }

    /// The number of resources that failed.
    pub(crate) fn failed(&self) -> usize {
        let failed = |progress: &ResourceProgress| matches!(progress, ResourceProgress::Failed(..));
        self.resources
            .iter()
            .filter(|(_, progress)| failed(progress))
            .count()
    }

    /// The number of resources, as far as it is known.
    pub(crate) fn all(&self) -> usize {
        self.count.max(self.resources.len())
    }

    fn note(&mut self, step: OperationStep) {
        if self.steps.len() >= MAX_STEPS {
            self.steps.drain(..MAX_STEPS / 10);
        }
        self.steps.push(step);
    }

    fn apply_teardown_step(&mut self, step: Progress, now: Timestamp) {
        self.started = true;
        if !matches!(step, Progress::ResourceProgress { .. }) {
            self.note(OperationStep::Teardown(step.clone()));
        }
        match step {
            Progress::Started { run, count, .. } => (self.run, self.count) = (Some(run), count),
            Progress::ResourceStarted { id, .. } => self.set(id, ResourceProgress::InProgress(now)),
            Progress::ResourceProgress { id, seconds, .. } => {
                let since = Elapsed::from_millis(seconds.saturating_mul(1_000));
                self.set(id, ResourceProgress::InProgress(before(now, since)));
            }
            Progress::ResourceDeleted(deleted) => {
                self.set(deleted.id, ResourceProgress::Done(deleted.seconds));
            }
            Progress::ResourceFailed { id, seconds, .. } => {
                self.set(id, ResourceProgress::Failed(seconds, None));
            }
            Progress::ResourceSaid { id, line } => self.add_reason(&id, line),
            Progress::Stopping => self.stopping = true,
            Progress::Done(outcome) => self.result = Some(OperationResult::TornDown(outcome)),
            Progress::Failed { reason, .. } => self.result = Some(OperationResult::Failed(reason)),
            // Planning, and steps of a newer jiti.
            _ => {}
        }
    }

    fn apply_power_step(&mut self, step: PowerStep, now: Timestamp) {
        self.started = true;
        self.note(OperationStep::Power(step.clone()));
        match step {
            PowerStep::Stopping(one) | PowerStep::Starting(one) => {
                self.set(one.id.to_string(), ResourceProgress::InProgress(now));
            }
            PowerStep::Done(one) => {
                let id = one.id.to_string();
                let took = self.seconds_in_progress(&id, now);
                self.set(id, ResourceProgress::Done(took));
            }
            PowerStep::Failed(one) => {
                let took = self.seconds_in_progress(&one.id, now);
                self.set(one.id, ResourceProgress::Failed(took, Some(one.reason)));
            }
        }
    }

    /// How many seconds a resource has been in progress.
    fn seconds_in_progress(&self, id: &str, now: Timestamp) -> u64 {
        let mut known = self.resources.iter().filter(|(known, _)| known == id);
        match known.next() {
            Some((_, ResourceProgress::InProgress(since))) => {
                Elapsed::between(*since, now).seconds()
            }
            _ => 0,
        }
    }

    /// Adds why a resource failed.
    fn add_reason(&mut self, id: &str, line: String) {
        for (known, progress) in &mut self.resources {
            if let ResourceProgress::Failed(_, reason) = progress
                && known == id
            {
                *reason = Some(line);
                return;
            }
        }
    }

    fn set(&mut self, id: String, progress: ResourceProgress) {
        match self.resources.iter_mut().find(|(known, _)| *known == id) {
            Some((_, before)) => *before = progress,
            None => self.resources.push((id, progress)),
        }
    }
}
