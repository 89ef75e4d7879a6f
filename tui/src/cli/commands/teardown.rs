//! `jiti teardown NAME...`

mod combined;
mod render;
pub(crate) mod runner;

use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use stack::service::teardown::strategy::{Requester, Situation, StrategyChoice, choose};
use stack::service::teardown::sweep::SweepSelector;
use stack::service::teardown::{
    Blocker, PreparedTeardown, Progress, TeardownError, TeardownOutcome, TeardownSettings,
};
use stack::service::{Service, ServiceError};
use stack::{Lease, Source, Span, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::{OutputOptions, SelectorOptions};
use crate::cli::output::json;
use crate::cli::several;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::values;
use crate::teardown_process::TeardownProcess;

/// Tear one stack down, or several: show the plan first, then carry out only that plan
///
/// jiti makes a destroy plan in the directory where the stack was applied, with the variables that
/// its `teardown` block records. It refuses a plan that would delete another stack's resources. If
/// the Terraform state is lost, `--strategy sweep` deletes the resources by their tags, in the
/// configured accounts. A separate process does the work and keeps running if you close this one;
/// Ctrl-C only stops following it. If the stack is already gone, the exit code is 0.
///
/// With several names, jiti shows one combined plan and asks once. At most `concurrency` under
/// [reaper] teardowns run at once (default 4), and each stack has its own result: one that jiti
/// refuses, or that fails, does not stop the others. The exit code is that of the worst result:
/// residue (4), then a failure (1), then a refusal (3).
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The names of the stacks
    #[arg(value_name = "NAME", required = true)]
    names: Vec<StackName>,

    /// Only show what would be destroyed
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

    /// Confirm a protected or unleased stack by its name; repeat it for several stacks
    #[arg(long, value_name = "NAME")]
    confirm: Vec<StackName>,

    /// How to tear the stack down
    #[arg(long, value_name = "STRATEGY", default_value = "terraform")]
    strategy: Strategy,

    /// Refuse to delete more resources of one stack than this. For a sweep, the default is
    /// `max_resources` under [reaper]
    #[arg(long, value_name = "N")]
    max_resources: Option<usize>,

    /// Take a last snapshot of each database (sweep only)
    #[arg(long)]
    final_snapshot: bool,

    #[command(flatten)]
    selector: SelectorOptions,

    /// The time limit for one resource (sweep only). Default: 15 minutes, and more for slow types
    #[arg(long, value_name = "DURATION")]
    give_up_after: Option<Span>,

    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// Through the stack's Terraform state
    Terraform,
    /// By tag, in the configured accounts
    Sweep,
}

impl From<Strategy> for stack::lease::Strategy {
    fn from(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Terraform => Self::Terraform,
            Strategy::Sweep => Self::Sweep,
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let settings = TeardownSettings {
        max_resources: arguments.max_resources,
        final_snapshot: arguments.final_snapshot,
        max_time_per_resource: arguments
            .give_up_after
            .map(|span| Duration::from_secs(span.seconds())),
        ..context.teardown_settings()?
    };
    let service = match arguments.dry_run {
        true => context.existing_observer()?,
        false if arguments.is_sweep() => context.sweeping_as(Source::Cli)?,
        false => context.writer()?,
    };
    let names = several::distinct(&arguments.names);
    match names.as_slice() {
        [name] => single(arguments, name, &settings, &service, context, ui).await,
        names => combined::run(arguments, names, &settings, &service, context, ui).await,
    }
}

impl Arguments {
    /// Whether the stacks are found by their tags, so that they may have no lease.
    fn is_sweep(&self) -> bool {
        self.strategy == Strategy::Sweep
    }

