//! The page of one stack: name, state, tabs, and the content of the open tab.
//!
//! ```text
//!  checkout-1.4.0   ● ready, held
//!  1 Lease  2 Init  3 Resources  4 Events  5 Economics
//!
//!   content of the tab
//! ```

mod cost;
mod economics;
mod events;
mod init;
mod lease;
mod progress;
mod resources;
mod sparklines;
mod timeline;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::page::Page;
use super::{glyphs, layout};
use crate::dashboard::model::detail::{Detail, Tab};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::{Model, Screen, Size};
use crate::dashboard::theme::Ink;
use crate::format::fields;
use crate::format::style::Tone;

/// The number of rows above the tab's content.
const HEAD: u16 = 3;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, detail: &Detail, model: &Model) {
    let x = area.x + 1;
    let name = canvas.put_name(
        x,
        area.y,
        area.width / 2,
        detail.stack.name().as_str(),
        Tone::Heading,
    );
    let Some(stack) = model.store.stack(&detail.stack) else {
        return gone(canvas, area, name, detail, model);
    };
    let listing = stack.listing(model.store.view());
    let state = format!(
        "{} {}",
        glyphs::phase(listing.phase),
        fields::state(&listing)
    );
    let room = area.right().saturating_sub(name + 4);
    canvas.put(name + 3, area.y, room, &state, fields::state_tone(&listing));
    for (tab, x, width) in tabs(area) {
        let (number, ink) = if tab == detail.tab {
            (Ink::Accent, Ink::Accent)
        } else {
            (Ink::Rule, Ink::Tone(Tone::Plain))
        };
        let shown = tab as usize + 1;
        let end = canvas.put(x, area.y + 1, width, &format!("{shown} "), number);
        canvas.put(end, area.y + 1, width, tab.title(), ink);
        if tab == detail.tab {
            canvas.put(x, area.y + 2, width, &"▔".repeat(width.into()), Ink::Accent);
        }
    }
    let inside = inside(area);
    page(detail, stack, model, inside.width).draw(canvas, inside, detail.scroll);
}

fn gone(canvas: &mut Canvas<'_>, area: Rect, x: u16, detail: &Detail, model: &Model) {
    let text = format!("{} gone", glyphs::phase(stack::Phase::Gone));
    canvas.put(x + 3, area.y, area.width, &text, Tone::Quiet);
    let inside = inside(area);
    afterwards(detail, model, inside.width).draw(canvas, inside, detail.scroll);
}

/// The page of a stack that is gone.
fn afterwards(detail: &Detail, model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    let operation = detail
        .stack
        .leased()
        .and_then(|name| model.operations.last(name));
    if let Some(operation) = operation {
        progress::fill(&mut page, operation, model);
        page.blank();
    }
    page.text("Events", Tone::Heading);
    events::fill(&mut page, detail);
    page
}

/// The content of the open tab.
fn page(detail: &Detail, stack: &StackRow, model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    match detail.tab {
        Tab::Lease => lease::fill(&mut page, stack, model),
        Tab::Init => init::fill(&mut page, stack, model),
        Tab::Resources => resources::fill(&mut page, stack, model),
        Tab::Events => events::fill(&mut page, detail),
        Tab::Economics => economics::fill(&mut page, stack, detail, model),
    }
    page
}

fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + HEAD,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(HEAD),
    }
}

/// Each tab with its column and width.
fn tabs(area: Rect) -> impl Iterator<Item = (Tab, u16, u16)> {
    let mut x = area.x + 1;
    Tab::ALL.into_iter().map(move |tab| {
        let width = 2 + u16::try_from(tab.title().len()).unwrap_or(0);
        let placed = (tab, x, width);
        x += width + 3;
        placed
    })
}

/// Returns the tab at a position on the screen.
pub(crate) fn tab_at(size: Size, x: u16, y: u16) -> Option<Tab> {
    let area = layout::areas(size).body;
    let found = tabs(area).find(|(_, from, width)| (*from..from + width).contains(&x));
    found.filter(|_| y == area.y + 1).map(|(tab, _, _)| tab)
}

/// Returns the largest useful scroll position of the open page: 0 if it fits on the screen.
pub(crate) fn max_scroll(model: &Model) -> usize {
    let inside = inside(layout::areas(model.size).body);
    let Screen::Detail(detail) = &model.screen else {
        return 0;
    };
    let lines = match model.store.stack(&detail.stack) {
        Some(stack) => page(detail, stack, model, inside.width).len(),
        None => afterwards(detail, model, inside.width).len(),
    };
    lines.saturating_sub(inside.height.into())
}
