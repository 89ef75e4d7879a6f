//! `jiti reap` without `--yes`: a preview of what a run would do now.

use std::io::{IsTerminal, stdout};

use jiff::Timestamp;
use serde_json::{Value, json};
use stack::Clock;
use stack::service::notify::Notification;
use stack::service::reap::{ClockBehind, ReaperPlan, ReaperSnapshot, TooManyDue};

use super::reporter::{deferred, deferred_object, reason};
use super::{pause, watch as repeat};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{coverage, json};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, values};
use crate::notify::WebhookMessage;

/// What a run would do.
struct Preview {
    snapshot: ReaperSnapshot,
    plan: ReaperPlan,
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
    note_preview(output, ui)
}

/// Repeats the preview, as often as the reaper would run.
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

/// Says that this was a preview.
fn note_preview(output: OutputOptions, ui: &mut Ui) -> Result<(), CommandError> {
    if output.json {
        return Ok(());
    }
    ui.text("Dry run. `jiti reap --yes` applies it.")
}

async fn show(output: OutputOptions, context: &Context, ui: &mut Ui) -> Result<(), CommandError> {
    let service = context.existing_observer()?;
    coverage::refresh(&service, false).await?;
    let snapshot = service.reaper().survey().await?;
    let config = service.config();
    let plan = snapshot.docket(config, &context.teardown_settings()?.runs);
    let owed = snapshot.due_warnings(config).into_iter();
    let now = snapshot.view.now;
    let warnings =
        owed.map(|warning| WebhookMessage::new(&Notification::Stack(Box::new(warning)), now));
    let preview = Preview {
        warnings: warnings.collect(),
        too_many: plan.too_many(),
        behind: snapshot.clock_behind(),
        plan,
        snapshot,
    };
    if output.json {
        for object in objects(&preview) {
            json::line(ui, &object)?;
        }
        return Ok(());
    }
    for_people(&preview, config.notify.webhook.is_some(), ui)
}

fn for_people(preview: &Preview, has_webhook: bool, ui: &mut Ui) -> Result<(), CommandError> {
    let now = preview.snapshot.view.now;
    if let Some(paused) = &preview.snapshot.view.reaper.paused {
        ui.text(&format!(
            "{}, so a run would do nothing of this now.",
            pause::sentence(paused, now)
        ))?;
    }
    if let Some(behind) = &preview.behind {
        ui.text(&format!("A run would do nothing of this now: {behind}."))?;
    }
    for stack in &preview.snapshot.unreadable {
        ui.text(&describe::unreadable(stack))?;
    }
    for event in &preview.snapshot.clock.misdated {
        ui.text(&describe::misdated(event))?;
    }
    if let Some(too_many) = &preview.too_many {
        ui.text(&format!(
            "A run would touch none of these: {} due, but max_stacks under [reaper] allows {} per run.",
            values::count(too_many.stacks.len(), "stack"),
            too_many.max
        ))?;
    }
    if preview.plan.tasks.is_empty() {
        ui.text("No stack would be torn down now.")?;
    } else {
        ui.table(&table(&preview.plan, now))?;
    }
    for stack in &preview.plan.budgeted {
        let line = deferred(&stack.task.name, &stack.deferral, now);
        ui.text(&format!("{line}."))?;
    }
    for later in &preview.plan.later {
        ui.text(&format!(
            "{} waits for its next attempt at {}; {} so far, the last with: {}",
            later.name,
            values::moment(later.not_before, now),
            values::count(later.failures, "failed attempt"),
            later.reason
        ))?;
    }
    if !preview.warnings.is_empty() {
        ui.text(if has_webhook {
            "Would send:"
        } else {
            "No webhook configured under [notify]; would have sent:"
        })?;
    }
    for warning in &preview.warnings {
        ui.labelled("  ", 2, &format!("{}.", warning.summary()))?;
    }
    Ok(())
}

fn table(plan: &ReaperPlan, now: Timestamp) -> Table {
    let mut table = Table::new([
        Column::new("WOULD TEAR DOWN", Align::Left).between(12, 32),
        Column::new("APP@VERSION", Align::Left)
            .between(12, 28)
            .droppable(2),
        Column::new("OWNER", Align::Left)
            .between(8, 24)
            .droppable(3),
        Column::new("$/H", Align::Right).droppable(1),
        Column::new("REASON", Align::Left).between(20, 80),
    ]);
    for task in &plan.tasks {
        let rate = task.hourly_usd.map_or(values::UNKNOWN.to_owned(), |rate| {
            values::at_least(values::rate(rate), task.hourly_is_minimum)
        });
        table.row([
            Cell::new(&task.name),
            Cell::new(format!("{}@{}", task.app, task.version)),
            Cell::new(&task.owner),
            Cell::new(rate),
            Cell::new(reason(task, now)),
        ]);
    }
    table
}

/// One object for each stack and warning, then the result.
fn objects(preview: &Preview) -> Vec<Value> {
    let due = preview.plan.tasks.iter().map(|task| {
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
    let later = preview.plan.later.iter().map(|later| {
        json!({
            "event": "waits",
            "name": later.name,
            "failures": later.failures,
            "reason": later.reason,
            "not_before": later.not_before,
        })
    });
    let deferred = preview.plan.budgeted.iter().map(deferred_object);
    let warnings = preview
        .warnings
        .iter()
        .map(|message| json!({ "event": "would_warn", "message": message }));
    let names: Vec<_> = preview.plan.tasks.iter().map(|task| &task.name).collect();
    let alarm = match (&preview.behind, &preview.too_many) {
        (Some(_), _) => Some("clock"),
        (_, Some(_)) => Some("too_many"),
        _ => None,
    };
    let result = json!({
        "event": "result",
        "dry_run": true,
        "would_end": names,
        "would_warn": preview.warnings.len(),
        "unreadable": preview.snapshot.unreadable,
        "misdated": preview.snapshot.clock.misdated,
        "paused": preview.snapshot.view.reaper.paused,
        "alarm": alarm,
    });
    due.chain(deferred)
        .chain(later)
        .chain(warnings)
        .chain([result])
        .collect()
}