    /// Fails if a question would have to be asked and cannot be.
    fn require_answer(&self) -> Result<(), CommandError> {
        if self.dry_run || self.yes || io::stdin().is_terminal() {
            return Ok(());
        }
        Err(
            CommandError::usage("cannot prompt: standard input is not a terminal (use --yes)")
                .hint("--dry-run only shows what would be destroyed"),
        )
    }
}

/// Tears one stack down.
async fn single(
    arguments: &Arguments,
    name: &StackName,
    settings: &TeardownSettings,
    service: &Service,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if !needs_plan(arguments, name, service).await? {
        return already_gone(arguments, name, ui);
    }
    write_step(arguments, ui, &Progress::Planning { name: name.clone() })?;
    let Some(prepared) = plan(arguments, name, service, settings).await? else {
        return already_gone(arguments, name, ui);
    };
    if arguments.output.json {
        render::json(ui, &prepared.plan)?;
    } else {
        render::plan(ui, &prepared.plan)?;
    }
    ui.finish()?;
    if !prepared.plan.may_proceed() {
        return Err(blocked(&prepared));
    }
    if arguments.dry_run {
        if arguments.output.json {
            json::line(ui, &nothing_to_do(arguments, name))?;
        }
        return Ok(());
    }
    let confirmed = arguments.confirm.first();
    // For a sweep, only the plan shows whether the stack has a lease.
    if prepared.plan.protected && confirmed.is_none() {
        return Err(unconfirmed(name));
    }
    if !arguments.yes && !confirm(name.as_str())? {
        return Err(cancelled());
    }
    let mut process = TeardownProcess::start(context, settings, prepared, confirmed, Source::Cli)?;
    follow(arguments, name, ui, &mut process).await
}

/// The refusal of a stack whose name has to be confirmed.
fn unconfirmed(name: &StackName) -> CommandError {
    CommandError::refused(format!("{name} is protected or unleased"))
        .hint(format!("confirm its name: --confirm '{name}'"))
}

/// The refusal of a stack that the policy protects, before the slow plan.
fn protected(name: &StackName) -> CommandError {
    CommandError::refused(format!("{name} is protected by the policy"))
        .hint(format!("confirm its name: --confirm '{name}'"))
}

fn cancelled() -> CommandError {
    CommandError::failed("cancelled: nothing was deleted")
}

/// Makes the plan, with the strategy of the arguments; `None` if the stack is already gone.
async fn plan(
    arguments: &Arguments,
    name: &StackName,
    service: &Service,
    settings: &TeardownSettings,
) -> Result<Option<PreparedTeardown>, TeardownError> {
    let requester = Requester::CommandLine(arguments.strategy.into());
    match choose(requester, Situation::Reachable, true) {
        StrategyChoice::Use(stack::lease::Strategy::Sweep) => {
            let selector = SweepSelector {
                name: name.clone(),
                app: arguments.selector.app.clone(),
                owner: arguments.selector.owner.clone(),
            };
            service.teardowns().plan_sweep(&selector, settings).await
        }
        _ => service.teardowns().plan_teardown(name, settings).await,
    }
}

/// Whether a plan is needed; false if the stack is already gone. Refuses before the slow plan
/// whatever can be refused without it.
async fn needs_plan(
    arguments: &Arguments,
    name: &StackName,
    service: &Service,
) -> Result<bool, CommandError> {
    let by_tags = arguments.is_sweep();
    let lease = service.leases().lease(name).await?;
    match &lease {
        None if !by_tags => {
            let ledger = service.ledger().location();
            let stack = name.clone();
            let error = ServiceError::Unknown { stack, ledger };
            let error = explain(error, service, name).await;
            return Err(if service.config().accounts.is_empty() {
                error
            } else {
                error.hint(
                    "for an unleased stack, which was found by tags only, use --strategy sweep",
                )
            });
        }
        Some(lease) if !by_tags && !lease.is_live() => return Ok(false),
        _ => {}
    }
    if arguments.dry_run {
        return Ok(true);
    }
    arguments.require_answer()?;
    if let Some(typed) = arguments.confirm.iter().find(|typed| *typed != name) {
        return Err(CommandError::refused(format!(
            "--confirm has the name {typed}, but the stack is {name}"
        )));
    }
    let lease = lease.filter(Lease::is_live);
    let is_protected = match &lease {
        Some(lease) => service.teardowns().protects(lease).await?,
        None => false,
    };
    if is_protected && arguments.confirm.is_empty() {
        return Err(protected(name));
    }
    Ok(true)
}

fn already_gone(arguments: &Arguments, name: &StackName, ui: &mut Ui) -> Result<(), CommandError> {
    if arguments.output.json {
        return json::line(ui, &nothing_to_do(arguments, name));
    }
    ui.text(&format!("{name} is already gone"))
}

fn nothing_to_do(arguments: &Arguments, name: &StackName) -> TeardownOutcome {
    TeardownOutcome {
        strategy: arguments.strategy.into(),
        ..TeardownOutcome::nothing_to_do(name)
    }
}

fn blocked(prepared: &PreparedTeardown) -> CommandError {
    let name = &prepared.plan.name;
    let reasons = blockers(prepared);
    blocked_because(prepared, format!("cannot tear down {name}: {reasons}"))
}

/// What blocks a plan.
fn blockers(prepared: &PreparedTeardown) -> String {
    let blockers = prepared.plan.blockers.iter();
    let each: Vec<_> = blockers.map(ToString::to_string).collect();
    each.join("; ")
}

/// The error of a plan that is blocked, with this text.
fn blocked_because(prepared: &PreparedTeardown, text: String) -> CommandError {
    if prepared.plan.blockers.iter().any(Blocker::is_refusal) {
        CommandError::refused(text)
    } else {
        CommandError::failed(text)
    }
}

/// Asks at the terminal whether to tear this down. Any answer but yes means no.
fn confirm(what: &str) -> Result<bool, CommandError> {
    ui::prompt(&format!("Tear down {what}? This cannot be undone. [y/N] "));
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| CommandError::failed("cannot read the answer").because(&error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Prints the progress of the teardown process until it ends. Ctrl-C only stops the printing.
async fn follow(
    arguments: &Arguments,
    name: &StackName,
    ui: &mut Ui,
    process: &mut TeardownProcess,
) -> Result<(), CommandError> {
    loop {
        let steps = tokio::select! {
            steps = process.next_steps() => steps?,
            _ = tokio::signal::ctrl_c() => return Err(CommandError::failed(format!(
                "stopped following the teardown of {name}; it is still running as process {}",
                process.pid()
            ))
            .hint(format!(
                "`jiti events {name}` shows its progress; `kill -INT {}` stops it after the deletes that have \
                 started",
                process.pid()
            ))),
        };
        for step in steps {
            write_step(arguments, ui, &step)?;
            match step {
                Progress::Done(outcome) => return check_residue(&outcome),
                Progress::Failed { reason, refused } => {
                    return Err(if refused {
                        CommandError::refused(reason)
                    } else {
                        CommandError::failed(reason)
                    });
                }
                _ => {}
            }
        }
    }
}

/// Prints one step, as a line for people or as JSON.
fn write_step(arguments: &Arguments, ui: &mut Ui, step: &Progress) -> Result<(), CommandError> {
    match step {
        Progress::Done(outcome) if arguments.output.json => json::line(ui, outcome)?,
        step if arguments.output.json => json::line(ui, step)?,
        step => render::step(ui, step)?,
    }
    // Flushed at once, because steps may be minutes apart.
    ui.finish()
}

/// Fails with exit code 4 if the teardown left something.
fn check_residue(outcome: &TeardownOutcome) -> Result<(), CommandError> {
    let TeardownOutcome { name, residue, .. } = outcome;
    match residue.len() {
        0 => Ok(()),
        count => Err(CommandError::residue(format!(
            "teardown of {name} incomplete: {} left; the lease stays",
            values::count(count, "resource")
        ))
        .hint(
            match residue.iter().find_map(|left| left.command.as_ref()) {
                Some(command) => format!("fix the cause, then finish with `{command}`"),
                None => format!("fix the cause, then finish with `jiti teardown {name}`"),
            },
        )),
    }
}
