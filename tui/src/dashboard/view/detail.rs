//! One stack: its name and state, its tabs, and the open one.
//!
//! ```text
//!  checkout-1.4.0   ● ready, held
//!  1 Lease  2 Init  3 Resources  4 Events  5 Economics
//!
//!   what the tab shows
//! ```

mod cost;
mod economics;
mod events;
mod init;
mod lease;
mod progress;
mod resources;
mod timeline;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::page::Page;
use super::{glyphs, layout};
use crate::dashboard::model::detail::{Detail, Tab};
use crate::dashboard::model::world::Stack;
use crate::dashboard::model::{Model, Screen, Size};
use crate::dashboard::theme::Ink;
use crate::format::fields;
use crate::format::style::Tone;

/// The rows above what a tab shows.
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
    let Some(stack) = model.world.stack(&detail.stack) else {
        return gone(canvas, area, name, detail, model);
    };
    let listing = stack.listing(model.world.view());
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

/// What is told of a stack that is gone.
fn afterwards(detail: &Detail, model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    let work = detail.stack.leased().and_then(|name| model.works.of(name));
    if let Some(work) = work {
        progress::fill(&mut page, work, model.now());
        page.blank();
    }
    page.text("What happened to it:", Tone::Heading);
    events::fill(&mut page, detail);
    page
}

/// What a tab shows, whole.
fn page(detail: &Detail, stack: &Stack, model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    match detail.tab {
        Tab::Lease => lease::fill(&mut page, stack, model),
        Tab::Init => init::fill(&mut page, stack, model),
        Tab::Resources => resources::fill(&mut page, stack, model),
        Tab::Events => events::fill(&mut page, detail),
        Tab::Economics => economics::fill(&mut page, stack, model),
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

/// Where each tab stands, and how wide it is.
fn tabs(area: Rect) -> impl Iterator<Item = (Tab, u16, u16)> {
    let mut x = area.x + 1;
    Tab::ALL.into_iter().map(move |tab| {
        let width = 2 + u16::try_from(tab.title().len()).unwrap_or(0);
        let placed = (tab, x, width);
        x += width + 3;
        placed
    })
}

/// The tab at a place of the screen.
pub(crate) fn tab_at(size: Size, x: u16, y: u16) -> Option<Tab> {
    let area = layout::areas(size).body;
    let found = tabs(area).find(|(_, from, width)| (*from..from + width).contains(&x));
    found.filter(|_| y == area.y + 1).map(|(tab, _, _)| tab)
}

/// Scrolling ends where the page ends.
pub(crate) fn clamp_scroll(model: &mut Model) {
    let inside = inside(layout::areas(model.size).body);
    let Screen::Detail(detail) = &model.screen else {
        return;
    };
    let lines = match model.world.stack(&detail.stack) {
        Some(stack) => page(detail, stack, model, inside.width).len(),
        None => afterwards(detail, model, inside.width).len(),
    };
    let last = lines.saturating_sub(inside.height.into());
    if let Screen::Detail(detail) = &mut model.screen {
        detail.scroll = detail.scroll.min(last);
    }
}
