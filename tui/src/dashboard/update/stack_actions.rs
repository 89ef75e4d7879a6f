//! What is done with a stack: each key either opens its popup, acts, or says why it cannot.

use stack::{Lease, Phase};

use super::{sleep, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::event::Problem;
use crate::dashboard::model::Model;
use crate::dashboard::model::operations::Doing;
use crate::dashboard::model::popup::{Extend, Hold, Popup};
use crate::dashboard::model::world::{Key, Stack};
use crate::dashboard::msg::Msg;
use crate::format::style::Tone;

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
pub(super) fn reason_against(model: &Model, msg: Msg, key: &Key) -> Option<Problem> {
    let Some(stack) = model.world.stack(key) else {
        return Some(Problem::refused(format!(
            "{key} is gone: nothing is left to act on"
        )));
    };
    // Planning a teardown changes nothing; carrying it out is refused where it is confirmed.
    if let (Some(why), false) = (&model.setting.read_only, msg == Msg::Teardown) {
        return Some(Problem::refused(format!("nothing is changed: {why}")));
    }
    let acts = matches!(msg, Msg::Teardown | Msg::Sleep | Msg::Wake);
    if let (true, Some(work)) = (acts, model.works.running(&key.name())) {
        let what = match work.doing {
            Doing::Teardown => "it is being torn down already",
            Doing::Sleep => "it falls asleep",
            Doing::Wake => "it wakes",
        };
        let text = format!("{key}: {what}; Enter, 3 follows it");
        return Some(Problem::refused(text));
    }
    let why = match stack.lease() {
        Some(lease) => against_leased(model, msg, stack, lease),
        None => against_unleased(model, msg, key),
    };
    why.map(|why| Problem::refused(format!("{key}: {why}")))
}

fn against_leased(model: &Model, msg: Msg, stack: &Stack, lease: &Lease) -> Option<&'static str> {
    let going = stack.phase == Phase::TearingDown;
    Some(match msg {
        Msg::Sleep | Msg::Wake if model.setting.demo => {
            "the made-up world has no cloud in which anything could be stopped or started"
        }
        Msg::Sleep if !model.setting.cloud => {
            "sleep stops compute in a cloud: it comes with [[account]] in the configuration"
        }
        Msg::Wake if !model.setting.cloud => {
            "wake starts compute in a cloud: it comes with [[account]] in the configuration"
        }
        Msg::Unhold if lease.at(model.now()).hold_until.is_none() => "it is not held",
        Msg::Sleep | Msg::Wake if going => "it is being torn down",
        Msg::Wake if stack.phase != Phase::Asleep && !lease.partly_asleep => "it is awake",
        Msg::Extend if going => "it is being torn down: more time would change nothing",
        _ => return None,
    })
}

/// Of a stack that only tags tell of nothing is known that could be moved: it can be ended, and nothing else.
fn against_unleased(model: &Model, msg: Msg, key: &Key) -> Option<&'static str> {
    Some(match msg {
        Msg::Extend => "only its tags tell of it: without a lease there is no end to move",
        Msg::Hold => "only its tags tell of it: without a lease no reaper touches it anyway",
        Msg::Unhold => "only its tags tell of it: without a lease nothing holds it",
        Msg::Sleep | Msg::Wake => {
            "only its tags tell of it: without a lease its sizes would be written down nowhere"
        }
        Msg::Teardown if model.setting.demo => {
            "only its tags tell of it, and the made-up world has no cloud that could be swept"
        }
        Msg::Teardown if !model.setting.cloud => {
            "only its tags tell of it, and without an [[account]] nothing can be swept"
        }
        Msg::Teardown if key.wish().is_none() => {
            "its tags do not name a stack, an app and an owner as jiti writes them: on their word nothing is swept"
        }
        _ => return None,
    })
}

fn begin(model: &mut Model, msg: Msg, key: Key) -> Vec<Effect> {
    if msg == Msg::Teardown {
        return teardown::begin(model, key);
    }
    let Some(lease) = model.world.stack(&key).and_then(Stack::lease) else {
        return Vec::new();
    };
    let (policy, now) = (&model.setting.policy, model.now());
    let name = lease.name.clone();
    model.popup = match msg {
        Msg::Extend => Some(Popup::Extend(Extend::new(lease, policy, now))),
        Msg::Hold => Some(Popup::Hold(Box::new(Hold::new(lease, policy, now)))),
        Msg::Sleep => return sleep::begin(model, name),
        Msg::Wake => return sleep::wake(model, name),
        Msg::Unhold => {
            model.say(Tone::Quiet, format!("ending the hold of {name}"));
            return vec![Effect::Unhold(name)];
        }
        _ => return Vec::new(),
    };
    model.said = None;
    Vec::new()
}
