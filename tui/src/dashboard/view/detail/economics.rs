//! Whether building it just in time pays: what is known for that, and what is not.

use stack::idle::IdleState;
use stack::{Listing, Phase};

use super::super::page::Page;
use super::cost;
use crate::dashboard::model::Model;
use crate::dashboard::model::world::Stack;
use crate::format::style::Tone;
use crate::format::{describe, values};

pub(super) fn fill(page: &mut Page, stack: &Stack, model: &Model) {
    page.text("Rebuild, sleep or keep?", Tone::Heading);
    page.blank();
    let text = if model.has_cloud() {
        "Which of the three is cheapest takes measured costs and the history of this app. This page does not work it out yet, and jiti does not guess."
    } else {
        "Which of the three is cheapest is worked out from measured costs and from the history of this app. No account is configured, so nothing is measured yet, and jiti does not guess."
    };
    page.text(text, Tone::Plain);
    page.blank();
    page.text("What is known so far:", Tone::Quiet);
    let listing = stack.listing(model.world.view());
    cost::so_far(page, &listing, model);
    let init = listing.init.usd.map_or_else(unknown, values::usd);
    page.field("one init", &init, Tone::Plain);
    idle(page, &listing, model);
}

/// What of it was for nobody.
fn idle(page: &mut Page, listing: &Listing, model: &Model) {
    let idle = &listing.idle;
    let rate = idle
        .hourly_usd
        .map_or_else(unknown, |rate| format!("{}/h now", values::rate(rate)));
    let since = idle.since.map_or_else(String::new, |at| {
        format!(", since {}", values::moment(at, model.now()))
    });
    let (now, wasted, tone) = match idle.state {
        _ if listing.phase == Phase::Asleep => (
            "it sleeps: nothing of it computes".to_owned(),
            "nothing now: it sleeps".to_owned(),
            Tone::Plain,
        ),
        IdleState::Idle => (
            format!("{rate}{since}"),
            idle.wasted_usd.map_or_else(unknown, values::usd),
            Tone::Notice,
        ),
        IdleState::Active => (
            describe::idle(idle.state).to_owned(),
            "nothing now: it is in use".to_owned(),
            Tone::Plain,
        ),
        IdleState::Unknown => (
            "unknown: not everything of it was seen".to_owned(),
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
