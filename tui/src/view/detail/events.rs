//! What happened to a stack, the newest first.

use super::super::page::Page;
use crate::model::detail::Detail;
use crate::output::style::Tone;
use crate::output::{format, words};

pub(super) fn fill(page: &mut Page, detail: &Detail) {
    let events = match &detail.events {
        None => return page.text("Reading its events…", Tone::Quiet),
        Some(Err(problem)) => return page.text(&problem.said, Tone::Alarm),
        Some(Ok(events)) => events,
    };
    for event in events.iter().rev() {
        let by = format!("  {} ({})", event.actor, words::source(event.source));
        page.line([
            (
                format!("{:>5}  ", event.seq.to_string()),
                Tone::Quiet.into(),
            ),
            (
                format!("{}  ", format::second(event.at)),
                Tone::Quiet.into(),
            ),
            (words::event(&event.kind), Tone::Plain.into()),
            (by, Tone::Quiet.into()),
        ]);
    }
}
