//! Runs effects in background tasks and sends their results back as events.

pub(crate) mod cloud_sync;
pub(crate) mod ledger;
pub(crate) mod ledger_watch;
pub(crate) mod open_url;
mod report;
pub(crate) mod save_view;
pub(crate) mod teardown;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use stack::service::power::{PollPolicy, PowerOutcome, PowerStep};
use stack::service::{Service, ServiceError};
use stack::{Phase, RunId, Seq, Span, StackName};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{Semaphore, oneshot};

use crate::dashboard::effect::Effect;
use crate::dashboard::event::Event;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::tasks::cloud_sync::CloudRequest;
use crate::dashboard::tasks::ledger::{LedgerChanges, LedgerLoader};
use crate::dashboard::tasks::open_url::UrlOpener;
use crate::dashboard::tasks::save_view::ViewSaver;
use crate::dashboard::tasks::teardown::TeardownWorker;
use crate::demo::simulation::Simulation;
use crate::format::values;

/// How long a key waits for the next one of a sequence. People press a key twice in about a quarter
/// of that.
const KEY_PAUSE: Duration = Duration::from_millis(500);

/// Runs effects.
pub(crate) struct EffectRunner {
    reader: Arc<Service>,
    writer: Arc<Result<Service, Problem>>,
    teardowns: Arc<TeardownWorker>,
    /// The world of the demo.
    simulation: Option<Arc<Simulation>>,
    load_requests: mpsc::Sender<()>,
    sync_requests: mpsc::Sender<CloudRequest>,
    /// Limits how many leases are changed at once.
    change_slots: Arc<Semaphore>,
    /// Limits how many sleeps are planned at once.
    plan_slots: Arc<Semaphore>,
    /// Limits how many stacks go to sleep or wake up at once.
    power_slots: Arc<Semaphore>,
    desktop: Desktop,
    events: UnboundedSender<Event>,
}

/// What the dashboard does outside jiti: it opens URLs, and saves what the list looks like.
pub(crate) struct Desktop {
    pub(crate) opener: UrlOpener,
    /// `None`: nothing is saved.
    pub(crate) saver: Option<ViewSaver>,
}

/// The world of the demo, and when its ledger can be read.
pub(crate) struct SimulatedWorld {
    pub(crate) world: Arc<Simulation>,
    pub(crate) ready: oneshot::Receiver<()>,
}

impl EffectRunner {
    /// Makes a runner that reads with one service and writes with another, if writing is allowed.
    /// Results go to `events`. The ledger is read again when it changes. In the demo,
    /// a simulated world takes the place of Terraform and the cloud.
    pub(crate) fn new(
        reader: Service,
        writer: Result<Service, Problem>,
        teardowns: TeardownWorker,
        simulated: Option<SimulatedWorld>,
        changes: LedgerChanges,
        desktop: Desktop,
        events: UnboundedSender<Event>,
    ) -> Self {
        // Capacity 1: one queued request covers all later ones.
        let (loads, wanted) = mpsc::channel(1);
        let reader = Arc::new(reader);
        let loader = LedgerLoader::new(Arc::clone(&reader));
        let loading = loader.serve(changes, wanted, events.clone());
        let simulation = match simulated {
            None => {
                tokio::spawn(loading);
                None
            }
            Some(SimulatedWorld { world, ready }) => {
                tokio::spawn(async move {
                    if ready.await.is_ok() {
                        loading.await;
                    }
                });
                Some(world)
            }
        };
        let (syncs, sync_requests) = mpsc::channel(1);
        let observer = writer
            .as_ref()
            .map_or_else(|_| (*reader).clone(), Service::clone);
        if observer.cloud_access().is_some() {
            tokio::spawn(cloud_sync::serve(observer, sync_requests, events.clone()));
        }
        let slots = || Arc::new(Semaphore::new(teardowns.concurrency()));
        Self {
            change_slots: slots(),
            plan_slots: slots(),
            power_slots: slots(),
            sync_requests: syncs,
            reader,
            writer: Arc::new(writer),
            teardowns: Arc::new(teardowns),
            simulation,
            load_requests: loads,
            desktop,
            events,
        }
    }

    /// Waits until what the list looks like is saved.
    pub(crate) async fn finish(self) {
        if let Some(saver) = self.desktop.saver {
            saver.finish().await;
        }
    }

