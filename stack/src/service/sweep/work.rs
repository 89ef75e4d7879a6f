//! The work of a sweep: re-read, delete, wait, again; each resource by its own time, so that one that hangs holds up
//! nothing that does not depend on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::keep::Kept;
use super::timing::Timing;
use crate::cloud::{
    Cloud, CloudError, CloudErrorKind, Deleting, Deletion, Described, Place, Resource, ResourceId,
};
use crate::lease::EventKind;
use crate::service::teardown::{Deleted, Progress, Recorder, Stop, Teller};
use crate::sweep::{Blocked, Judged, Schedule, Step, Verdict, judge};
use crate::tags;

/// How often it is looked whether somebody asked it to stop, and whether the runner has to say that it lives.
const TICK: Duration = Duration::from_secs(1);

/// How often it is told that a deletion goes on.
const TOLD: Duration = Duration::from_secs(10);

/// Codes of a dependency: whatever of the stack used it is gone by then.
const IN_USE: &[&str] = &[
    "DependencyViolation",
    "InUse",
    "Conflict",
    "NotEmpty",
    "Contains",
];

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
    /// What goes with its owner: it is re-read with it.
    children: BTreeMap<&'a ResourceId, Vec<&'a Resource>>,
    functions: BTreeSet<&'a Place>,
    schedule: Schedule,
    turns: BTreeMap<ResourceId, Turn>,
    /// When each is to be read again.
    due: BTreeSet<(Instant, ResourceId)>,
    tasks: JoinSet<Answer>,
    under_way: HashMap<Id, Vec<ResourceId>>,
    busy: BTreeMap<Lane, usize>,
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
            if let Some(owner) = &one.owner {
                children.entry(owner).or_default().push(one);
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
                answers.extend(self.answered(answered));
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

    /// Reads those again whose time has come, those of one type in one place together.
    fn read_what_is_due(&mut self) {
        if self.done.paused.is_some() {
            return;
        }
        let now = Instant::now();
        let mut batches: BTreeMap<Lane, Vec<ResourceId>> = BTreeMap::new();
        for (_, id) in self.due.iter().take_while(|(at, _)| *at <= now) {
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let lane = (one.place.clone(), one.kind.clone());
            let busy = self.busy.get(&lane).copied().unwrap_or(0);
            let batch = batches.entry(lane).or_default();
            if busy + batch.len() < self.timing.at_once {
                batch.push(id.clone());
            }
        }
        for (lane, ids) in batches {
            if ids.is_empty() {
                continue;
            }
            let chosen: BTreeSet<&ResourceId> = ids.iter().collect();
            self.due.retain(|(_, id)| !chosen.contains(id));
            *self.busy.entry(lane).or_default() += ids.len();
            let mut asked: BTreeMap<&ResourceId, &Resource> = BTreeMap::new();
            for id in &ids {
                self.with_children(id, &mut asked);
            }
            let asked: Vec<Resource> = asked.into_values().cloned().collect();
            let cloud = Arc::clone(&self.cloud);
            let about = ids.clone();
            let task = self.tasks.spawn(async move {
                let described = cloud.describe(&asked).await;
                Answer::Read(ids, described)
            });
            self.under_way.insert(task.id(), about);
        }
    }

    /// One that is to go, and all that would go with it.
    fn with_children(&self, id: &ResourceId, asked: &mut BTreeMap<&'a ResourceId, &'a Resource>) {
        let Some(one) = self.by_id.get(id) else {
            return;
        };
        if asked.insert(&one.id, one).is_some() {
            return;
        }
        if self.turns.get(id).is_some_and(|turn| turn.begun) {
            return;
        }
        for child in self.children.get(id).into_iter().flatten() {
            self.with_children(&child.id, asked);
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
            Some(answered) = self.tasks.join_next_with_id() => self.answered(answered).into_iter().collect(),
            () = tokio::time::sleep_until(next) => Vec::new(),
        }
    }

    fn answered(
        &mut self,
        answered: Result<(Id, Answer), tokio::task::JoinError>,
    ) -> Option<Answer> {
        let (id, answer) = match answered {
            Ok((id, answer)) => (id, Some(answer)),
            Err(error) => (error.id(), None),
        };
        let about = self.under_way.remove(&id).unwrap_or_default();
        // A call that died said nothing: whatever it was about is tried again.
        if answer.is_none() {
            for id in &about {
                self.free(id);
                self.again(id, None);
            }
        }
        answer
    }

    fn hear(&mut self, answer: Answer, events: &mut Vec<EventKind>, teller: &mut Teller<'_>) {
        match answer {
            Answer::Read(ids, described) => self.read(ids, described, events, teller),
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

    /// What their own services say of those that are to go.
    fn read(
        &mut self,
        ids: Vec<ResourceId>,
        described: Described,
        events: &mut Vec<EventKind>,
        teller: &mut Teller<'_>,
    ) {
        let failed: BTreeMap<_, _> = described.failed.into_iter().collect();
        let found = described.found.into_iter();
        let found: BTreeMap<_, _> = found.map(|one| (one.id.clone(), one)).collect();
        for id in ids {
            let mut asked = BTreeMap::new();
            self.with_children(&id, &mut asked);
            let error = asked.keys().filter_map(|id| failed.get(*id));
            let mut error = error.filter(|error| error.kind != CloudErrorKind::Gone);
            let error = failed.get(&id).or(error.next()).cloned();
            match (error, found.get(&id)) {
                (Some(error), _) => {
                    self.free(&id);
                    let error = match error.kind {
                        CloudErrorKind::Gone => {
                            self.gone(&id, None, events, teller);
                            continue;
                        }
                        _ => error,
                    };
                    self.failed(&id, error, events, teller);
                }
                (None, None) => {
                    self.free(&id);
                    self.gone(&id, None, events, teller);
                }
                (None, Some(fresh)) if self.turns.get(&id).is_some_and(|turn| turn.begun) => {
                    self.free(&id);
                    self.still_going(&id, fresh, teller);
                }
                (None, Some(fresh)) => {
                    let children = asked.keys().filter(|child| **child != &id);
                    let children = children.filter_map(|child| found.get(*child));
                    self.act(&id, fresh, children.cloned().collect(), teller);
                }
            }
        }
    }

    /// Does what its turn is for, when it is still what the plan took it for.
    fn act(
        &mut self,
        id: &ResourceId,
        fresh: &Resource,
        children: Vec<Resource>,
        teller: &mut Teller<'_>,
    ) {
        let Some(until) = self.turns.get(id).map(|turn| turn.until) else {
            return self.free(id);
        };
        if self.done.stopped || self.done.paused.is_some() {
            return self.free(id);
        }
        let planned = self.by_id.get(id).copied();
        if let Err(judged) = verify(self.kept, &self.by_id, &self.places, fresh, children) {
            let reason = match planned.filter(|planned| changed(planned, fresh)) {
                Some(_) => format!("its tags changed since the plan: {}", judged.reason),
                None => format!("it is no longer as the plan saw it: {}", judged.reason),
            };
            self.free(id);
            return self.leave(id, &reason, judged.blocked_by, teller);
        }
        if let Some(why) = &fresh.untouchable {
            // It goes by itself, with or after its owner.
            self.free(id);
            let reason = format!("it is still there, and nobody may touch it: {why}");
            return if Instant::now() < until {
                self.again(id, None);
            } else {
                self.leave(id, &reason, None, teller);
            };
        }
        let Some(turn) = self.turns.get_mut(id) else {
            return;
        };
        if turn.tries == 0 && matches!(turn.step, Step::Delete(_)) {
            teller.tell(&Progress::ResourceStarted {
                id: id.to_string(),
                kind: fresh.kind.clone(),
            });
        }
        turn.tries += 1;
        self.done.touched = true;
        let (cloud, fresh, about) = (Arc::clone(&self.cloud), fresh.clone(), id.clone());
        let task = match turn.step {
            Step::Loosen(_) => self.tasks.spawn(async move {
                let answer = cloud.loosen(&fresh).await;
                Answer::Loosened(fresh.id, answer)
            }),
            Step::Delete(_) => {
                let how = Deleting {
                    final_snapshot: self.kept.final_snapshot,
                };
                self.tasks.spawn(async move {
                    let answer = cloud.delete(&fresh, how).await;
                    Answer::Deleted(fresh.id, answer)
                })
            }
        };
        self.under_way.insert(task.id(), vec![about]);
    }

    /// A deletion that has begun and is not through.
    fn still_going(&mut self, id: &ResourceId, fresh: &Resource, teller: &mut Teller<'_>) {
        let state = fresh.state.as_deref().unwrap_or("without a state");
        let has_failed = state
            .to_lowercase()
            .replace('-', "_")
            .contains("delete_failed");
        let Some(turn) = self.turns.get_mut(id) else {
            return;
        };
        let now = Instant::now();
        if has_failed || now >= turn.until {
            let seconds = turn.since.elapsed().as_secs();
            let reason = format!(
                "its deletion was begun and is not through after {seconds} s: it is {state}"
            );
            return self.leave(id, &reason, None, teller);
        }
        turn.polls += 1;
        let at = now + self.timing.before_poll(turn.polls);
        self.tell_that_it_goes_on(id, teller);
        self.due.insert((at, id.clone()));
    }

    /// A call about one that failed.
    fn failed(
        &mut self,
        id: &ResourceId,
        error: CloudError,
        events: &mut Vec<EventKind>,
        teller: &mut Teller<'_>,
    ) {
        match error.kind {
            CloudErrorKind::Credentials => {
                self.done.paused.get_or_insert(error);
            }
            CloudErrorKind::Gone => self.gone(id, None, events, teller),
            CloudErrorKind::Wait | CloudErrorKind::Throttled | CloudErrorKind::Unreachable => {
                let late = self
                    .turns
                    .get(id)
                    .is_some_and(|turn| Instant::now() >= turn.until);
                if late {
                    let reason = format!("it was tried until its time was over: {error}");
                    self.leave(id, &reason, blocker(&error), teller);
                } else {
                    self.tell_that_it_goes_on(id, teller);
                    self.again(id, Some(error));
                }
            }
            CloudErrorKind::Protected => {
                let reason = format!("it is protected, and jiti never switches that off: {error}");
                self.leave(id, &reason, None, teller);
            }
            CloudErrorKind::Denied | CloudErrorKind::Other => {
                self.leave(id, &error.to_string(), None, teller);
            }
        }
    }

    /// Tries it again after a pause: read again first, as the first time.
    fn again(&mut self, id: &ResourceId, error: Option<CloudError>) {
        if let Some(turn) = self.turns.get_mut(id) {
            let pause = self
                .timing
                .before_try(turn.tries.saturating_sub(1) + turn.polls);
            // What is only waited for comes to its end as well.
            turn.polls += u32::from(error.is_none());
            turn.last = error;
            let at =
                (Instant::now() + pause).min(turn.until.max(Instant::now() + self.timing.poll));
            self.due.insert((at, id.clone()));
        }
    }

    fn tell_that_it_goes_on(&mut self, id: &ResourceId, teller: &mut Teller<'_>) {
        if let Some(turn) = self.turns.get_mut(id)
            && turn.told.elapsed() >= TOLD
        {
            turn.told = Instant::now();
            teller.tell(&Progress::ResourceProgress {
                id: id.to_string(),
                seconds: turn.since.elapsed().as_secs(),
            });
        }
    }

    fn gone(
        &mut self,
        id: &ResourceId,
        at: Option<Timestamp>,
        events: &mut Vec<EventKind>,
        teller: &mut Teller<'_>,
    ) {
        let (Some(one), Some(turn)) = (self.by_id.get(id), self.turns.remove(id)) else {
            return;
        };
        self.schedule.gone(id);
        if at.is_some() {
            self.done.scheduled.insert(id.clone());
        }
        let deleted = Deleted {
            id: id.to_string(),
            kind: one.kind.clone(),
            resource_id: None,
            region: Some(one.place.region.clone()),
            seconds: turn.since.elapsed().as_secs(),
            scheduled_for: at,
        };
        events.push(EventKind::ResourceDeleted { id: id.to_string() });
        teller.tell(&Progress::ResourceDeleted(deleted.clone()));
        self.done.deleted.push(deleted);
    }

    fn leave(
        &mut self,
        id: &ResourceId,
        reason: &str,
        by: Option<String>,
        teller: &mut Teller<'_>,
    ) {
        if self.done.left.contains_key(id) {
            return;
        }
        let turn = self.turns.remove(id);
        let seconds = turn.map_or(0, |turn| turn.since.elapsed().as_secs());
        self.note_left(id, reason.to_owned(), by, seconds, teller);
        for blocked in self.schedule.left(id) {
            self.blocked(&blocked, teller);
        }
    }

    fn blocked(&mut self, blocked: &Blocked, teller: &mut Teller<'_>) {
        let Blocked { id, by } = blocked;
        // What would have stayed anyway has a better reason than this.
        let belongs = self.kept.judgement.get(id).is_some_and(Judged::belongs);
        if belongs && !self.done.left.contains_key(id) {
            self.turns.remove(id);
            let reason = format!("it can only go after {by}, which is left");
            self.note_left(id, reason, Some(by.to_string()), 0, teller);
        }
    }

    fn note_left(
        &mut self,
        id: &ResourceId,
        reason: String,
        by: Option<String>,
        seconds: u64,
        teller: &mut Teller<'_>,
    ) {
        let kind = self.by_id.get(id).map(|one| one.kind.clone());
        teller.tell(&Progress::ResourceFailed {
            id: id.to_string(),
            kind: kind.unwrap_or_default(),
            seconds,
        });
        let judged = Judged {
            verdict: Verdict::Stays,
            reason,
            blocked_by: by,
        };
        self.done.left.insert(id.clone(), judged);
    }

    /// Begins no more; what has begun is brought to its end.
    fn halt(&mut self, teller: &mut Teller<'_>) {
        self.done.stopped = true;
        teller.tell(&Progress::Stopping);
        let begun = |id: &ResourceId| self.turns.get(id).is_some_and(|turn| turn.begun);
        self.due.retain(|(_, id)| begun(id));
    }

    /// What never had its turn, or not to the end.
    fn leave_the_rest(&mut self) {
        let reason = match &self.done.paused {
            Some(_) => "not reached: the credentials ended before it",
            None => "not reached: the teardown was stopped",
        };
        for id in self.schedule.remaining() {
            self.done.left.entry(id).or_insert_with(|| Judged {
                verdict: Verdict::Stays,
                reason: reason.to_owned(),
                blocked_by: None,
            });
        }
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

/// Whether a resource is still the stack's, by its own service's words of this moment, and all that would go with it.
fn verify(
    kept: &Kept,
    by_id: &BTreeMap<&ResourceId, &Resource>,
    places: &BTreeSet<Place>,
    fresh: &Resource,
    children: Vec<Resource>,
) -> Result<(), Judged> {
    let mut all = vec![fresh.clone()];
    all.extend(children);
    // Its owners went before it, or stand as the plan saw them: those that stay keep it.
    let mut above: Vec<&ResourceId> = fresh.owner.iter().chain(&fresh.part_of).collect();
    while let Some(id) = above.pop() {
        if let Some(one) = by_id
            .get(id)
            .filter(|one| all.iter().all(|known| known.id != one.id))
        {
            above.extend(one.owner.iter().chain(&one.part_of));
            all.push((*one).clone());
        }
    }
    let mut judgement = judge(&all, &kept.stack, places);
    match judgement.remove(&fresh.id) {
        Some(judged) if !judged.belongs() => Err(judged),
        _ => Ok(()),
    }
}

/// Whether the tags that tell whose it is are others than in the plan.
fn changed(planned: &Resource, fresh: &Resource) -> bool {
    [tags::STACK, tags::APP, tags::OWNER]
        .iter()
        .any(|key| planned.tag(key) != fresh.tag(key))
}

/// What keeps one that everything of the stack has let go of.
fn blocker(error: &CloudError) -> Option<String> {
    let code = error.code.as_deref().unwrap_or_default();
    let in_use =
        error.kind == CloudErrorKind::Wait && IN_USE.iter().any(|part| code.contains(part));
    in_use.then(|| "something that uses it and is not known to be this stack's".to_owned())
}
