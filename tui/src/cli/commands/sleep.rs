//! `jiti sleep NAME... [--until T]`

use clap::Args;
use stack::StackName;
use stack::service::Service;
use stack::service::power::{
    PollPolicy, PowerFailure, PowerOutcome, PowerStep, SleepError, SwitchedResource,
};

use super::several_power::{self, PowerChange};
use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::several;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::{describe, values};
use stack::values::until::Until;

/// Stop the compute of one stack, or of several, and keep the data
///
/// jiti records every size in the ledger before it stops anything, and `jiti wake` restores it. The
/// lease keeps running while the stack sleeps. If a stack is only partly asleep, run sleep or wake
/// again.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The names of the stacks
    #[arg(value_name = "NAME", required = true)]
    names: Vec<StackName>,

    /// When the reaper wakes the stack: a duration such as 12h, or a time such as
    /// 2026-03-02T06:00:00Z
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
        names,
        until,
        output,
    } = arguments;
    let names = several::distinct(names);
    let service = context.writer()?;
    let until = until.map(|until| until.resolve(service.now()));
    let [name] = names.as_slice() else {
        let change = PowerChange::Sleep(until);
        return several_power::run(change, &names, *output, &service, context, ui).await;
    };
    let print_step = progress_printer(*output);
    let outcome = service
        .power()
        .sleep(name, until, PollPolicy::default(), &print_step)
        .await;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return Err(not_started(error, &service, name).await),
    };
    if output.json {
        json::line(ui, &outcome)?;
    } else {
        write_outcome(ui, &outcome, &service).await?;
    }
    check_failures(&outcome, "sleep")
}

/// Returns a callback that prints each step to standard error, unless the output is JSON.
pub(super) fn progress_printer(output: OutputOptions) -> impl Fn(&PowerStep) + Send + Sync {
    move |step| {
        if !output.json {
            ui::print_error(&clean(&step_line(step)));
        }
    }
}

pub(super) fn step_line(step: &PowerStep) -> String {
    match step {
        PowerStep::Stopping(resource) => format!("  {}: stopping", switched(resource)),
        PowerStep::Starting(resource) => format!("  {}: starting", switched(resource)),
        PowerStep::Done(resource) => format!("  {}: done", switched(resource)),
        PowerStep::Failed(failure) => format!("  {}", failed(failure)),
    }
}

fn switched(resource: &SwitchedResource) -> String {
    describe::resource(&resource.kind, resource.id.as_str())
}

/// What failed, and why.
fn failed(failure: &PowerFailure) -> String {
    let resource = describe::resource(failure.kind.as_deref().unwrap_or_default(), &failure.id);
    format!("{resource}: {}", failure.reason)
}

/// The error of a sleep or a wake that did not start.
pub(super) async fn not_started(
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

/// Fails if some resources could not be stopped or started.
pub(super) fn check_failures(outcome: &PowerOutcome, command: &str) -> Result<(), CommandError> {
    let name = &outcome.name;
    match outcome.failed.as_slice() {
        [] => Ok(()),
        failed => {
            let each: Vec<String> = failed.iter().map(self::failed).collect();
            let text = format!(
                "{name} is partly asleep, {} failed: {}",
                failed.len(),
                each.join("; ")
            );
            Err(CommandError::failed(text).hint(format!(
                "run `jiti {command} {name}` again; sleep and wake both finish the work"
            )))
        }
    }
}

/// How long waking takes, from this app's history.
pub(crate) fn wake_estimate(outcome: &PowerOutcome) -> String {
    match outcome.ready_again_seconds {
        Some(time) => format!(
            "ready again after about {}, based on this app's history",
            values::duration(time)
        ),
        None => "wake time unknown: no stack of this app was woken yet".to_owned(),
    }
}

pub(super) async fn write_outcome(
    ui: &mut Ui,
    outcome: &PowerOutcome,
    service: &Service,
) -> Result<(), CommandError> {
    let name = &outcome.name;
    let now = service.now();
    if outcome.asleep {
        let count = outcome.moved.len();
        ui.text(&match count {
            0 => format!("{name} is already asleep"),
            _ => format!(
                "{name} is asleep: {} stopped",
                values::count(count, "resource")
            ),
        })?;
    }
    let remains = &outcome.remains;
    if !remains.resources.is_empty() {
        let total = match remains.hourly_usd {
            Some(rate) => values::per_hour(rate, remains.is_minimum()),
            None => "cost unknown".to_owned(),
        };
        ui.text(&format!("Still costs money while it sleeps, {total}:"))?;
    }
    for resource in &remains.resources {
        let cost = describe::remaining_cost(resource);
        let id = resource.id.short();
        ui.text(&format!("  {}  {id}, {cost}", resource.kind))?;
    }
    for start in describe::automatic_starts(&outcome.starts, now) {
        ui.text(&format!("! {start}"))?;
    }
    for restart in &outcome.restarts {
        ui.text(&format!(
            "! AWS starts {} again at {}; run sleep again then",
            restart.id.short(),
            values::moment(restart.at, now)
        ))?;
    }
    if let Some(at) = outcome.wake_at {
        ui.text(&format!(
            "The reaper wakes the stack at {}",
            values::moment(at, now)
        ))?;
    }
    if outcome.asleep {
        ui.text(&format!("`jiti wake {name}`: {}", wake_estimate(outcome)))?;
        if let Some(lease) = service.leases().lease(name).await? {
            ui.text(&format!(
                "The lease keeps running: it expires at {}",
                values::moment(lease.expires_at, now)
            ))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use stack::ResourceId;

    use super::*;

    /// The lines of a sleep or a wake name a resource by its type and name, not by its whole ARN.
    #[test]
    fn steps_name_a_resource_by_its_short_name() {
        const GROUP: &str = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:5eed:autoScalingGroupName/web/blue";
        let group = SwitchedResource {
            id: ResourceId(GROUP.to_owned()),
            kind: "autoscaling:autoScalingGroup".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let failure = PowerFailure {
            id: GROUP.to_owned(),
            kind: Some(group.kind.clone()),
            region: Some(group.region.clone()),
            reason: "AccessDenied".to_owned(),
        };
        for (step, expected) in [
            (PowerStep::Stopping(group.clone()), "stopping"),
            (PowerStep::Starting(group.clone()), "starting"),
            (PowerStep::Done(group), "done"),
            (PowerStep::Failed(failure), "AccessDenied"),
        ] {
            let line = format!("  autoscaling:autoScalingGroup web/blue: {expected}");
            assert_eq!(step_line(&step), line);
        }
    }
}