    /// Starts an effect. Never waits.
    pub(crate) fn run(&self, effect: Effect) {
        let effect = match &self.simulation {
            Some(world) => world.run(effect),
            None => Some(effect),
        };
        let Some(effect) = effect else { return };
        match effect {
            Effect::Load => {
                // A full channel means that a read is already queued.
                let _ = self.load_requests.try_send(());
            }
            Effect::LoadEvents { stack, after } => self.load_events(stack, after),
            Effect::LoadReport(period) => self.load_report(period),
            Effect::PlanSleep(stack) => self.plan_sleep(stack),
            Effect::Sleep { stack, until } => self.change_power(stack, PowerChange::Sleep(until)),
            Effect::Wake(stack) => self.change_power(stack, PowerChange::Wake),
            Effect::Sync => {
                // A full channel means that a query is already queued.
                let _ = self.sync_requests.try_send(CloudRequest::Query);
            }
            Effect::LoadCloud => {
                // A queued query loads the data as well.
                let _ = self.sync_requests.try_send(CloudRequest::Load);
            }
            Effect::AwaitKey { wait } => {
                let events = self.events.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(KEY_PAUSE).await;
                    let _ = events.send(Event::KeyTimedOut { wait });
                });
            }
            Effect::SaveView(view) => {
                if let Some(saver) = &self.desktop.saver {
                    saver.save(view);
                }
            }
            Effect::OpenUrl(url) => self.desktop.opener.open(url, self.events.clone()),
            Effect::LoadRunLog(stack) => self.load_run_log(stack),
            // The main loop handles the terminal.
            Effect::Copy(_) | Effect::Suspend => {}
            Effect::PlanTeardown(stack) => self.plan(stack),
            Effect::PreviewTeardown(stack) => self.preview(stack),
            Effect::DiscardPlan(stack) => self.teardowns.forget(&stack),
            Effect::Teardown { stack, run, typed } => self.tear_down(stack, run, typed),
            Effect::FollowTeardown { stack, run } => {
                let (teardowns, reader) = (Arc::clone(&self.teardowns), Arc::clone(&self.reader));
                let events = self.events.clone();
                tokio::spawn(async move { teardowns.follow(&reader, &stack, &run, &events).await });
            }
            Effect::Extend { stack, by } => self.change(stack.clone(), move |service| async move {
                let until = service.leases().extend(&stack, by).await?;
                let moment = values::moment(until, service.now());
                Ok(format!("{stack} expires {moment}"))
            }),
            Effect::Hold { stack, until, why } => {
                self.change(stack.clone(), move |service| async move {
                    service.leases().hold(&stack, until, why).await?;
                    let moment = values::moment(until, service.now());
                    Ok(format!("{stack} is held until {moment}"))
                });
            }
            Effect::Unhold(stack) => self.change(stack.clone(), move |service| async move {
                service.leases().unhold(&stack).await?;
                Ok(format!("{stack} is no longer held"))
            }),
        }
    }

    fn plan(&self, stack: StackKey) {
        let (teardowns, reader) = (Arc::clone(&self.teardowns), Arc::clone(&self.reader));
        let events = self.events.clone();
        teardowns.request(&stack);
        tokio::spawn(async move {
            // `None`: the user no longer wants the plan.
            if let Some(answer) = teardowns.plan(&reader, &stack).await {
                let _ = events.send(Event::TeardownPlanned { stack, answer });
            }
        });
    }

    fn preview(&self, stack: StackKey) {
        let (teardowns, reader) = (Arc::clone(&self.teardowns), Arc::clone(&self.reader));
        let events = self.events.clone();
        tokio::spawn(async move {
            let answer = teardowns.preview(&reader, &stack).await;
            let _ = events.send(Event::TeardownPreviewed { stack, answer });
        });
    }

    fn plan_sleep(&self, stack: StackName) {
        let (reader, events) = (Arc::clone(&self.reader), self.events.clone());
        let slots = Arc::clone(&self.plan_slots);
        tokio::spawn(async move {
            // `acquire` fails only after `close`, which is never called.
            let _slot = slots.acquire().await;
            let answer = reader.power().plan_sleep(&stack).await;
            let answer = answer.map(Box::new).map_err(Problem::from);
            let _ = events.send(Event::SleepPlanned { stack, answer });
        });
    }

    /// Puts a stack to sleep or wakes it, unless changes are not allowed.
    fn change_power(&self, stack: StackName, change: PowerChange) {
        let (writer, events) = (Arc::clone(&self.writer), self.events.clone());
        let slots = Arc::clone(&self.power_slots);
        tokio::spawn(async move {
            let _slot = slots.acquire().await;
            let answer = match writer.as_ref() {
                Ok(service) => power_outcome(service, &stack, change, &events).await,
                Err(problem) => Err(problem.clone()),
            };
            let _ = events.send(Event::PowerFinished { stack, answer });
        });
    }

    /// Starts a teardown, unless changes are not allowed. This check is the last one before the
    /// change.
    fn tear_down(&self, stack: StackKey, run: RunId, typed: Option<StackName>) {
        let (teardowns, events) = (Arc::clone(&self.teardowns), self.events.clone());
        if let Err(problem) = self.writer.as_ref() {
            let (stack, answer) = (stack.name(), Err(problem.clone()));
            let _ = events.send(Event::ChangeFinished { stack, answer });
            return;
        }
        tokio::spawn(async move {
            teardowns
                .tear_down(&stack, &run, typed.as_ref(), &events)
                .await;
        });
    }

    fn load_events(&self, stack: StackName, after: Seq) {
        let (reader, events) = (Arc::clone(&self.reader), self.events.clone());
        tokio::spawn(async move {
            let read = reader.ledger().events(&stack, after).await;
            let answer = read.map_err(|error| Problem::from(ServiceError::from(error)));
            // Only for a sleeping stack, because this reads every stack of the app.
            let wake_duration = match reader.leases().lease(&stack).await {
                Ok(Some(lease)) if lease.recorded_phase == Phase::Asleep => {
                    reader.power().wake_duration(&stack).await.ok().flatten()
                }
                _ => None,
            };
            // Sending fails only when the dashboard has ended.
            let _ = events.send(Event::EventsLoaded {
                stack,
                after,
                answer,
                wake_duration,
            });
        });
    }

    fn load_run_log(&self, stack: StackName) {
        let (teardowns, reader) = (Arc::clone(&self.teardowns), Arc::clone(&self.reader));
        let events = self.events.clone();
        tokio::spawn(async move {
            let answer = teardowns.log(&reader, &stack).await;
            let _ = events.send(Event::RunLogLoaded { stack, answer });
        });
    }

    fn load_report(&self, period: Span) {
        let (reader, events) = (Arc::clone(&self.reader), self.events.clone());
        tokio::spawn(async move {
            let answer = report::read(&reader, period).await;
            let answer = answer.map(Box::new).map_err(Problem::from);
            let _ = events.send(Event::ReportLoaded(answer));
        });
    }

    /// Changes a lease, unless changes are not allowed. This check is the last one before the
    /// change.
    fn change<F, L>(&self, stack: StackName, act: F)
    where
        F: FnOnce(Service) -> L + Send + 'static,
        L: Future<Output = Result<String, ServiceError>> + Send,
    {
        let (writer, events) = (Arc::clone(&self.writer), self.events.clone());
        let slots = Arc::clone(&self.change_slots);
        tokio::spawn(async move {
            let _slot = slots.acquire().await;
            let answer = match writer.as_ref() {
                Ok(service) => act(service.clone()).await.map_err(Problem::from),
                Err(problem) => Err(problem.clone()),
            };
            let _ = events.send(Event::ChangeFinished { stack, answer });
        });
    }
}

/// A change of a stack's power state.
#[derive(Clone, Copy)]
enum PowerChange {
    /// Sleep until a time, or until a user wakes the stack.
    Sleep(Option<Timestamp>),
    Wake,
}

async fn power_outcome(
    service: &Service,
    stack: &StackName,
    change: PowerChange,
    events: &UnboundedSender<Event>,
) -> Result<Box<PowerOutcome>, Problem> {
    let report = |step: &PowerStep| {
        let (stack, step) = (stack.clone(), step.clone());
        let _ = events.send(Event::PowerProgress { stack, step });
    };
    let poll_policy = PollPolicy::default();
    let outcome = match change {
        PowerChange::Sleep(until) => {
            service
                .power()
                .sleep(stack, until, poll_policy, &report)
                .await
        }
        PowerChange::Wake => service.power().wake(stack, poll_policy, &report).await,
    };
    outcome.map(Box::new).map_err(Problem::from)
}
