//! `jiti teardown NAME`

pub(crate) mod detached;
pub(crate) mod runner;
mod shown;

use std::io::{self, BufRead, IsTerminal};

use clap::{Args, ValueEnum};
use stack::listing::Flag;
use stack::service::teardown::{Blocker, Outcome, Prepared, Progress, Settings};
use stack::service::{Service, ServiceError};
use stack::{Phase, Source, StackName};

use self::detached::Detached;
use crate::cli::Form;
use crate::context::{Context, explained};
use crate::error::CommandError;
use crate::output::json;
use crate::ui::{self, Ui};

/// End a stack through its own Terraform: what will go is shown first, and only that goes
///
/// A destroy plan is made where the stack was applied, with the variables that its `teardown` block records. It is refused
/// when it would take another stack's resources. The work is done by a process of its own, which goes on when this one
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

    /// Type the name of a protected stack once more
    #[arg(long, value_name = "NAME")]
    confirm: Option<StackName>,

    /// How to end it
    #[arg(long, value_name = "HOW", default_value = "terraform")]
    strategy: Strategy,

    /// Refuse when more resources than this would go
    #[arg(long, value_name = "N")]
    max_resources: Option<usize>,

    #[command(flatten)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// Through its Terraform state
    Terraform,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let settings = Settings {
        max_resources: arguments.max_resources,
        ..context.teardown_settings()?
    };
    let Strategy::Terraform = arguments.strategy;
    let name = &arguments.name;
    let service = if arguments.dry_run {
        context.existing_reader()?
    } else {
        context.writer()?
    };
    if !may_be_planned(arguments, &service).await? {
        return already_gone(arguments, ui);
    }
    tell(arguments, ui, &Progress::Planning { name: name.clone() })?;
    let prepared = match service.plan_teardown(name, &settings).await {
        Ok(Some(prepared)) => prepared,
        Ok(None) => return already_gone(arguments, ui),
        Err(error) => return Err(error.into()),
    };
    if arguments.form.json {
        shown::json(ui, &prepared.plan)?;
    } else {
        shown::plan(ui, &prepared.plan)?;
    }
    ui.finish()?;
    if !prepared.plan.may_proceed() {
        return Err(blocked(&prepared));
    }
    if arguments.dry_run {
        if arguments.form.json {
            json::line(ui, &Outcome::nothing_to_do(name))?;
        }
        return Ok(());
    }
    if !arguments.yes && !asked(name)? {
        return Err(CommandError::failed(
            "nothing was deleted: the answer was not yes",
        ));
    }
    let confirmed = arguments.confirm.as_ref();
    let mut detached = Detached::start(context, &settings, prepared, confirmed, Source::Cli)?;
    follow(arguments, ui, &mut detached).await
}

/// Whether there is something to plan; what forbids it without a plan is said before anybody waits for one.
async fn may_be_planned(arguments: &Arguments, service: &Service) -> Result<bool, CommandError> {
    let name = &arguments.name;
    let listing = match service.show(name).await {
        Ok(shown) => shown.listing,
        Err(error @ ServiceError::Unknown { .. }) => {
            return Err(explained(error, service, name).await);
        }
        Err(error) => return Err(error.into()),
    };
    if listing.phase == Phase::Gone {
        return Ok(false);
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
    if listing.flags.contains(&Flag::Protected) && arguments.confirm.is_none() {
        return Err(
            CommandError::refused(format!("{name} is protected by the policy"))
                .hint(format!("type its name once more: --confirm '{name}'")),
        );
    }
    Ok(true)
}

fn already_gone(arguments: &Arguments, ui: &mut Ui) -> Result<(), CommandError> {
    let name = &arguments.name;
    if arguments.form.json {
        return json::line(ui, &Outcome::nothing_to_do(name));
    }
    ui.text(&format!("{name} is gone already"))
}

fn blocked(prepared: &Prepared) -> CommandError {
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
    ui::ask(&format!("Tear down {name}? This cannot be undone. [y/N] "));
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
    detached: &mut Detached,
) -> Result<(), CommandError> {
    let name = &arguments.name;
    loop {
        let steps = tokio::select! {
            steps = detached.steps() => steps?,
            _ = tokio::signal::ctrl_c() => return Err(CommandError::failed(format!(
                "this no longer follows the teardown of {name}, which goes on as process {}", detached.pid()
            ))
            .hint(format!(
                "`jiti events {name}` tells how far it is; `kill -INT {}` lets it finish what it has begun and stop",
                detached.pid()
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
        Progress::Done(outcome) if arguments.form.json => json::line(ui, outcome)?,
        step if arguments.form.json => json::line(ui, step)?,
        step => shown::step(ui, step)?,
    }
    // Somebody waits for each line.
    ui.finish()
}

/// What is left is told as an exit code as well.
fn ended(outcome: &Outcome) -> Result<(), CommandError> {
    let Outcome { name, residue, .. } = outcome;
    match residue.len() {
        0 => Ok(()),
        count => Err(CommandError::residue(format!(
            "{count} of {name} left behind; the lease is kept"
        ))
        .hint(format!(
            "mend what keeps it, then `jiti teardown {name}` finishes it"
        ))),
    }
}
