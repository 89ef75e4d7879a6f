//! What a stack is made of, what a teardown would remove, and what one is removing.

use stack::Phase;
use stack::cloud::Confirmation;
use stack::service::teardown::TeardownPlan;

use super::super::page::Page;
use super::super::popup;
use super::progress;
use crate::dashboard::model::Model;
use crate::dashboard::model::teardown_preview::Foresight;
use crate::dashboard::model::world::Stack;
use crate::format::style::Tone;
use crate::format::{describe, values};

pub(super) fn fill(page: &mut Page, stack: &Stack, model: &Model) {
    let work = stack.lease().and_then(|lease| model.works.of(&lease.name));
    if let Some(work) = work {
        progress::fill(page, work, model.now());
    }
    page.heading("Resources");
    found(page, stack, model);
    page.heading("What a teardown would remove");
    foresight(page, stack, model);
}

/// What was found of it in the cloud.
fn found(page: &mut Page, stack: &Stack, model: &Model) {
    let Some(cloud) = model.world.cloud() else {
        let text = if model.setting.cloud {
            "  The cloud was not asked yet; r asks it."
        } else {
            "  None known: nobody has looked into an account, because none is configured."
        };
        return page.text(text, Tone::Quiet);
    };
    let mut own = stack.resources(cloud);
    let places: Vec<_> = cloud.known().places.keys().cloned().collect();
    if let Some(at) = cloud
        .known()
        .tried_at(&places)
        .filter(|_| !places.is_empty())
    {
        let text = format!("  as of {}; r asks again", values::moment(at, model.now()));
        page.text(&text, Tone::Quiet);
    }
    for gap in cloud.known().unchecked() {
        page.text(
            &format!("  ✗ not checked: {}", describe::not_checked(&gap)),
            Tone::Alarm,
        );
    }
    own.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
    if own.is_empty() {
        page.text(
            "  Nothing in the configured places carries its tags.",
            Tone::Quiet,
        );
    }
    for one in own {
        let state = one.state.as_deref().unwrap_or(values::UNKNOWN);
        let rate = one.hourly_usd.map_or_else(
            || values::UNKNOWN.to_owned(),
            |rate| format!("{}/h", values::rate(rate)),
        );
        let (mark, tone) = match &one.confirmation {
            Confirmation::Confirmed => ("●", Tone::Plain),
            Confirmation::Unconfirmed(_) => ("▲", Tone::Notice),
        };
        page.line([
            (format!("  {mark} {}  ", one.kind), tone.into()),
            (format!("{}  ", one.id.short()), tone.into()),
            (
                format!("{state}  {rate}  {}", one.place),
                Tone::Quiet.into(),
            ),
        ]);
        if let Confirmation::Unconfirmed(why) = &one.confirmation {
            page.text(&format!("    not confirmed: {why}"), Tone::Notice);
        }
    }
    let listing = stack.listing(model.world.view());
    for one in &listing.idle.evidence {
        let signal = stack::cloud::short(&one.signal);
        let text = match one.value {
            Some(value) => format!(
                "  {signal}: {} within {}, idle below {}",
                values::number(value),
                one.window,
                values::number(one.threshold)
            ),
            None => format!("  whether it is used is not known: {signal}"),
        };
        page.text(&text, Tone::Quiet);
    }
}

/// What would go, as far as somebody has asked.
fn foresight(page: &mut Page, stack: &Stack, model: &Model) {
    let origin = stack.lease().map(|lease| &lease.origin);
    let (whom, place) = match origin {
        Some(origin) => {
            let place = format!("{}, workspace {}", origin.directory, origin.workspace);
            (format!("Terraform for the destroy plan of {place}"), place)
        }
        None => {
            let whom = "the cloud what a sweep would take".to_owned();
            (whom, "the accounts of the configuration".to_owned())
        }
    };
    match model.foresights.of(&stack.key()) {
        None if stack.phase == Phase::TearingDown => {
            page.text("  It is being torn down.", Tone::Quiet);
        }
        None if model.works.running(&stack.key().name()).is_some() => {
            let text = "  Not asked while it falls asleep or wakes.";
            page.text(text, Tone::Quiet);
        }
        None | Some(Foresight::Asked) => page.text(&format!("  Asking {whom}…"), Tone::Quiet),
        Some(Foresight::Known { at, answer }) => {
            match answer {
                Ok(Some(plan)) => planned(page, plan),
                Ok(None) => page.text("  Nothing: it is gone already.", Tone::Plain),
                Err(problem) => page.text(&problem.said, Tone::Alarm),
            }
            let text = format!(
                "  as of {} in {place}; r asks again. d asks as well, and then y does it.",
                values::moment(*at, model.now())
            );
            page.text(&text, Tone::Quiet);
        }
    }
}

fn planned(page: &mut Page, plan: &TeardownPlan) {
    page.text(&format!("  {}", popup::goes(plan)), Tone::Plain);
    if plan.protected {
        page.text(
            "  ▲ a teardown wants its name typed: it is protected, or known by its tags alone",
            Tone::Notice,
        );
    }
    for blocker in &plan.blockers {
        page.text(&format!("  ✗ {blocker}"), Tone::Alarm);
    }
    popup::doomed(page, plan);
}
