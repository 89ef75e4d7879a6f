//! The status line: the filter's text field, the last message, or the filter and the sort order.

use jiff::Timestamp;
use ratatui::layout::Rect;
use stack::view::CloudView;

use super::canvas::{Canvas, width as text_width};
use crate::dashboard::model::list::Grouping;
use crate::dashboard::model::messages::Message;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::text::clean;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let y = area.bottom().saturating_sub(1);
    if area.height > 1 {
        canvas.rule(area.x, area.y, area.width);
    }
    let (x, width) = (area.x + 1, area.width.saturating_sub(2));
    if model.command_line.is_open() {
        return;
    }
    if model.list.editing_filter {
        return filter(canvas, x, y, width, model);
    }
    if let Some(message) = model.messages.shown() {
        let key = model.settings.keymap.key(Msg::Messages);
        let waiting = model.messages.waiting();
        return self::message(canvas, (x, y, width), message, waiting, &key);
    }
    if matches!(model.screen, Screen::List) && !model.store.stacks().is_empty() {
        canvas.put(x, y, width, &shown(model), Tone::Quiet);
    }
}

/// The least width of the filter's text field.
const MIN_FIELD_COLUMNS: u16 = 24;

/// Draws a message, and says how the user can read the rest of it and those that wait.
fn message(
    canvas: &mut Canvas<'_>,
    (x, y, width): (u16, u16, u16),
    message: &Message,
    waiting: usize,
    key: &str,
) {
    let is_cut = text_width(&clean(&message.text)) > usize::from(width);
    let hint = match waiting {
        0 if !is_cut || !message.lasting => String::new(),
        0 => format!("{key} shows all of it"),
        waiting => format!("{waiting} more, {key} lists them"),
    };
    let hint_columns = u16::try_from(hint.len()).unwrap_or(0);
    let gap = if hint.is_empty() { 0 } else { 2 };
    let room = width.saturating_sub(hint_columns + gap);
    canvas.put(x, y, room, &message.text, message.tone);
    canvas.put_right(x, y, width, &hint, Tone::Quiet);
}

fn filter(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, model: &Model) {
    let input = &model.list.input;
    let x = canvas.put(x, y, width, "/ ", Ink::Accent);
    let (count, tone) = match model.list.filter_problem() {
        Some(problem) => (problem.to_owned(), Tone::Alarm),
        None => (
            format!("{} of {}", model.list.stacks(), model.store.stacks().len()),
            Tone::Quiet,
        ),
    };
    // The field keeps room for a few words next to a long error.
    let count_columns = u16::try_from(text_width(&clean(&count))).unwrap_or(u16::MAX);
    let count_columns = count_columns.min(width.saturating_sub(MIN_FIELD_COLUMNS));
    let room = width.saturating_sub(4 + count_columns);
    super::popup::line(canvas, x, y, room, input, true);
    if input.value().is_empty() {
        let hint = "words, owner:ana, phase:purgatory, flag:held, !not";
        canvas.put(x + 1, y, room.saturating_sub(1), hint, Tone::Quiet);
    }
    canvas.put_right(x + room, y, width.saturating_sub(room + 2), &count, tone);
}

/// The filter, the sort order, the grouping and the age of the cloud data.
fn shown(model: &Model) -> String {
    let list = &model.list;
    let mut text = match model.marks.len() {
        0 => String::new(),
        1 => "1 marked: d e h u z w act on it, Esc unmarks · ".to_owned(),
        marked => format!("{marked} marked: d e h u z w act on them, Esc unmarks · "),
    };
    text += &if list.is_filtered() {
        format!(
            "{} of {} match {}",
            list.stacks(),
            model.store.stacks().len(),
            list.input.value()
        )
    } else {
        "all stacks".to_owned()
    };
    text.push_str(" · sorted by ");
    text.push_str(list.order.label());
    match list.grouping {
        Grouping::None => {}
        Grouping::App => text.push_str(" · grouped by app"),
        Grouping::Owner => text.push_str(" · grouped by owner"),
    }
    if let Some(cloud) = sight(model) {
        text.push_str(" · ");
        text.push_str(&cloud);
    }
    text
}

/// The age of the cloud data; `None` if no account is configured.
fn sight(model: &Model) -> Option<String> {
    let known = model.store.cloud().map(CloudView::known);
    let looked = known.and_then(|known| known.places.values().map(|place| place.tried_at).min());
    let gaps = known.map_or(0, |known| known.unchecked().len());
    let gaps = match gaps {
        0 => String::new(),
        // The page of each stack lists the failed sources.
        1 => ", 1 source failed".to_owned(),
        count => format!(", {count} sources failed"),
    };
    let time = |at: Timestamp| at.strftime("%H:%M:%S").to_string();
    match (model.syncing, looked) {
        (true, None) => Some("querying AWS…".to_owned()),
        (true, Some(at)) => Some(format!("AWS data from {}, refreshing…", time(at))),
        (false, Some(at)) => Some(format!("AWS data from {}{gaps}", time(at))),
        (false, None) => model
            .settings
            .cloud
            .then(|| "AWS not queried yet".to_owned()),
    }
}
