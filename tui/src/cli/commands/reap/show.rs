//! `jiti reap` without `--yes`: what a run would do now, and nothing of it.

use std::io::{IsTerminal, stdout};

use jiff::Timestamp;
use serde_json::{Value, json};
use stack::Clock;
use stack::service::notify::Notification;
use stack::service::reap::{ClockBehind, ReaperPlan, ReaperSnapshot, TooManyDue};

use super::reporter::because;
use super::{pause, watch as repeat};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{coverage, json};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::values;
use crate::notify::WebhookMessage;

/// What a run would find.
struct Found {
    survey: ReaperSnapshot,
    docket: ReaperPlan,
    warnings: Vec<WebhookMessage>,
    too_many: Option<TooManyDue>,
    behind: Option<ClockBehind>,
}

pub(super) async fn run(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    show(output, context, ui).await?;
    only_shown(output, ui)
}

/// Shows again and again, as often as the reaper would run.
pub(super) async fn watch(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if !stdout().is_terminal() {
        return run(output, context, ui).await;
    }
    loop {
        show(output, context, ui).await?;
        ui.finish()?;
        let next = repeat::after(context.clock().now(), repeat::interval(context));
        repeat::until(next, context.clock()).await;
    }
}

/// A script that forgot `--yes` learns it from the exit code.
fn only_shown(output: OutputOptions, ui: &mut Ui) -> Result<(), CommandError> {
    if stdout().is_terminal() {
        return if output.json {
            Ok(())
        } else {
            ui.text("This only shows. `jiti reap --yes` does it.")
        };
    }
    Err(
        CommandError::usage("nothing was done: this only shows what would be")
            .hint("`jiti reap --yes` does it"),
    )
}

async fn show(output: OutputOptions, context: &Context, ui: &mut Ui) -> Result<(), CommandError> {
    let service = context.existing_observer()?;
    coverage::refresh(&service, false).await?;
    let survey = service.survey().await?;
    let config = service.config();
    let docket = survey.docket(config, &context.teardown_settings()?.runs);
    let owed = survey.due_warnings(config).into_iter();
    let now = survey.view.now;
    let warnings =
        owed.map(|warning| WebhookMessage::new(&Notification::Stack(Box::new(warning)), now));
    let found = Found {
        warnings: warnings.collect(),
        too_many: docket.too_many(),
        behind: survey.clock_behind(),
        docket,
        survey,
    };
    if output.json {
        for object in objects(&found) {
            json::line(ui, &object)?;
        }
        return Ok(());
    }
    for_people(&found, config.notify.webhook.is_some(), ui)
}

fn for_people(found: &Found, has_webhook: bool, ui: &mut Ui) -> Result<(), CommandError> {
    let now = found.survey.view.now;
    if let Some(paused) = &found.survey.view.reaper.paused {
        ui.text(&format!(
            "{}: nothing of this would be done.",
            pause::sentence(paused, now)
        ))?;
    }
    if let Some(behind) = &found.behind {
        ui.text(&format!("Nothing of this would be done: {behind}."))?;
    }
    if let Some(too_many) = &found.too_many {
        ui.text(&format!(
            "None of these would be touched: {} are due, and max_stacks under [reaper] allows {} in one run.",
            too_many.stacks.len(),
            too_many.max
        ))?;
    }
    if found.docket.tasks.is_empty() {
        ui.text("No stack would be ended now.")?;
    } else {
        ui.table(&table(&found.docket, now))?;
    }
    for later in &found.docket.later {
        ui.text(&format!(
            "{} waits for its next try, {}: it has failed {} times, last with: {}",
            later.name,
            values::moment(later.not_before, now),
            later.failures,
            later.reason
        ))?;
    }
    for warning in &found.warnings {
        let to = if has_webhook {
            "Would tell"
        } else {
            "Nobody to tell, for want of a webhook under [notify],"
        };
        ui.text(&format!("{to} that {}.", warning.summary()))?;
    }
    Ok(())
}

fn table(docket: &ReaperPlan, now: Timestamp) -> Table {
    let mut table = Table::new([
        Column::new("WOULD END", Align::Left).between(12, 32),
        Column::new("APP@VERSION", Align::Left)
            .between(12, 28)
            .droppable(2),
        Column::new("OWNER", Align::Left)
            .between(8, 24)
            .droppable(3),
        Column::new("$/H", Align::Right).droppable(1),
        Column::new("BECAUSE", Align::Left).between(20, 80),
    ]);
    for task in &docket.tasks {
        let rate = task
            .hourly_usd
            .map_or(values::UNKNOWN.to_owned(), values::rate);
        table.row([
            Cell::new(&task.name),
            Cell::new(format!("{}@{}", task.app, task.version)),
            Cell::new(&task.owner),
            Cell::new(rate),
            Cell::new(because(task, now)),
        ]);
    }
    table
}

/// One object for each stack and warning, and the result as the last.
fn objects(found: &Found) -> Vec<Value> {
    let due = found.docket.tasks.iter().map(|task| {
        let deadline = match &task.why {
            stack::service::reap::ReaperReason::Due(deadline) => Some(deadline),
            _ => None,
        };
        json!({
            "event": "would_end",
            "name": task.name,
            "app": task.app,
            "version": task.version,
            "owner": task.owner,
            "why": task.why.as_str(),
            "cause_at": deadline.map(|deadline| deadline.cause_at),
            "due_at": deadline.map(|deadline| deadline.due_at),
            "hourly_usd": task.hourly_usd,
        })
    });
    let later = found.docket.later.iter().map(|later| {
        json!({
            "event": "waits",
            "name": later.name,
            "failures": later.failures,
            "reason": later.reason,
            "not_before": later.not_before,
        })
    });
    let warnings = found
        .warnings
        .iter()
        .map(|message| json!({ "event": "would_warn", "message": message }));
    let names: Vec<_> = found.docket.tasks.iter().map(|task| &task.name).collect();
    let alarm = match (&found.behind, &found.too_many) {
        (Some(_), _) => Some("clock"),
        (_, Some(_)) => Some("too_many"),
        _ => None,
    };
    let result = json!({
        "event": "result",
        "dry_run": true,
        "would_end": names,
        "would_warn": found.warnings.len(),
        "paused": found.survey.view.reaper.paused,
        "alarm": alarm,
    });
    due.chain(later).chain(warnings).chain([result]).collect()
}
