//! The hands of the dashboard: plans of teardowns, the processes that carry them out, and what those say.
//!
//! A teardown is carried out by a process of its own, which lives on when the dashboard ends; whatever it says is read
//! from its progress file, the same way whoever began it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stack::lease::Strategy;
use stack::service::teardown::strategy::{Requester, Situation, StrategyChoice, choose};
use stack::service::teardown::sweep::SweepSelector;
use stack::service::teardown::{
    Follower, PlanWarning, PreparedTeardown, Progress, Runner, TeardownError, TeardownPlan,
    TeardownSettings,
};
use stack::service::{Service, ServiceError};
use stack::{RunId, Source, StackName, process};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use crate::cli::context::Context;
use crate::dashboard::event::{Event, Problem};
use crate::dashboard::model::world::Key;
use crate::error::CommandError;
use crate::teardown_process::TeardownProcess;

/// How often jiti checks that the runner of a followed teardown is alive, while it reports nothing.
const LIVENESS_INTERVAL: Duration = Duration::from_secs(5);

/// How many teardowns of one dashboard run at once: each is a Terraform of its own, and a herd of them would
/// throttle the account that they work in. The others wait their turn, with nothing begun.
const AT_ONCE: usize = 4;

/// Plans and runs.
pub(crate) struct Hands {
    context: Context,
    settings: TeardownSettings,
    /// The plans that were shown, and wait for a yes.
    shown: Mutex<BTreeMap<Key, PreparedTeardown>>,
    places: Semaphore,
    /// Who walks through many stacks asks for one after the other.
    looks: Semaphore,
}

impl Hands {
    /// Hands that work on the ledger of a context.
    pub(crate) fn new(context: Context) -> Result<Self, CommandError> {
        Ok(Self {
            settings: context.teardown_settings()?,
            context,
            shown: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            looks: Semaphore::new(1),
        })
    }

    /// Finds out what a teardown would remove, and keeps the plan for a yes.
    pub(crate) async fn plan(
        &self,
        service: &Service,
        stack: &Key,
    ) -> Result<Option<Box<TeardownPlan>>, Problem> {
        let prepared = self.planned(service, stack).await;
        let Some(prepared) = prepared.map_err(|error| problem(&error))? else {
            return Ok(None);
        };
        let plan = Box::new(prepared.plan.clone());
        self.plans().insert(stack.clone(), prepared);
        Ok(Some(plan))
    }

    /// Finds out what a teardown would remove, for somebody who only looks: the saved plan goes at once.
    pub(crate) async fn foresee(
        &self,
        service: &Service,
        stack: &Key,
    ) -> Result<Option<Box<TeardownPlan>>, Problem> {
        // The semaphore is never closed, so that waiting for a look cannot fail.
        let _look = self.looks.acquire().await;
        let prepared = self.planned(service, stack).await;
        let prepared = prepared.map_err(|error| problem(&error))?;
        Ok(prepared.map(|prepared| Box::new(prepared.plan.clone())))
    }

    /// Plans with the strategy that [`choose`] gives. A sweep that replaces Terraform warns about it
    /// and requires the user to type the name.
    async fn planned(
        &self,
        service: &Service,
        stack: &Key,
    ) -> Result<Option<PreparedTeardown>, TeardownError> {
        let can_sweep = service.cloud_access().is_some();
        let sweeps = |situation| {
            let choice = choose(Requester::Dashboard, situation, can_sweep);
            choice == StrategyChoice::Use(Strategy::Sweep)
        };
        let Some(stack) = stack.leased() else {
            let selector = stack.wish().filter(|_| sweeps(Situation::NoLease));
            return match selector {
                Some(selector) => service.plan_sweep(&selector, &self.settings).await,
                None => Ok(None),
            };
        };
        let planned = service.plan_teardown(stack, &self.settings).await;
        let (situation, blocker) = match &planned {
            Err(TeardownError::Service(ServiceError::Unknown { .. })) if can_sweep => {
                (Situation::NoLease, None)
            }
            Ok(Some(PreparedTeardown { plan, .. })) => {
                (Situation::of_plan(plan), plan.blockers.first())
            }
            _ => return planned,
        };
        if !sweeps(situation) {
            return planned;
        }
        let why = blocker.map(ToString::to_string);
        let selector = SweepSelector::named(stack);
        let Some(mut sweep) = service.plan_sweep(&selector, &self.settings).await? else {
            return planned;
        };
        if let Some(why) = why {
            let found =
                format!("this is a sweep by tag, because Terraform cannot destroy it: {why}");
            let id = stack.to_string();
            sweep.plan.warnings.insert(0, PlanWarning { id, found });
            sweep.plan.protected = true;
        }
        Ok(Some(sweep))
    }

