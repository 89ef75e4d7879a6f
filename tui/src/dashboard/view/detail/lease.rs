//! The lease as a line of time and in words: until when, why so, and whose it is.

use stack::listing::{Flag, Listing};
use stack::sleep::RemainingCosts;
use stack::{Lease, Phase, RenewOn};

use super::super::page::Page;
use super::{cost, progress, timeline};
use crate::dashboard::model::world::Stack;
use crate::dashboard::model::{Model, Screen};
use crate::format::style::Tone;
use crate::format::{describe, fields, values};

pub(super) fn fill(page: &mut Page, stack: &Stack, model: &Model) {
    let view = model.world.view();
    let listing = stack.listing(view);
    timeline::fill(page, stack, &listing, model);
    match stack.lease() {
        Some(lease) => ends(page, lease, &listing, model),
        None => by_tags(page, &listing),
    }
    if let Some(lease) = stack.lease() {
        sleep(page, stack, lease, model);
    }
    page.heading("Stack");
    page.field("app", &fields::app_version(&listing), Tone::Plain);
    page.field("owner", listing.owner.as_str(), Tone::Plain);
    if !listing.labels.is_empty() {
        let labels = listing
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        page.field(
            "labels",
            &labels.collect::<Vec<_>>().join(", "),
            Tone::Plain,
        );
    }
    if let Some(origin) = &listing.origin {
        page.field("origin", &origin.directory, Tone::Plain);
        let how = format!("workspace {}, {}", origin.workspace, origin.command);
        page.field("", &how, Tone::Quiet);
    }
    if let [account, more @ ..] = listing.accounts.as_slice() {
        let accounts = more
            .iter()
            .fold(account.clone(), |all, one| all + ", " + one);
        let place = format!("account {accounts}: {}", listing.regions.join(", "));
        page.field("stands in", &place, Tone::Plain);
    }
    if let Some(lease) = stack.lease() {
        residue(page, lease);
    }
    cost::fill(page, &listing, model);
    usage(page, stack, &listing, model);
}

/// What there is instead of a lease.
fn by_tags(page: &mut Page, listing: &Listing) {
    page.heading("Lease");
    let text =
        "none in this ledger: only its tags tell of it. No reaper ends it; d does, by a sweep.";
    page.field("lease", text, Tone::Notice);
    let end = match listing.expires_at {
        Some(_) => "its earliest resource, and the tag jiti:ttl",
        None => "unknown: no service tells when it began, or no tag jiti:ttl for how long",
    };
    page.field("its end is", end, Tone::Quiet);
}

/// What will end it, and what puts that off.
fn ends(page: &mut Page, lease: &Lease, listing: &Listing, model: &Model) {
    let view = model.world.view();
    let now = view.now;
    page.heading("Lease");
    let renewed = match lease.terms.renew_on {
        RenewOn::Version => "a new version renews it",
        RenewOn::Never => "nothing renews it",
    };
    page.field(
        "ttl",
        &format!("{}, {renewed}", lease.terms.ttl),
        Tone::Plain,
    );
    let (dies, tone) = match (listing.dies_at, view.reaper.inactivity(now)) {
        (_, Some(why)) => (describe::why_inactive(&why), Tone::Notice),
        (Some(at), None) => (values::moment(at, now), Tone::Plain),
        (None, None) => (nothing_will(listing).to_owned(), Tone::Plain),
    };
    page.field("dies at", &dies, tone);
    match lease.hold.as_ref().filter(|_| listing.hold_until.is_some()) {
        Some(hold) => {
            let text = format!(
                "{}: {} ({})",
                values::moment(hold.until, now),
                hold.why,
                hold.by
            );
            page.field("held until", &text, Tone::Notice);
        }
        None => page.field("held", "no", Tone::Quiet),
    }
    let cap = match model.setting.policy.max_ttl {
        None => "none: the policy has no max_ttl".to_owned(),
        Some(max) => {
            let latest = max.after(lease.created_at);
            format!("{} (max_ttl {max})", values::moment(latest, now))
        }
    };
    page.field("at the latest", &cap, Tone::Quiet);
    if let Some(teardown) = &lease.teardown {
        let text = format!(
            "for {} since {}: {} (process {} on {})",
            teardown.by,
            values::moment(teardown.started_at, now),
            teardown.why,
            teardown.pid,
            teardown.host
        );
        page.field("teardown", &text, Tone::Notice);
    }
}

