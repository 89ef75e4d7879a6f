//! A teardown on the screen: the plan before it, a line for each step, what is left after it.

use serde::Serialize;
use stack::cloud::short;
use stack::lease::Strategy;
use stack::service::teardown::{Progress, TeardownOutcome, TeardownPlan};

use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::text::clean;
use crate::format::values;

/// The plan, as a line of JSON like the steps.
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

/// What would go, what is gone already, and what to know before saying yes.
///
/// ```text
/// checkout-1.4.0: 3 resources go, $0.42/h is freed
///   ADDRESS        TYPE           ID
/// ! aws_db.main: deletion_protection is on …
/// ```
pub(super) fn plan(ui: &mut Ui, plan: &TeardownPlan) -> Result<(), CommandError> {
    let what = match plan.count() {
        0 => "nothing is left to destroy".to_owned(),
        1 => "1 resource goes".to_owned(),
        count => format!("{count} resources go"),
    };
    let freed = plan
        .hourly_usd
        .map(|rate| format!(", {}/h is freed", values::rate(rate)));
    let name = ui.paint(Tone::Heading, &clean(plan.name.as_str()));
    ui.line(&format!("{name}: {what}{}", freed.unwrap_or_default()))?;
    ui.text(&match plan.strategy {
        Strategy::Terraform => format!("  in {}, workspace {}", plan.directory, plan.workspace),
        Strategy::Sweep => "  by its tags, in the accounts of the configuration".to_owned(),
    })?;
    if plan.count() > 0 && plan.strategy == Strategy::Sweep {
        ui.table(&swept(plan))?;
    } else if plan.count() > 0 {
        let mut table = Table::new([
            Column::new("  ADDRESS", Align::Left).between(20, 80),
            Column::new("TYPE", Align::Left).between(8, 40).droppable(1),
            Column::new("ID", Align::Left).between(8, 60).droppable(2),
        ]);
        for one in &plan.resources {
            table.row([
                Cell::new(format!("  {}", one.id)),
                Cell::new(&one.kind),
                Cell::new(one.resource_id.as_deref().unwrap_or(values::UNKNOWN)),
            ]);
        }
        ui.table(&table)?;
    }
    for one in &plan.already_gone {
        ui.text(&format!("  {} is already gone", one.id))?;
    }
    if !plan.residue.is_empty() {
        ui.text(&format!("{} stay:", plan.residue.len()))?;
    }
    for one in &plan.residue {
        ui.text(&format!("  {}: {}", one.id, one.reason))?;
    }
    for warning in &plan.warnings {
        ui.text(&format!("! {}: {}", warning.id, warning.found))?;
    }
    if plan.protected {
        ui.text("! it is protected, or known by its tags alone: its name has to be typed")?;
    }
    Ok(())
}

/// What a sweep takes: by place, with the reason why it is taken for the stack's.
fn swept(plan: &TeardownPlan) -> Table {
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
    for one in &plan.resources {
        let rate = one.hourly_usd.map(values::rate);
        table.row([
            Cell::new(format!("  {}", short(&one.id))),
            Cell::new(&one.kind),
            Cell::new(one.region.as_deref().unwrap_or(values::UNKNOWN)),
            Cell::new(rate.unwrap_or_else(|| values::UNKNOWN.to_owned())),
            Cell::new(one.reason.as_deref().unwrap_or(values::UNKNOWN)),
        ]);
    }
    table
}

/// One step.
pub(super) fn step(ui: &mut Ui, step: &Progress) -> Result<(), CommandError> {
    match step {
        Progress::Planning { name } => ui.text(&format!("Planning the end of {name} …")),
        Progress::Started { pid, host, .. } => ui.text(&format!(
            "Process {pid} on {host} tears it down; it goes on when this is closed"
        )),
        Progress::ResourceStarted { id, kind } => {
            ui.text(&format!("  {}: deleting", named(kind, id)))
        }
        Progress::ResourceProgress { id, kind, seconds } => {
            let id = named(kind, id);
            ui.text(&format!(
                "  {id}: deleting, {} so far",
                values::whole_seconds(*seconds)
            ))
        }
        Progress::ResourceDeleted(deleted) => {
            let id = named(&deleted.kind, &deleted.id);
            ui.text(&match deleted.scheduled_for {
                Some(at) => format!("  {id}: will be deleted by the cloud at {at}"),
                None => format!(
                    "  {id}: deleted after {}",
                    values::whole_seconds(deleted.seconds)
                ),
            })
        }
        Progress::ResourceFailed { id, kind, seconds } => {
            let id = named(kind, id);
            ui.text(&format!(
                "  {id}: failed after {}",
                values::whole_seconds(*seconds)
            ))
        }
        Progress::Looking => ui.text("Looking whether anything is left …"),
        Progress::Stopping => ui.text("It stops: what has begun is finished, nothing more begins"),
        Progress::Done(outcome) => done(ui, outcome),
        // The error says it; a step of a newer jiti is passed over.
        _ => Ok(()),
    }
}

/// A resource of a cloud by its type and the last part of its name; an address of Terraform says both.
fn named(kind: &str, id: &str) -> String {
    match short(id) {
        short if short == id => id.to_owned(),
        short => format!("{kind} {short}"),
    }
}

fn done(ui: &mut Ui, outcome: &TeardownOutcome) -> Result<(), CommandError> {
    let TeardownOutcome {
        name,
        deleted,
        residue,
        ..
    } = outcome;
    if residue.is_empty() {
        return ui.text(&format!(
            "{name} is gone: {} deleted, nothing is left",
            deleted.len()
        ));
    }
    ui.text(&format!(
        "{} deleted, {} left:",
        deleted.len(),
        residue.len()
    ))?;
    for one in residue {
        let by = one
            .blocked_by
            .as_deref()
            .map(|by| format!(" (blocked by {by})"));
        ui.text(&format!(
            "  {}: {}{}",
            one.id,
            one.reason,
            by.unwrap_or_default()
        ))?;
    }
    Ok(())
}
