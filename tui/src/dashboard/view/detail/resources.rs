//! Resources: the progress of an operation, the stack's resources, and what a teardown would
//! destroy.

use stack::Phase;
use stack::idle::Evidence;
use stack::service::teardown::TeardownPlan;

use super::super::page::Page;
use super::super::popup;
use super::progress;
use crate::dashboard::model::Model;
use crate::dashboard::model::operations::OperationKind;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::teardown_preview::TeardownPreview;
use crate::dashboard::msg::Msg;
use crate::format::style::Tone;
use crate::format::{describe, values};

pub(super) fn fill(page: &mut Page, stack: &StackRow, model: &Model) {
    let operation = stack
        .lease()
        .and_then(|lease| model.operations.last(&lease.name));
    if let Some(operation) = operation {
        progress::fill(page, operation, model);
    }
    page.heading("Resources");
    found(page, stack, model);
    page.heading("Teardown preview");
    foresight(page, stack, model);
}

/// Adds the resources found in the cloud.
fn found(page: &mut Page, stack: &StackRow, model: &Model) {
    let refresh = model.settings.keymap.key(Msg::Refresh);
    let Some(cloud) = model.store.cloud() else {
        let text = if model.settings.cloud {
            format!("  AWS not queried yet; press {refresh} to query it.")
        } else {
            "  Unknown: no account is configured.".to_owned()
        };
        return page.text(&text, Tone::Quiet);
    };
    let mut own = stack.resources(cloud);
    let places: Vec<_> = cloud.known().places.keys().cloned().collect();
    if let Some(at) = cloud
        .known()
        .tried_at(&places)
        .filter(|_| !places.is_empty())
    {
        let text = format!(
            "  as of {}; press {refresh} to refresh",
            values::moment(at, model.now())
        );
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
            "  No resource in the configured accounts and regions has this stack's tags.",
            Tone::Quiet,
        );
    }
    for one in own {
        let state = one.state.as_deref().unwrap_or(values::UNKNOWN);
        let rate = one.hourly_usd.map_or_else(
            || values::UNKNOWN.to_owned(),
            |rate| values::per_hour(rate, !one.unpriced.is_empty()),
        );
        let unconfirmed = one.confirmation.missing_reason();
        let (mark, tone) = match unconfirmed {
            None => ("●", Tone::Plain),
            Some(_) => ("▲", Tone::Notice),
        };
        page.line([
            (format!("  {mark} {}  ", one.kind), tone.into()),
            (format!("{}  ", one.id.short()), tone.into()),
            (
                format!("{state}  {rate}  {}", one.place),
                Tone::Quiet.into(),
            ),
        ]);
        if let Some(why) = unconfirmed {
            page.text(&format!("    not confirmed: {why}"), Tone::Notice);
        }
    }
    let listing = stack.listing(model.store.view());
    for evidence in &listing.idle.evidence {
        let evidence = describe::evidence(&Evidence {
            signal: stack::cloud::short(&evidence.signal).to_owned(),
            ..evidence.clone()
        });
        page.text(&format!("  {evidence}"), Tone::Quiet);
    }
}

/// Adds the teardown preview.
fn foresight(page: &mut Page, stack: &StackRow, model: &Model) {
    let origin = stack.lease().map(|lease| &lease.origin);
    let (activity, place) = match origin {
        Some(origin) => {
            let place = format!("{}, workspace {}", origin.directory, origin.workspace);
            (format!("Running terraform plan -destroy in {place}"), place)
        }
        None => {
            let place = "the configured accounts".to_owned();
            (format!("Searching {place}"), place)
        }
    };
    let name = stack.key().name();
    let keymap = &model.settings.keymap;
    let (refresh, teardown) = (keymap.key(Msg::Refresh), keymap.key(Msg::Teardown));
    match model.previews.get(&stack.key()) {
        None if stack.phase == Phase::TearingDown => {
            page.text("  Being torn down.", Tone::Quiet);
        }
        None if model.operations.running(&name).is_some() => {
            let running = model.operations.running(&name);
            let text = match running.map(|operation| operation.kind) {
                Some(OperationKind::Teardown) => "  Being torn down.",
                _ => "  Not available while the stack goes to sleep or wakes up.",
            };
            page.text(text, Tone::Quiet);
        }
        None if model.settings.read_only.is_some() => {
            let text = format!(
                "  Not planned: in read-only mode, jiti runs Terraform only when you press {refresh}."
            );
            page.text(&text, Tone::Quiet);
        }
        None => {
            let text = format!("  No plan yet; press {refresh} to make one.");
            page.text(&text, Tone::Quiet);
        }
        Some(TeardownPreview::Pending) => page.text(&format!("  {activity}…"), Tone::Quiet),
        Some(TeardownPreview::Known { at, answer }) => {
            match answer {
                Ok(Some(plan)) => planned(page, plan),
                Ok(None) => page.text("  Nothing: already gone.", Tone::Plain),
                Err(problem) => page.text(&problem.message, Tone::Alarm),
            }
            let text = format!(
                "  as of {} in {place}; press {refresh} to refresh, {teardown} to tear down.",
                values::moment(*at, model.now())
            );
            page.text(&text, Tone::Quiet);
        }
    }
}

fn planned(page: &mut Page, plan: &TeardownPlan) {
    page.text(&format!("  {}", popup::plan_summary(plan)), Tone::Plain);
    if plan.protected {
        page.text(
            "  ▲ A teardown requires typing the name: the stack is protected, or found by tags only.",
            Tone::Notice,
        );
    }
    for blocker in &plan.blockers {
        page.text(&format!("  ✗ {blocker}"), Tone::Alarm);
    }
    popup::plan_resources(page, plan);
}
