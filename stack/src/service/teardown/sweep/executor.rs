//! The work of a sweep: re-read, delete, wait, again; each resource by its own time, so that one that hangs holds up
//! nothing that does not depend on it.

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
use super::saved_plan::SweepPlan;
use super::timing::SweepTiming;
use crate::cloud::{Cloud, CloudError, Deletion, Described, Place, Resource, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::{DeletedResource, Progress, ProgressWriter, Recorder, StopSignal};
use crate::sweep::{DeletionSchedule, DeletionStep, Ownership, OwnershipVerdict};

/// How often it is looked whether somebody asked it to stop, and whether the runner has to say that it lives.
const TICK: Duration = Duration::from_secs(1);

/// What a sweep did.
#[derive(Debug, Default)]
pub(super) struct SweepResult {
    pub(super) deleted: Vec<DeletedResource>,
    pub(super) scheduled: BTreeSet<ResourceId>,
    pub(super) left: BTreeMap<ResourceId, OwnershipVerdict>,
    /// The credentials that ended it before its time.
    pub(super) paused: Option<CloudError>,
    /// Somebody asked it to stop.
    pub(super) stopped: bool,
    /// Something was changed in the cloud, or may have been.
    pub(super) touched: bool,
}

/// One resource whose turn has come.
#[derive(Debug)]
struct DeletionAttempt {
    step: DeletionStep,
    since: Instant,
    until: Instant,
    tries: u32,
    /// Its deletion has begun: it is only asked whether that is through.
    begun: bool,
    polls: u32,
    told: Instant,
    /// Why the last try did not work.
    last: Option<CloudError>,
}

/// An answer.
enum CallAnswer {
    Read(Vec<ResourceId>, Described),
    Loosened(ResourceId, Result<(), CloudError>),
    Deleted(ResourceId, Result<Deletion, CloudError>),
    /// The call ended without one.
    Died(Vec<ResourceId>),
}

/// A call that is under way, about resources of one lane.
#[derive(Debug)]
struct InFlightCall<'a> {
    lane: QueueKey<'a>,
    errand: CallKind,
    ids: Vec<ResourceId>,
}

#[derive(Debug, PartialEq, Eq)]
enum CallKind {
    /// They are read again before they are deleted.
    Read,
    /// It is asked whether their deletion is through.
    Poll,
    /// One of them is loosened or deleted.
    Act,
}

pub(super) struct SweepExecutor<'a> {
    cloud: Arc<dyn Cloud>,
    kept: &'a SweepPlan,
    places: BTreeSet<Place>,
    timing: SweepTiming,
    stop: &'a StopSignal,
    since: Instant,
    by_id: BTreeMap<&'a ResourceId, &'a Resource>,
    /// What goes with its owner, or with the whole that it is part of: it is re-read with that.
    children: BTreeMap<&'a ResourceId, Vec<&'a Resource>>,
    functions: BTreeSet<&'a Place>,
    schedule: DeletionSchedule,
    turns: BTreeMap<ResourceId, DeletionAttempt>,
    /// When each is to be read again.
    due: BTreeSet<(Instant, ResourceId)>,
    tasks: JoinSet<CallAnswer>,
    under_way: HashMap<Id, InFlightCall<'a>>,
    lanes: BTreeMap<QueueKey<'a>, TypeQueue>,
    /// What is gone: what it owned may stand alone for a while.
    went: BTreeSet<ResourceId>,
    done: SweepResult,
}

impl<'a> SweepExecutor<'a> {
    pub(super) fn new(
        cloud: &Arc<dyn Cloud>,
        kept: &'a SweepPlan,
        places: BTreeSet<Place>,
        timing: SweepTiming,
        stop: &'a StopSignal,
    ) -> Self {
        let mut children: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for one in &kept.resources {
            for whole in one.owner.iter().chain(&one.part_of) {
                children.entry(whole).or_default().push(one);
            }
        }
        let all = kept.resources.iter();
        let functions = all.filter(|one| one.kind == "lambda:function");
        Self {
            cloud: Arc::clone(cloud),
            kept,
            places,
            timing,
            stop,
            since: Instant::now(),
            by_id: kept.by_id(),
            children,
            functions: functions.map(|one| &one.place).collect(),
            schedule: DeletionSchedule::new(&kept.resources),
            turns: BTreeMap::new(),
            due: BTreeSet::new(),
            tasks: JoinSet::new(),
            under_way: HashMap::new(),
            lanes: BTreeMap::new(),
            went: BTreeSet::new(),
            done: SweepResult::default(),
        }
    }

    /// Works until everything is gone, left, or given up.
    pub(super) async fn run(
        mut self,
        recorder: &mut Recorder<'_>,
        teller: &mut ProgressWriter<'_>,
    ) -> SweepResult {
        self.leave_what_stays(teller);
        loop {
            let begins = self.done.paused.is_none() && !self.done.stopped;
            if begins {
                self.take_turns();
            }
            self.act_on_what_was_read(teller);
            self.read_what_is_due();
            if self.tasks.is_empty() && (self.due.is_empty() || self.done.paused.is_some()) {
                break;
            }
            let mut answers = self.wait().await;
            while let Some(answered) = self.tasks.try_join_next_with_id() {
                answers.push(self.answered(answered));
            }
            let mut events = Vec::new();
            for answer in answers {
                self.hear(answer, &mut events, teller);
            }
            recorder.write(events).await;
            recorder.beat().await;
            if self.stop.is_asked() && !self.done.stopped {
                self.halt(teller);
            }
        }
        self.leave_the_rest();
        self.done
    }

