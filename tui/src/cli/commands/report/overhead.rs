//! The notes of a report on starts, purgatory and idle cost.

use stack::report::{Figures, GroupBy, PurgatoryRow, Report, StartFigures};

use crate::format::{share, values};

/// The maximum number of groups and of stacks in purgatory that get a note of their own.
const MAX_NOTES: usize = 5;

/// What starts cost, how many became ready, which stacks are in purgatory, and what idling costs.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if report.by == GroupBy::App && report.groups.len() > 1 {
        let groups = report.groups.iter();
        let notes = groups.filter_map(|group| {
            let note = every_start(&group.figures)?;
            Some(format!("{}: {note}", group.group))
        });
        lines.extend(notes.take(MAX_NOTES));
    } else {
        lines.extend(every_start(&report.total).map(|note| capitalized(&note)));
    }
    let total = &report.total;
    lines.extend(classes(total));
    lines.extend(starts(&total.starts));
    lines.extend(report.purgatories.iter().take(MAX_NOTES).map(purgatory));
    if let Some(more) = report.purgatories.len().checked_sub(MAX_NOTES)
        && more > 0
    {
        let more = values::count(more, "more stack");
        lines.push(format!("In purgatory: {more}. See `jiti ls`."));
    }
    lines.extend(idle(total));
    lines
}

/// `you pay 11 min, $0.34, at every start; 62 % of it is image-scan.`
fn every_start(figures: &Figures) -> Option<String> {
    let init = &figures.init;
    let time = values::seconds(init.median_seconds?);
    let mut note = match init.median_usd {
        Some(usd) => format!("you pay {time}, {}, at every start", values::usd(usd)),
        None => format!("you wait {time} at every start"),
    };
    if let (Some(phase), Some(part)) = (&init.slowest_phase, init.slowest_share) {
        note.push_str(&format!("; {} of it is {phase}", share::percent(part)));
    }
    note.push('.');
    Some(note)
}

fn capitalized(note: &str) -> String {
    let mut chars = note.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// The classes that were reported, as shares of the init time and of the time that stacks existed.
fn classes(total: &Figures) -> Option<String> {
    let classes = total.init.classes.iter();
    let named = classes.filter(|class| !matches!(class.class.as_str(), "other" | "check"));
    let named = named.filter_map(|class| {
        let of_init = share::percent(class.share_of_init?);
        let of_uptime = share::percent(class.share_of_uptime?);
        Some(format!("{} {of_init} ({of_uptime} of uptime)", class.class))
    });
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| format!("Init by class: {}.", named.join(", ")))
}

fn starts(starts: &StartFigures) -> Option<String> {
    let (rate, low, high) = (starts.success_rate?, starts.low?, starts.high?);
    let outcomes = [
        (starts.timed_out, "timed out"),
        (starts.failed, "failed"),
        (starts.pending, "pending"),
    ];
    let outcomes = outcomes.iter().filter(|(count, _)| *count > 0);
    let outcomes = outcomes.map(|(count, how)| format!(", {} {how}", values::thousands(*count)));
    Some(format!(
        "Starts: {} requested, {} ready in time{}. Success rate {} (95 % interval: {}).",
        values::thousands(starts.started),
        values::thousands(starts.ready),
        outcomes.collect::<String>(),
        share::percent(rate),
        share::interval(low, high),
    ))
}

fn purgatory(row: &PurgatoryRow) -> String {
    let mut note = format!(
        "{} has been in purgatory since {} UTC",
        row.stack,
        values::minute(row.since)
    );
    if let Some(rate) = row.hourly_usd {
        note.push_str(&format!(": {}/h", values::rate(rate)));
        if let Some(usd) = row.usd {
            note.push_str(&format!(", {} so far", values::usd(usd)));
        }
    }
    note.push('.');
    if let Some(check) = &row.check {
        let answer = row.answer.as_deref().unwrap_or(values::UNKNOWN);
        note.push_str(&format!(" Check {check} failed: {answer}."));
    }
    if let Some(phase) = &row.open_phase {
        note.push_str(&format!(" Phase {phase} never ended."));
    }
    note
}

fn idle(total: &Figures) -> Option<String> {
    let per_hour = values::rate(total.idle.hourly_usd?);
    let until = total.idle.until_expiry_usd.map(|usd| {
        let usd = values::usd(usd);
        format!(", and will cost {usd} until they expire if nothing changes")
    });
    let until = until.unwrap_or_default();
    Some(format!("Idle stacks cost {per_hour}/h now{until}."))
}
