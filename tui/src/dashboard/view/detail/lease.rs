//! The lease: a timeline, when it ends and why, and the stack's owner, origin, cost and use.

use stack::listing::Listing;
use stack::sleep::RemainingCosts;
use stack::{Lease, Phase, RenewOn};

use super::super::page::Page;
use super::{cost, progress, timeline};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::format::style::Tone;
use crate::format::{describe, fields, values};

pub(super) fn fill(page: &mut Page, stack: &StackRow, model: &Model) {
    let view = model.store.view();
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
        page.field("applied from", &origin.directory, Tone::Plain);
        let how = format!("workspace {}, {}", origin.workspace, origin.command);
        page.field("", &how, Tone::Quiet);
    }
    if let [account, more @ ..] = listing.accounts.as_slice() {
        let accounts = more
            .iter()
            .fold(account.clone(), |all, one| all + ", " + one);
        let place = format!("{accounts}: {}", listing.regions.join(", "));
        page.field("account", &place, Tone::Plain);
    }
    if let Some(lease) = stack.lease() {
        broken_rules(page, lease);
        residue(page, lease);
    }
    cost::fill(page, &listing, model);
    usage(page, stack, &listing, model);
}

/// Adds what is known without a lease.
fn by_tags(page: &mut Page, listing: &Listing) {
    page.heading("Lease");
    let text = "Found by tags only; no lease in this ledger. The reaper ignores it; d sweeps it.";
    page.field("lease", text, Tone::Notice);
    let end = match listing.expires_at {
        Some(_) => "creation of its oldest resource + tag jiti:ttl",
        None => "unknown: no creation time or no tag jiti:ttl",
    };
    page.field("expires at", end, Tone::Quiet);
}

/// Adds when the stack ends, and what delays it.
fn ends(page: &mut Page, lease: &Lease, listing: &Listing, model: &Model) {
    let view = model.store.view();
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
    let (dies, tone) = fields::end(listing, view);
    page.field("ends at", &dies, tone);
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
    let cap = match model.policy().max_ttl {
        None => "no limit: the policy has no max_ttl".to_owned(),
        Some(max) => {
            let latest = max.after(lease.created_at);
            format!("{} (max_ttl {max})", values::moment(latest, now))
        }
    };
    page.field("latest possible", &cap, Tone::Quiet);
    if let Some(teardown) = &lease.teardown {
        let text = format!(
            "by {}, started {}: {} (process {} on {})",
            teardown.by,
            values::moment(teardown.started_at, now),
            teardown.why,
            teardown.pid,
            teardown.host
        );
        page.field("teardown", &text, Tone::Notice);
    }
}

/// Adds what a sleeping stack still costs, and when it wakes.
fn sleep(page: &mut Page, stack: &StackRow, lease: &Lease, model: &Model) {
    let half = lease.partly_asleep || lease.partly_awake;
    if stack.phase != Phase::Asleep && !half {
        return;
    }
    let (view, now) = (model.store.view(), model.now());
    page.heading("Sleep");
    let keymap = &model.settings.keymap;
    let wake = keymap.key(Msg::Wake);
    if half {
        let sleep = keymap.key(Msg::Sleep);
        let text = format!("partly asleep; press {sleep} to finish, {wake} to wake");
        page.field("state", &text, Tone::Notice);
    }
    if let Some(cloud) = model.store.cloud() {
        let remains = RemainingCosts::asleep(&stack.resources(cloud));
        page.field("cost", &progress::remaining_cost(&remains), Tone::Plain);
    }
    match lease.wake_at {
        Some(at) => {
            let text = format!("at {}, by the reaper", values::moment(at.0, now));
            page.field("wakes", &text, Tone::Plain);
            if let Some(why) = view.reaper.inactivity(now) {
                page.field("", &describe::why_inactive(&why), Tone::Notice);
            }
        }
        None => page.field("wakes", &format!("when you press {wake}"), Tone::Plain),
    }
    let wake_duration = match &model.screen {
        Screen::Detail(detail) => detail.wake_duration,
        Screen::List | Screen::Economics(_) => None,
    };
    page.field("", &progress::ready_again(wake_duration), Tone::Quiet);
}

fn broken_rules(page: &mut Page, lease: &Lease) {
    let Some(found) = &lease.noncompliance else {
        return;
    };
    page.heading("Broken rules");
    for broken in &found.findings {
        page.field("✗", &describe::broken_rule(broken), Tone::Notice);
    }
    if found.more > 0 {
        let more = format!("and {} more", values::thousands(found.more));
        page.field("", &more, Tone::Quiet);
    }
}

fn residue(page: &mut Page, lease: &Lease) {
    if lease.residue.is_empty() {
        return;
    }
    page.heading("Residue");
    for (id, left) in &lease.residue {
        let by = left.blocked_by.as_deref();
        let by = by
            .map(|by| format!(", blocked by {by}"))
            .unwrap_or_default();
        page.field("✗", &format!("{id}: {}{by}", left.reason), Tone::Alarm);
    }
}

fn usage(page: &mut Page, stack: &StackRow, listing: &Listing, model: &Model) {
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
        page.field("evidence", &describe::evidence(evidence), Tone::Quiet);
    }
    let last = match stack.lease().and_then(|lease| lease.last_activity.as_ref()) {
        Some(last) => format!("{} ({})", values::moment(last.at, now), last.signal),
        None if model.has_cloud() => "unknown: `jiti touch` was never used".to_owned(),
        None => "unknown: `jiti touch` was never used, and no account is configured".to_owned(),
    };
    page.field("last use", &last, Tone::Plain);
}
