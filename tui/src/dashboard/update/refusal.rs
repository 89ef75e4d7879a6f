//! Which actions are not possible on a stack now, and why.

use stack::{Lease, Phase};

use crate::dashboard::model::Model;
use crate::dashboard::model::operations::OperationKind;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// Returns why an action is not possible on a stack now; `None` if it is.
pub(super) fn reason(model: &Model, msg: Msg, key: &StackKey) -> Option<Problem> {
    let Some(stack) = model.store.stack(key) else {
        return Some(Problem::refused(format!("{key} is gone")));
    };
    // A plan on the Resources tab changes nothing, so read-only mode allows it.
    if let (Some(why), false) = (&model.settings.read_only, msg == Msg::Teardown) {
        return Some(Problem::refused(format!("read-only: {why}")));
    }
    let acts = matches!(msg, Msg::Teardown | Msg::Sleep | Msg::Wake);
    if let (true, Some(operation)) = (acts, model.operations.running(&key.name())) {
        let what = match operation.kind {
            OperationKind::Teardown => "already being torn down",
            OperationKind::Sleep => "going to sleep",
            OperationKind::Wake => "waking up",
        };
        let text = format!("{key}: {what}; Enter, 3 shows progress");
        return Some(Problem::refused(text));
    }
    let why = match stack.lease() {
        Some(lease) => against_leased(model, msg, stack, lease),
        None => against_unleased(model, msg, key),
    };
    why.map(|why| Problem::refused(format!("{key}: {why}")))
}

fn against_leased(
    model: &Model,
    msg: Msg,
    stack: &StackRow,
    lease: &Lease,
) -> Option<&'static str> {
    let going = stack.phase == Phase::TearingDown;
    Some(match msg {
        Msg::Sleep if !model.settings.cloud => {
            "sleep needs an AWS account: add [[account]] to the configuration"
        }
        Msg::Wake if !model.settings.cloud => {
            "wake needs an AWS account: add [[account]] to the configuration"
        }
        Msg::Unhold if lease.at(model.now()).hold_until.is_none() => "not held",
        Msg::Sleep | Msg::Wake if going => "being torn down",
        Msg::Wake if stack.phase != Phase::Asleep && !lease.partly_asleep => "already awake",
        Msg::Extend if going => "cannot extend: being torn down",
        _ => return None,
    })
}

/// Why an action is not possible on a stack that was found by its tags. Only a teardown is.
fn against_unleased(model: &Model, msg: Msg, key: &StackKey) -> Option<&'static str> {
    Some(match msg {
        Msg::Extend => "no lease (found by tags only): nothing to extend",
        Msg::Hold => "no lease (found by tags only): the reaper never touches it",
        Msg::Unhold => "no lease (found by tags only): not held",
        Msg::Sleep | Msg::Wake => "no lease (found by tags only): cannot sleep or wake",
        Msg::Teardown if !model.settings.cloud => {
            "a sweep needs an AWS account: add [[account]] to the configuration"
        }
        Msg::Teardown if key.sweep_selector().is_none() => {
            "cannot sweep: the tags do not name a valid stack, app and owner"
        }
        _ => return None,
    })
}
