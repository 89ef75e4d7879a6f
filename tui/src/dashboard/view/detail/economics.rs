//! Economics: cost, idle cost and, later, the verdict of rebuild, sleep or keep.

use stack::idle::IdleState;
use stack::{Listing, Phase};

use super::super::page::Page;
use super::cost;
use crate::dashboard::model::Model;
use crate::dashboard::model::row::StackRow;
use crate::format::style::Tone;
use crate::format::{describe, fields, values};

pub(super) fn fill(page: &mut Page, stack: &StackRow, model: &Model) {
    page.text("Rebuild, sleep or keep?", Tone::Heading);
    page.blank();
    let text = if model.has_cloud() {
        "The cheapest option depends on measured costs and on this app's history. This page does not compute it yet."
    } else {
        "The cheapest option depends on measured costs and on this app's history. No account is configured, so there are no measurements yet."
    };
    page.text(text, Tone::Plain);
    page.blank();
    page.text("Known so far:", Tone::Quiet);
    let listing = stack.listing(model.store.view());
    cost::so_far(page, &listing, model);
    let init = fields::init_usd(&listing).unwrap_or_else(unknown);
    page.field("one init", &init, Tone::Plain);
    idle(page, &listing, model);
}

/// Adds the idle cost.
fn idle(page: &mut Page, listing: &Listing, model: &Model) {
    let idle = &listing.idle;
    let is_minimum = listing.cost.hourly_is_minimum;
    let rate = idle.hourly_usd.map_or_else(unknown, |rate| {
        format!("{} now", values::per_hour(rate, is_minimum))
    });
    let since = idle.since.map_or_else(String::new, |at| {
        format!(", since {}", values::moment(at, model.now()))
    });
    let (now, wasted, tone) = match idle.state {
        _ if listing.phase == Phase::Asleep => (
            "asleep: compute is stopped".to_owned(),
            "none: asleep".to_owned(),
            Tone::Plain,
        ),
        IdleState::Idle => (
            format!("{rate}{since}"),
            fields::wasted_usd(listing).unwrap_or_else(unknown),
            Tone::Notice,
        ),
        IdleState::Active => (
            describe::idle(idle.state).to_owned(),
            "none: in use".to_owned(),
            Tone::Plain,
        ),
        IdleState::Unknown => (
            "unknown: not every resource has been measured".to_owned(),
            unknown(),
            Tone::Quiet,
        ),
    };
    page.field("idle", &now, tone);
    page.field("wasted so far", &wasted, tone);
}

fn unknown() -> String {
    "unknown".to_owned()
}
