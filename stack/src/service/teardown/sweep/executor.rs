//! Runs a sweep: re-reads, deletes, waits and retries. Each resource has its own deadline, so that
//! one that hangs delays only what depends on it.

mod blockers;
mod delete;
mod outcome;
mod reread;
mod type_queue;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use self::type_queue::{QueueKey, TypeQueue};
use super::deadlines::SweepTiming;
use super::saved_plan::SweepPlan;
use crate::cloud::{Cloud, CloudError, Deletion, Described, Place, Resource, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::StopSignal;
use crate::service::teardown::progress::{DeletedResource, Progress};
use crate::service::teardown::record::{ProgressWriter, Recorder};
use crate::sweep::{DeletionSchedule, DeletionStep, Ownership, OwnershipVerdict};

/// How often the executor checks for a stop request and for a due heartbeat.
const TICK_INTERVAL: Duration = Duration::from_secs(1);

/// What a sweep did.
#[derive(Debug, Default)]
pub(super) struct SweepResult {
    pub(super) deleted: Vec<DeletedResource>,
    pub(super) scheduled: BTreeSet<ResourceId>,
    pub(super) left: BTreeMap<ResourceId, OwnershipVerdict>,
    /// The error of the invalid credentials that ended the sweep early.
    pub(super) paused: Option<CloudError>,
    /// Whether it begins no more deletions: a user stopped it, another runner took it over, or the
    /// ledger could not be written.
    pub(super) stopped: bool,
    /// Whether it stopped because the ledger could not be written.
    pub(super) unrecorded: bool,
    /// Whether something was, or may have been, changed in the cloud.
    pub(super) touched: bool,
}

/// A resource whose deletion may proceed.
#[derive(Debug)]
struct DeletionAttempt {
    step: DeletionStep,
    since: Instant,
    until: Instant,
    tries: u32,
    /// Whether the cloud has started the deletion: from then on it is only polled.
    deleting: bool,
    polls: u32,
    reported_at: Instant,
    /// Why the last try failed.
    last: Option<CloudError>,
}

/// The answer of a call.
enum CallAnswer {
    Read(Vec<ResourceId>, Described),
    Detached(ResourceId, Result<(), CloudError>),
    Deleted(ResourceId, Result<Deletion, CloudError>),
    /// What uses a resource whose delete failed with this error.
    Users(ResourceId, CloudError, Result<Vec<Resource>, CloudError>),
    /// References to a resource were detached.
    ReferencesDetached(ResourceId, Result<(), CloudError>),
    /// The call ended without an answer.
    Died(Vec<ResourceId>),
}

/// A call in flight, about resources of one queue.
#[derive(Debug)]
struct InFlightCall<'a> {
    queue: QueueKey<'a>,
    call: CallKind,
    ids: Vec<ResourceId>,
}

#[derive(Debug, PartialEq, Eq)]
enum CallKind {
    /// The resources are read again before they are deleted.
    Read,
    /// The deletions in progress are polled.
    Poll,
    /// A resource's references are detached, or it is deleted.
    Change,
}

pub(super) struct SweepExecutor<'a> {
    cloud: Arc<dyn Cloud>,
    sweep: &'a SweepPlan,
    places: BTreeSet<Place>,
    timing: SweepTiming,
    stop: &'a StopSignal,
    since: Instant,
    by_id: BTreeMap<&'a ResourceId, &'a Resource>,
    /// What is deleted with its owner, or with the whole that it is part of: it is re-read with
    /// that.
    children: BTreeMap<&'a ResourceId, Vec<&'a Resource>>,
    /// The places where functions of the stack run, whose network interfaces outlive them.
    interfaces_linger: BTreeSet<&'a Place>,
    schedule: DeletionSchedule,
    attempts: BTreeMap<ResourceId, DeletionAttempt>,
    /// When each resource is to be read again.
    due: BTreeSet<(Instant, ResourceId)>,
    tasks: JoinSet<CallAnswer>,
    calls: HashMap<Id, InFlightCall<'a>>,
    queues: BTreeMap<QueueKey<'a>, TypeQueue>,
    /// What was deleted: what it owned may exist alone for a while.
    deleted: BTreeSet<ResourceId>,
    result: SweepResult,
}

