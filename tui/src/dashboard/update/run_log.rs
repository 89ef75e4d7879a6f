//! The log of a stack's last teardown, sleep or wake.

use stack::StackName;

use crate::dashboard::effect::Effect;
use crate::dashboard::event::RunLog;
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{LogFile, LogView, Popup};
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::view;
use crate::format::style::Tone;

/// How many lines a page key scrolls.
const PAGE_LINES: usize = 10;

/// Opens the log of the open or selected stack, and reads its files.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(key) = model.current().cloned() else {
        model.set_status(Tone::Quiet, "no stack selected");
        return Vec::new();
    };
    model.dismiss_status();
    let stack = key.name();
    model.popup = Some(Popup::Log(Box::new(LogView::new(stack.clone()))));
    vec![Effect::LoadRunLog(stack)]
}

/// Handles a key in the popup. Returns whether it stays open.
pub(super) fn act(model: &Model, log: &mut LogView, msg: Msg) -> bool {
    let last = view::max_log_scroll(log, model);
    let at = log.scroll.unwrap_or(last).min(last);
    let to = match msg {
        Msg::Down => at + 1,
        Msg::Up => at.saturating_sub(1),
        Msg::PageDown => at + PAGE_LINES,
        Msg::PageUp => at.saturating_sub(PAGE_LINES),
        Msg::HalfPageDown => at + PAGE_LINES / 2,
        Msg::HalfPageUp => at.saturating_sub(PAGE_LINES / 2),
        Msg::First => 0,
        Msg::Last => last,
        _ => return false,
    };
    // At the end, new lines scroll the text.
    log.scroll = (to < last).then_some(to);
    true
}

/// Reads the files again when an operation on the stack has ended: Terraform's messages are
/// complete only then.
pub(super) fn ended(model: &Model, stack: &StackName) -> Option<Effect> {
    match &model.popup {
        Some(Popup::Log(log)) if log.stack == *stack => Some(Effect::LoadRunLog(stack.clone())),
        _ => None,
    }
}

/// Shows what was read.
pub(super) fn loaded(
    model: &mut Model,
    stack: &StackName,
    answer: Result<Option<Box<RunLog>>, Problem>,
) {
    if let Some(Popup::Log(log)) = &mut model.popup
        && log.stack == *stack
    {
        log.file = match answer {
            Ok(Some(file)) => LogFile::Read(file),
            Ok(None) => LogFile::None,
            Err(problem) => LogFile::Failed(problem),
        };
        model.dirty = true;
    }
}
