//! The notes of a report on verdicts, slower versions and savings.

use stack::Usd;
use stack::economics::{Choice, Savings, Verdict, VersionComparison};
use stack::report::Report;

use crate::format::{share, values, verdict};

/// The maximum number of verdicts and of slower versions that get a note of their own.
const MAX_NOTES: usize = 5;

/// The verdicts, the versions that start slower than the one before, and the savings.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut lines = verdicts(&report.verdicts);
    lines.extend(slower(&report.slower));
    lines.extend(report.savings.and_then(|known| savings(&known)));
    lines
}

/// One note for each verdict, and one for all apps without.
fn verdicts(verdicts: &[Verdict]) -> Vec<String> {
    let (decided, open): (Vec<_>, Vec<_>) = verdicts.iter().partition(|v| v.choice.is_some());
    let mut lines: Vec<String> = decided
        .iter()
        .take(MAX_NOTES)
        .map(|v| verdict_note(v))
        .collect();
    let more = decided.len().saturating_sub(MAX_NOTES);
    if more > 0 {
        let more = values::count(more, "more app");
        lines.push(format!("Verdicts on {more}: see `jiti report --html`."));
    }
    match open.as_slice() {
        [] => {}
        [one] => lines.push(verdict_note(one)),
        several => {
            let apps = several.iter().take(MAX_NOTES).map(|v| v.app.to_string());
            let mut apps: Vec<String> = apps.collect();
            let more = several.len().saturating_sub(MAX_NOTES);
            if more > 0 {
                apps.push(values::count(more, "more app"));
            }
            let apps = apps.join(", ");
            lines.push(format!("No verdict on {apps}: {}.", verdict::NOT_ENOUGH));
        }
    }
    lines
}

/// `Verdict on checkout: sleep. Over 93 gaps between uses (30 starts), to sleep costs $1.85, …`
fn verdict_note(of: &Verdict) -> String {
    let Some(choice) = of.choice else {
        let why = of.not_enough.as_deref().unwrap_or(verdict::NOT_ENOUGH);
        let why = why.trim_end_matches('.');
        return match why.split_once(": ") {
            Some((short, long)) => format!("No verdict on {} ({short}): {long}.", of.app),
            None => format!("No verdict on {}: {why}.", of.app),
        };
    };
    let costs = [
        (Choice::Rebuild, of.rebuild_usd),
        (Choice::Sleep, of.sleep_usd),
        (Choice::Keep, of.keep_usd),
    ];
    let costs = costs.iter().filter_map(|(choice, usd)| {
        let usd = values::usd((*usd)?);
        Some(format!("to {} costs {usd}", verdict::word(*choice)))
    });
    let mut note = format!(
        "Verdict on {}: {}. Over {} between uses ({}), {}.",
        of.app,
        verdict::word(choice),
        values::count(of.gaps, "gap"),
        values::count(of.starts, "start"),
        costs.collect::<Vec<_>>().join(", "),
    );
    match of.break_even_seconds {
        Some(gap) => note.push_str(&format!(
            " Keep a stack if its next use is within {}.",
            values::duration(gap)
        )),
        None => note.push_str(" Keeping is always the cheapest."),
    }
    if let Some(confidence) = of.confidence {
        note.push_str(&format!(" Confidence {}.", share::percent(confidence)));
    }
    note
}

/// The slower versions, and how many comparisons have too few starts.
fn slower(compared: &[VersionComparison]) -> Vec<String> {
    let slower = compared.iter().filter(|versions| versions.slower);
    let mut lines: Vec<String> = slower.clone().take(MAX_NOTES).map(slower_note).collect();
    let more = slower.count().saturating_sub(MAX_NOTES);
    if more > 0 {
        let more = values::count(more, "more version");
        lines.push(format!("Slower: {more}. See `jiti report --html`."));
    }
    let untested: Vec<&VersionComparison> =
        compared.iter().filter(|v| v.not_enough.is_some()).collect();
    match untested.as_slice() {
        [] => {}
        [one] => lines.push(format!(
            "Whether {}@{} starts slower than {} is unknown: {}.",
            one.app,
            one.after,
            one.before,
            one.not_enough
                .as_deref()
                .unwrap_or_default()
                .trim_end_matches('.')
        )),
        several => lines.push(format!(
            "{} of apps cannot be compared with the one before: too few starts.",
            values::count(several.len(), "version")
        )),
    }
    lines
}

fn slower_note(versions: &VersionComparison) -> String {
    let time =
        |median: Option<_>| median.map_or_else(|| values::UNKNOWN.to_owned(), values::seconds);
    let p = versions.p_value.map_or_else(String::new, |p| {
        format!(", p-value {} (Mann-Whitney U)", share::p_value(p))
    });
    format!(
        "{}@{} starts significantly slower than {}: median {} of {}, before {} of {}{p}.",
        versions.app,
        versions.after,
        versions.before,
        time(versions.after_median),
        values::count(versions.after_starts, "start"),
        time(versions.before_median),
        values::count(versions.before_starts, "start"),
    )
}

/// What was saved, and what was subtracted from it.
fn savings(savings: &Savings) -> Option<String> {
    let always_on = values::usd(savings.always_on_usd?);
    let saved = values::usd(savings.saved_usd?);
    let costs = |usd: Option<Usd>| usd.filter(|usd| !usd.amount().is_zero());
    let mut note =
        format!("Saved {saved}, at most what was spent: always on would have cost {always_on}.");
    if let Some(extra) = costs(savings.extra_usd) {
        let extra = values::usd(extra);
        note = match costs(savings.saved_usd) {
            Some(_) => format!("{note} Apps that cost more than always on: {extra} more."),
            None => {
                format!("Nothing saved: always on would have cost {always_on}, {extra} less.")
            }
        };
    }
    let parts = [
        (savings.failed_starts_usd, "failed starts"),
        (savings.purgatory_usd, "purgatory"),
        (savings.waiting_usd, "waiting engineers"),
    ];
    let parts = parts.iter().filter_map(|(usd, name)| {
        let usd = values::usd(costs(*usd)?);
        Some(format!("{name} {usd}"))
    });
    let parts: Vec<String> = parts.collect();
    if !parts.is_empty() {
        note.push_str(&format!(" Subtracted: {}.", parts.join(", ")));
    }
    Some(note)
}

#[cfg(test)]
mod tests;