impl<'a> SweepExecutor<'a> {
    pub(super) fn new(
        cloud: &Arc<dyn Cloud>,
        sweep: &'a SweepPlan,
        places: BTreeSet<Place>,
        timing: SweepTiming,
        stop: &'a StopSignal,
    ) -> Self {
        let mut children: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for one in &sweep.resources {
            for whole in one.owner.iter().chain(&one.part_of) {
                children.entry(whole).or_default().push(one);
            }
        }
        let all = sweep.resources.iter();
        let lingering = all.filter(|one| one.facts.leaves_interfaces);
        Self {
            cloud: Arc::clone(cloud),
            sweep,
            places,
            timing,
            stop,
            since: Instant::now(),
            by_id: sweep.by_id(),
            children,
            interfaces_linger: lingering.map(|one| &one.place).collect(),
            schedule: DeletionSchedule::new(&sweep.resources),
            attempts: BTreeMap::new(),
            due: BTreeSet::new(),
            tasks: JoinSet::new(),
            calls: HashMap::new(),
            queues: BTreeMap::new(),
            deleted: BTreeSet::new(),
            result: SweepResult::default(),
        }
    }

    /// Works until every resource is deleted, left, or given up.
    pub(super) async fn run(
        mut self,
        recorder: &mut Recorder<'_>,
        progress: &mut ProgressWriter<'_>,
    ) -> SweepResult {
        self.leave_staying(progress);
        loop {
            let begins = self.result.paused.is_none() && !self.result.stopped;
            if begins {
                // Written before the first delete call about one of these resources.
                let intended = self.start_ready();
                if !recorder.intend(&intended).await {
                    self.result.unrecorded = true;
                    self.halt(progress);
                }
            }
            // Another runner has taken over: this one must not delete anything any more.
            if recorder.is_replaced() && !self.result.stopped {
                self.halt(progress);
            }
            self.change_reread(progress);
            self.reread_due();
            if self.tasks.is_empty() && (self.due.is_empty() || self.result.paused.is_some()) {
                break;
            }
            let mut answers = self.wait().await;
            while let Some(answered) = self.tasks.try_join_next_with_id() {
                answers.push(self.answered(answered));
            }
            let mut events = Vec::new();
            for answer in answers {
                self.handle_answer(answer, &mut events, progress);
            }
            recorder.write(events).await;
            recorder.heartbeat().await;
            let must_stop = self.stop.is_requested() || recorder.is_replaced();
            if must_stop && !self.result.stopped {
                self.halt(progress);
            }
        }
        self.leave_unreached();
        self.result
    }

    /// Leaves what is not to be deleted, and with it what it uses.
    fn leave_staying(&mut self, progress: &mut ProgressWriter<'_>) {
        for circle in self.schedule.cycles().to_vec() {
            let names: Vec<&str> = circle.iter().map(ResourceId::as_str).collect();
            let reason = format!(
                "they use each other, so none can be deleted first: {}",
                names.join(", ")
            );
            for id in &circle {
                self.leave(id, &reason, None, progress);
            }
        }
        for (id, judged) in &self.sweep.judgement {
            if judged.verdict == Ownership::Belongs {
                continue;
            }
            for blocked in self.schedule.mark_left(id) {
                self.blocked(&blocked, progress);
            }
        }
    }

    /// Begins the steps that are possible now. Returns the resources among them that are to be
    /// deleted.
    fn start_ready(&mut self) -> Vec<ResourceId> {
        let now = Instant::now();
        let mut intended = Vec::new();
        for step in self.schedule.ready() {
            let (DeletionStep::DetachReferences(id) | DeletionStep::Delete(id)) = &step;
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let lingering = self.interfaces_linger.contains(&one.place);
            let timeout = self.timing.timeout(one.facts.timeout, lingering);
            self.due.insert((now, id.clone()));
            if matches!(step, DeletionStep::Delete(_)) {
                intended.push(id.clone());
            }
            let attempt = DeletionAttempt {
                step: step.clone(),
                since: now,
                until: now + timeout,
                tries: 0,
                deleting: false,
                polls: 0,
                reported_at: now,
                last: None,
            };
            self.attempts.insert(id.clone(), attempt);
        }
        intended
    }

