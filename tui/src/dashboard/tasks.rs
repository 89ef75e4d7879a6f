//! Does what the dashboard wants done, each thing in a task of its own; answers are events.

pub(crate) mod cloud_sync;
pub(crate) mod ledger;
pub(crate) mod ledger_watch;
pub(crate) mod teardown;

use std::sync::Arc;

use jiff::Timestamp;
use stack::service::power::{PollPolicy, PowerOutcome, PowerStep, SleepError};
use stack::service::{Service, ServiceError};
use stack::{Phase, RunId, StackName};
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::dashboard::effect::Effect;
use crate::dashboard::event::{Event, Problem};
use crate::dashboard::model::world::Key;
use crate::dashboard::tasks::ledger::Loader;
use crate::dashboard::tasks::ledger_watch::Watch;
use crate::dashboard::tasks::teardown::Hands;
use crate::error::CommandError;
use crate::format::values;

/// The way to the world.
pub(crate) struct Runner {
    reader: Arc<Service>,
    writer: Arc<Result<Service, Problem>>,
    hands: Arc<Hands>,
    loads: mpsc::Sender<()>,
    syncs: mpsc::Sender<()>,
    events: UnboundedSender<Event>,
}

impl Runner {
    /// A runner that reads with one service and writes with another, if it may; answers go to `events`.
    /// It reads anew whenever what it watches has changed.
    pub(crate) fn new(
        reader: Service,
        writer: Result<Service, Problem>,
        hands: Hands,
        watch: Option<Watch>,
        events: UnboundedSender<Event>,
    ) -> Self {
        // One reading that is wanted while another goes on is enough: it comes after.
        let (loads, wanted) = mpsc::channel(1);
        let reader = Arc::new(reader);
        let loader = Loader::new(Arc::clone(&reader));
        tokio::spawn(loader.serve(watch, wanted, events.clone()));
        let (syncs, asked) = mpsc::channel(1);
        let looks = writer
            .as_ref()
            .map_or_else(|_| (*reader).clone(), Service::clone);
        if looks.cloud_access().is_some() {
            tokio::spawn(cloud_sync::serve(looks, asked, events.clone()));
        }
        Self {
            syncs,
            reader,
            writer: Arc::new(writer),
            hands: Arc::new(hands),
            loads,
            events,
        }
    }

    /// Begins something. It never waits.
    pub(crate) fn run(&self, effect: Effect) {
        match effect {
            Effect::Load => {
                // Full: a reading is wanted already.
                let _ = self.loads.try_send(());
            }
            Effect::Tell(stack) => self.tell(stack),
            Effect::Doze(stack) => self.doze(stack),
            Effect::Sleep { stack, until } => self.turn(stack, Way::Asleep(until)),
            Effect::Wake(stack) => self.turn(stack, Way::Awake),
            Effect::Sync => {
                // Full: the cloud is to be asked already.
                let _ = self.syncs.try_send(());
            }
            // What is done with the terminal is the loop's.
            Effect::Copy(_) | Effect::Suspend => {}
            Effect::Plan(stack) => self.plan(stack),
            Effect::Foresee(stack) => self.foresee(stack),
            Effect::Forget(stack) => self.hands.forget(&stack),
            Effect::Teardown { stack, run, typed } => self.tear_down(stack, run, typed),
            Effect::Follow { stack, run } => {
                let (hands, reader) = (Arc::clone(&self.hands), Arc::clone(&self.reader));
                let events = self.events.clone();
                tokio::spawn(async move { hands.follow(&reader, &stack, &run, &events).await });
            }
            Effect::Extend { stack, by } => self.change(stack.clone(), move |service| async move {
                let until = service.extend(&stack, by).await?;
                let moment = values::moment(until, service.now());
                Ok(format!("{stack} expires {moment}"))
            }),
            Effect::Hold { stack, until, why } => {
                self.change(stack.clone(), move |service| async move {
                    service.hold(&stack, until, why).await?;
                    let moment = values::moment(until, service.now());
                    Ok(format!("{stack} is held until {moment}"))
                });
            }
            Effect::Unhold(stack) => self.change(stack.clone(), move |service| async move {
                service.unhold(&stack).await?;
                Ok(format!("{stack} is no longer held"))
            }),
        }
    }

    fn plan(&self, stack: Key) {
        let (hands, reader) = (Arc::clone(&self.hands), Arc::clone(&self.reader));
        let events = self.events.clone();
        tokio::spawn(async move {
            let answer = hands.plan(&reader, &stack).await;
            let _ = events.send(Event::Planned { stack, answer });
        });
    }

