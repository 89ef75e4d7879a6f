//! Simulates the world of the demo: plans, teardowns, sleep and wake, and a reaper that ends
//! stacks. Leases and events are real, in the demo's own ledger.

mod plan;
mod power;
mod reaper;
mod teardown;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stack::ledger::{LedgerError, Scope};
use stack::report::GroupBy;
use stack::service::Service;
use stack::service::teardown::{Progress, TeardownPlan};
use stack::{Actor, EventKind, Lease, NewEvent, Resource, RunId, Seq, Source, Span, StackName};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use super::cloud;
use super::report::{DemoEvents, report};
use crate::dashboard::effect::Effect;
use crate::dashboard::event::{CloudData, Event};
use crate::dashboard::model::economics::ReportData;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// How many teardowns run at once, and how many stacks go to sleep or wake up. The others wait for
/// their turn.
const MAX_CONCURRENT_OPERATIONS: usize = 4;

/// How often an append that lost a race is tried.
const MAX_APPEND_TRIES: usize = 5;

/// How fast the simulated world is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The time to make a plan.
    pub(crate) plan: Duration,
    /// The time to delete, stop or start one resource.
    pub(crate) resource: Duration,
    /// The time between two runs of the reaper.
    pub(crate) reaper: Duration,
}

impl Pace {
    /// Slow enough to watch, fast enough not to wait.
    pub(crate) const WATCHABLE: Self = Self {
        plan: Duration::from_millis(900),
        resource: Duration::from_millis(800),
        reaper: super::REAPER_INTERVAL,
    };
}

/// The simulated world.
pub(crate) struct Simulation {
    /// The use cases on the demo's ledger.
    service: Service,
    /// The user of the demo.
    actor: Actor,
    events: UnboundedSender<Event>,
    pace: Pace,
    cloud: Mutex<CloudData>,
    /// The plans that wait for the user's confirmation.
    plans: Mutex<BTreeMap<StackKey, TeardownPlan>>,
    /// The teardowns in progress.
    running: Mutex<BTreeMap<StackName, RunId>>,
    teardown_slots: Semaphore,
    power_slots: Semaphore,
}

impl Simulation {
    pub(crate) fn new(
        service: Service,
        actor: Actor,
        events: UnboundedSender<Event>,
        pace: Pace,
    ) -> Arc<Self> {
        Arc::new(Self {
            service,
            actor,
            events,
            pace,
            cloud: Mutex::default(),
            plans: Mutex::default(),
            running: Mutex::default(),
            teardown_slots: Semaphore::new(MAX_CONCURRENT_OPERATIONS),
            power_slots: Semaphore::new(MAX_CONCURRENT_OPERATIONS),
        })
    }

