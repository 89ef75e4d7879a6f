//! The command line: opens it, edits it, and runs its commands.

use tui_input::{Input, InputRequest};

use super::{economics, keys, navigation};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::model::command_line::{CommandLine, ListCommand, Surroundings};
use crate::dashboard::model::popup::Popup;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::view::layout;
use crate::format::style::Tone;

/// Opens an empty command line.
pub(super) fn open(model: &mut Model) {
    model.dismiss_status();
    with_surroundings(model, CommandLine::open);
}

/// Edits the text.
pub(super) fn edit(model: &mut Model, request: InputRequest) {
    with_surroundings(model, |line, around| line.edit(request, around));
}

/// Handles a message while the command line is open.
pub(super) fn act(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Open => return run(model),
        Msg::Back => model.command_line.close(),
        Msg::Up => with_surroundings(model, |line, around| line.recall(true, around)),
        Msg::Down => with_surroundings(model, |line, around| line.recall(false, around)),
        Msg::NextTab => with_surroundings(model, |line, around| line.complete(true, around)),
        Msg::PreviousTab => with_surroundings(model, |line, around| line.complete(false, around)),
        _ => {}
    }
    Vec::new()
}

fn with_surroundings(model: &mut Model, change: impl FnOnce(&mut CommandLine, Surroundings<'_>)) {
    let around = Surroundings {
        store: &model.store,
        list: &model.list,
    };
    change(&mut model.command_line, around);
}

/// Runs the command. If it is wrong, the text stays, next to the reason.
fn run(model: &mut Model) -> Vec<Effect> {
    let Some(line) = model.command_line.line() else {
        return Vec::new();
    };
    let text = line.input.value().trim().to_owned();
    let around = Surroundings {
        store: &model.store,
        list: &model.list,
    };
    match ListCommand::read(&text, around) {
        Ok(None) => model.command_line.close(),
        Ok(Some(command)) => {
            model.command_line.accept(&text);
            return carry_out(model, command);
        }
        Err(problem) => model.command_line.reject(problem),
    }
    Vec::new()
}

fn carry_out(model: &mut Model, command: ListCommand) -> Vec<Effect> {
    match command {
        ListCommand::Sort(order) => {
            model.list.order = order;
            show_list(model);
        }
        ListCommand::Group(grouping) => {
            model.list.grouping = grouping;
            show_list(model);
        }
        ListCommand::Filter(text) => {
            model.list.input = Input::new(text);
            show_list(model);
        }
        ListCommand::Columns(columns) => {
            model.list.columns = columns;
            show_list(model);
            name_hidden_columns(model);
        }
        ListCommand::Theme(theme) => {
            model.theme = theme;
            if !model.settings.colour {
                let text = "the theme has no colours here, because of NO_COLOR";
                model.set_status(Tone::Notice, text);
            }
        }
        ListCommand::Show(stack) => return show(model, stack),
        ListCommand::Extend(by) => {
            return open_popup(model, Msg::Extend, |popup| {
                if let (Popup::Extend(dialog), Some(by)) = (popup, by) {
                    dialog.fill(by);
                }
            });
        }
        ListCommand::Hold(until, why) => {
            return open_popup(model, Msg::Hold, |popup| {
                if let Popup::Hold(dialog) = popup {
                    dialog.fill(until, why);
                }
            });
        }
        ListCommand::Sleep(until) => {
            return open_popup(model, Msg::Sleep, |popup| {
                if let (Popup::Sleep(dialog), Some(until)) = (popup, until) {
                    dialog.until = Input::new(until);
                }
            });
        }
        ListCommand::Report(period) => {
            model.economics.period = period.unwrap_or(model.economics.period);
            return economics::open(model);
        }
        ListCommand::Act(msg) => return keys::on_screen(model, msg),
    }
    Vec::new()
}

/// Shows the list with its new order, groups, filter or columns.
fn show_list(model: &mut Model) {
    model.screen = Screen::List;
    model.dismiss_status();
    navigation::rebuild(model);
}

/// Says which of the chosen columns have no room, or nothing to show.
fn name_hidden_columns(model: &mut Model) {
    if model.list.columns.is_all() {
        return;
    }
    let placed = layout::columns(model.size.columns, model.list.widths());
    let is_hidden = |column: &ListColumn| placed.iter().all(|placed| placed.column != *column);
    let hidden = model.list.columns.columns().into_iter().filter(is_hidden);
    let hidden: Vec<&str> = hidden.map(ListColumn::id).collect();
    if !hidden.is_empty() {
        let text = format!(
            "no room or no data for these columns: {}",
            hidden.join(", ")
        );
        model.set_status(Tone::Notice, text);
    }
}

/// Opens the page of a stack, whether or not the list shows it.
fn show(model: &mut Model, stack: StackKey) -> Vec<Effect> {
    model
        .list
        .select(&model.store, &stack, layout::rows(model.size));
    navigation::open(model, stack)
}

/// Does what a key does, and fills the popup that it opens.
fn open_popup(model: &mut Model, msg: Msg, fill: impl FnOnce(&mut Popup)) -> Vec<Effect> {
    let effects = keys::on_screen(model, msg);
    if let Some(popup) = &mut model.popup {
        fill(popup);
    }
    effects
}
