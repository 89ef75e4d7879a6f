//! Economics: the verdict of rebuild, sleep or keep with its evidence, cost and idle cost, and
//! sparklines of rate and use.

use stack::economics::{Choice, Verdict};
use stack::idle::IdleState;
use stack::{Listing, Phase, Usd};

use super::super::page::Page;
use super::{cost, sparklines};
use crate::dashboard::model::Model;
use crate::dashboard::model::detail::Detail;
use crate::dashboard::model::economics::ReportState;
use crate::dashboard::model::row::StackRow;
use crate::format::style::Tone;
use crate::format::{describe, fields, share, values, verdict};

pub(super) fn fill(page: &mut Page, stack: &StackRow, detail: &Detail, model: &Model) {
    let title = format!("Rebuild, sleep or keep {}?", stack.app());
    page.text(&title, Tone::Heading);
    page.blank();
    decision(page, stack, model);
    let listing = stack.listing(model.store.view());
    page.heading("This stack");
    cost::so_far(page, &listing, model);
    let init = fields::init_usd(&listing).unwrap_or_else(unknown);
    page.field("one init", &init, Tone::Plain);
    idle(page, &listing, model);
    sparklines::fill(page, detail, model);
}

/// Adds the verdict for the app, or why there is none.
fn decision(page: &mut Page, stack: &StackRow, model: &Model) {
    let economics = &model.economics;
    let period = values::span(economics.period);
    match &economics.state {
        ReportState::Absent | ReportState::Loading => {
            let text = format!("reading the app's history of the last {period}…");
            page.text(&text, Tone::Quiet);
        }
        ReportState::Failed(problem) => page.text(&problem.message, Tone::Alarm),
        ReportState::Loaded(_) => match economics.verdict(stack.app()) {
            Some(verdict) => verdict_of(page, verdict, &period),
            None => {
                let text = format!("This app has no history in the last {period}.");
                page.text(&text, Tone::Plain);
            }
        },
    }
}

fn verdict_of(page: &mut Page, verdict: &Verdict, period: &str) {
    let (text, tone) = match verdict.choice {
        Some(choice) => (verdict::word(choice).to_owned(), Tone::Good),
        None => (verdict::NOT_ENOUGH.to_owned(), Tone::Notice),
    };
    let confidence = verdict.confidence.map_or_else(String::new, |confidence| {
        format!(", confidence {}", share::percent(confidence))
    });
    page.field("verdict", &format!("{text}{confidence}"), tone);
    for (choice, amount) in [
        (Choice::Rebuild, verdict.rebuild_usd),
        (Choice::Sleep, verdict.sleep_usd),
        (Choice::Keep, verdict.keep_usd),
    ] {
        if verdict.choice.is_some() {
            page.field(verdict::word(choice), &usd(amount), Tone::Plain);
        }
    }
    if let Some(gap) = verdict.break_even_seconds {
        let text = format!(
            "keep it if the next use is within {}",
            values::duration(gap)
        );
        page.field("break-even", &text, Tone::Plain);
    }
    let evidence = format!(
        "{} and {} of the last {period}",
        values::count(verdict.starts, "start"),
        values::count(verdict.gaps, "gap")
    );
    page.field("evidence", &evidence, Tone::Plain);
    for (index, sentence) in verdict::evidence(verdict).iter().enumerate() {
        let name = if index == 0 { "why" } else { "" };
        page.field(name, sentence, Tone::Plain);
    }
}

fn usd(amount: Option<Usd>) -> String {
    amount.map_or_else(unknown, values::usd)
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
