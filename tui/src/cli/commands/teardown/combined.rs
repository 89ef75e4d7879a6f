//! `jiti teardown A B C`: one combined plan, one question, and a result for each stack.

mod report;
mod running_steps;

use std::pin::pin;

use futures_util::{StreamExt, stream};
use stack::service::Service;
use stack::service::teardown::{
    PreparedTeardown, Progress, TeardownError, TeardownOutcome, TeardownPlan, TeardownSettings,
};
use stack::{Lease, Source, StackName};
use tokio::sync::mpsc::{self, UnboundedSender};

use self::running_steps::RunningSteps;
use super::{
    Arguments, blocked_because, blockers, cancelled, check_residue, confirm, protected, unconfirmed,
};
use crate::cli::context::Context;
use crate::cli::several::{self, Ending};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;
use crate::teardown_process::TeardownProcess;

/// One stack of the command, and what is known about it so far.
struct Candidate {
    name: StackName,
    /// The plan as it is shown, once it was made.
    plan: Option<Box<TeardownPlan>>,
    state: CandidateState,
}

enum CandidateState {
    /// The plan is not made yet.
    Waiting,
    /// The plan may be carried out.
    Ready(Box<PreparedTeardown>),
    /// The result. It is not final while the teardown waits or runs.
    Ended(Box<StackResult>),
}

/// How the teardown of one stack ended.
struct StackResult {
    ending: Ending,
    outcome: TeardownOutcome,
    /// Why it did not succeed.
    error: Option<CommandError>,
    /// The process that carries it out.
    pid: Option<u32>,
}

impl Candidate {
    /// Stores why the teardown did not begin.
    fn fail(&mut self, error: CommandError, nothing: TeardownOutcome) {
        self.end(Ending::of(&error), nothing, Some(error));
    }

    fn end(&mut self, ending: Ending, outcome: TeardownOutcome, error: Option<CommandError>) {
        self.state = CandidateState::Ended(Box::new(StackResult {
            ending,
            outcome,
            error,
            pid: None,
        }));
    }

    fn result_mut(&mut self) -> Option<&mut StackResult> {
        match &mut self.state {
            CandidateState::Ended(result) => Some(result),
            CandidateState::Waiting | CandidateState::Ready(_) => None,
        }
    }

    fn result(&self) -> Option<&StackResult> {
        match &self.state {
            CandidateState::Ended(result) => Some(result),
            CandidateState::Waiting | CandidateState::Ready(_) => None,
        }
    }
}

/// The command, with what all its parts need.
struct Combined<'a> {
    arguments: &'a Arguments,
    settings: &'a TeardownSettings,
    service: &'a Service,
    context: &'a Context,
    /// How many plans are made at once, and how many teardowns run at once.
    slots: usize,
}

/// A report of a task that makes the plan of one stack.
enum PlanStep {
    Began,
    Ended(Box<Result<Option<PreparedTeardown>, TeardownError>>),
}

/// A report of a task that carries out one teardown.
enum RunStep {
    Began(u32),
    Progress(Progress),
    Failed(CommandError),
}

pub(super) async fn run(
    arguments: &Arguments,
    names: &[StackName],
    settings: &TeardownSettings,
    service: &Service,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let combined = Combined {
        arguments,
        settings,
        service,
        context,
        slots: context.concurrency()?,
    };
    let mut candidates = combined.candidates(names).await?;
    combined.plan(&mut candidates, ui).await?;
    let ready = report::plan(arguments, &candidates, ui)?;
    ui.finish()?;
    if arguments.dry_run {
        for candidate in &mut candidates {
            if matches!(candidate.state, CandidateState::Ready(_)) {
                let nothing = super::nothing_to_do(arguments, &candidate.name);
                candidate.end(Ending::Planned, nothing, None);
            }
        }
        return report::results(arguments, &candidates, ui, "planned");
    }
    if ready > 0 && !arguments.yes && !confirm(&values::count(ready, "stack"))? {
        return Err(cancelled());
    }
    combined.tear_down(&mut candidates, ui).await?;
    report::results(arguments, &candidates, ui, "torn down")
}

