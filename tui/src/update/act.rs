//! What is done with a stack: each key either opens its popup, acts, or says why it cannot.

use stack::{Phase, StackName};

use super::{nap, teardown};
use crate::effect::Effect;
use crate::event::Problem;
use crate::model::Model;
use crate::model::popup::{Extend, Hold, Popup};
use crate::model::world::Stack;
use crate::msg::Msg;
use crate::output::style::Tone;

/// A key that is about the open or the selected stack.
pub(super) fn on_stack(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let Some(name) = model.current().cloned() else {
        model.say(Tone::Quiet, "no stack is selected");
        return Vec::new();
    };
    if msg == Msg::Copy {
        model.say(
            Tone::Plain,
            format!("{name} is in the clipboard, if this terminal allows it"),
        );
        return vec![Effect::Copy(name.to_string())];
    }
    match reason_against(model, msg, &name) {
        Some(problem) => {
            model.complain(&problem);
            Vec::new()
        }
        None => begin(model, msg, name),
    }
}

/// Why something cannot be done with a stack now; `None` when it can.
pub(super) fn reason_against(model: &Model, msg: Msg, name: &StackName) -> Option<Problem> {
    let Some(stack) = model.world.stack(name) else {
        return Some(Problem::refused(format!(
            "{name} is gone: nothing is left to act on"
        )));
    };
    // Planning a teardown changes nothing; carrying it out is refused where it is confirmed.
    if let (Some(why), false) = (&model.setting.read_only, msg == Msg::Teardown) {
        return Some(Problem::refused(format!("nothing is changed: {why}")));
    }
    let why = match msg {
        Msg::Sleep if !model.setting.cloud => {
            "sleep stops compute in a cloud: it comes with [[account]] in the configuration"
        }
        Msg::Wake if !model.setting.cloud => {
            "wake starts compute in a cloud: it comes with [[account]] in the configuration"
        }
        Msg::Teardown if model.works.running().any(|(at, _)| at == name) => {
            "it is being torn down already; Enter, 3 follows it"
        }
        Msg::Unhold if !is_held(stack, model) => {
            return Some(Problem::refused(format!("{name} is not held")));
        }
        Msg::Sleep | Msg::Wake if stack.phase == Phase::TearingDown => "it is being torn down",
        Msg::Wake if stack.phase != Phase::Asleep && !stack.lease.half_asleep => "it is awake",
        Msg::Extend if stack.phase == Phase::TearingDown => {
            "it is being torn down: more time would change nothing"
        }
        _ => return None,
    };
    Some(Problem::refused(format!("{name}: {why}")))
}

fn begin(model: &mut Model, msg: Msg, name: StackName) -> Vec<Effect> {
    let Some(stack) = model.world.stack(&name) else {
        return Vec::new();
    };
    let (policy, now) = (&model.setting.policy, model.now());
    model.popup = match msg {
        Msg::Extend => Some(Popup::Extend(Extend::new(&stack.lease, policy, now))),
        Msg::Hold => Some(Popup::Hold(Box::new(Hold::new(&stack.lease, policy, now)))),
        Msg::Sleep => return nap::begin(model, name),
        Msg::Wake => return nap::wake(model, name),
        Msg::Teardown => return teardown::begin(model, name),
        Msg::Unhold => {
            model.say(Tone::Quiet, format!("ending the hold of {name}"));
            return vec![Effect::Unhold(name)];
        }
        _ => return Vec::new(),
    };
    model.said = None;
    Vec::new()
}

fn is_held(stack: &Stack, model: &Model) -> bool {
    stack.lease.at(model.now()).hold_until.is_some()
}