    /// Waits until a call is answered, or something is due.
    async fn wait(&mut self) -> Vec<CallAnswer> {
        let tick = Instant::now() + TICK_INTERVAL;
        let next = self.due.first().map_or(tick, |(at, _)| (*at).min(tick));
        // What is due while its queue is full waits for an answer.
        let next = if next <= Instant::now() { tick } else { next };
        tokio::select! {
            biased;
            Some(answered) = self.tasks.join_next_with_id() => vec![self.answered(answered)],
            () = tokio::time::sleep_until(next) => Vec::new(),
        }
    }

    fn answered(
        &mut self,
        answered: Result<(Id, CallAnswer), tokio::task::JoinError>,
    ) -> CallAnswer {
        let (id, answer) = match answered {
            Ok((id, answer)) => (id, Some(answer)),
            Err(error) => (error.id(), None),
        };
        let mut about = Vec::new();
        if let Some(InFlightCall { queue, call, ids }) = self.calls.remove(&id) {
            let queue = self.queues.entry(queue).or_default();
            match call {
                CallKind::Read => queue.reading -= ids.len(),
                CallKind::Change => queue.changing -= 1,
                CallKind::Poll => {}
            }
            about = ids;
        }
        answer.unwrap_or(CallAnswer::Died(about))
    }

    fn handle_answer(
        &mut self,
        answer: CallAnswer,
        events: &mut Vec<EventKind>,
        progress: &mut ProgressWriter<'_>,
    ) {
        match answer {
            CallAnswer::Read(ids, described) => self.read(ids, described, events, progress),
            // Without an answer, its resources are tried again until their deadline.
            CallAnswer::Died(ids) => {
                for id in ids {
                    self.retry_or_leave(&id, "a call about it ended without an answer", progress);
                }
            }
            CallAnswer::Detached(id, answer) => match answer {
                Ok(()) => {
                    self.attempts.remove(&id);
                    self.schedule.mark_detached(&id);
                }
                Err(error) => self.failed(&id, error, events, progress),
            },
            CallAnswer::Users(id, error, users) => self.users_found(&id, error, users, progress),
            CallAnswer::ReferencesDetached(id, answer) => match answer {
                Ok(()) => self.retry_later(&id, None),
                Err(error) => self.failed(&id, error, events, progress),
            },
            CallAnswer::Deleted(id, answer) => match answer {
                Ok(Deletion::Gone) => self.gone(&id, None, events, progress),
                Ok(Deletion::Scheduled(at)) => self.gone(&id, Some(at), events, progress),
                Ok(Deletion::Started) => {
                    if let Some(attempt) = self.attempts.get_mut(&id) {
                        attempt.deleting = true;
                        self.poll_later(id, 0);
                    }
                }
                Err(error) => self.failed(&id, error, events, progress),
            },
        }
    }

    /// Starts no more deletions; those in progress are finished.
    fn halt(&mut self, progress: &mut ProgressWriter<'_>) {
        self.result.stopped = true;
        progress.write(&Progress::Stopping);
        let mut due = std::mem::take(&mut self.due);
        due.retain(|(_, id)| self.is_deleting(id));
        self.due = due;
    }

    /// Whether the cloud has started its deletion, so that it is only polled.
    fn is_deleting(&self, id: &ResourceId) -> bool {
        self.attempts
            .get(id)
            .is_some_and(|attempt| attempt.deleting)
    }

    /// Polls a deletion in progress at the next step, or, after an earlier poll, after a pause:
    /// together with others, and no more often.
    fn poll_later(&mut self, id: ResourceId, polls: u32) {
        let pause = polls
            .checked_sub(1)
            .map_or(Duration::ZERO, |round| self.timing.before_poll(round));
        let at = self.since.elapsed() + pause;
        let step = self.timing.poll_interval.max(Duration::from_millis(1));
        let steps = at.as_nanos().div_ceil(step.as_nanos());
        let at = step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
        self.due.insert((self.since + at, id));
    }

    /// Tracks a call in flight.
    fn track(&mut self, task: Id, call: CallKind, queue: QueueKey<'a>, ids: Vec<ResourceId>) {
        let of = self.queues.entry(queue).or_default();
        match call {
            CallKind::Read => of.record_request(ids.len(), &self.timing),
            CallKind::Change => of.changing += 1,
            CallKind::Poll => {}
        }
        self.calls.insert(task, InFlightCall { queue, call, ids });
    }
}

/// The queue that a resource belongs to.
fn queue_key(one: &Resource) -> QueueKey<'_> {
    (&one.place, &one.kind)
}
