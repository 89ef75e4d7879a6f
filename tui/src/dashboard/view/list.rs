//! The list of stacks, with column titles and group headings.
//!
//! ```text
//!   NAME             OWNER     STATE            TIME LEFT ▲           $/H
//!   checkout         2 stacks, $0.84/h
//! ▌ checkout-1.4.0   ana       ● ready          ━━━━━━━┈┈ 4 h 48 min  $0.42
//!   checkout-1.5.0   ana       ● ready, held    ━━┈┈┈┈┈┈┈ 24 min      $0.42
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::layout::{self, Placed};
use super::row;
use crate::dashboard::model::Model;
use crate::dashboard::model::list::{Group, Line};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::values;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let columns = layout::columns(area.width, model.list.widths());
    titles(canvas, area.y, &columns, model);
    let rows = layout::list_rows(model.size);
    for (y, line) in (rows.y..rows.bottom()).zip(model.list.shown(rows.height.into())) {
        match line {
            Line::Group(group) => heading(
                canvas,
                Rect {
                    y,
                    height: 1,
                    ..rows
                },
                group,
            ),
            Line::Stack(at) => {
                if let Some(stack) = model.store.stacks().get(*at) {
                    let selected = model
                        .list
                        .selected()
                        .is_some_and(|key| stack.compare_key(key).is_eq());
                    row::render(
                        canvas,
                        Rect {
                            y,
                            height: 1,
                            ..rows
                        },
                        &columns,
                        stack,
                        selected,
                        model,
                    );
                }
            }
        }
    }
    if model.list.lines().is_empty() {
        let text = "No stacks match the filter. Esc clears it.";
        canvas.put(
            area.x + 2,
            rows.y + 1,
            area.width.saturating_sub(3),
            text,
            Tone::Plain,
        );
    }
}

fn titles(canvas: &mut Canvas<'_>, y: u16, columns: &[Placed], model: &Model) {
    let order = model.list.order;
    for Placed { column, x, width } in columns.iter().copied() {
        let chosen = order.by == column;
        let mut title = column.title().to_owned();
        if chosen {
            title.push_str(if order.is_ascending() { " ▲" } else { " ▼" });
        }
        let ink = if chosen { Ink::Accent } else { Ink::Title };
        if column.is_figure() {
            canvas.put_right(x, y, width, &title, ink);
        } else {
            canvas.put(x, y, width, &title, ink);
        }
    }
}

fn heading(canvas: &mut Canvas<'_>, area: Rect, group: &Group) {
    let x = canvas.put_name(
        area.x + 1,
        area.y,
        area.width.saturating_sub(30),
        &group.key,
        Tone::Heading,
    );
    let rate = group.rate.map_or_else(String::new, |rate| {
        format!(", {}", values::per_hour(rate, group.rate_is_minimum))
    });
    let text = format!("{}{rate}", values::count(group.stacks, "stack"));
    let x = canvas.put(
        x + 2,
        area.y,
        area.right().saturating_sub(x + 3),
        &text,
        Tone::Quiet,
    );
    canvas.rule(x + 2, area.y, area.right().saturating_sub(x + 3));
}