    /// What stays keeps what it uses, from the beginning.
    fn leave_what_stays(&mut self, teller: &mut ProgressWriter<'_>) {
        for circle in self.schedule.cycles().to_vec() {
            let names: Vec<&str> = circle.iter().map(ResourceId::as_str).collect();
            let reason = format!(
                "they use each other, and nothing tells which may go first: {}",
                names.join(", ")
            );
            for id in &circle {
                self.leave(id, &reason, None, teller);
            }
        }
        for (id, judged) in &self.kept.judgement {
            if judged.verdict == Ownership::Belongs {
                continue;
            }
            for blocked in self.schedule.mark_left(id) {
                self.blocked(&blocked, teller);
            }
        }
    }

    fn take_turns(&mut self) {
        let now = Instant::now();
        for step in self.schedule.ready() {
            let (DeletionStep::DetachReferences(id) | DeletionStep::Delete(id)) = &step;
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let functions = self.functions.contains(&one.place);
            let patience = self.timing.patience(&one.kind, functions);
            self.due.insert((now, id.clone()));
            let turn = DeletionAttempt {
                step: step.clone(),
                since: now,
                until: now + patience,
                tries: 0,
                begun: false,
                polls: 0,
                told: now,
                last: None,
            };
            self.turns.insert(id.clone(), turn);
        }
    }

    /// Waits until something is answered, or due.
    async fn wait(&mut self) -> Vec<CallAnswer> {
        let tick = Instant::now() + TICK;
        let next = self.due.first().map_or(tick, |(at, _)| (*at).min(tick));
        // What is due and has no room waits for an answer.
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
        if let Some(InFlightCall { lane, errand, ids }) = self.under_way.remove(&id) {
            let lane = self.lanes.entry(lane).or_default();
            match errand {
                CallKind::Read => lane.reading -= ids.len(),
                CallKind::Act => lane.acting -= 1,
                CallKind::Poll => {}
            }
            about = ids;
        }
        answer.unwrap_or(CallAnswer::Died(about))
    }

    fn hear(
        &mut self,
        answer: CallAnswer,
        events: &mut Vec<EventKind>,
        teller: &mut ProgressWriter<'_>,
    ) {
        match answer {
            CallAnswer::Read(ids, described) => self.read(ids, described, events, teller),
            // It said nothing: whatever it was about is tried again, as long as that has time.
            CallAnswer::Died(ids) => {
                for id in ids {
                    self.once_more(&id, "a call about it ended without an answer", teller);
                }
            }
            CallAnswer::Loosened(id, answer) => match answer {
                Ok(()) => {
                    self.turns.remove(&id);
                    self.schedule.mark_detached(&id);
                }
                Err(error) => self.failed(&id, error, events, teller),
            },
            CallAnswer::Deleted(id, answer) => match answer {
                Ok(Deletion::Gone) => self.gone(&id, None, events, teller),
                Ok(Deletion::Scheduled(at)) => self.gone(&id, Some(at), events, teller),
                Ok(Deletion::Started) => {
                    if let Some(turn) = self.turns.get_mut(&id) {
                        turn.begun = true;
                        self.poll_later(id, 0);
                    }
                }
                Err(error) => self.failed(&id, error, events, teller),
            },
        }
    }

    /// Begins no more; what has begun is brought to its end.
    fn halt(&mut self, teller: &mut ProgressWriter<'_>) {
        self.done.stopped = true;
        teller.tell(&Progress::Stopping);
        let mut due = std::mem::take(&mut self.due);
        due.retain(|(_, id)| self.has_begun(id));
        self.due = due;
    }

    /// Whether its deletion has begun, so that it is only asked whether that is through.
    fn has_begun(&self, id: &ResourceId) -> bool {
        self.turns.get(id).is_some_and(|turn| turn.begun)
    }

    /// Asks at the next step, or when it was asked before after a pause, whether a deletion that has begun is through:
    /// together with others, and no more often.
    fn poll_later(&mut self, id: ResourceId, polls: u32) {
        let pause = polls
            .checked_sub(1)
            .map_or(Duration::ZERO, |round| self.timing.before_poll(round));
        let at = self.since.elapsed() + pause;
        let step = self.timing.poll.max(Duration::from_millis(1));
        let steps = at.as_nanos().div_ceil(step.as_nanos());
        let at = step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
        self.due.insert((self.since + at, id));
    }

    /// Follows a call.
    fn follow(&mut self, task: Id, errand: CallKind, lane: QueueKey<'a>, ids: Vec<ResourceId>) {
        let of = self.lanes.entry(lane).or_default();
        match errand {
            CallKind::Read => of.asked(ids.len(), &self.timing),
            CallKind::Act => of.acting += 1,
            CallKind::Poll => {}
        }
        self.under_way
            .insert(task, InFlightCall { lane, errand, ids });
    }
}

/// The lane of a resource.
fn lane_of(one: &Resource) -> QueueKey<'_> {
    (&one.place, &one.kind)
}
