//! What a sleep would stop, what goes on costing, and the question.
//!
//! ```text
//! ╭ Put checkout-1.4.0 to sleep ──────────────────────────╮
//! │ 3 stop; $0.05/h goes on                               │
//! │ ready again in about 7 min, as it took so far         │
//! │                                                       │
//! │ ◌ ec2:instance  i-0abc                     eu-west-1  │
//! │ $0.03/h goes on: ec2:volume  vol-0abc                 │
//! │                                                       │
//! │ y put it to sleep   Esc leave it                      │
//! ╰───────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use stack::service::sleep::Plan;

use super::{keys, middle};
use crate::model::Model;
use crate::model::popup::Nap;
use crate::output::format;
use crate::output::style::Tone;
use crate::view::canvas::Canvas;
use crate::view::page::Page;

const COLUMNS: u16 = 84;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &Nap, model: &Model) {
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let page = page(popup, width);
    let rows = u16::try_from(page.len() + 4)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2));
    let title = format!("Put {} to sleep", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    let text = Rect {
        height: inside.height.saturating_sub(2),
        ..inside
    };
    let last = page.len().saturating_sub(text.height.into());
    page.draw(canvas, text, popup.scroll.min(last));
    let y = inside.bottom().saturating_sub(1);
    if popup.may_proceed().is_none() || model.setting.read_only.is_some() {
        return keys(canvas, inside.x, y, inside.width, &[("Esc", "leave")]);
    }
    let pairs = [
        ("y", "put it to sleep"),
        ("↓ ↑", "look through"),
        ("Esc", "leave it"),
    ];
    keys(canvas, inside.x, y, inside.width, &pairs);
}

fn page(popup: &Nap, width: u16) -> Page {
    let mut page = Page::new(width);
    match &popup.plan {
        None => page.text(
            "Asking the cloud what would stop… nothing is changed by asking.",
            Tone::Quiet,
        ),
        Some(Err(problem)) => {
            let tone = if problem.refused {
                Tone::Notice
            } else {
                Tone::Alarm
            };
            page.text(&problem.said, tone);
        }
        Some(Ok(plan)) => planned(&mut page, plan),
    }
    page
}

fn planned(page: &mut Page, plan: &Plan) {
    let remains = &plan.remains;
    let stops = match plan.stops.len() {
        0 => "Nothing of it runs that could be stopped".to_owned(),
        1 => "1 stops".to_owned(),
        count => format!("{count} stop"),
    };
    let goes_on = match (remains.hourly_usd, remains.unknown) {
        (Some(rate), 0) => format!("; {}/h goes on", format::rate(rate)),
        (Some(rate), unknown) => format!(
            "; {}/h goes on, and {unknown} more of which the price is not known",
            format::rate(rate)
        ),
        (None, 0) => "; nothing that is known goes on costing".to_owned(),
        (None, unknown) => format!("; {unknown} go on costing, how much is not known"),
    };
    page.text(&format!("{stops}{goes_on}"), Tone::Heading);
    let again = plan.ready_again_seconds.map_or_else(
        || "How long waking takes is not known: no stack of this app was woken yet.".to_owned(),
        |time| {
            format!(
                "Ready again in about {}, as it took for this app so far.",
                format::duration(time)
            )
        },
    );
    page.text(&again, Tone::Quiet);
    page.text(
        "Its data is kept, and its lease goes on: it expires all the same.",
        Tone::Quiet,
    );
    for place in &plan.not_looked {
        let text = format!("✗ {} was not looked at: {}", place.place, place.reason);
        page.text(&text, Tone::Alarm);
    }
    page.blank();
    for one in &plan.stops {
        page.line([
            (format!("◌ {}  {}", one.kind, one.id), Tone::Plain.into()),
            (format!("  {}", one.region), Tone::Quiet.into()),
        ]);
    }
    if plan.stops.iter().any(|one| one.kind.starts_with("rds:")) {
        page.text(
            "▲ AWS starts a stopped database again after seven days.",
            Tone::Notice,
        );
    }
    for one in &remains.resources {
        let rate = one.hourly_usd.map_or_else(
            || "price not known".to_owned(),
            |rate| format!("{}/h", format::rate(rate)),
        );
        page.line([
            (format!("{rate} goes on: "), Tone::Quiet.into()),
            (format!("{}  {}", one.kind, one.id), Tone::Plain.into()),
        ]);
    }
}
