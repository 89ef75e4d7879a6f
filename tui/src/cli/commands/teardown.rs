//! `jiti teardown NAME`

mod render;
pub(crate) mod runner;

use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use stack::service::teardown::sweep::SweepSelector;
use stack::service::teardown::{
    Blocker, PreparedTeardown, Progress, TeardownOutcome, TeardownSettings,
};
use stack::service::{Service, ServiceError};
use stack::{Lease, Source, Span, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::{OutputOptions, SelectorOptions};
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::teardown_process::TeardownProcess;

/// End a stack: what will go is shown first, and only that goes
///
/// A destroy plan is made where the stack was applied, with the variables that its `teardown` block records. It is refused
/// when it would take another stack's resources. Where the Terraform state is lost, `--strategy sweep` ends it by its
/// tags, in the accounts of the configuration. The work is done by a process of its own, which goes on when this one
/// is closed; Ctrl-C only stops following it. A stack that is gone already is no failure.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// Only show what would go
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Do it without asking
    #[arg(long)]
    yes: bool,

    /// Type the name once more: of a protected stack, or of one that only its tags tell of
    #[arg(long, value_name = "NAME")]
    confirm: Option<StackName>,

    /// How to end it
    #[arg(long, value_name = "HOW", default_value = "terraform")]
    strategy: Strategy,

    /// Refuse when more resources than this would go; a sweep has `max_resources` under [reaper] as its limit
    #[arg(long, value_name = "N")]
    max_resources: Option<usize>,

    /// Keep a last snapshot of each database (sweep)
    #[arg(long)]
    final_snapshot: bool,

    #[command(flatten)]
    selector: SelectorOptions,

    /// Try one resource no longer than this (sweep); without it a quarter of an hour, and longer where AWS is slow
    #[arg(long, value_name = "DURATION")]
    give_up_after: Option<Span>,

    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// Through its Terraform state
    Terraform,
    /// By its tags, in the accounts of the configuration
    Sweep,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let settings = TeardownSettings {
        max_resources: arguments.max_resources,
        final_snapshot: arguments.final_snapshot,
        longest: arguments
            .give_up_after
            .map(|span| Duration::from_secs(span.seconds())),
        ..context.teardown_settings()?
    };
    let name = &arguments.name;
    let by_tags = arguments.strategy == Strategy::Sweep;
    let service = match arguments.dry_run {
        true => context.existing_observer()?,
        false if by_tags => context.sweeping_as(Source::Cli)?,
        false => context.writer()?,
    };
    if !may_be_planned(arguments, &service).await? {
        return already_gone(arguments, ui);
    }
    tell(arguments, ui, &Progress::Planning { name: name.clone() })?;
    let Some(prepared) = planned(arguments, &service, &settings).await? else {
        return already_gone(arguments, ui);
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
            json::line(ui, &nothing_to_do(arguments))?;
        }
        return Ok(());
    }
    // Only the plan of a sweep tells whether a lease is known.
    if prepared.plan.protected && arguments.confirm.is_none() {
        let why = "it is protected, or known by its tags alone";
        let error = CommandError::refused(format!("{name} wants its name typed: {why}"));
        return Err(error.hint(format!("type it once more: --confirm '{name}'")));
    }
    if !arguments.yes && !asked(name)? {
        return Err(CommandError::failed(
            "nothing was deleted: the answer was not yes",
        ));
    }
    let confirmed = arguments.confirm.as_ref();
    let mut process = TeardownProcess::start(context, &settings, prepared, confirmed, Source::Cli)?;
    follow(arguments, ui, &mut process).await
}

/// The plan, by whichever strategy; `None` when it is gone already.
async fn planned(
    arguments: &Arguments,
    service: &Service,
    settings: &TeardownSettings,
) -> Result<Option<PreparedTeardown>, CommandError> {
    let name = &arguments.name;
    let planned = match arguments.strategy {
        Strategy::Terraform => service.plan_teardown(name, settings).await,
        Strategy::Sweep => {
            let wish = SweepSelector {
                name: name.clone(),
                app: arguments.selector.app.clone(),
                owner: arguments.selector.owner.clone(),
            };
            service.plan_sweep(&wish, settings).await
        }
    };
    Ok(planned?)
}

