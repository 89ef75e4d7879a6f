//! The fields of one stack as people read them: in `ls`, in `show`, and wherever else one is shown.

use jiff::Timestamp;
use stack::listing::{Flag, Listing};
use stack::{Elapsed, Phase};

use super::describe;
use super::style::Tone;
use super::values::{self, UNKNOWN};

/// The phase and the flags in words: `ready, held`.
pub(crate) fn state(stack: &Listing) -> String {
    state_words(stack.phase, &stack.flags)
}

/// The same from its parts.
pub(crate) fn state_words(phase: Phase, flags: &[Flag]) -> String {
    std::iter::once(describe::phase(phase))
        .chain(flags.iter().map(|flag| flag_words(*flag)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How many columns the same takes.
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

/// How much attention the state wants.
pub(crate) fn state_tone(stack: &Listing) -> Tone {
    let has = |flag| stack.flags.contains(&flag);
    match stack.phase {
        Phase::Gone => Tone::Quiet,
        Phase::Purgatory | Phase::Residue => Tone::Alarm,
        _ if has(Flag::Expired) => Tone::Alarm,
        _ if has(Flag::Expiring) || has(Flag::OverBudget) || has(Flag::Idle) => Tone::Notice,
        Phase::Ready => Tone::Good,
        Phase::Asleep => Tone::Quiet,
        Phase::Provisioning | Phase::TearingDown => Tone::Plain,
    }
}

/// The app and its version: `checkout@1.4.0`.
pub(crate) fn app_version(stack: &Listing) -> String {
    format!("{}@{}", stack.app, stack.version)
}

/// How long ago its lease, or its first resource, began.
pub(crate) fn age(stack: &Listing, now: Timestamp) -> String {
    stack.created_at.map_or_else(unknown, |from| {
        values::duration(Elapsed::between(from, now))
    })
}

/// How much time is left: `3 h 12 min`, `expired 3 min ago`.
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

/// How much attention the time left wants.
pub(crate) fn left_tone(stack: &Listing) -> Tone {
    if stack.flags.contains(&Flag::Expired) {
        Tone::Alarm
    } else if stack.flags.contains(&Flag::Expiring) {
        Tone::Notice
    } else {
        Tone::Plain
    }
}

/// When it dies, in UTC.
pub(crate) fn dies_at(stack: &Listing) -> String {
    stack.dies_at.map_or_else(unknown, values::minute)
}

/// What it costs an hour.
pub(crate) fn hourly(stack: &Listing) -> String {
    stack.cost.hourly_usd.map_or_else(unknown, values::rate)
}

/// What it has cost.
pub(crate) fn spent(stack: &Listing) -> String {
    stack.cost.spent_usd.map_or_else(unknown, values::usd)
}

/// What was billed for it.
pub(crate) fn billed(stack: &Listing) -> String {
    stack.cost.billed_usd.map_or_else(unknown, values::usd)
}

/// How long it took to be of use; `…` while that goes on.
pub(crate) fn init(stack: &Listing, now: Timestamp) -> String {
    match (stack.init.total_seconds, stack.init.requested_at) {
        (Some(total), _) => values::seconds(total),
        (None, Some(from)) if matches!(stack.phase, Phase::Provisioning | Phase::Purgatory) => {
            format!("{} so far", values::seconds(Elapsed::between(from, now)))
        }
        _ => unknown(),
    }
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}