    fn foresee(&self, stack: Key) {
        let (hands, reader) = (Arc::clone(&self.hands), Arc::clone(&self.reader));
        let events = self.events.clone();
        tokio::spawn(async move {
            let answer = hands.foresee(&reader, &stack).await;
            let _ = events.send(Event::Foreseen { stack, answer });
        });
    }

    fn doze(&self, stack: StackName) {
        let (reader, events) = (Arc::clone(&self.reader), self.events.clone());
        tokio::spawn(async move {
            let answer = reader.plan_sleep(&stack).await;
            let answer = answer.map(Box::new).map_err(|error| asleep(&error));
            let _ = events.send(Event::Drowsy { stack, answer });
        });
    }

    /// Puts a stack to sleep or wakes it, unless nothing may be changed.
    fn turn(&self, stack: StackName, way: Way) {
        let (writer, events) = (Arc::clone(&self.writer), self.events.clone());
        tokio::spawn(async move {
            let answer = match writer.as_ref() {
                Ok(service) => turned(service, &stack, way, &events).await,
                Err(problem) => Err(problem.clone()),
            };
            let _ = events.send(Event::Turned { stack, answer });
        });
    }

    /// Ends a stack, unless nothing may be changed: that is decided here, where it would happen.
    fn tear_down(&self, stack: Key, run: RunId, typed: Option<StackName>) {
        let (hands, events) = (Arc::clone(&self.hands), self.events.clone());
        if let Err(problem) = self.writer.as_ref() {
            let (stack, answer) = (stack.name(), Err(problem.clone()));
            let _ = events.send(Event::Changed { stack, answer });
            return;
        }
        tokio::spawn(async move { hands.tear_down(&stack, &run, typed.as_ref(), &events).await });
    }

    fn tell(&self, stack: StackName) {
        let (reader, events) = (Arc::clone(&self.reader), self.events.clone());
        tokio::spawn(async move {
            let read = reader.ledger().events(&stack, stack::Seq::NONE).await;
            let answer = read.map_err(|error| problem(error.into()));
            // Only of what sleeps is it asked, for it takes a look at every stack of the app.
            let wake_duration = match reader.lease(&stack).await {
                Ok(Some(lease)) if lease.recorded_phase == Phase::Asleep => {
                    reader.wake_duration(&stack).await.ok().flatten()
                }
                _ => None,
            };
            // Nobody listens any more: the dashboard has ended.
            let _ = events.send(Event::Told {
                stack,
                answer,
                wake_duration,
            });
        });
    }

    /// Changes something, unless nothing may be changed: that is decided here, where it would happen.
    fn change<F, L>(&self, stack: StackName, act: F)
    where
        F: FnOnce(Service) -> L + Send + 'static,
        L: Future<Output = Result<String, ServiceError>> + Send,
    {
        let (writer, events) = (Arc::clone(&self.writer), self.events.clone());
        tokio::spawn(async move {
            let answer = match writer.as_ref() {
                Ok(service) => act(service.clone()).await.map_err(problem),
                Err(problem) => Err(problem.clone()),
            };
            let _ = events.send(Event::Changed { stack, answer });
        });
    }
}

pub(crate) fn problem(error: ServiceError) -> Problem {
    let error = CommandError::from(error);
    let advice = error.advice().map(|advice| format!("; {advice}"));
    Problem {
        said: error.message() + &advice.unwrap_or_default(),
        refused: error.is_refusal(),
    }
}

/// Which way a stack is turned.
#[derive(Clone, Copy)]
enum Way {
    /// Until then, or until somebody wakes it.
    Asleep(Option<Timestamp>),
    Awake,
}

async fn turned(
    service: &Service,
    stack: &StackName,
    way: Way,
    events: &UnboundedSender<Event>,
) -> Result<Box<PowerOutcome>, Problem> {
    let tell = |step: &PowerStep| {
        let (stack, step) = (stack.clone(), step.clone());
        let _ = events.send(Event::Turning { stack, step });
    };
    let patience = PollPolicy::default();
    let turned = match way {
        Way::Asleep(until) => service.sleep(stack, until, patience, &tell).await,
        Way::Awake => service.wake(stack, patience, &tell).await,
    };
    turned.map(Box::new).map_err(|error| asleep(&error))
}

fn asleep(error: &SleepError) -> Problem {
    Problem {
        said: error.to_string(),
        refused: error.is_refusal(),
    }
}
