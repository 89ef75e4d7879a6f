//! Plans and runs teardowns for the dashboard.
//!
//! A separate process runs each teardown and continues when the dashboard ends. Its progress file
//! is read in the same way whichever process started it.

use std::collections::{BTreeMap, BTreeSet};
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
use stack::{EventKind, RunId, Seq, Source, StackName, process};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use crate::cli::context::Context;
use crate::dashboard::event::{Event, RunLog};
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::error::CommandError;
use crate::teardown_process::TeardownProcess;

/// How often jiti checks that the runner of a followed teardown is alive, while it reports nothing.
const LIVENESS_INTERVAL: Duration = Duration::from_secs(5);

/// Plans and runs teardowns.
pub(crate) struct TeardownWorker {
    context: Context,
    settings: TeardownSettings,
    /// The plans that wait for the user's confirmation.
    saved_plans: Mutex<BTreeMap<StackKey, PreparedTeardown>>,
    /// The stacks whose plans were requested and not discarded.
    requested: Mutex<BTreeSet<StackKey>>,
    /// How many plans are made at once, and how many teardowns run at once. Each starts its own
    /// Terraform, and more of them would hit the account's rate limits. The others wait.
    concurrency: usize,
    plan_slots: Semaphore,
    run_slots: Semaphore,
    /// Previews run one at a time.
    preview_slot: Semaphore,
}

impl TeardownWorker {
    /// Makes a worker on the ledger of a context.
    pub(crate) fn new(context: Context) -> Result<Self, CommandError> {
        let concurrency = context.concurrency()?;
        Ok(Self {
            settings: context.teardown_settings()?,
            context,
            saved_plans: Mutex::default(),
            requested: Mutex::default(),
            concurrency,
            plan_slots: Semaphore::new(concurrency),
            run_slots: Semaphore::new(concurrency),
            preview_slot: Semaphore::new(1),
        })
    }

    /// How many teardowns run at once.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The user wants a plan, which [`plan`](Self::plan) makes.
    pub(crate) fn request(&self, stack: &StackKey) {
        self.requests().insert(stack.clone());
    }

    /// Plans a teardown and keeps the plan for confirmation. `Ok(None)`: the stack is already gone.
    /// `None`: the user discarded the plan while it waited for its turn.
    pub(crate) async fn plan(
        &self,
        service: &Service,
        stack: &StackKey,
    ) -> Option<Result<Option<Box<TeardownPlan>>, Problem>> {
        // `acquire` fails only after `close`, which is never called.
        let _slot = self.plan_slots.acquire().await;
        if !self.requests().remove(stack) {
            return None;
        }
        let prepared = match self.planned(service, stack).await {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Some(Ok(None)),
            Err(error) => return Some(Err(error.into())),
        };
        let plan = Box::new(prepared.plan.clone());
        self.plans().insert(stack.clone(), prepared);
        Some(Ok(Some(plan)))
    }

    /// Plans a teardown for display only and deletes the saved plan. `None`: the stack is already
    /// gone.
    pub(crate) async fn preview(
        &self,
        service: &Service,
        stack: &StackKey,
    ) -> Result<Option<Box<TeardownPlan>>, Problem> {
        // `acquire` fails only after `close`, which is never called.
        let _slot = self.preview_slot.acquire().await;
        let prepared = self.planned(service, stack).await;
        let prepared = prepared.map_err(Problem::from)?;
        Ok(prepared.map(|prepared| Box::new(prepared.plan.clone())))
    }