impl Combined<'_> {
    /// The stacks, with those that need no plan. Fails before anything is changed if a name is
    /// unknown or the command line is wrong.
    async fn candidates(&self, names: &[StackName]) -> Result<Vec<Candidate>, CommandError> {
        let (arguments, service) = (self.arguments, self.service);
        let leases = if arguments.is_sweep() {
            // Only the plan shows whether tags name the stack.
            let mut leases = Vec::new();
            for name in names {
                leases.extend(service.leases().lease(name).await?);
            }
            leases
        } else {
            several::leases(service, names, |_| true).await?
        };
        arguments.require_answer()?;
        let mut typed = arguments.confirm.iter();
        if let Some(other) = typed.find(|typed| !names.contains(typed)) {
            return Err(CommandError::refused(format!(
                "--confirm has the name {other}, which is not among the stacks to tear down"
            )));
        }
        let mut candidates = Vec::with_capacity(names.len());
        for name in names {
            let lease = leases.iter().find(|lease| lease.name == *name);
            let nothing = super::nothing_to_do(arguments, name);
            let mut candidate = Candidate {
                name: name.clone(),
                plan: None,
                state: CandidateState::Waiting,
            };
            let is_gone = lease.is_some_and(|lease| !lease.is_live()) && !arguments.is_sweep();
            let asks_for_name = !arguments.dry_run && !arguments.confirm.contains(name);
            if is_gone {
                candidate.end(Ending::Gone, nothing, None);
            } else if let Some(lease) = lease.filter(|lease| Lease::is_live(lease))
                && asks_for_name
                && service.teardowns().protects(lease).await?
            {
                candidate.fail(protected(name), nothing);
            }
            candidates.push(candidate);
        }
        Ok(candidates)
    }

    /// Makes the plans, some at once.
    ///
    /// # Errors
    ///
    /// If neither a lease nor a tag names one of the stacks.
    async fn plan(&self, candidates: &mut [Candidate], ui: &mut Ui) -> Result<(), CommandError> {
        let waiting: Vec<(usize, StackName)> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| matches!(candidate.state, CandidateState::Waiting))
            .map(|(index, candidate)| (index, candidate.name.clone()))
            .collect();
        let (to, steps) = mpsc::unbounded_channel();
        let to = &to;
        let plans = stream::iter(waiting)
            .for_each_concurrent(self.slots, |(index, name)| self.plan_one(index, name, to));
        let mut plans = RunningSteps::new(steps, plans);
        let mut unknown = Vec::new();
        while let Some((index, step)) = plans.next().await {
            let Some(candidate) = candidates.get_mut(index) else {
                continue;
            };
            match step {
                PlanStep::Began => {
                    let name = candidate.name.clone();
                    super::write_step(self.arguments, ui, &Progress::Planning { name })?;
                }
                PlanStep::Ended(planned) => match *planned {
                    Err(error @ TeardownError::NotFound { .. }) => unknown.push(error.to_string()),
                    planned => self.planned(candidate, planned, ui)?,
                },
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        Err(CommandError::failed(unknown.join("; ")).hint("no stack was changed"))
    }

    /// Makes the plan of one stack, and reports it.
    async fn plan_one(
        &self,
        index: usize,
        name: StackName,
        to: &UnboundedSender<(usize, PlanStep)>,
    ) {
        // Sending fails only when the command has ended.
        let _ = to.send((index, PlanStep::Began));
        let planned = super::plan(self.arguments, &name, self.service, self.settings).await;
        let _ = to.send((index, PlanStep::Ended(Box::new(planned))));
    }

    /// Stores the plan of a stack, or why there is none.
    fn planned(
        &self,
        candidate: &mut Candidate,
        planned: Result<Option<PreparedTeardown>, TeardownError>,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let nothing = super::nothing_to_do(self.arguments, &candidate.name);
        let prepared = match planned {
            Ok(Some(prepared)) => prepared,
            Ok(None) => {
                candidate.end(Ending::Gone, nothing, None);
                return Ok(());
            }
            Err(error) => {
                candidate.fail(error.into(), nothing);
                return Ok(());
            }
        };
        report::planned(self.arguments, &prepared.plan, ui)?;
        candidate.plan = Some(Box::new(prepared.plan.clone()));
        let asks_for_name =
            !self.arguments.dry_run && !self.arguments.confirm.contains(&candidate.name);
        if !prepared.plan.may_proceed() {
            let reasons = blockers(&prepared);
            candidate.fail(blocked_because(&prepared, reasons), nothing);
        } else if prepared.plan.protected && asks_for_name {
            candidate.fail(unconfirmed(&candidate.name), nothing);
        } else {
            candidate.state = CandidateState::Ready(Box::new(prepared));
        }
        Ok(())
    }

    /// Carries out the plans, at most as many at once as there are slots. Ctrl-C only stops
    /// following them, and the teardowns that wait do not start.
    async fn tear_down(
        &self,
        candidates: &mut [Candidate],
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let mut ready = Vec::new();
        for (index, candidate) in candidates.iter_mut().enumerate() {
            let nothing = super::nothing_to_do(self.arguments, &candidate.name);
            let state = std::mem::replace(&mut candidate.state, CandidateState::Waiting);
            match state {
                CandidateState::Ready(prepared) => {
                    candidate.end(Ending::NotStarted, nothing, None);
                    ready.push((index, *prepared));
                }
                state => candidate.state = state,
            }
        }
        let (to, steps) = mpsc::unbounded_channel();
        let to = &to;
        let runs = stream::iter(ready).for_each_concurrent(self.slots, |(index, prepared)| {
            self.follow(index, prepared, to)
        });
        let mut runs = RunningSteps::new(steps, runs);
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        loop {
            let step = tokio::select! {
                biased;
                step = runs.next() => step,
                _ = &mut interrupt => {
                    interrupted(candidates);
                    return Ok(());
                }
            };
            let Some((index, step)) = step else { break };
            if let Some(candidate) = candidates.get_mut(index) {
                self.stepped(candidate, step, ui)?;
            }
        }
        Ok(())
    }

    /// Starts the process of one teardown, and reports its steps until it ends.
    async fn follow(
        &self,
        index: usize,
        prepared: PreparedTeardown,
        to: &UnboundedSender<(usize, RunStep)>,
    ) {
        let send = |step| {
            // Sending fails only when the command has ended.
            let _ = to.send((index, step));
        };
        let name = prepared.plan.name.clone();
        let confirmed = self.arguments.confirm.contains(&name).then_some(&name);
        let (context, settings) = (self.context, self.settings);
        let started = TeardownProcess::start(context, settings, prepared, confirmed, Source::Cli);
        let mut process = match started {
            Ok(process) => process,
            Err(error) => return send(RunStep::Failed(error)),
        };
        send(RunStep::Began(process.pid()));
        loop {
            match process.next_steps().await {
                Err(error) => return send(RunStep::Failed(error)),
                Ok(steps) => {
                    for step in steps {
                        let is_last = step.is_last();
                        send(RunStep::Progress(step));
                        if is_last {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Applies a step of one teardown, and prints it.
    fn stepped(
        &self,
        candidate: &mut Candidate,
        step: RunStep,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let Some(result) = candidate.result_mut() else {
            return Ok(());
        };
        match step {
            RunStep::Began(pid) => {
                (result.ending, result.pid) = (Ending::Running, Some(pid));
                return Ok(());
            }
            RunStep::Failed(error) => {
                (result.ending, result.error) = (Ending::of(&error), Some(error));
            }
            RunStep::Progress(Progress::Failed { reason, refused }) => {
                let error = if refused {
                    CommandError::refused(reason)
                } else {
                    CommandError::failed(reason)
                };
                (result.ending, result.error) = (Ending::of(&error), Some(error));
            }
            RunStep::Progress(Progress::Done(outcome)) => {
                result.error = check_residue(&outcome).err();
                result.ending = match result.error {
                    Some(_) => Ending::Residue,
                    None => Ending::Gone,
                };
                result.outcome = outcome;
            }
            RunStep::Progress(step) => {
                return report::step(self.arguments, &candidate.name, &step, ui);
            }
        }
        report::ended(self.arguments, candidate, ui)
    }
}

/// The user no longer follows the teardowns: those that run continue, and no other one starts.
fn interrupted(candidates: &mut [Candidate]) {
    for candidate in candidates {
        let name = candidate.name.clone();
        let Some(result) = candidate.result_mut() else {
            continue;
        };
        let error = match (result.ending, result.pid) {
            (Ending::Running, Some(pid)) => {
                CommandError::failed(format!("it is still running as process {pid}")).hint(format!(
                    "`jiti events {name}` shows its progress; `kill -INT {pid}` stops it after the \
                     deletes that have started"
                ))
            }
            (Ending::NotStarted, _) => CommandError::failed("the command ended before it began"),
            _ => continue,
        };
        result.error = Some(error);
    }
}
