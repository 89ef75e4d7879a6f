//! Keys that act on one stack: each opens a popup, starts an action, or says why it cannot.

use super::{marks, refusal, sleep, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{ExtendDialog, HoldDialog, Popup};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::format::style::Tone;

/// Handles a key that acts on the open stack, on the marked stacks, or else on the selected one.
pub(super) fn on_stack(model: &mut Model, msg: Msg) -> Vec<Effect> {
    if let Some(effects) = marks::on_several(model, msg) {
        return effects;
    }
    let Some(name) = marks::single(model).or(model.current()).cloned() else {
        model.set_status(Tone::Quiet, "no stack selected");
        return Vec::new();
    };
    if msg == Msg::Copy {
        model.set_status(Tone::Plain, format!("copied {name}"));
        return vec![Effect::Copy(name.to_string())];
    }
    if let (Msg::Teardown, Some(why)) = (msg, &model.settings.read_only) {
        let refresh = model.settings.keymap.key(Msg::Refresh);
        let text = format!("read-only: {why}; Enter, 3, {refresh} plans the teardown");
        model.show_problem(&Problem::refused(text));
        return Vec::new();
    }
    match refusal::reason(model, msg, &name) {
        Some(problem) => {
            model.show_problem(&problem);
            Vec::new()
        }
        None => begin(model, msg, name),
    }
}

fn begin(model: &mut Model, msg: Msg, key: StackKey) -> Vec<Effect> {
    if msg == Msg::Teardown {
        return teardown::begin(model, key);
    }
    let Some(lease) = model.store.stack(&key).and_then(StackRow::lease) else {
        return Vec::new();
    };
    let (policy, now) = (model.policy(), model.now());
    let name = lease.name.clone();
    model.popup = match msg {
        Msg::Extend => Some(Popup::Extend(ExtendDialog::new(lease, policy, now))),
        Msg::Hold => Some(Popup::Hold(Box::new(HoldDialog::new(lease, policy, now)))),
        Msg::Sleep => return sleep::begin(model, name),
        Msg::Wake => return sleep::wake(model, name),
        Msg::Unhold => {
            model.set_status(Tone::Quiet, format!("ending the hold on {name}"));
            return vec![Effect::Unhold(name)];
        }
        _ => return Vec::new(),
    };
    model.dismiss_status();
    Vec::new()
}
