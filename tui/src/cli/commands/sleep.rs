//! `jiti sleep NAME [--until T]`

use clap::Args;
use stack::StackName;
use stack::service::Service;
use stack::service::power::{PollPolicy, PowerOutcome, PowerStep, SleepError};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::until::Until;
use crate::format::values;

/// Stop what a stack computes with, and keep its data
///
/// Every size is in the ledger before anything is stopped, and `jiti wake` restores it. The lease goes on: a stack that
/// sleeps expires all the same. One that is half asleep is finished by another sleep, or by a wake.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// Until when: a duration from now such as 12h, or a time such as 2026-03-02T06:00:00Z; the reaper wakes it then
    #[arg(long, value_name = "T")]
    until: Option<Until>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        until,
        output,
    } = arguments;
    let service = context.writer()?;
    let until = until.map(|until| until.resolve(service.now()));
    let tell = teller(*output);
    let turned = service
        .sleep(name, until, PollPolicy::default(), &tell)
        .await;
    let turned = match turned {
        Ok(turned) => turned,
        Err(error) => return Err(refused(error, &service, name).await),
    };
    if output.json {
        json::line(ui, &turned)?;
    } else {
        shown(ui, &turned, &service).await?;
    }
    verdict(&turned, "sleep")
}

/// Each step beside the output, so that somebody who waits knows for what.
pub(super) fn teller(output: OutputOptions) -> impl Fn(&PowerStep) + Send + Sync {
    move |step| {
        let line = match step {
            _ if output.json => return,
            PowerStep::Stopping(one) => format!("  {}: stopping", one.id),
            PowerStep::Starting(one) => format!("  {}: starting", one.id),
            PowerStep::Done(one) => format!("  {}: done", one.id),
            PowerStep::Failed(one) => format!("  {}: {}", one.id, one.reason),
        };
        ui::print_error(&clean(&line));
    }
}

/// Why nothing was begun.
pub(super) async fn refused(
    error: SleepError,
    service: &Service,
    name: &StackName,
) -> CommandError {
    match error {
        SleepError::Service(error) => explain(error, service, name).await,
        error if error.is_refusal() => CommandError::refused(error.to_string()),
        error => CommandError::failed(error.to_string()),
    }
}

/// What could not be stopped or started is told as an exit code as well.
pub(super) fn verdict(turned: &PowerOutcome, command: &str) -> Result<(), CommandError> {
    let name = &turned.name;
    match turned.failed.as_slice() {
        [] => Ok(()),
        failed => {
            let each: Vec<String> = failed
                .iter()
                .map(|one| format!("{}: {}", one.id, one.reason))
                .collect();
            let text = format!("{name} is half asleep: {}", each.join("; "));
            Err(CommandError::failed(text).hint(format!(
                "`jiti {command} {name}` goes on with it; sleep and wake both finish it"
            )))
        }
    }
}

/// How long waking takes, as far as anybody knows.
pub(crate) fn ready_again(turned: &PowerOutcome) -> String {
    match turned.ready_again_seconds {
        Some(time) => format!(
            "ready again in about {}, as it took for this app so far",
            values::duration(time)
        ),
        None => "how long that takes is not known: no stack of this app was woken yet".to_owned(),
    }
}

async fn shown(ui: &mut Ui, turned: &PowerOutcome, service: &Service) -> Result<(), CommandError> {
    let name = &turned.name;
    let now = service.now();
    if turned.asleep {
        let count = turned.moved.len();
        ui.text(&match count {
            0 => format!("{name} is asleep already"),
            _ => format!("{name} is asleep: {count} stopped"),
        })?;
    }
    let remains = &turned.remains;
    if let Some(rate) = remains.hourly_usd {
        ui.text(&format!(
            "{}/h goes on while it sleeps:",
            values::rate(rate)
        ))?;
    }
    for one in &remains.resources {
        let rate = one.hourly_usd.map_or_else(
            || "price not known".to_owned(),
            |rate| format!("{}/h", values::rate(rate)),
        );
        ui.text(&format!("  {}  {}, {rate}", one.kind, one.id))?;
    }
    for restart in &turned.restarts {
        ui.text(&format!(
            "! {} starts again by itself at {}: sleep it again then",
            restart.id,
            values::moment(restart.at, now)
        ))?;
    }
    if let Some(at) = turned.wake_at {
        ui.text(&format!(
            "The reaper wakes it at {}",
            values::moment(at, now)
        ))?;
    }
    if turned.asleep {
        ui.text(&format!("`jiti wake {name}`: {}", ready_again(turned)))?;
        if let Some(lease) = service.lease(name).await? {
            ui.text(&format!(
                "Its lease goes on: it expires at {}",
                values::moment(lease.expires_at, now)
            ))?;
        }
    }
    Ok(())
}
