//! How a figure of the screen was computed: its formula, and the values in it.

use stack::report::{DayFigures, Figures, Report, VersionStarts};
use stack::{HourlyRate, Usd};

use super::{EconomicsData, FigureId, FigureList, Tile, Waster};
use crate::format::{share, values};

/// The explanation of one figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    pub(crate) title: String,
    /// The figure itself.
    pub(crate) value: String,
    /// How it is computed, and what it leaves out.
    pub(crate) sentences: Vec<&'static str>,
    /// The values that it is computed from: name and value.
    pub(crate) inputs: Vec<(&'static str, String)>,
}

const ESTIMATE: &str = "Estimate = list price × time, added up over every time in which the rate of a stack was known. The rates are in the ledger.";
const MINIMUM: &str = "≥ marks an amount that leaves out something that costs money and has no price, or a time without a known rate.";
const BILL: &str = "The bill is what AWS charged for whole days, amortized, without tax, credits and refunds. It names stacks by the tag jiti:stack, and comes a day or more late.";
const SUCCESS: &str =
    "Success rate = ready ÷ (ready + timed out + failed). Starts without an outcome do not count.";
const WILSON: &str = "The interval is the 95 % Wilson score interval: with few starts it is wide.";
const SHARE: &str = "Idle share = idle ÷ estimate of the same day.";
const WASTED: &str = "Wasted = rate × the time since the stack became idle, at most what it spent. What stacks that are gone wasted is unknown.";

impl Explanation {
    /// Explains a figure; `None` if there is no such figure.
    pub(crate) fn of(figure: FigureId, data: &EconomicsData) -> Option<Self> {
        let FigureId { list, index } = figure;
        let report = &data.report.by_app;
        Some(match list {
            FigureList::Tiles => tile(*Tile::ALL.get(index)?, report),
            FigureList::Days => day(report.days.get(index)?),
            FigureList::Apps => {
                let group = report.groups.get(index)?;
                group_spend("App", &group.group, &group.figures)
            }
            FigureList::Owners => {
                let group = data.report.by_owner.groups.get(index)?;
                group_spend("Owner", &group.group, &group.figures)
            }
            FigureList::Wasters => waster(data.wasters.get(index)?),
            FigureList::Versions => version(data.versions.get(index)?),
        })
    }
}

fn tile(tile: Tile, report: &Report) -> Explanation {
    let total = &report.total;
    match tile {
        Tile::Estimate => estimate(report),
        Tile::Billed => Explanation {
            title: "Billed".to_owned(),
            value: usd(total.billed_usd, false),
            sentences: vec![
                BILL,
                "Only `jiti cost NAME --billed` queries it, for $0.01. This screen makes no request.",
            ],
            inputs: vec![
                ("stacks", values::thousands(total.stacks)),
                (
                    "covers days to",
                    total
                        .billed_until
                        .map_or_else(unknown, |until| format!("{} UTC", values::minute(until))),
                ),
            ],
        },
        Tile::Idle => idle(total),
        Tile::Init => init(total),
        Tile::Success => Explanation {
            title: "Success rate of starts".to_owned(),
            value: share::percent_or_unknown(total.starts.success_rate),
            sentences: vec![SUCCESS, WILSON],
            inputs: starts(&total.starts),
        },
        Tile::Saved => saved(report),
    }
}

fn estimate(report: &Report) -> Explanation {
    let total = &report.total;
    let period = format!(
        "{} to {} UTC",
        values::minute(report.since),
        values::minute(report.until)
    );
    Explanation {
        title: "Estimate".to_owned(),
        value: usd(total.spent_usd, total.spent_is_minimum),
        sentences: vec![ESTIMATE, MINIMUM],
        inputs: vec![
            ("period", period),
            ("stacks", values::thousands(total.stacks)),
            ("without a rate", values::thousands(total.without_rate)),
            ("existed for", values::duration(total.stood_seconds)),
        ],
    }
}

fn idle(total: &Figures) -> Explanation {
    let idle = &total.idle;
    Explanation {
        title: "Wasted by idle stacks".to_owned(),
        value: usd(idle.wasted_usd, idle.wasted_is_minimum),
        sentences: vec![
            WASTED,
            "Until expiry = rate × the time until each idle stack expires, if nothing changes.",
        ],
        inputs: vec![
            (
                "idle stacks",
                idle.stacks.map_or_else(unknown, values::thousands),
            ),
            ("now", rate(idle.hourly_usd)),
            ("until expiry", usd(idle.until_expiry_usd, false)),
            ("estimate", usd(total.spent_usd, total.spent_is_minimum)),
            ("share", share::percent_or_unknown(idle.share)),
        ],
    }
}

fn init(total: &Figures) -> Explanation {
    let init = &total.init;
    let slowest = init.phases.first().map_or_else(unknown, |phase| {
        format!(
            "{}, {} of init",
            phase.name,
            share::percent_or_unknown(phase.share)
        )
    });
    let seconds = |time: Option<_>| time.map_or_else(unknown, values::seconds);
    Explanation {
        title: "Init overhead".to_owned(),
        value: usd(init.usd, init.usd_is_minimum),
        sentences: vec![
            "Init is the time from the request of a start until the stack is ready. Its dollars are rate × that time, from the moment that each resource is billed.",
            "Share of uptime = the time of all starts ÷ the time that the stacks existed.",
        ],
        inputs: vec![
            ("completed", values::thousands(init.count)),
            ("median", seconds(init.median_seconds)),
            ("p95", seconds(init.p95_seconds)),
            ("time of all", values::duration(init.seconds)),
            ("existed for", values::duration(total.stood_seconds)),
            (
                "share of uptime",
                share::percent_or_unknown(init.share_of_uptime),
            ),
            ("slowest phase", slowest),
        ],
    }
}

