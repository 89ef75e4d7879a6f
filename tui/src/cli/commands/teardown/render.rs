//! The text of a teardown: the plan, a line for each step, and the result.

use serde::Serialize;
use stack::cloud::short;
use stack::lease::Strategy;
use stack::service::teardown::{Method, Progress, TeardownOutcome, TeardownPlan, outliving};

use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::text::clean;
use crate::format::{describe, teardown_plan, values};

/// The plan as a line of JSON, like the steps.
#[derive(Serialize)]
struct Planned<'a> {
    event: &'static str,
    plan: &'a TeardownPlan,
}

pub(super) fn json(ui: &mut Ui, plan: &TeardownPlan) -> Result<(), CommandError> {
    json::line(
        ui,
        &Planned {
            event: "planned",
            plan,
        },
    )
}

/// Prints the plan: what would be destroyed, what is already gone, what stays, and warnings.
///
/// ```text
/// checkout-1.4.0: 3 resources will be destroyed, saving $0.42/h
///   ADDRESS        TYPE           ID
/// ! aws_db.main: deletion_protection is on …
/// ```
pub(super) fn plan(ui: &mut Ui, plan: &TeardownPlan) -> Result<(), CommandError> {
    let saving = teardown_plan::saving(plan).map(|saving| format!(", saving {saving}"));
    let name = ui.paint(Tone::Heading, &clean(plan.name.as_str()));
    ui.line(&format!(
        "{name}: {}{}",
        teardown_plan::headline(plan),
        saving.unwrap_or_default()
    ))?;
    ui.text(&match &plan.method {
        Method::Terraform {
            workspace,
            rebuilt_from: Some(repository),
            ..
        } => format!(
            "  rebuilt from {}, workspace {workspace}",
            teardown_plan::commit(repository)
        ),
        Method::Terraform {
            directory,
            workspace,
            ..
        } => format!("  in {directory}, workspace {workspace}"),
        Method::Dispatch { command, timeout } => format!(
            "  by dispatch, within {timeout}: {}",
            teardown_plan::typed(command)
        ),
        Method::Sweep { .. } => "  by tag, in the configured accounts".to_owned(),
    })?;
    if plan.count() > 0 && plan.method.strategy() == Strategy::Sweep {
        ui.table(&sweep_table(plan))?;
    } else if plan.count() > 0 {
        let mut table = Table::new([
            Column::new("  ADDRESS", Align::Left).between(20, 80),
            Column::new("TYPE", Align::Left).between(8, 40).droppable(1),
            Column::new("ID", Align::Left).between(8, 60).droppable(2),
        ]);
        for resource in &plan.resources {
            table.row([
                Cell::new(format!("  {}", resource.id)),
                Cell::new(&resource.kind),
                Cell::new(resource.resource_id.as_deref().unwrap_or(values::UNKNOWN)),
            ]);
        }
        ui.table(&table)?;
    }
    for resource in &plan.already_gone {
        ui.text(&format!("  {} is already gone", resource.id))?;
    }
    if !plan.residue.is_empty() {
        ui.text(&format!(
            "{} will stay:",
            values::count(plan.residue.len(), "resource")
        ))?;
    }
    for resource in &plan.residue {
        ui.text(&format!("  {}: {}", resource.id, resource.reason))?;
    }
    for warning in &plan.warnings {
        ui.text(&format!("! {}: {}", warning.id, warning.found))?;
    }
    if plan.protected {
        ui.text("! protected or unleased: confirm its name with --confirm")?;
    }
    Ok(())
}

/// The resources that a sweep deletes, with the evidence that they belong to the stack.
fn sweep_table(plan: &TeardownPlan) -> Table {
    let mut table = Table::new([
        Column::new("  RESOURCE", Align::Left).between(20, 100),
        Column::new("TYPE", Align::Left).between(8, 40).droppable(3),
        Column::new("REGION", Align::Left)
            .between(6, 16)
            .droppable(4),
        Column::new("$/H", Align::Right).droppable(1),
        Column::new("BECAUSE", Align::Left)
            .between(8, 60)
            .droppable(2),
    ]);
    for resource in &plan.resources {
        let rate = resource.hourly_usd.map(values::rate);
        table.row([
            Cell::new(format!("  {}", short(&resource.id))),
            Cell::new(&resource.kind),
            Cell::new(resource.region.as_deref().unwrap_or(values::UNKNOWN)),
            Cell::new(rate.unwrap_or_else(|| values::UNKNOWN.to_owned())),
            Cell::new(resource.reason.as_deref().unwrap_or(values::UNKNOWN)),
        ]);
    }
    table
}