/// Whether there is something to plan; what forbids it without a plan is said before anybody waits for one.
async fn may_be_planned(arguments: &Arguments, service: &Service) -> Result<bool, CommandError> {
    let name = &arguments.name;
    let by_tags = arguments.strategy == Strategy::Sweep;
    let lease = service.lease(name).await?;
    match &lease {
        None if !by_tags => {
            let ledger = service.ledger().location();
            let stack = name.clone();
            let error = ServiceError::Unknown { stack, ledger };
            let error = explain(error, service, name).await;
            return Err(if service.config().accounts.is_empty() {
                error
            } else {
                error.hint("one that only its tags tell of is ended with --strategy sweep")
            });
        }
        Some(lease) if !by_tags && !lease.is_live() => return Ok(false),
        _ => {}
    }
    if arguments.dry_run {
        return Ok(true);
    }
    if !arguments.yes && !io::stdin().is_terminal() {
        return Err(
            CommandError::usage("nobody can be asked here: standard input is no terminal")
                .hint("--dry-run shows what would go, --yes does it without asking"),
        );
    }
    if let Some(typed) = arguments.confirm.as_ref().filter(|typed| *typed != name) {
        return Err(CommandError::refused(format!(
            "--confirm names {typed}, and the stack is {name}"
        )));
    }
    let lease = lease.filter(Lease::is_live);
    let protected = lease.is_some_and(|lease| service.protects(&lease));
    if protected && arguments.confirm.is_none() {
        return Err(
            CommandError::refused(format!("{name} is protected by the policy"))
                .hint(format!("type its name once more: --confirm '{name}'")),
        );
    }
    Ok(true)
}

fn already_gone(arguments: &Arguments, ui: &mut Ui) -> Result<(), CommandError> {
    let name = &arguments.name;
    if arguments.output.json {
        return json::line(ui, &nothing_to_do(arguments));
    }
    ui.text(&format!("{name} is gone already"))
}

fn nothing_to_do(arguments: &Arguments) -> TeardownOutcome {
    TeardownOutcome {
        strategy: match arguments.strategy {
            Strategy::Terraform => stack::lease::Strategy::Terraform,
            Strategy::Sweep => stack::lease::Strategy::Sweep,
        },
        ..TeardownOutcome::nothing_to_do(&arguments.name)
    }
}

fn blocked(prepared: &PreparedTeardown) -> CommandError {
    let blockers = &prepared.plan.blockers;
    let each: Vec<_> = blockers.iter().map(ToString::to_string).collect();
    let text = format!(
        "{} is not torn down: {}",
        prepared.plan.name,
        each.join("; ")
    );
    if blockers.iter().any(Blocker::is_refusal) {
        CommandError::refused(text)
    } else {
        CommandError::failed(text)
    }
}

/// Asks at the terminal. Whatever is not yes is no.
fn asked(name: &StackName) -> Result<bool, CommandError> {
    ui::prompt(&format!("Tear down {name}? This cannot be undone. [y/N] "));
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| CommandError::failed("the answer could not be read").because(&error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Follows the runner to its end. Ctrl-C ends only the following.
async fn follow(
    arguments: &Arguments,
    ui: &mut Ui,
    process: &mut TeardownProcess,
) -> Result<(), CommandError> {
    let name = &arguments.name;
    loop {
        let steps = tokio::select! {
            steps = process.next_steps() => steps?,
            _ = tokio::signal::ctrl_c() => return Err(CommandError::failed(format!(
                "this no longer follows the teardown of {name}, which goes on as process {}", process.pid()
            ))
            .hint(format!(
                "`jiti events {name}` tells how far it is; `kill -INT {}` lets it finish what it has begun and stop",
                process.pid()
            ))),
        };
        for step in steps {
            tell(arguments, ui, &step)?;
            match step {
                Progress::Done(outcome) => return ended(&outcome),
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

fn tell(arguments: &Arguments, ui: &mut Ui, step: &Progress) -> Result<(), CommandError> {
    match step {
        Progress::Done(outcome) if arguments.output.json => json::line(ui, outcome)?,
        step if arguments.output.json => json::line(ui, step)?,
        step => render::step(ui, step)?,
    }
    // Somebody waits for each line.
    ui.finish()
}

/// What is left is told as an exit code as well.
fn ended(outcome: &TeardownOutcome) -> Result<(), CommandError> {
    let TeardownOutcome { name, residue, .. } = outcome;
    match residue.len() {
        0 => Ok(()),
        count => Err(CommandError::residue(format!(
            "{count} of {name} left behind; the lease is kept"
        ))
        .hint(match residue.iter().find_map(|one| one.command.as_ref()) {
            Some(command) => format!("mend what keeps it, then `{command}` finishes it"),
            None => format!("mend what keeps it, then `jiti teardown {name}` finishes it"),
        })),
    }
}