fn saved(report: &Report) -> Explanation {
    let savings = report.savings.unwrap_or_default();
    Explanation {
        title: "Saved".to_owned(),
        value: usd(savings.saved_usd, false),
        sentences: vec![
            "Saved = always on − spent − waiting, at most what was spent on stacks that worked, not on failed starts or purgatory.",
            "The apps are added up. Extra is what just-in-time cost more than always on, in the apps where it did.",
            "Waiting is the time of engineers. It is unknown unless engineer_hourly_usd is configured.",
        ],
        inputs: vec![
            ("always on", usd(savings.always_on_usd, false)),
            ("spent", usd(savings.spent_usd, false)),
            ("failed starts", usd(savings.failed_starts_usd, false)),
            ("purgatory", usd(savings.purgatory_usd, false)),
            ("waiting", usd(savings.waiting_usd, false)),
            ("extra", usd(savings.extra_usd, false)),
        ],
    }
}

fn day(day: &DayFigures) -> Explanation {
    Explanation {
        title: format!("{}, from midnight to midnight UTC", day.day),
        value: usd(day.spent_usd, false),
        sentences: vec![ESTIMATE, SHARE],
        inputs: vec![
            ("estimate", usd(day.spent_usd, false)),
            ("billed", usd(day.billed_usd, false)),
            ("idle", usd(day.idle_usd, false)),
            ("idle share", share::percent_or_unknown(day.idle_share)),
            ("init", usd(day.init_usd, false)),
            ("starts", values::thousands(day.started)),
            ("ready", values::thousands(day.ready)),
            ("timed out", values::thousands(day.timed_out)),
            ("failed", values::thousands(day.failed)),
        ],
    }
}

fn group_spend(kind: &str, name: &str, figures: &Figures) -> Explanation {
    Explanation {
        title: format!("{kind} {name}"),
        value: usd(figures.spent_usd, figures.spent_is_minimum),
        sentences: vec![
            ESTIMATE,
            "A stack whose version or owner changed counts in each group for the time that it belonged to it.",
            MINIMUM,
        ],
        inputs: vec![
            ("stacks", values::thousands(figures.stacks)),
            ("without a rate", values::thousands(figures.without_rate)),
            ("existed for", values::duration(figures.stood_seconds)),
            ("billed", usd(figures.billed_usd, false)),
            (
                "wasted",
                usd(figures.idle.wasted_usd, figures.idle.wasted_is_minimum),
            ),
            ("init", usd(figures.init.usd, figures.init.usd_is_minimum)),
        ],
    }
}

fn waster(waster: &Waster) -> Explanation {
    Explanation {
        title: format!("Wasted by {}", waster.stack),
        value: usd(Some(waster.wasted), waster.is_minimum),
        sentences: vec![
            WASTED,
            "The evidence is on the stack's page, on the tab Resources.",
        ],
        inputs: vec![("rate now", rate(waster.rate))],
    }
}

fn version(version: &VersionStarts) -> Explanation {
    let seconds = |time: Option<_>| time.map_or_else(unknown, values::seconds);
    let slowest = version
        .slowest_phase
        .as_ref()
        .map_or_else(unknown, |phase| {
            format!(
                "{phase}, {} of the time",
                share::percent_or_unknown(version.slowest_share)
            )
        });
    let mut inputs = starts(&version.starts);
    inputs.push(("median", seconds(version.median_seconds)));
    inputs.push(("p95", seconds(version.p95_seconds)));
    inputs.push(("slowest phase", slowest));
    Explanation {
        title: format!("Starts of {}@{}", version.app, version.version),
        value: share::percent_or_unknown(version.starts.success_rate),
        sentences: vec![SUCCESS, WILSON],
        inputs,
    }
}

fn starts(starts: &stack::report::StartFigures) -> Vec<(&'static str, String)> {
    let interval = match (starts.low, starts.high) {
        (Some(low), Some(high)) => share::interval(low, high),
        _ => unknown(),
    };
    vec![
        ("requested", values::thousands(starts.started)),
        ("ready", values::thousands(starts.ready)),
        ("timed out", values::thousands(starts.timed_out)),
        ("failed", values::thousands(starts.failed)),
        ("no outcome yet", values::thousands(starts.pending)),
        ("95 % interval", interval),
    ]
}

fn usd(amount: Option<Usd>, is_minimum: bool) -> String {
    amount.map_or_else(unknown, |amount| {
        values::at_least(values::usd(amount), is_minimum)
    })
}

fn rate(rate: Option<HourlyRate>) -> String {
    rate.map_or_else(unknown, |rate| values::per_hour(rate, false))
}

fn unknown() -> String {
    values::UNKNOWN.to_owned()
}