/// What a stack that sleeps goes on costing, and when it wakes.
fn sleep(page: &mut Page, stack: &Stack, lease: &Lease, model: &Model) {
    let half = lease.partly_asleep || lease.partly_awake;
    if stack.phase != Phase::Asleep && !half {
        return;
    }
    let (view, now) = (model.world.view(), model.now());
    page.heading("Sleep");
    if half {
        let text = "half: not all of it was turned, or it is not over yet; z and w both finish it";
        page.field("state", text, Tone::Notice);
    }
    if let Some(cloud) = model.world.cloud() {
        let remains = RemainingCosts::asleep(&stack.resources(cloud));
        page.field("cost", &progress::goes_on(&remains), Tone::Plain);
    }
    match lease.wake_at {
        Some(at) => {
            let text = format!(
                "by itself at {}, through the reaper",
                values::moment(at.0, now)
            );
            page.field("wakes", &text, Tone::Plain);
            if let Some(why) = view.reaper.inactivity(now) {
                page.field("", &describe::why_inactive(&why), Tone::Notice);
            }
        }
        None => page.field("wakes", "when somebody presses w", Tone::Plain),
    }
    let wake_duration = match &model.screen {
        Screen::Detail(detail) => detail.wake_duration,
        Screen::List => None,
    };
    page.field("", &progress::ready_again(wake_duration), Tone::Quiet);
}

fn nothing_will(listing: &Listing) -> &'static str {
    match listing.phase {
        Phase::TearingDown => "it is being torn down",
        Phase::Residue => "what is left is tried again with growing pauses",
        _ if listing.flags.contains(&Flag::Protected) => "nothing ends it: it is protected",
        _ => "nothing ends it",
    }
}

fn residue(page: &mut Page, lease: &Lease) {
    if lease.residue.is_empty() {
        return;
    }
    page.heading("Left behind");
    for (id, left) in &lease.residue {
        let by = left.blocked_by.as_deref();
        let by = by
            .map(|by| format!(", blocked by {by}"))
            .unwrap_or_default();
        page.field("✗", &format!("{id}: {}{by}", left.reason), Tone::Alarm);
    }
}

fn usage(page: &mut Page, stack: &Stack, listing: &Listing, model: &Model) {
    let now = model.now();
    page.heading("Use");
    let since = listing
        .idle
        .since
        .map(|at| format!(" since {}", values::moment(at, now)));
    let state = describe::idle(listing.idle.state);
    page.field(
        "state",
        &format!("{state}{}", since.unwrap_or_default()),
        Tone::Plain,
    );
    if let Some(wasted) = listing.idle.wasted_usd {
        page.field("wasted", &values::usd(wasted), Tone::Notice);
    }
    for evidence in &listing.idle.evidence {
        let value = evidence
            .value
            .map_or_else(|| "no answer".to_owned(), values::number);
        let text = format!(
            "{}: {value} (in use from {} on, over {})",
            evidence.signal,
            values::number(evidence.threshold),
            evidence.window
        );
        page.field("evidence", &text, Tone::Quiet);
    }
    let last = match stack.lease().and_then(|lease| lease.last_activity.as_ref()) {
        Some(last) => format!("{} ({})", values::moment(last.at, now), last.signal),
        None if model.has_cloud() => "unknown: nobody has said so with `jiti touch`".to_owned(),
        None => "unknown: nobody has said so with `jiti touch`, and no account is looked into"
            .to_owned(),
    };
    page.field("last use", &last, Tone::Plain);
}
