//! The line above the keys: the filter while it is written, else what was said last, else what is shown.

use jiff::Timestamp;
use ratatui::layout::Rect;
use stack::view::CloudView;

use super::canvas::Canvas;
use crate::dashboard::model::list::Grouping;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let y = area.bottom().saturating_sub(1);
    if area.height > 1 {
        canvas.rule(area.x, area.y, area.width);
    }
    let (x, width) = (area.x + 1, area.width.saturating_sub(2));
    if model.list.writing {
        return filter(canvas, x, y, width, model);
    }
    if let Some(said) = &model.said {
        canvas.put(x, y, width, &said.text, said.tone);
        return;
    }
    if matches!(model.screen, Screen::List) && !model.world.stacks().is_empty() {
        canvas.put(x, y, width, &shown(model), Tone::Quiet);
    }
}

fn filter(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, model: &Model) {
    let input = &model.list.input;
    let x = canvas.put(x, y, width, "/ ", Ink::Accent);
    let count = format!("{} of {}", model.list.stacks(), model.world.stacks().len());
    let room = width.saturating_sub(4 + u16::try_from(count.len()).unwrap_or(0));
    super::popup::line(canvas, x, y, room, input, true);
    if input.value().is_empty() {
        let hint = "words, or owner:ana phase:purgatory flag:held, !not";
        canvas.put(x + 1, y, room.saturating_sub(1), hint, Tone::Quiet);
    }
    canvas.put_right(
        x + room,
        y,
        width.saturating_sub(room + 2),
        &count,
        Tone::Quiet,
    );
}

/// What the list shows, in words.
fn shown(model: &Model) -> String {
    let list = &model.list;
    let mut text = if list.is_filtered() {
        format!(
            "{} of {} fit {}",
            list.stacks(),
            model.world.stacks().len(),
            list.input.value()
        )
    } else {
        "all".to_owned()
    };
    text.push_str(" · by ");
    text.push_str(list.order.words());
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

/// How old what is known of the cloud is; `None` where there is no cloud.
fn sight(model: &Model) -> Option<String> {
    let known = model.world.cloud().map(CloudView::known);
    let looked = known.and_then(|known| known.places.values().map(|place| place.tried_at).min());
    let gaps = known.map_or(0, |known| known.unchecked().len());
    let gaps = match gaps {
        0 => String::new(),
        // What a stack's page tells in full.
        count => format!(", {count} silent"),
    };
    let time = |at: Timestamp| at.strftime("%H:%M:%S").to_string();
    match (model.asking, looked) {
        (true, None) => Some("asking the cloud…".to_owned()),
        (true, Some(at)) => Some(format!("cloud as of {}, asking again…", time(at))),
        (false, Some(at)) => Some(format!("cloud as of {}{gaps}", time(at))),
        (false, None) => model
            .setting
            .cloud
            .then(|| "the cloud was not asked yet".to_owned()),
    }
}
