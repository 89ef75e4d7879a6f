//! The totals, next to each other.

use ratatui::layout::Rect;
use stack::Usd;

use super::super::canvas::Canvas;
use crate::dashboard::model::economics::{EconomicsData, FigureId, FigureList, Tile};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::{share, values};

/// The widest tile. On a wide screen the tiles stay together.
const MAX_COLUMNS: u16 = 22;

pub(super) fn render(
    canvas: &mut Canvas<'_>,
    area: Rect,
    selected: FigureId,
    data: &EconomicsData,
) {
    let count = u16::try_from(Tile::ALL.len()).unwrap_or(1);
    let width = (area.width / count).min(MAX_COLUMNS);
    let mut x = area.x;
    for (index, tile) in Tile::ALL.into_iter().enumerate() {
        let (title, value, tone) = content(tile, data);
        let room = width.saturating_sub(1);
        canvas.put(x, area.y, room, title, Ink::Title);
        canvas.put(x, area.y + 1, room, &value, tone);
        if selected.list == FigureList::Tiles && selected.index == index {
            let shown = Rect {
                x,
                y: area.y + 1,
                width: room,
                height: 1,
            };
            canvas.shade(shown, Ink::Selected);
        }
        x += width;
    }
}

fn content(tile: Tile, data: &EconomicsData) -> (&'static str, String, Tone) {
    let report = &data.report.by_app;
    let total = &report.total;
    let plain = |title, value| (title, value, Tone::Heading);
    match tile {
        Tile::Estimate => plain("ESTIMATE", usd(total.spent_usd, total.spent_is_minimum)),
        Tile::Billed => plain("BILLED", usd(total.billed_usd, false)),
        Tile::Idle => {
            let wasted = usd(total.idle.wasted_usd, total.idle.wasted_is_minimum);
            let tone = match total.idle.wasted_usd {
                Some(wasted) if !wasted.amount().is_zero() => Tone::Notice,
                _ => Tone::Heading,
            };
            ("WASTED", wasted, tone)
        }
        Tile::Init => plain("INIT", usd(total.init.usd, total.init.usd_is_minimum)),
        Tile::Success => {
            let rate = share::percent_or_unknown(total.starts.success_rate);
            plain("SUCCESS", rate)
        }
        Tile::Saved => {
            let saved = report.savings.and_then(|savings| savings.saved_usd);
            plain("SAVED", usd(saved, false))
        }
    }
}

/// An amount, or a dash if it is unknown.
pub(super) fn usd(amount: Option<Usd>, is_minimum: bool) -> String {
    amount.map_or_else(
        || values::UNKNOWN.to_owned(),
        |amount| values::at_least(values::usd(amount), is_minimum),
    )
}
