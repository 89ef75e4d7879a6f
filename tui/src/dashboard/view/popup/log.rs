//! The log of a stack's last teardown, sleep or wake: its steps, and what Terraform said.

use ratatui::layout::Rect;
use stack::service::power::PowerStep;
use stack::service::teardown::Progress;

use super::text_popup::{TextPopup, max_scroll as max_scroll_of, text_columns};
use crate::dashboard::model::operations::{
    Operation, OperationKind, OperationResult, OperationStep,
};
use crate::dashboard::model::popup::{LogFile, LogView};
use crate::dashboard::model::{Model, Size};
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::values;

const COLUMNS: u16 = 120;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, log: &LogView, model: &Model) {
    let popup = TextPopup {
        columns: COLUMNS,
        title: &format!("Log of {}", log.stack),
        page: &page(log, model, text_columns(COLUMNS, area.width)),
        more_keys: match log.scroll {
            Some(_) => &[("G", "follow the end")],
            None => &[],
        },
        esc: "close",
    };
    popup.render(canvas, area, log.scroll);
}

/// The last useful scroll position.
pub(super) fn max_scroll(log: &LogView, model: &Model) -> usize {
    let Size { columns, rows } = model.size;
    max_scroll_of(&page(log, model, text_columns(COLUMNS, columns)), rows)
}

fn page(log: &LogView, model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    // What this session has seen is up to date; the files are of the last teardown.
    let operation = model.operations.last(&log.stack);
    let operation = operation.filter(|operation| !operation.steps.is_empty());
    let file = match &log.file {
        LogFile::Read(file) => Some(file),
        LogFile::Pending | LogFile::None | LogFile::Failed(_) => None,
    };
    match (operation, file) {
        (Some(operation), _) => session(&mut page, operation),
        (None, Some(file)) => {
            let started = values::moment(file.started_at, model.now());
            let text = format!("Teardown of {started}, run {}", file.run);
            page.text(&text, Tone::Heading);
            for one in &file.steps {
                step(&mut page, one);
            }
        }
        (None, None) => {}
    }
    let is_shown = |run| operation.is_none_or(|operation| operation.run.as_ref() == Some(run));
    let file = file.filter(|file| is_shown(&file.run));
    if let Some(failures) = file.and_then(|file| file.failures.as_ref()) {
        page.heading("What Terraform said");
        for line in failures.lines() {
            page.text(&format!("  {line}"), Tone::Plain);
        }
    }
    match &log.file {
        LogFile::Pending if page.len() == 0 => page.text("Reading the log…", Tone::Quiet),
        LogFile::Failed(problem) => page.text(&format!("✗ {}", problem.message), Tone::Alarm),
        _ if page.len() == 0 => {
            let text = "No teardown, sleep or wake of this stack is known on this machine.";
            page.text(text, Tone::Quiet);
        }
        _ => {}
    }
    page
}

/// Adds the steps that this session has seen.
fn session(page: &mut Page, operation: &Operation) {
    for one in &operation.steps {
        match one {
            OperationStep::Teardown(progress) => step(page, progress),
            OperationStep::Power(power) => power_step(page, power),
        }
    }
    // The last step of a teardown says how it ended.
    if let (OperationKind::Sleep | OperationKind::Wake, Some(OperationResult::Failed(reason))) =
        (operation.kind, &operation.result)
    {
        page.text(&format!("✗ {reason}"), Tone::Alarm);
    }
}

/// Adds a step of a teardown.
fn step(page: &mut Page, progress: &Progress) {
    let (text, ink): (String, Ink) = match progress {
        Progress::Planning { .. } => ("planning".to_owned(), Tone::Quiet.into()),
        Progress::Started {
            host, pid, count, ..
        } => {
            let count = values::count(*count, "resource");
            let text = format!("started on {host}, process {pid}: {count} to destroy");
            (text, Tone::Plain.into())
        }
        Progress::Dispatched { command, until, .. } => {
            let text = format!(
                "dispatched, expected to end by {} UTC: {}",
                values::minute(*until),
                command.join(" ")
            );
            (text, Tone::Plain.into())
        }
        Progress::ResourceStarted { id, .. } => (format!("▼ destroying {id}"), Tone::Plain.into()),
        Progress::ResourceDeleted(deleted) => {
            let (id, took) = (&deleted.id, values::duration(seconds(deleted.seconds)));
            (format!("○ destroyed {id} after {took}"), Tone::Good.into())
        }
        Progress::ResourceFailed {
            id, seconds: took, ..
        } => {
            let took = values::duration(seconds(*took));
            (
                format!("✗ failed to destroy {id} after {took}"),
                Tone::Alarm.into(),
            )
        }
        Progress::ResourceSaid { id, line } => (format!("  {id}: {line}"), Tone::Plain.into()),
        Progress::Looking => (
            "checking whether anything is left".to_owned(),
            Tone::Quiet.into(),
        ),
        Progress::Stopping => (
            "▲ stopping: a user asked for it".to_owned(),
            Tone::Notice.into(),
        ),
        Progress::Done(outcome) if outcome.residue.is_empty() => {
            let count = values::count(outcome.deleted.len(), "resource");
            (
                format!("done: {count} destroyed, nothing left"),
                Tone::Good.into(),
            )
        }
        Progress::Done(outcome) => {
            let left = values::count(outcome.residue.len(), "resource");
            page.text(&format!("✗ incomplete: {left} left"), Tone::Alarm);
            for left in &outcome.residue {
                page.text(&format!("  {}: {}", left.id, left.reason), Tone::Alarm);
            }
            return;
        }
        Progress::Failed { reason, .. } => (format!("✗ {reason}"), Tone::Alarm.into()),
        // How long a resource has taken so far, and steps of a newer jiti.
        _ => return,
    };
    page.text(&text, ink);
}

/// Adds a step of a sleep or wake.
fn power_step(page: &mut Page, step: &PowerStep) {
    let (text, tone) = match step {
        PowerStep::Stopping(one) => (format!("▼ stopping {}", one.id), Tone::Plain),
        PowerStep::Starting(one) => (format!("▲ starting {}", one.id), Tone::Plain),
        PowerStep::Done(one) => (format!("● done with {}", one.id), Tone::Good),
        PowerStep::Failed(one) => (format!("✗ {}: {}", one.id, one.reason), Tone::Alarm),
    };
    page.text(&text, tone);
}

fn seconds(seconds: u64) -> stack::Elapsed {
    stack::Elapsed::from_millis(seconds.saturating_mul(1_000))
}
