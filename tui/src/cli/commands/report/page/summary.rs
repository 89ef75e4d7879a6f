//! The summary: one figure of each section.

use stack::report::{Figures, Report};

use super::cells::usd_text;
use crate::cli::output::html::Fact;
use crate::format::{share, values};

pub(super) fn facts(report: &Report) -> Vec<Fact> {
    let total = &report.total;
    let mut facts = vec![
        Fact {
            label: "Estimate",
            value: usd_text(total.spent_usd, total.spent_is_minimum),
            note: format!(
                "{}, list price × time",
                values::count(total.stacks, "stack")
            ),
            section: "spend",
        },
        Fact {
            label: "Billed",
            value: usd_text(total.billed_usd, false),
            note: match total.billed_until {
                Some(until) => format!("whole days until {} UTC", values::minute(until)),
                None => "the bill was not queried".to_owned(),
            },
            section: "spend",
        },
        idle(total),
        init(total),
        starts(total),
        purgatory(report),
        savings(report),
    ];
    let slower = report.slower.iter().filter(|compared| compared.slower);
    let slower = slower.count();
    let untested = report.slower.iter().filter(|v| v.not_enough.is_some());
    let tested = report.slower.len() - untested.count();
    facts.push(Fact {
        label: "Slower versions",
        value: values::thousands(slower),
        note: format!("of {} with enough starts", values::count(tested, "version")),
        section: "slower",
    });
    facts
}

fn idle(total: &Figures) -> Fact {
    let idle = &total.idle;
    let note = match (idle.stacks, idle.hourly_usd) {
        (None, _) => "not known of any stack".to_owned(),
        (Some(stacks), Some(rate)) => format!(
            "{}, {} now",
            values::count(stacks, "idle stack"),
            values::per_hour(rate, false)
        ),
        (Some(stacks), None) => values::count(stacks, "idle stack"),
    };
    let part = idle
        .share
        .map(|part| format!(", {} of the estimate", share::percent(part)));
    Fact {
        label: "Wasted by idle stacks",
        value: usd_text(idle.wasted_usd, idle.wasted_is_minimum),
        note: note + &part.unwrap_or_default(),
        section: "idle",
    }
}

fn init(total: &Figures) -> Fact {
    let init = &total.init;
    let median = init
        .median_seconds
        .map(|median| format!("median {}, ", values::seconds(median)));
    Fact {
        label: "Init overhead",
        value: usd_text(init.usd, init.usd_is_minimum),
        note: format!(
            "{}{} of uptime",
            median.unwrap_or_default(),
            share::percent_or_unknown(init.share_of_uptime)
        ),
        section: "init",
    }
}

fn starts(total: &Figures) -> Fact {
    let starts = &total.starts;
    let interval = match (starts.low, starts.high) {
        (Some(low), Some(high)) => format!(", 95 %: {}", share::interval(low, high)),
        _ => String::new(),
    };
    Fact {
        label: "Starts that succeed",
        value: share::percent_or_unknown(starts.success_rate),
        note: format!(
            "{} of {}{interval}",
            values::thousands(starts.ready),
            values::thousands(starts.decided())
        ),
        section: "starts",
    }
}

fn purgatory(report: &Report) -> Fact {
    let total = &report.total;
    Fact {
        label: "Purgatory",
        value: usd_text(total.purgatory_usd, total.purgatory_is_minimum),
        note: format!("{} now", values::count(report.purgatories.len(), "stack")),
        section: "purgatory",
    }
}

fn savings(report: &Report) -> Fact {
    let savings = report.savings.unwrap_or_default();
    let (saved, extra) = (savings.saved_usd, savings.extra_usd);
    // The total is the sum of the apps: some may have saved, and others cost more.
    let (label, value) = if extra > saved {
        ("More than always on", extra)
    } else {
        ("Saved", saved)
    };
    Fact {
        label,
        value: usd_text(value, false),
        note: format!("always on: {}", usd_text(savings.always_on_usd, false)),
        section: "savings",
    }
}