    /// The current time.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.service.now()
    }

    /// Shows the cloud, and starts the reaper.
    pub(crate) fn begin(self: &Arc<Self>, cloud: CloudData) {
        *lock(&self.cloud) = cloud;
        self.show_cloud();
        tokio::spawn(reaper::serve(Arc::clone(self)));
    }

    /// Carries out an effect in the simulated world. Returns an effect that needs no simulation.
    pub(crate) fn run(self: &Arc<Self>, effect: Effect) -> Option<Effect> {
        let world = Arc::clone(self);
        match effect {
            Effect::PlanTeardown(stack) => {
                tokio::spawn(async move {
                    let answer = world.plan_teardown(&stack).await;
                    if let Ok(Some(plan)) = &answer {
                        lock(&world.plans).insert(stack.clone(), (**plan).clone());
                    }
                    world.send(Event::TeardownPlanned { stack, answer });
                });
            }
            Effect::PreviewTeardown(stack) => {
                tokio::spawn(async move {
                    let answer = world.plan_teardown(&stack).await;
                    world.send(Event::TeardownPreviewed { stack, answer });
                });
            }
            Effect::DiscardPlan(stack) => {
                lock(&self.plans).remove(&stack);
            }
            Effect::Teardown { stack, run, .. } => {
                tokio::spawn(async move { world.tear_down_planned(stack, run).await });
            }
            Effect::FollowTeardown { stack, run } => {
                tokio::spawn(async move { world.continue_teardown(stack, run).await });
            }
            Effect::PlanSleep(stack) => {
                tokio::spawn(async move { world.plan_sleep(stack).await });
            }
            Effect::Sleep { stack, until } => {
                tokio::spawn(async move { world.sleep(stack, until).await });
            }
            Effect::Wake(stack) => {
                tokio::spawn(async move { world.wake(stack).await });
            }
            Effect::Sync => {
                tokio::spawn(async move { world.sync().await });
            }
            Effect::LoadReport(period) => {
                tokio::spawn(async move { world.load_report(period).await });
            }
            Effect::LoadCloud => self.show_cloud(),
            other => return Some(other),
        }
        None
    }

    /// Queries the simulated cloud.
    async fn sync(&self) {
        self.send(Event::CloudSyncStarted);
        tokio::time::sleep(self.pace.plan).await;
        let now = self.service.now();
        {
            let mut cloud = lock(&self.cloud);
            for (_, scan) in &mut cloud.places {
                (scan.tried_at, scan.answered_at) = (now, Some(now));
            }
            for (_, activity) in &mut cloud.uses {
                activity.at = now;
            }
        }
        self.show_cloud();
    }

    /// Computes the report here, because the use cases know nothing of the simulated cloud.
    async fn load_report(&self, period: Span) {
        let answer = self.every_event().await.map(|stacks| {
            let now = self.now();
            let cloud = lock(&self.cloud).clone();
            let of = |by| report((period.before(now), now), by, &stacks, &cloud);
            let (by_app, by_owner) = (of(GroupBy::App), of(GroupBy::Owner));
            Box::new(ReportData { by_app, by_owner })
        });
        self.send(Event::ReportLoaded(answer));
    }

    async fn every_event(&self) -> Result<DemoEvents, Problem> {
        let problem = |error| Problem::from(stack::ServiceError::from(error));
        let ledger = self.service.ledger();
        let mut stacks = DemoEvents::new();
        for lease in ledger.leases(Scope::All).await.map_err(problem)? {
            let events = ledger.events(&lease.name, Seq::NONE).await;
            stacks.insert(lease.name, events.map_err(problem)?);
        }
        Ok(stacks)
    }

    fn show_cloud(&self) {
        let cloud = lock(&self.cloud).clone();
        self.send(Event::CloudLoaded(Ok(Box::new(cloud))));
    }

    /// The resources of a stack in the simulated cloud.
    fn resources(&self, stack: &StackKey) -> Vec<Resource> {
        let cloud = lock(&self.cloud);
        let belongs = |resource: &&Resource| cloud::belongs(resource, stack);
        cloud.resources.iter().filter(belongs).cloned().collect()
    }

    /// Removes a stack's resources from the simulated cloud, unless they are to be kept.
    fn remove_resources(&self, stack: &StackKey, keeps: impl Fn(&Resource) -> bool) {
        let mut cloud = lock(&self.cloud);
        cloud
            .resources
            .retain(|resource| !cloud::belongs(resource, stack) || keeps(resource));
    }

    /// Replaces a resource in the simulated cloud.
    fn replace_resource(&self, changed: Resource) {
        let mut cloud = lock(&self.cloud);
        let mut resources = cloud.resources.iter_mut();
        if let Some(resource) = resources.find(|resource| resource.id == changed.id) {
            *resource = changed;
        }
    }

    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, Problem> {
        let lease = self.service.ledger().lease(stack).await;
        lease.map_err(|error| Problem::from(stack::ServiceError::from(error)))
    }

    /// Appends events to a stack's log.
    async fn append(
        &self,
        stack: &StackName,
        (actor, source): (&Actor, Source),
        kinds: Vec<EventKind>,
    ) -> Result<(), Problem> {
        let mut tries = 0;
        loop {
            let lease = self.lease(stack).await?;
            let last = lease.map_or(Seq::NONE, |lease| lease.last_seq);
            let at = self.service.now();
            let event = |kind: &EventKind| NewEvent {
                at,
                actor: actor.clone(),
                source,
                kind: kind.clone(),
            };
            let events = kinds.iter().map(event).collect();
            tries += 1;
            match self.service.ledger().append(stack, last, events).await {
                Ok(_) => return Ok(()),
                // The user changed the lease meanwhile.
                Err(LedgerError::Raced { .. }) if tries < MAX_APPEND_TRIES => {}
                Err(error) => return Err(Problem::from(stack::ServiceError::from(error))),
            }
        }
    }

    fn report(&self, stack: &StackName, step: Progress) {
        let (stack, steps) = (stack.clone(), vec![step]);
        self.send(Event::TeardownProgress { stack, steps });
    }

    fn send(&self, event: Event) {
        // Sending fails only when the dashboard has ended.
        let _ = self.events.send(event);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
