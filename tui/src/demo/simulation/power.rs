//! Simulated sleep and wake: one resource after the other, with the events that real ones record.

use std::sync::Arc;

use jiff::Timestamp;
use stack::cloud::AutomaticStarts;
use stack::service::power::{
    PowerOutcome, PowerStep, ScheduledStart, SleepError, SleepPlan, SwitchedResource,
};
use stack::sleep::{PowerRank, RemainingCosts};
use stack::{Elapsed, EventKind, Lease, Phase, Resource, Source, Span, StackName};

use super::{Simulation, cloud};
use crate::dashboard::event::Event;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// AWS starts a stopped database again after this time.
const DATABASE_RESTART: Span = Span::minutes(7 * 24 * 60);

impl Simulation {
    /// Plans a sleep, and shows the plan.
    pub(super) async fn plan_sleep(&self, stack: StackName) {
        tokio::time::sleep(self.pace.plan).await;
        let own = self.resources(&StackKey::from(&stack));
        let plan = SleepPlan {
            name: stack.clone(),
            stops: own
                .iter()
                .filter(|one| is_awake(one))
                .map(switched)
                .collect(),
            remains: RemainingCosts::before(&own),
            ready_again_seconds: self.wake_duration(&stack).await,
            starts: AutomaticStarts::default(),
            not_looked: Vec::new(),
        };
        let answer = Ok(Box::new(plan));
        self.send(Event::SleepPlanned { stack, answer });
    }

    /// Puts a stack to sleep.
    pub(super) async fn sleep(self: Arc<Self>, stack: StackName, until: Option<Timestamp>) {
        // `acquire` fails only after `close`, which is never called.
        let slot = self.power_slots.acquire().await;
        let answer = self.fall_asleep(&stack, until).await;
        drop(slot);
        self.finish(stack, answer);
    }

    /// Wakes a stack.
    pub(super) async fn wake(self: Arc<Self>, stack: StackName) {
        let slot = self.power_slots.acquire().await;
        let answer = self.wake_up(&stack).await;
        drop(slot);
        let is_awake = answer.is_ok();
        self.finish(stack.clone(), answer);
        if is_awake {
            self.become_ready(&stack).await;
        }
    }

    fn finish(&self, stack: StackName, answer: Result<PowerOutcome, Problem>) {
        self.show_cloud();
        let answer = answer.map(Box::new);
        self.send(Event::PowerFinished { stack, answer });
    }

    async fn fall_asleep(
        &self,
        stack: &StackName,
        until: Option<Timestamp>,
    ) -> Result<PowerOutcome, Problem> {
        let key = StackKey::from(stack);
        let own = self.resources(&key);
        let mut stops: Vec<&Resource> = own.iter().filter(|one| is_awake(one)).collect();
        if stops.is_empty() {
            let stack = stack.clone();
            return Err(SleepError::Nothing { stack }.into());
        }
        stops.sort_by_key(|one| PowerRank::of(one));
        let sized = |one: &&Resource| Some((one.id.to_string(), one.size.clone()?));
        let started = EventKind::SleepStarted {
            prior: stops.iter().filter_map(sized).collect(),
            until,
            operator: None,
        };
        self.record_power(stack, vec![started]).await?;
        let mut moved = Vec::new();
        for one in stops {
            self.step(stack, PowerStep::Stopping(switched(one)));
            tokio::time::sleep(self.pace.resource).await;
            let mut stopped = vec![one.clone()];
            cloud::asleep(&mut stopped);
            stopped
                .into_iter()
                .for_each(|one| self.replace_resource(one));
            self.step(stack, PowerStep::Done(switched(one)));
            moved.push(switched(one));
        }
        let own = self.resources(&key);
        self.record_power(stack, vec![EventKind::Slept, cloud::rated(&own)])
            .await?;
        let restart = DATABASE_RESTART.after(self.service.now());
        let databases = own.iter().filter(|one| one.kind.starts_with("rds:"));
        Ok(PowerOutcome {
            name: stack.clone(),
            asleep: true,
            moved,
            failed: Vec::new(),
            remains: RemainingCosts::asleep(&own),
            restarts: databases
                .map(|one| ScheduledStart {
                    id: one.id.clone(),
                    at: restart,
                })
                .collect(),
            starts: AutomaticStarts::default(),
            wake_at: until,
            ready_again_seconds: self.wake_duration(stack).await,
            missing: Vec::new(),
        })
    }

    async fn wake_up(&self, stack: &StackName) -> Result<PowerOutcome, Problem> {
        let lease = self.live(stack).await?;
        let key = StackKey::from(stack);
        let mut starts: Vec<Resource> = self
            .resources(&key)
            .into_iter()
            .filter(|one| one.stopped)
            .collect();
        starts.sort_by_key(|one| std::cmp::Reverse(PowerRank::of(one)));
        let started = EventKind::WakeStarted { operator: None };
        self.record_power(stack, vec![started]).await?;
        let awake = cloud::resources_of(&lease);
        let mut moved = Vec::new();
        for one in &starts {
            self.step(stack, PowerStep::Starting(switched(one)));
            tokio::time::sleep(self.pace.resource).await;
            if let Some(running) = awake.iter().find(|running| running.id == one.id) {
                self.replace_resource(running.clone());
            }
            self.step(stack, PowerStep::Done(switched(one)));
            moved.push(switched(one));
        }
        let own = self.resources(&key);
        let mut end = vec![EventKind::Woken];
        if !own.is_empty() {
            end.push(cloud::rated(&own));
        }
        self.record_power(stack, end).await?;
        Ok(PowerOutcome {
            name: stack.clone(),
            asleep: false,
            moved,
            failed: Vec::new(),
            remains: RemainingCosts::default(),
            restarts: Vec::new(),
            starts: AutomaticStarts::default(),
            wake_at: None,
            ready_again_seconds: self.wake_duration(stack).await,
            missing: Vec::new(),
        })
    }

    /// The checks of a stack that declares readiness pass a little later.
    async fn become_ready(&self, stack: &StackName) {
        tokio::time::sleep(self.pace.resource * 4).await;
        let lease = self.live(stack).await;
        if lease.is_ok_and(|lease| lease.recorded_phase == Phase::Provisioning) {
            // If the stack has ended meanwhile, it never becomes ready.
            let _ = self.record_power(stack, vec![EventKind::Ready]).await;
        }
    }

    async fn live(&self, stack: &StackName) -> Result<Lease, Problem> {
        let lease = self.lease(stack).await?.filter(Lease::is_live);
        lease.ok_or_else(|| Problem::refused(format!("{stack} is gone")))
    }

    async fn wake_duration(&self, stack: &StackName) -> Option<Elapsed> {
        let known = self.service.power().wake_duration(stack).await;
        known.ok().flatten()
    }

    async fn record_power(&self, stack: &StackName, kinds: Vec<EventKind>) -> Result<(), Problem> {
        let by = (&self.actor, Source::Dashboard);
        self.append(stack, by, kinds).await
    }

    fn step(&self, stack: &StackName, step: PowerStep) {
        let stack = stack.clone();
        self.send(Event::PowerProgress { stack, step });
    }
}

fn is_awake(one: &Resource) -> bool {
    one.size.is_some() && !one.stopped
}

fn switched(one: &Resource) -> SwitchedResource {
    SwitchedResource {
        id: one.id.clone(),
        kind: one.kind.clone(),
        region: one.place.region.clone(),
    }
}
