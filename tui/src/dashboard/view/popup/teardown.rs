//! What a teardown would remove, and the question.
//!
//! ```text
//! ╭ Tear down checkout-1.4.0 ─────────────────────────────╮
//! │ 12 resources go, which frees $0.42/h                  │
//! │ /srv/checkout, workspace default                      │
//! │                                                       │
//! │ aws_instance.web[0]                        eu-west-1  │
//! │ …                                                     │
//! │                                                       │
//! │ y tear it down   Esc leave it                         │
//! ╰───────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use stack::cloud::short;
use stack::lease::Strategy;
use stack::service::teardown::{Method, TeardownPlan};

use super::{keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{Answer, Confirm};
use crate::dashboard::model::world::{Key, Stack};
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::values;

const COLUMNS: u16 = 84;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &Confirm, model: &Model) {
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let (above, below) = (summary(popup, model, width), resources(popup, width));
    let foot = foot(popup, width);
    let wanted = above.len() + below.len() + foot.len() + 4;
    let rows = u16::try_from(wanted)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2));
    let title = format!("Tear down {}", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    // The list gives way first: the question and what is in the way of it are always there.
    let fixed = u16::try_from(above.len() + foot.len() + 2).unwrap_or(u16::MAX);
    let list = Rect {
        y: inside.y + u16::try_from(above.len()).unwrap_or(0),
        height: inside.height.saturating_sub(fixed),
        ..inside
    };
    above.draw(canvas, inside, 0);
    let last = below.len().saturating_sub(list.height.into());
    below.draw(canvas, list, popup.question.scroll.min(last));
    let lines = Rect {
        y: list.bottom() + 1,
        height: inside.bottom().saturating_sub(list.bottom() + 2),
        ..inside
    };
    foot.draw(canvas, lines, 0);
    question(canvas, inside, popup, model);
}

/// What would go, in a few lines, and what is in the way.
fn summary(popup: &Confirm, model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    let plan = match &popup.question.answer {
        Answer::Awaited => {
            page.text(
                match popup.stack {
                    Key::Lease(_) => {
                        "Asking Terraform what would go… nothing is changed by asking."
                    }
                    Key::Tags(_) => "Asking the cloud what would go… nothing is changed by asking.",
                },
                Tone::Quiet,
            );
            return page;
        }
        Answer::Failed(problem) => {
            let tone = if problem.refused {
                Tone::Notice
            } else {
                Tone::Alarm
            };
            page.text(&problem.said, tone);
            return page;
        }
        Answer::Known(plan) => plan,
    };
    page.text(&goes(plan), Tone::Heading);
    page.text(&way(plan), Tone::Quiet);
    let stack = model.world.stack(&popup.stack);
    if let Some(until) = stack
        .and_then(Stack::lease)
        .and_then(|lease| lease.at(model.now()).hold_until)
    {
        page.text(
            &format!("▲ it is held until {}", values::moment(until, model.now())),
            Tone::Notice,
        );
    }
    for blocker in &plan.blockers {
        page.text(&format!("✗ {blocker}"), Tone::Alarm);
    }
    page.blank();
    page
}

/// How many resources go, and what that frees.
pub(super) fn goes(plan: &TeardownPlan) -> String {
    let noun = match plan.count() {
        // Where nothing goes, nothing is freed, whatever the stack costs.
        0 if !plan.may_proceed() => return "Nothing would go".to_owned(),
        0 => return "Nothing is left to remove".to_owned(),
        1 => "resource goes",
        _ => "resources go",
    };
    let frees = plan.hourly_usd.map_or_else(
        || "; what that frees is not known".to_owned(),
        |rate| format!(", which frees {}/h", values::rate(rate)),
    );
    format!("{} {noun}{frees}", plan.count())
}

/// How it is ended.
fn way(plan: &TeardownPlan) -> String {
    match &plan.method {
        Method::Terraform {
            directory,
            workspace,
            ..
        } => format!("{directory}, workspace {workspace}"),
        Method::Sweep { .. } => "by its tags, in the accounts of the configuration".to_owned(),
    }
}

/// Every resource, one a line.
fn resources(popup: &Confirm, width: u16) -> Page {
    let mut page = Page::new(width);
    if let Some(plan) = popup.question.known() {
        list(&mut page, plan);
    }
    page
}

/// The resources of a plan: what probably stays first, then what goes, then what has gone.
pub(super) fn list(page: &mut Page, plan: &TeardownPlan) {
    for warning in &plan.warnings {
        page.text(
            &format!("▲ {}: {}", warning.id, warning.found),
            Tone::Notice,
        );
    }
    for doomed in &plan.resources {
        let known = [doomed.resource_id.as_deref(), doomed.region.as_deref()];
        let mut rest: Vec<String> = known.into_iter().flatten().map(str::to_owned).collect();
        rest.extend(
            doomed
                .hourly_usd
                .map(|rate| format!("{}/h", values::rate(rate))),
        );
        rest.extend(doomed.reason.clone());
        let rest: String = rest.iter().map(|one| format!("  {one}")).collect();
        let id = match plan.method.strategy() {
            Strategy::Terraform => doomed.id.clone(),
            // Every name begins alike; what tells one from another is its end.
            Strategy::Sweep => format!("{}  {}", doomed.kind, short(&doomed.id)),
        };
        page.line([
            (format!("− {id}"), Tone::Plain.into()),
            (rest, Tone::Quiet.into()),
        ]);
    }
    for left in &plan.residue {
        page.text(
            &format!("✗ {} stays: {}", left.id, left.reason),
            Tone::Notice,
        );
    }
    for gone in &plan.already_gone {
        page.line([(format!("○ {}  already gone", gone.id), Tone::Quiet.into())]);
    }
}

fn foot(popup: &Confirm, width: u16) -> Page {
    let mut page = Page::new(width);
    if let Some(problem) = &popup.problem {
        page.text(problem, Tone::Alarm);
    }
    page
}

fn question(canvas: &mut Canvas<'_>, inside: Rect, popup: &Confirm, model: &Model) {
    let y = inside.bottom().saturating_sub(1);
    if popup.may_proceed().is_none() || model.setting.read_only.is_some() {
        return keys(canvas, inside.x, y, inside.width, &[("Esc", "leave")]);
    }
    if !popup.is_written() {
        let pairs = [
            ("y", "tear it down"),
            ("↓ ↑", "look through"),
            ("Esc", "leave it"),
        ];
        return keys(canvas, inside.x, y, inside.width, &pairs);
    }
    let ask = match popup.stack {
        Key::Lease(_) => "It is protected. Type its name, then Enter: ",
        Key::Tags(_) => "Only tags tell of it. Type its name, then Enter: ",
    };
    let x = canvas.put(inside.x, y, inside.width, ask, Tone::Notice);
    line(
        canvas,
        x,
        y,
        inside.right().saturating_sub(x),
        &popup.typed,
        true,
    );
}
