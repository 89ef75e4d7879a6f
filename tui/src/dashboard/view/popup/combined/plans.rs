//! The plans of an action on several stacks: a line for each stack, then the resources of each.

use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{CombinedDialog, CombinedEntry, EntryPlan, Outlook};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::width as text_width;
use crate::dashboard::view::page::Page;
use crate::dashboard::view::popup::{sleep, teardown};
use crate::format::style::Tone;
use crate::format::text::{Clean, clean, wrapped};
use crate::format::values;

/// The widest name that is aligned with the others.
const MAX_NAME_COLUMNS: usize = 36;

/// The plan of each stack, then the resources of each. Returns the number of lines with a plan.
pub(super) fn list(
    popup: &CombinedDialog,
    outlooks: &[Outlook],
    model: &Model,
    width: u16,
) -> (Page, usize) {
    let mut page = Page::new(width);
    let names = popup.entries.iter().map(|entry| entry.stack.name());
    let name_columns = names.map(|name| name.as_str().len()).max();
    let name_columns = name_columns.unwrap_or(0).min(MAX_NAME_COLUMNS);
    for (entry, outlook) in popup.entries.iter().zip(outlooks) {
        plan_line(&mut page, entry, outlook, name_columns, model);
    }
    let plan_lines = page.len();
    for entry in &popup.entries {
        match &entry.plan {
            EntryPlan::Teardown(plan) => {
                page.heading(entry.stack.name().as_str());
                page.text(&teardown::strategy(plan), Tone::Quiet);
                teardown::list(&mut page, plan);
            }
            EntryPlan::Sleep(plan) if !plan.stops.is_empty() => {
                page.heading(entry.stack.name().as_str());
                sleep::planned(&mut page, plan, model.now());
            }
            EntryPlan::Sleep(_)
            | EntryPlan::Pending
            | EntryPlan::Immediate
            | EntryPlan::LeftOut(_) => {}
        }
    }
    (page, plan_lines)
}

fn plan_line(
    page: &mut Page,
    entry: &CombinedEntry,
    outlook: &Outlook,
    name_columns: usize,
    model: &Model,
) {
    let (glyph, text, tone) = match outlook {
        Outlook::Pending => ("◐", "planning…".to_owned(), Tone::Quiet),
        Outlook::Acts(text) => ("−", text.clone(), Tone::Plain),
        Outlook::NeedsName(text) => ("▲", text.clone(), Tone::Notice),
        Outlook::LeftOut(problem) => {
            let tone = if problem.refused {
                Tone::Notice
            } else {
                Tone::Alarm
            };
            ("✗", problem.message.clone(), tone)
        }
    };
    let glyph = match &entry.plan {
        EntryPlan::Immediate if glyph == "−" => "●",
        EntryPlan::Sleep(_) if glyph == "−" => "◌",
        _ => glyph,
    };
    hanging(
        page,
        glyph,
        entry.stack.name().as_str(),
        name_columns,
        &text,
        tone,
    );
    let EntryPlan::Teardown(plan) = &entry.plan else {
        return;
    };
    let indent = " ".repeat(name_columns + 4);
    let row = model.store.stack(&entry.stack);
    let held = row
        .and_then(StackRow::lease)
        .and_then(|lease| lease.at(model.now()).hold_until);
    if let Some(until) = held {
        let text = format!(
            "{indent}▲ held until {}",
            values::moment(until, model.now())
        );
        page.text(&text, Tone::Notice);
    }
    for warning in &plan.warnings {
        let text = format!("{indent}▲ {}: {}", warning.id, warning.found);
        page.text(&text, Tone::Notice);
    }
}

/// Adds a line about a stack. A text that is longer than the line continues below itself.
pub(in crate::dashboard::view::popup) fn hanging(
    page: &mut Page,
    glyph: &str,
    name: &str,
    name_columns: usize,
    text: &str,
    tone: Tone,
) {
    let name = Clean::new(name).shortened(name_columns);
    let padding = name_columns.saturating_sub(text_width(name.as_str()));
    let head = format!("{glyph} {}{:padding$}  ", name.as_str(), "");
    let indent = name_columns + 4;
    let room = page.columns().saturating_sub(indent).max(20);
    for (at, line) in wrapped(&clean(text), Some(room)).into_iter().enumerate() {
        let (before, ink): (String, Ink) = if at == 0 {
            let ink = match tone {
                Tone::Alarm | Tone::Notice => tone,
                _ => Tone::Plain,
            };
            (head.clone(), ink.into())
        } else {
            (" ".repeat(indent), tone.into())
        };
        page.line([(before, ink), (line, tone.into())]);
    }
}