    /// Nobody wants the plan any more: it goes, with what is secret in it.
    pub(crate) fn forget(&self, stack: &Key) {
        self.plans().remove(stack);
    }

    /// Begins the run of the plan that was shown, and tells what it says until it ends.
    pub(crate) async fn tear_down(
        &self,
        key: &Key,
        run: &RunId,
        typed: Option<&StackName>,
        events: &UnboundedSender<Event>,
    ) {
        let stack = &key.name();
        // The semaphore is never closed, so that waiting for a place cannot fail.
        let _place = self.places.acquire().await;
        let mut process = match self.begin(key, run, typed) {
            Ok(process) => process,
            Err(error) => return tell(events, stack, vec![failed(&error)]),
        };
        loop {
            let steps = process.next_steps().await;
            let steps = steps.unwrap_or_else(|error| vec![failed(&error)]);
            let ended = steps.iter().any(Progress::is_last);
            tell(events, stack, steps);
            if ended || events.is_closed() {
                return;
            }
        }
    }

    fn begin(
        &self,
        stack: &Key,
        run: &RunId,
        typed: Option<&StackName>,
    ) -> Result<TeardownProcess, CommandError> {
        let prepared = self.plans().remove(stack);
        let prepared = prepared.filter(|prepared| prepared.plan.run == *run);
        let Some(prepared) = prepared else {
            let text = "the plan that was shown is no longer there; press d again";
            return Err(CommandError::refused(text));
        };
        TeardownProcess::start(
            &self.context,
            &self.settings,
            prepared,
            typed,
            Source::Dashboard,
        )
    }

    /// Tells what a run says that somebody else has begun, until it ends or its runner is dead.
    pub(crate) async fn follow(
        &self,
        service: &Service,
        stack: &StackName,
        run: &RunId,
        events: &UnboundedSender<Event>,
    ) {
        let runner = self.runner(service, stack, run).await;
        // What another machine does is seen in the ledger; its files are not here.
        if runner.is_some_and(|runner| runner.host != process::host()) {
            return;
        }
        let mut follower = Follower::of(&self.settings.runs, run);
        let mut limit = Duration::ZERO;
        loop {
            // In this order: steps written before the runner died are read after its death was noticed.
            let alive = self.lives(service, stack, run).await;
            let steps = follower.wait(limit).await.unwrap_or_default();
            limit = LIVENESS_INTERVAL;
            if steps.iter().any(Progress::is_last) || events.is_closed() {
                return tell(events, stack, steps);
            }
            if !steps.is_empty() {
                tell(events, stack, steps);
            } else if !alive {
                let reason = "its runner is dead; d makes a new plan and takes the teardown over";
                let step = Progress::Failed {
                    reason: reason.to_owned(),
                    refused: false,
                };
                return tell(events, stack, vec![step]);
            }
        }
    }

    /// Whether the ledger still says that this run is under way, and its runner lives.
    async fn lives(&self, service: &Service, stack: &StackName, run: &RunId) -> bool {
        let runner = self.runner(service, stack, run).await;
        runner.is_some_and(|runner| runner.lives)
    }

    /// Who carries out a run, as long as the ledger says that it is under way.
    async fn runner(&self, service: &Service, stack: &StackName, run: &RunId) -> Option<Runner> {
        let lease = service.lease(stack).await.ok().flatten()?;
        let runner = Runner::of(&lease, &self.settings.runs, service.now())?;
        (runner.run == *run).then_some(runner)
    }

    fn plans(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, PreparedTeardown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(events: &UnboundedSender<Event>, stack: &StackName, steps: Vec<Progress>) {
    let stack = stack.clone();
    // Nobody listens any more: the dashboard has ended, the run goes on.
    let _ = events.send(Event::Progress { stack, steps });
}

fn failed(error: &CommandError) -> Progress {
    Progress::Failed {
        reason: error.message(),
        refused: error.is_refusal(),
    }
}

fn problem(error: &TeardownError) -> Problem {
    Problem {
        said: error.to_string(),
        refused: error.is_refusal(),
    }
}
