//! Teardown: the plan and the confirmation.
//!
//! ```text
//! ╭ Tear down checkout-1.4.0 ─────────────────────────────╮
//! │ 12 resources will be destroyed, saving $0.42/h        │
//! │ /srv/checkout, workspace default                      │
//! │                                                       │
//! │ aws_instance.web[0]                        eu-west-1  │
//! │ …                                                     │
//! │                                                       │
//! │ y tear down   ↓ ↑ scroll   Esc cancel                 │
//! ╰───────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use stack::cloud::short;
use stack::lease::Strategy;
use stack::service::teardown::{Method, TeardownPlan};

use super::{keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{PlanState, TeardownDialog};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::{teardown_plan, values};

const COLUMNS: u16 = 84;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &TeardownDialog, model: &Model) {
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let (above, below) = (summary(popup, model, width), resources(popup, width));
    let problem = problem(popup, width);
    // The line with the name, and the line with the keys.
    let question_rows = 1 + usize::from(popup.is_text_focused());
    let wanted = above.len() + below.len() + problem.len() + question_rows + 3;
    let rows = u16::try_from(wanted)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2));
    let title = format!("Tear down {}", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    // The list gives way first, then the summary. The question is always visible.
    let (question, problems) = (rows(question_rows), rows(problem.len()));
    let room = inside.height.saturating_sub(question + problems);
    let summary = Rect {
        height: rows(above.len()).min(room),
        ..inside
    };
    let list = Rect {
        y: summary.bottom(),
        height: room.saturating_sub(summary.height + 1),
        ..inside
    };
    above.draw(canvas, summary, 0);
    let last = below.len().saturating_sub(list.height.into());
    below.draw(canvas, list, popup.request.scroll.min(last));
    let problems = Rect {
        y: inside.bottom().saturating_sub(question + problems),
        height: problems.min(inside.height.saturating_sub(question)),
        ..inside
    };
    problem.draw(canvas, problems, 0);
    question_lines(canvas, inside, popup, model);
}

/// The summary of the plan, and what blocks it.
fn summary(popup: &TeardownDialog, model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    let plan = match &popup.request.state {
        PlanState::Pending => {
            page.text(
                match popup.stack {
                    StackKey::Lease(_) => "Running terraform plan -destroy… nothing changes yet.",
                    StackKey::Tags(_) => "Searching AWS for its resources… nothing changes yet.",
                },
                Tone::Quiet,
            );
            return page;
        }
        PlanState::Failed(problem) => {
            let tone = if problem.refused {
                Tone::Notice
            } else {
                Tone::Alarm
            };
            page.text(&problem.message, tone);
            return page;
        }
        PlanState::Ready(plan) => plan,
    };
    page.text(&plan_summary(plan), Tone::Heading);
    page.text(&strategy(plan), Tone::Quiet);
    let stack = model.store.stack(&popup.stack);
    if let Some(until) = stack
        .and_then(StackRow::lease)
        .and_then(|lease| lease.at(model.now()).hold_until)
    {
        page.text(
            &format!("▲ held until {}", values::moment(until, model.now())),
            Tone::Notice,
        );
    }
    for blocker in &plan.blockers {
        page.text(&format!("✗ {blocker}"), Tone::Alarm);
    }
    page.blank();
    page
}

/// The number of resources to destroy, and the savings.
pub(super) fn plan_summary(plan: &TeardownPlan) -> String {
    let headline = sentence_case(&teardown_plan::headline(plan));
    match teardown_plan::saving(plan) {
        Some(saving) => format!("{headline}, saving {saving}"),
        None if teardown_plan::saves(plan) => format!("{headline}; savings unknown"),
        None => headline,
    }
}

/// The text with a capital letter at the start.
pub(super) fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// The strategy: the place in which Terraform runs, or a sweep.
pub(super) fn strategy(plan: &TeardownPlan) -> String {
    match &plan.method {
        Method::Terraform {
            workspace,
            rebuilt_from: Some(repository),
            ..
        } => format!(
            "rebuilt from {}, workspace {workspace}",
            teardown_plan::commit(repository)
        ),
        Method::Terraform {
            directory,
            workspace,
            ..
        } => format!("{directory}, workspace {workspace}"),
        Method::Dispatch { command, timeout } => format!(
            "dispatched within {timeout}: {}",
            teardown_plan::typed(command)
        ),
        Method::Sweep { .. } => "sweep by tag in the configured accounts".to_owned(),
    }
}

/// The resources, one per line.
fn resources(popup: &TeardownDialog, width: u16) -> Page {
    let mut page = Page::new(width);
    if let Some(plan) = popup.request.plan() {
        list(&mut page, plan);
    }
    page
}

/// Adds a plan's warnings, then its resources, residue and resources that are already gone.
pub(super) fn list(page: &mut Page, plan: &TeardownPlan) {
    for warning in &plan.warnings {
        page.text(
            &format!("▲ {}: {}", warning.id, warning.found),
            Tone::Notice,
        );
    }
    for deletion in &plan.resources {
        let known = [deletion.resource_id.as_deref(), deletion.region.as_deref()];
        let mut rest: Vec<String> = known.into_iter().flatten().map(str::to_owned).collect();
        rest.extend(
            deletion
                .hourly_usd
                .map(|rate| format!("{}/h", values::rate(rate))),
        );
        rest.extend(deletion.reason.clone());
        let rest: String = rest.iter().map(|field| format!("  {field}")).collect();
        let id = match plan.method.strategy() {
            Strategy::Terraform => deletion.id.clone(),
            // Resource ids in a sweep share a long prefix, so show the distinctive end.
            Strategy::Sweep => format!("{}  {}", deletion.kind, short(&deletion.id)),
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

/// Why the confirmation was rejected.
fn problem(popup: &TeardownDialog, width: u16) -> Page {
    let mut page = Page::new(width);
    if let Some(problem) = &popup.problem {
        page.text(problem, Tone::Alarm);
    }
    page
}

/// Draws the question and the keys at the foot.
fn question_lines(canvas: &mut Canvas<'_>, inside: Rect, popup: &TeardownDialog, model: &Model) {
    let y = inside.bottom().saturating_sub(1);
    let read_only = model.settings.read_only.is_some();
    if popup.is_text_focused() && !read_only {
        let ask = match popup.stack {
            StackKey::Lease(_) => "Protected. Type the name: ",
            StackKey::Tags(_) => "Found by tags only. Type the name: ",
        };
        let above = y.saturating_sub(1);
        let x = canvas.put(inside.x, above, inside.width, ask, Tone::Notice);
        let room = inside.right().saturating_sub(x);
        line(canvas, x, above, room, &popup.typed, true);
        let pairs = [("Enter", "tear down"), ("↓ ↑", "scroll"), ("Esc", "cancel")];
        return keys(canvas, inside.x, y, inside.width, &pairs);
    }
    if popup.request.is_pending() {
        return keys(canvas, inside.x, y, inside.width, &[("Esc", "cancel")]);
    }
    if popup.may_proceed().is_none() || read_only {
        return keys(canvas, inside.x, y, inside.width, &[("Esc", "close")]);
    }
    let pairs = [("y", "tear down"), ("↓ ↑", "scroll"), ("Esc", "cancel")];
    keys(canvas, inside.x, y, inside.width, &pairs);
}
