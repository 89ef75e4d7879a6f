//! Cost: the estimate and the billed amount, never mixed, and what neither of them covers.

use stack::Listing;
use stack::service::billing::{PRICE_PER_REQUEST, billed};
use stack::view::CloudView;

use super::super::page::Page;
use crate::dashboard::model::Model;
use crate::format::style::Tone;
use crate::format::{describe, fields, values};

pub(super) fn fill(page: &mut Page, listing: &Listing, model: &Model) {
    let cost = &listing.cost;
    page.heading("Cost");
    let rate = match fields::rate_and_source(cost) {
        Some(rate) => rate,
        None if model.has_cloud() => "unknown: no resource has a known price".to_owned(),
        None => "unknown: set hourly_cost on the jiti_stack".to_owned(),
    };
    page.field("rate", &rate, Tone::Plain);
    so_far(page, listing, model);
    let until = match fields::until_expiry_usd(cost) {
        Some(until) => format!("{until} more (estimate)"),
        None => "unknown".to_owned(),
    };
    page.field("until expiry", &until, Tone::Plain);
    if !cost.unpriced.is_empty() {
        page.field("not priced", &cost.unpriced.join(", "), Tone::Quiet);
    }
}

/// Adds the cost until now: the estimate and the billed amount.
pub(super) fn so_far(page: &mut Page, listing: &Listing, model: &Model) {
    let estimate = match fields::spent_usd(&listing.cost) {
        Some(spent) => format!("{spent} so far (rate × time)"),
        None if listing.origin.is_none() => "unknown: no cost history".to_owned(),
        None => "unknown: the rate was never known".to_owned(),
    };
    page.field("estimate", &estimate, Tone::Plain);
    match bill(listing, model) {
        Ok((text, open)) => {
            page.field("billed", &text, Tone::Plain);
            page.field("", &open, Tone::Quiet);
        }
        Err(why) => page.field("billed", &why, Tone::Quiet),
    }
}

/// Returns the billed amount and how final it is, or why it is unknown.
fn bill(listing: &Listing, model: &Model) -> Result<(String, String), String> {
    let Some(cloud) = model.store.cloud() else {
        return Err(if model.settings.cloud {
            "unknown: AWS not queried yet".to_owned()
        } else {
            "unknown: no account is configured".to_owned()
        });
    };
    let known = cloud.bill();
    if known.days.is_empty() {
        let (name, price) = (&listing.name, values::usd(PRICE_PER_REQUEST));
        return Err(format!(
            "unknown: not queried yet; `jiti cost {name} --billed` queries it for {price}"
        ));
    }
    if several(listing, cloud) {
        let text = "unknown: the bill has only stack names, and several stacks have this name";
        return Err(text.to_owned());
    }
    let Some(billed) = billed(known, &listing.name, listing.created_at) else {
        let text = if known.lines.is_empty() {
            "unknown: AWS bills nothing under the tag jiti:stack"
        } else {
            "unknown: the bill is a day late and has no day of this stack yet"
        };
        return Err(text.to_owned());
    };
    let open = if billed.estimated_usd.amount().is_zero() {
        "final".to_owned()
    } else {
        format!("{} may still change", values::usd(billed.estimated_usd))
    };
    let remark = known.remark.as_ref().map(|remark| format!("; {remark}"));
    Ok((
        describe::billed(&billed, model.now()),
        open + &remark.unwrap_or_default(),
    ))
}

/// Whether tags name several stacks of this name, with different apps or owners.
fn several(listing: &Listing, cloud: &CloudView) -> bool {
    let named = cloud
        .stacks()
        .filter(|tags| tags.name == listing.name.as_str());
    let mut whose = named.map(|tags| (&tags.app, &tags.owner));
    let first = whose.next();
    whose.any(|other| Some(other) != first)
}