    /// Plans with the strategy that [`choose`] gives. A sweep that replaces Terraform warns about
    /// it and requires the user to type the name.
    async fn planned(
        &self,
        service: &Service,
        stack: &StackKey,
    ) -> Result<Option<PreparedTeardown>, TeardownError> {
        let can_sweep = service.cloud_access().is_some();
        let sweeps = |situation| {
            let choice = choose(Requester::Dashboard, situation, can_sweep);
            choice == StrategyChoice::Use(Strategy::Sweep)
        };
        let Some(stack) = stack.leased() else {
            let selector = stack
                .sweep_selector()
                .filter(|_| sweeps(Situation::NoLease));
            return match selector {
                Some(selector) => {
                    service
                        .teardowns()
                        .plan_sweep(&selector, &self.settings)
                        .await
                }
                None => Ok(None),
            };
        };
        let planned = service
            .teardowns()
            .plan_teardown(stack, &self.settings)
            .await;
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
        let Some(mut sweep) = service
            .teardowns()
            .plan_sweep(&selector, &self.settings)
            .await?
        else {
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

    /// Deletes a saved plan and the secrets in it, or a request whose turn has not come.
    pub(crate) fn forget(&self, stack: &StackKey) {
        self.requests().remove(stack);
        self.plans().remove(stack);
    }

    /// Starts the saved plan of a run, and sends its progress until it ends.
    pub(crate) async fn tear_down(
        &self,
        key: &StackKey,
        run: &RunId,
        typed: Option<&StackName>,
        events: &UnboundedSender<Event>,
    ) {
        let stack = &key.name();
        // `acquire` fails only after `close`, which is never called.
        let _slot = self.run_slots.acquire().await;
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
        stack: &StackKey,
        run: &RunId,
        typed: Option<&StackName>,
    ) -> Result<TeardownProcess, CommandError> {
        let prepared = self.plans().remove(stack);
        let prepared = prepared.filter(|prepared| prepared.plan.run == *run);
        let Some(prepared) = prepared else {
            let text = "the plan has expired; plan the teardown again";
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

    /// Sends the progress of a run that another process started, until it ends or its runner is
    /// dead.
    pub(crate) async fn follow(
        &self,
        service: &Service,
        stack: &StackName,
        run: &RunId,
        events: &UnboundedSender<Event>,
    ) {
        let runner = self.runner(service, stack, run).await;
        // The progress file of a run on another machine is not here; the ledger shows its result.
        if runner.is_some_and(|runner| runner.host != process::host()) {
            return;
        }
        let mut follower = Follower::of(&self.settings.runs, run);
        let mut limit = Duration::ZERO;
        loop {
            // In this order: steps written before the runner died are read after
            // its death was noticed.
            let alive = self.lives(service, stack, run).await;
            let steps = follower.wait(limit).await.unwrap_or_default();
            limit = LIVENESS_INTERVAL;
            if steps.iter().any(Progress::is_last) || events.is_closed() {
                return tell(events, stack, steps);
            }
            if !steps.is_empty() {
                tell(events, stack, steps);
            } else if !alive {
                let reason = "the teardown's process died; another teardown plans what is left and continues";
                let step = Progress::Failed {
                    reason: reason.to_owned(),
                    refused: false,
                };
                return tell(events, stack, vec![step]);
            }
        }
    }

    /// Reads the files of the last teardown of a stack. `None`: there was none, or its files are on
    /// another machine.
    pub(crate) async fn log(
        &self,
        service: &Service,
        stack: &StackName,
    ) -> Result<Option<Box<RunLog>>, Problem> {
        let events = service.ledger().events(stack, Seq::NONE).await;
        let events = events.map_err(|error| Problem::from(ServiceError::from(error)))?;
        let last = events.into_iter().rev().find_map(|event| match event.kind {
            EventKind::TeardownStarted { run, .. } => Some((run, event.at)),
            _ => None,
        });
        let Some((run, started_at)) = last else {
            return Ok(None);
        };
        let mut follower = Follower::of(&self.settings.runs, &run);
        let unreadable = |error: std::io::Error| Problem {
            message: format!("cannot read the files of the run {run}: {error}"),
            refused: false,
        };
        let steps = follower.steps().map_err(unreadable)?;
        let failures = follower.failures().map_err(unreadable)?;
        if steps.is_empty() && failures.is_none() {
            return Ok(None);
        }
        Ok(Some(Box::new(RunLog {
            run,
            started_at,
            steps,
            failures,
        })))
    }

    /// Whether this run is still in progress according to the ledger, and its runner is alive.
    async fn lives(&self, service: &Service, stack: &StackName, run: &RunId) -> bool {
        let runner = self.runner(service, stack, run).await;
        runner.is_some_and(|runner| runner.lives)
    }

    /// Returns a run's runner while the run is in progress according to the ledger.
    async fn runner(&self, service: &Service, stack: &StackName, run: &RunId) -> Option<Runner> {
        let lease = service.leases().lease(stack).await.ok().flatten()?;
        let runner = Runner::of(&lease, &self.settings.runs, service.now())?;
        (runner.run == *run).then_some(runner)
    }

    fn requests(&self) -> std::sync::MutexGuard<'_, BTreeSet<StackKey>> {
        self.requested
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn plans(&self) -> std::sync::MutexGuard<'_, BTreeMap<StackKey, PreparedTeardown>> {
        self.saved_plans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(events: &UnboundedSender<Event>, stack: &StackName, steps: Vec<Progress>) {
    let stack = stack.clone();
    // Sending fails only when the dashboard has ended; the run continues.
    let _ = events.send(Event::TeardownProgress { stack, steps });
}

fn failed(error: &CommandError) -> Progress {
    Progress::Failed {
        reason: error.message(),
        refused: error.is_refusal(),
    }
}
