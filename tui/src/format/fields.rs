//! The fields of one stack as people read them, in `ls`, in `show` and in the dashboard.

use jiff::Timestamp;
use stack::listing::{Flag, ListedCost, Listing};
use stack::reaper::ReaperInactive;
use stack::{Elapsed, HourlyRate, Phase, View};

use super::describe;
use super::style::Tone;
use super::values::{self, UNKNOWN};

/// The phase and the flags in words: `ready, held`.
pub(crate) fn state(stack: &Listing) -> String {
    state_words(stack.phase, &stack.flags)
}

/// A phase and flags in words: `ready, held`.
pub(crate) fn state_words(phase: Phase, flags: &[Flag]) -> String {
    std::iter::once(describe::phase(phase))
        .chain(flags.iter().map(|flag| flag_words(*flag)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The width of [`state_words`] in columns.
pub(crate) fn state_width(phase: Phase, flags: &[Flag]) -> usize {
    let flags = flags.iter().map(|flag| 2 + flag_words(*flag).len());
    describe::phase(phase).len() + flags.sum::<usize>()
}

fn flag_words(flag: Flag) -> &'static str {
    match flag {
        Flag::OverBudget => "over budget",
        other => other.as_str(),
    }
}

/// The tone of the state: how much attention it needs.
pub(crate) fn state_tone(stack: &Listing) -> Tone {
    let has = |flag| stack.flags.contains(&flag);
    match stack.phase {
        Phase::Gone => Tone::Quiet,
        Phase::Purgatory | Phase::Residue => Tone::Alarm,
        _ if has(Flag::Expired) => Tone::Alarm,
        _ if has(Flag::Expiring) || has(Flag::OverBudget) || has(Flag::Idle) => Tone::Notice,
        _ if has(Flag::Noncompliant) => Tone::Notice,
        Phase::Ready => Tone::Good,
        Phase::Asleep => Tone::Quiet,
        Phase::Provisioning | Phase::TearingDown => Tone::Plain,
    }
}

/// The app and its version: `checkout@1.4.0`.
pub(crate) fn app_version(stack: &Listing) -> String {
    format!("{}@{}", stack.app, stack.version)
}

/// The time since its lease, or its first resource, was created.
pub(crate) fn age(stack: &Listing, now: Timestamp) -> String {
    stack.created_at.map_or_else(unknown, |created| {
        values::duration(Elapsed::between(created, now))
    })
}

/// The time left until expiry: `3 h 12 min`, `expired 3 min ago`.
pub(crate) fn left(stack: &Listing, now: Timestamp) -> String {
    match stack.expires_at {
        Some(at) if stack.phase != Phase::Gone => {
            if stack.flags.contains(&Flag::Expired) {
                format!("expired {}", values::distance(at, now))
            } else {
                values::duration(Elapsed::between(now, at))
            }
        }
        _ => unknown(),
    }
}

/// The tone of the time left: how much attention it needs.
pub(crate) fn left_tone(stack: &Listing) -> Tone {
    if stack.flags.contains(&Flag::Expired) {
        Tone::Alarm
    } else if stack.flags.contains(&Flag::Expiring) {
        Tone::Notice
    } else {
        Tone::Plain
    }
}

/// When the reaper will tear it down; `None` if that is unknown, because no reaper is active.
pub(crate) fn dies_at(stack: &Listing, view: &View) -> Option<Timestamp> {
    let inactive = view.reaper.inactivity(view.now).is_some();
    stack.dies_at.filter(|_| !inactive)
}

/// When the reaper will tear it down, in UTC.
pub(crate) fn ends_at(stack: &Listing, view: &View) -> String {
    dies_at(stack, view).map_or_else(unknown, values::minute)
}

/// When the stack ends and whether that needs attention, as a sentence. It never contradicts what
/// jiti says about the reaper.
pub(crate) fn end(stack: &Listing, view: &View) -> (String, Tone) {
    let plain = |text: &str| (text.to_owned(), Tone::Plain);
    match stack.phase {
        Phase::Gone => return plain("gone"),
        Phase::TearingDown => return plain("being torn down now"),
        _ if stack.flags.contains(&Flag::Protected) => return plain("never: protected"),
        _ => {}
    }
    match (view.reaper.inactivity(view.now), stack.dies_at) {
        (Some(ReaperInactive::Paused { .. }), _) => {
            ("unknown: the reaper is paused".to_owned(), Tone::Notice)
        }
        (Some(ReaperInactive::NeverRan | ReaperInactive::Silent { .. }), _) => {
            ("unknown: no reaper is running".to_owned(), Tone::Notice)
        }
        (None, _) if stack.budget.is_some() => {
            let deferral = stack.budget.as_ref();
            let deferral = deferral.map(|deferral| describe::deferral(deferral, view.now));
            (deferral.unwrap_or_default(), Tone::Notice)
        }
        (None, Some(at)) => plain(&values::moment(at, view.now)),
        (None, None) if stack.phase == Phase::Residue => {
            plain("unknown: the teardown is incomplete, and the reaper retries it")
        }
        (None, None) => plain("never: the reaper will not tear it down"),
    }
}

/// Its rate, without "/h"; `≥ $0.42` if the rate leaves out something that costs money.
pub(crate) fn hourly(stack: &Listing) -> String {
    stack
        .cost
        .hourly_usd
        .map_or_else(unknown, |rate| marked_rate(stack, rate))
}

/// Its rate with "/h" and its source; `None` if it is unknown.
pub(crate) fn rate_and_source(cost: &ListedCost) -> Option<String> {
    let rate = values::per_hour(cost.hourly_usd?, cost.hourly_is_minimum);
    Some(with_source(rate, cost.hourly_source.as_deref()))
}

/// A rate and its source: `$0.42/h (list price of 2026-02-20)`.
pub(crate) fn with_source(rate: String, source: Option<&str>) -> String {
    match source {
        Some(source) => format!("{rate} ({source})"),
        None => rate,
    }
}

/// Its rate while it is idle, without "/h".
pub(crate) fn idle_hourly(stack: &Listing) -> String {
    let rate = stack.idle.hourly_usd;
    rate.map_or_else(unknown, |rate| marked_rate(stack, rate))
}

fn marked_rate(stack: &Listing, rate: HourlyRate) -> String {
    values::at_least(values::rate(rate), stack.cost.hourly_is_minimum)
}

/// The estimate of what it has cost so far.
pub(crate) fn spent(stack: &Listing) -> String {
    spent_usd(&stack.cost).unwrap_or_else(unknown)
}

/// The estimate of what it has cost so far; `None` if it is unknown.
pub(crate) fn spent_usd(cost: &ListedCost) -> Option<String> {
    let spent = values::usd(cost.spent_usd?);
    Some(values::at_least(spent, !cost.unpriced.is_empty()))
}

/// The estimate of what its start-up has cost; `None` if it is unknown.
pub(crate) fn init_usd(stack: &Listing) -> Option<String> {
    let cost = values::usd(stack.init.usd?);
    Some(values::at_least(cost, stack.init.usd_is_minimum))
}

/// The estimate of what it will cost until it expires; `None` if it is unknown.
pub(crate) fn until_expiry_usd(cost: &ListedCost) -> Option<String> {
    let until = values::usd(cost.until_expiry_usd?);
    Some(values::at_least(until, cost.hourly_is_minimum))
}

/// The amount wasted while it was idle; `None` if it is unknown or not idle.
pub(crate) fn wasted_usd(stack: &Listing) -> Option<String> {
    let wasted = values::usd(stack.idle.wasted_usd?);
    Some(values::at_least(wasted, stack.cost.hourly_is_minimum))
}

/// The amount billed so far.
pub(crate) fn billed(stack: &Listing) -> String {
    stack.cost.billed_usd.map_or_else(unknown, values::usd)
}

/// Why it is not ready yet, what kind of cause that is, and since when; `None` if that is unknown.
pub(crate) fn cause(stack: &Listing, now: Timestamp) -> Option<String> {
    let cause = stack.cause.as_ref()?;
    let since = values::moment(cause.since, now);
    Some(format!("{} ({}, since {since})", cause.text, cause.kind))
}

/// What it costs per hour while it is not ready, and what it has cost since the cause began; `None`
/// without a cause or a rate.
pub(crate) fn cause_cost(stack: &Listing) -> Option<String> {
    let cause = stack.cause.as_ref()?;
    let is_minimum = stack.cost.hourly_is_minimum;
    let rate = values::per_hour(cause.hourly_usd?, is_minimum);
    let usd = cause.usd.map(|usd| {
        let usd = values::at_least(values::usd(usd), is_minimum);
        format!(", {usd} so far")
    });
    Some(format!("{rate}{}", usd.unwrap_or_default()))
}

/// How long it took to become ready; `12 s so far` while it is starting.
pub(crate) fn init(stack: &Listing, now: Timestamp) -> String {
    match (stack.init.total_seconds, stack.init.requested_at) {
        (Some(total), _) => values::seconds(total),
        (None, Some(requested))
            if matches!(stack.phase, Phase::Provisioning | Phase::Purgatory) =>
        {
            format!(
                "{} so far",
                values::seconds(Elapsed::between(requested, now))
            )
        }
        _ => unknown(),
    }
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}