/// Prints one step.
pub(super) fn step(ui: &mut Ui, step: &Progress) -> Result<(), CommandError> {
    match step {
        Progress::Done(outcome) => done(ui, outcome),
        step => line(step).map_or(Ok(()), |line| ui.text(&line)),
    }
}

/// A step as one line; `None` for the last step, and for a step from a newer version of jiti.
pub(super) fn line(step: &Progress) -> Option<String> {
    Some(match step {
        Progress::Planning { name } => format!("Planning the teardown of {name} …"),
        Progress::Started { pid, host, .. } => format!(
            "Process {pid} on {host} runs the teardown; it keeps running if you close this one"
        ),
        Progress::Dispatched { command, until, .. } => format!(
            "Dispatched with `{}`; the teardown has until {} UTC",
            teardown_plan::typed(command),
            values::minute(*until)
        ),
        Progress::ResourceStarted { id, kind } => {
            format!("  {}: deleting", describe::resource(kind, id))
        }
        Progress::ResourceProgress { id, kind, seconds } => {
            let id = describe::resource(kind, id);
            format!(
                "  {id}: deleting, {} so far",
                values::whole_seconds(*seconds)
            )
        }
        Progress::ResourceDeleted(deleted) => {
            let id = describe::resource(&deleted.kind, &deleted.id);
            match deleted.scheduled_for {
                Some(time) => format!("  {id}: AWS will delete it at {} UTC", values::minute(time)),
                None => format!(
                    "  {id}: deleted after {}",
                    values::whole_seconds(deleted.seconds)
                ),
            }
        }
        Progress::ResourceFailed { id, kind, seconds } => {
            let id = describe::resource(kind, id);
            format!("  {id}: failed after {}", values::whole_seconds(*seconds))
        }
        Progress::ResourceSaid { id, line } => format!("  {id}: it said: {line}"),
        Progress::Looking => "Checking whether anything is left …".to_owned(),
        Progress::Stopping => {
            "Stopping: the deletes that have started will finish, no further delete starts"
                .to_owned()
        }
        _ => return None,
    })
}

fn done(ui: &mut Ui, outcome: &TeardownOutcome) -> Result<(), CommandError> {
    let TeardownOutcome {
        name,
        deleted,
        residue,
        ..
    } = outcome;
    reservations(ui, outcome)?;
    if residue.is_empty() {
        return ui.text(&format!(
            "{name} is gone: {} deleted, nothing left",
            values::count(deleted.len(), "resource")
        ));
    }
    ui.text(&format!(
        "{} deleted, {} left:",
        values::count(deleted.len(), "resource"),
        values::thousands(residue.len())
    ))?;
    left(ui, outcome)
}

/// Prints which of the deleted resources keep their name, or leave something.
pub(super) fn reservations(ui: &mut Ui, outcome: &TeardownOutcome) -> Result<(), CommandError> {
    for one in &outcome.deleted {
        if let Some(reservation) = &one.name_reservation {
            ui.text(&format!("! {}: {}", one.id, reservation.warning()))?;
        }
        if let Some(what) = &one.outlives {
            ui.text(&format!("! {}: {}", one.id, outliving(what)))?;
        }
    }
    Ok(())
}

/// Prints each resource that is left, and why.
pub(super) fn left(ui: &mut Ui, outcome: &TeardownOutcome) -> Result<(), CommandError> {
    for resource in &outcome.residue {
        let by = resource
            .blocked_by
            .as_deref()
            .map(|by| format!(" (blocked by {by})"));
        ui.text(&format!(
            "  {}: {}{}",
            resource.id,
            resource.reason,
            by.unwrap_or_default()
        ))?;
    }
    Ok(())
}
