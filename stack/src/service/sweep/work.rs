//! The work of a sweep: re-read, delete, wait, again; each resource by its own time, so that one that hangs holds up
//! nothing that does not depend on it.

mod act;
mod ending;
mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::keep::Kept;
use super::timing::Timing;
use crate::cloud::{Cloud, CloudError, Deletion, Described, Place, Resource, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::{Deleted, Progress, Recorder, Stop, Teller};
use crate::sweep::{Judged, Schedule, Step, Verdict};

/// How often it is looked whether somebody asked it to stop, and whether the runner has to say that it lives.
const TICK: Duration = Duration::from_secs(1);

/// What a sweep did.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) deleted: Vec<Deleted>,
    pub(super) scheduled: BTreeSet<ResourceId>,
    pub(super) left: BTreeMap<ResourceId, Judged>,
    /// The credentials that ended it before its time.
    pub(super) paused: Option<CloudError>,
    /// Somebody asked it to stop.
    pub(super) stopped: bool,
    /// Something was changed in the cloud, or may have been.
    pub(super) touched: bool,
}

/// One resource whose turn has come.
#[derive(Debug)]
struct Turn {
    step: Step,
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
enum Answer {
    Read(Vec<ResourceId>, Described),
    Loosened(ResourceId, Result<(), CloudError>),
    Deleted(ResourceId, Result<Deletion, CloudError>),
    /// The call ended without one.
    Died(Vec<ResourceId>),
}

/// Of one type in one place so many are under way at once.
type Lane = (Place, String);

pub(super) struct Work<'a> {
    cloud: Arc<dyn Cloud>,
    kept: &'a Kept,
    places: BTreeSet<Place>,
    timing: Timing,
    stop: &'a Stop,
    by_id: BTreeMap<&'a ResourceId, &'a Resource>,
    /// What goes with its owner, or with the whole that it is part of: it is re-read with that.
    children: BTreeMap<&'a ResourceId, Vec<&'a Resource>>,
    functions: BTreeSet<&'a Place>,
    schedule: Schedule,
    turns: BTreeMap<ResourceId, Turn>,
    /// When each is to be read again.
    due: BTreeSet<(Instant, ResourceId)>,
    tasks: JoinSet<Answer>,
    under_way: HashMap<Id, Vec<ResourceId>>,
    busy: BTreeMap<Lane, usize>,
    /// What is gone: what it owned may stand alone for a while.
    went: BTreeSet<ResourceId>,
    done: Done,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        cloud: &Arc<dyn Cloud>,
        kept: &'a Kept,
        places: BTreeSet<Place>,
        timing: Timing,
        stop: &'a Stop,
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
            by_id: kept.by_id(),
            children,
            functions: functions.map(|one| &one.place).collect(),
            schedule: Schedule::new(&kept.resources),
            turns: BTreeMap::new(),
            due: BTreeSet::new(),
            tasks: JoinSet::new(),
            under_way: HashMap::new(),
            busy: BTreeMap::new(),
            went: BTreeSet::new(),
            done: Done::default(),
        }
    }

    /// Works until everything is gone, left, or given up.
    pub(super) async fn run(
        mut self,
        recorder: &mut Recorder<'_>,
        teller: &mut Teller<'_>,
    ) -> Done {
        self.leave_what_stays(teller);
        loop {
            let begins = self.done.paused.is_none() && !self.done.stopped;
            if begins {
                self.take_turns();
            }
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
    fn leave_what_stays(&mut self, teller: &mut Teller<'_>) {
        for circle in self.schedule.circles().to_vec() {
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
            if judged.verdict == Verdict::Belongs {
                continue;
            }
            for blocked in self.schedule.left(id) {
                self.blocked(&blocked, teller);
            }
        }
    }

    fn take_turns(&mut self) {
        let now = Instant::now();
        for step in self.schedule.ready() {
            let (Step::Loosen(id) | Step::Delete(id)) = &step;
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let functions = self.functions.contains(&one.place);
            let patience = self.timing.patience(&one.kind, functions);
            self.due.insert((now, id.clone()));
            let turn = Turn {
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
    async fn wait(&mut self) -> Vec<Answer> {
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

    fn answered(&mut self, answered: Result<(Id, Answer), tokio::task::JoinError>) -> Answer {
        let (id, answer) = match answered {
            Ok((id, answer)) => (id, Some(answer)),
            Err(error) => (error.id(), None),
        };
        let about = self.under_way.remove(&id).unwrap_or_default();
        answer.unwrap_or(Answer::Died(about))
    }

    fn hear(&mut self, answer: Answer, events: &mut Vec<EventKind>, teller: &mut Teller<'_>) {
        match answer {
            Answer::Read(ids, described) => self.read(ids, described, events, teller),
            // It said nothing: whatever it was about is tried again, as long as that has time.
            Answer::Died(ids) => {
                for id in ids {
                    self.free(&id);
                    self.once_more(&id, "a call about it ended without an answer", teller);
                }
            }
            Answer::Loosened(id, answer) => {
                self.free(&id);
                match answer {
                    Ok(()) => {
                        self.turns.remove(&id);
                        self.schedule.loosened(&id);
                    }
                    Err(error) => self.failed(&id, error, events, teller),
                }
            }
            Answer::Deleted(id, answer) => {
                self.free(&id);
                match answer {
                    Ok(Deletion::Gone) => self.gone(&id, None, events, teller),
                    Ok(Deletion::Scheduled(at)) => self.gone(&id, Some(at), events, teller),
                    Ok(Deletion::Begun) => {
                        if let Some(turn) = self.turns.get_mut(&id) {
                            turn.begun = true;
                            let at = Instant::now() + self.timing.before_poll(0);
                            self.due.insert((at, id));
                        }
                    }
                    Err(error) => self.failed(&id, error, events, teller),
                }
            }
        }
    }

    /// Begins no more; what has begun is brought to its end.
    fn halt(&mut self, teller: &mut Teller<'_>) {
        self.done.stopped = true;
        teller.tell(&Progress::Stopping);
        let begun = |id: &ResourceId| self.turns.get(id).is_some_and(|turn| turn.begun);
        self.due.retain(|(_, id)| begun(id));
    }

    fn free(&mut self, id: &ResourceId) {
        if let Some(one) = self.by_id.get(id) {
            let lane = (one.place.clone(), one.kind.clone());
            if let Some(busy) = self.busy.get_mut(&lane) {
                *busy = busy.saturating_sub(1);
            }
        }
    }
}
