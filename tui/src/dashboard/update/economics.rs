//! The screen over all stacks: opening it, moving the selection, and explaining a figure.

use super::keys::everywhere;
use crate::dashboard::effect::Effect;
use crate::dashboard::model::detail::Tab;
use crate::dashboard::model::economics::explanation::Explanation;
use crate::dashboard::model::economics::{
    EconomicsData, EconomicsScreen, ReportData, ReportState, Step,
};
use crate::dashboard::model::popup::Popup;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;

/// How many figures a page key passes.
const PAGE: usize = 5;

/// Opens the screen over all stacks, and reads a new report.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.dismiss_status();
    model.screen = Screen::Economics(Box::new(EconomicsScreen::new()));
    load(model)
}

/// Reads a report, unless one is being read. The earlier one stays on the screen.
pub(super) fn load(model: &mut Model) -> Vec<Effect> {
    let economics = &mut model.economics;
    if economics.is_loading {
        return Vec::new();
    }
    economics.is_loading = true;
    if economics.data().is_none() {
        economics.state = ReportState::Loading;
    }
    vec![Effect::LoadReport(economics.period)]
}

/// Reads the first report if the open tab shows its verdict.
pub(super) fn load_for_tab(model: &mut Model) -> Vec<Effect> {
    match &model.screen {
        Screen::Detail(detail)
            if detail.tab == Tab::Economics
                && matches!(model.economics.state, ReportState::Absent) =>
        {
            load(model)
        }
        _ => Vec::new(),
    }
}

/// A report was read, or could not be.
pub(super) fn loaded(model: &mut Model, answer: Result<Box<ReportData>, Problem>) {
    model.dirty = true;
    model.economics.is_loading = false;
    match answer {
        Ok(report) => {
            let data = EconomicsData::new(*report, &model.store);
            if let Screen::Economics(screen) = &mut model.screen {
                screen.follow(&data);
            }
            model.economics.state = ReportState::Loaded(Box::new(data));
        }
        Err(problem) if model.economics.data().is_some() => model.show_problem(&problem),
        Err(problem) => model.economics.state = ReportState::Failed(problem),
    }
}

/// Handles a message on the screen.
pub(super) fn act(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let steps = match msg {
        Msg::Up => (Step::Up, 1),
        Msg::Down => (Step::Down, 1),
        Msg::PreviousTab => (Step::Left, 1),
        Msg::NextTab => (Step::Right, 1),
        Msg::PageUp | Msg::HalfPageUp => (Step::Up, PAGE),
        Msg::PageDown | Msg::HalfPageDown => (Step::Down, PAGE),
        Msg::First | Msg::Last | Msg::Open => {
            jump_or_explain(model, msg);
            return Vec::new();
        }
        Msg::Back | Msg::Economics => {
            model.screen = Screen::List;
            return Vec::new();
        }
        Msg::Refresh => {
            let mut effects = load(model);
            effects.extend(everywhere(model, msg));
            return effects;
        }
        other => return everywhere(model, other),
    };
    let (Screen::Economics(screen), Some(data)) = (&mut model.screen, model.economics.data())
    else {
        return Vec::new();
    };
    for _ in 0..steps.1 {
        screen.step(steps.0, data);
    }
    Vec::new()
}

fn jump_or_explain(model: &mut Model, msg: Msg) {
    let (Screen::Economics(screen), Some(data)) = (&mut model.screen, model.economics.data())
    else {
        return;
    };
    match msg {
        Msg::First => screen.first(),
        Msg::Last => screen.last(data),
        _ => {
            let explanation = Explanation::of(screen.selected, data);
            model.popup = explanation.map(|shown| Popup::Explanation(Box::new(shown), 0));
        }
    }
}
