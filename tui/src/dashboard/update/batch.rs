//! The results of an action on several stacks: each is stored as it arrives, and the last one ends
//! the action.

use stack::StackName;
use stack::service::power::PowerOutcome;

use super::sleep;
use crate::dashboard::model::Model;
use crate::dashboard::model::batch::BatchState;
use crate::dashboard::model::bulk_action::BulkAction;
use crate::dashboard::model::operations::OperationResult;
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::format::style::Tone;
use crate::format::values;

/// Whether the action in progress waits for this stack.
pub(super) fn is_pending(model: &Model, stack: &StackName) -> bool {
    let batch = model.batch.as_ref();
    batch.and_then(|batch| batch.state(stack)) == Some(&BatchState::Pending)
}

/// Stores the result of a teardown. Returns whether it belongs to the action in progress.
pub(super) fn teardown_ended(model: &mut Model, stack: &StackName, refused: bool) -> bool {
    let operation = model.operations.last(stack);
    let result = operation.and_then(|operation| operation.result.as_ref());
    let state = match result {
        Some(OperationResult::TornDown(outcome)) => match outcome.residue.first() {
            None => {
                let deleted = values::count(outcome.deleted.len(), "resource");
                BatchState::Done(format!("gone: {deleted} deleted"))
            }
            Some(first) => BatchState::Residue(format!(
                "{} left: {}: {}",
                outcome.residue.len(),
                first.id,
                first.reason
            )),
        },
        Some(OperationResult::Failed(reason)) if refused => BatchState::Refused(reason.clone()),
        Some(OperationResult::Failed(reason)) => BatchState::Failed(reason.clone()),
        Some(OperationResult::PowerFinished(_)) | None => return false,
    };
    end(model, &[BulkAction::Teardown], stack, state)
}

/// Stores the result of a sleep or a wake.
pub(super) fn power_finished(
    model: &mut Model,
    stack: &StackName,
    answer: &Result<Box<PowerOutcome>, Problem>,
) {
    let state = match answer {
        Ok(outcome) => match sleep::outcome_message(stack, outcome, &model.settings.keymap) {
            (Tone::Good, text) => BatchState::Done(text),
            (_, text) => BatchState::Failed(text),
        },
        Err(problem) => left(problem),
    };
    end(model, &[BulkAction::Sleep, BulkAction::Wake], stack, state);
}

/// Stores the result of a change of a lease. Returns whether it belongs to the action in progress.
pub(super) fn change_finished(
    model: &mut Model,
    stack: &StackName,
    answer: &Result<String, Problem>,
) -> bool {
    let state = match answer {
        Ok(text) => BatchState::Done(text.clone()),
        Err(problem) => left(problem),
    };
    let changes = [BulkAction::Extend, BulkAction::Hold, BulkAction::Unhold];
    end(model, &changes, stack, state)
}

fn left(problem: &Problem) -> BatchState {
    if problem.refused {
        BatchState::Refused(problem.message.clone())
    } else {
        BatchState::Failed(problem.message.clone())
    }
}

/// Stores how one of these actions ended on a stack, and says how far the action is. Returns
/// `false` if the action in progress is another one, or does not wait for this stack.
fn end(model: &mut Model, actions: &[BulkAction], stack: &StackName, state: BatchState) -> bool {
    let batch = model.batch.as_mut();
    let Some(batch) = batch.filter(|batch| actions.contains(&batch.action)) else {
        return false;
    };
    let problem = match &state {
        BatchState::Refused(reason) => Some((Tone::Notice, reason.clone())),
        BatchState::Failed(reason) | BatchState::Residue(reason) => {
            Some((Tone::Alarm, reason.clone()))
        }
        BatchState::Pending | BatchState::Done(_) => None,
    };
    if !batch.end(stack, state) {
        return false;
    }
    let (results, is_running, is_success) =
        (batch.results(), batch.is_running(), batch.is_success());
    if let Some((tone, reason)) = problem {
        model.set_status(tone, format!("✗ {}", named(stack, &reason)));
    }
    let key = model.settings.keymap.key(Msg::Results);
    let text = format!("{results}; {key} shows each");
    if is_running {
        model.acknowledge(text);
    } else {
        let tone = if is_success { Tone::Good } else { Tone::Notice };
        model.set_status(tone, text);
    }
    model.dirty = true;
    true
}

/// The reason with the name of its stack, which most reasons have already.
fn named(stack: &StackName, reason: &str) -> String {
    if reason.contains(stack.as_str()) {
        reason.to_owned()
    } else {
        format!("{stack}: {reason}")
    }
}
