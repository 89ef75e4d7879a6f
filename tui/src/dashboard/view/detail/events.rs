//! The stack's events, newest first.

use super::super::page::Page;
use crate::dashboard::model::detail::Detail;
use crate::format::style::Tone;
use crate::format::text::{Clean, clean, wrapped};
use crate::format::{describe, values};

pub(super) fn fill(page: &mut Page, detail: &Detail) {
    if detail.stack.leased().is_none() {
        let text = "Found by tags only: this ledger has no events of this stack.";
        return page.text(text, Tone::Plain);
    }
    let events = match &detail.events {
        None => return page.text("Reading the events…", Tone::Quiet),
        Some(Err(problem)) => return page.text(&problem.message, Tone::Alarm),
        Some(Ok(events)) => events,
    };
    for (event, what) in events.iter().zip(describe::events(events)).rev() {
        let by = format!("{} ({})", event.actor, describe::source(event.source));
        let room = page.columns().saturating_sub(BEFORE).max(20);
        let mut lines = wrapped(&clean(&what), Some(room));
        // The actor is always shown in full.
        let last = lines.last().map_or(0, |line| Clean::new(line).width());
        let fits = last + 2 + Clean::new(&by).width() <= room;
        if !fits {
            lines.push(String::new());
        }
        let count = lines.len();
        for (at, line) in lines.into_iter().enumerate() {
            let before = if at == 0 {
                format!(
                    "{:>5}  {}  ",
                    event.seq.to_string(),
                    values::second(event.at)
                )
            } else {
                " ".repeat(BEFORE)
            };
            let mut pieces = vec![(before, Tone::Quiet.into()), (line, Tone::Plain.into())];
            if at + 1 == count {
                let gap = if fits { "  " } else { "" };
                pieces.push((format!("{gap}{by}"), Tone::Quiet.into()));
            }
            page.line(pieces);
        }
    }
}

/// The width of the event's number and time.
const BEFORE: usize = 28;
