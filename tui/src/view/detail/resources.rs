//! What a stack is made of, what a teardown would remove, and what one is removing.

use stack::Phase;
use stack::cloud::Standing;
use stack::service::teardown::{Outcome, Plan};

use super::super::page::Page;
use super::super::popup;
use crate::model::Model;
use crate::model::foresight::Foresight;
use crate::model::work::{Ended, Fate, Work};
use crate::model::world::Stack;
use crate::output::format;
use crate::output::style::Tone;

pub(super) fn fill(page: &mut Page, stack: &Stack, model: &Model) {
    let work = stack.lease().and_then(|lease| model.works.of(&lease.name));
    if let Some(work) = work {
        teardown(page, work);
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
            "  The cloud was not asked yet."
        } else {
            "  None known: nobody has looked into an account, because none is configured."
        };
        return page.text(text, Tone::Quiet);
    };
    let mut own = stack.resources(cloud);
    own.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
    if own.is_empty() {
        page.text(
            "  Nothing in the configured places carries its tags.",
            Tone::Quiet,
        );
    }
    for one in own {
        let state = one.state.as_deref().unwrap_or(format::UNKNOWN);
        let rate = one.hourly_usd.map_or_else(
            || format::UNKNOWN.to_owned(),
            |rate| format!("{}/h", format::rate(rate)),
        );
        let (mark, tone) = match &one.standing {
            Standing::Confirmed => ("●", Tone::Plain),
            Standing::Unconfirmed(_) => ("▲", Tone::Notice),
        };
        page.line([
            (format!("  {mark} {}  ", one.kind), tone.into()),
            (format!("{}  ", one.id.short()), tone.into()),
            (
                format!("{state}  {rate}  {}", one.place),
                Tone::Quiet.into(),
            ),
        ]);
        if let Standing::Unconfirmed(why) = &one.standing {
            page.text(&format!("    not confirmed: {why}"), Tone::Notice);
        }
    }
    let listing = stack.listing(model.world.view());
    for one in &listing.idle.evidence {
        let value = one
            .value
            .map_or_else(|| format::UNKNOWN.to_owned(), format::number);
        let text = format!(
            "  {}: {value} within {}, idle below {}",
            one.signal,
            one.window,
            format::number(one.threshold)
        );
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
        None | Some(Foresight::Asked) => page.text(&format!("  Asking {whom}…"), Tone::Quiet),
        Some(Foresight::Known { at, answer }) => {
            match answer {
                Ok(Some(plan)) => planned(page, plan),
                Ok(None) => page.text("  Nothing: it is gone already.", Tone::Plain),
                Err(problem) => page.text(&problem.said, Tone::Alarm),
            }
            let text = format!(
                "  as of {} in {place}; r asks again. d asks as well, and then y does it.",
                format::moment(*at, model.now())
            );
            page.text(&text, Tone::Quiet);
        }
    }
}

fn planned(page: &mut Page, plan: &Plan) {
    let noun = if plan.count() == 1 {
        "resource goes"
    } else {
        "resources go"
    };
    let frees = plan.hourly_usd.map_or_else(
        || "; what that frees is not known".to_owned(),
        |rate| format!(", which frees {}/h", format::rate(rate)),
    );
    page.text(&format!("  {} {noun}{frees}", plan.count()), Tone::Plain);
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

/// A teardown, as far as it has said.
pub(super) fn teardown(page: &mut Page, work: &Work) {
    let (gone, all) = (work.gone(), work.count.max(work.resources.len()));
    let (state, tone) = match &work.ended {
        None if work.stopping => ("is stopping", Tone::Notice),
        None => ("goes on", Tone::Heading),
        Some(Ended::Done(outcome)) if outcome.residue.is_empty() => {
            ("has ended, nothing is left", Tone::Good)
        }
        Some(Ended::Done(_)) => ("has ended and left something", Tone::Alarm),
        Some(Ended::Failed(_)) => ("has failed", Tone::Alarm),
    };
    page.text(&format!("Teardown {state}: {gone} of {all} gone"), tone);
    if let Some(Ended::Failed(reason)) = &work.ended {
        page.text(&format!("✗ {reason}"), Tone::Alarm);
    }
    if let Some(Ended::Done(outcome)) = &work.ended {
        residue(page, outcome);
    }
    for (id, fate) in &work.resources {
        let (glyph, what, tone) = match fate {
            Fate::Going(seconds) => ("▼", format!("for {seconds} s"), Tone::Notice),
            Fate::Gone(seconds) => ("○", format!("gone after {seconds} s"), Tone::Quiet),
            Fate::Failed(seconds) => ("✗", format!("failed after {seconds} s"), Tone::Alarm),
        };
        page.line([
            (format!("  {glyph} {id}  "), tone.into()),
            (what, Tone::Quiet.into()),
        ]);
    }
}

fn residue(page: &mut Page, outcome: &Outcome) {
    for left in &outcome.residue {
        let by = left.blocked_by.as_deref();
        let by = by
            .map(|by| format!(", blocked by {by}"))
            .unwrap_or_default();
        let cost = left
            .hourly_usd
            .map(|rate| format!(", {}/h", format::rate(rate)));
        let text = format!(
            "✗ {}: {}{by}{}",
            left.id,
            left.reason,
            cost.unwrap_or_default()
        );
        page.text(&text, Tone::Alarm);
        if let Some(command) = &left.command {
            page.text(&format!("  to finish it: {command}"), Tone::Plain);
        }
    }
}
