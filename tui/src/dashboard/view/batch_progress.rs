//! How far an action on several stacks is on one of them, for its popup and for the list.

use stack::StackName;

use crate::dashboard::model::Model;
use crate::dashboard::model::batch::{Batch, BatchState};
use crate::dashboard::model::operations::Operation;
use crate::dashboard::model::row::StackRow;
use crate::format::style::Tone;

/// Whether the action on a stack waits for its turn.
pub(super) fn waits(model: &Model, batch: &Batch, stack: &StackName) -> bool {
    let operation = operation(model, batch, stack);
    operation.is_some_and(|operation| !operation.started)
}

/// The symbol, the words and the tone of a stack on which the action has not ended.
pub(super) fn pending(
    model: &Model,
    batch: &Batch,
    stack: &StackName,
) -> (&'static str, String, Tone) {
    match operation(model, batch, stack) {
        Some(operation) if operation.started => ("▼", operation.progress(), Tone::Notice),
        Some(_) => ("·", "waiting".to_owned(), Tone::Quiet),
        None => ("·", "in progress".to_owned(), Tone::Quiet),
    }
}

/// The state of a stack in the list, while the action is in progress on it, or after it did not
/// succeed. `None`: the stack's own state says it.
pub(super) fn in_list(model: &Model, stack: &StackRow) -> Option<(String, Tone)> {
    let batch = model.batch.as_ref()?;
    let name = stack.key().name();
    Some(match batch.state(&name)? {
        BatchState::Pending => {
            let operation = operation(model, batch, &name)?;
            match operation.started {
                true => (format!("▼ {}", operation.progress()), Tone::Notice),
                false => (format!("· waits: {}", batch.action.noun()), Tone::Quiet),
            }
        }
        BatchState::Refused(_) => (format!("✗ {} refused", batch.action.noun()), Tone::Notice),
        BatchState::Failed(_) => (format!("✗ {} failed", batch.action.noun()), Tone::Alarm),
        BatchState::Residue(_) | BatchState::Done(_) => return None,
    })
}

/// The operation that the action started on a stack; `None` for a change of the lease.
fn operation<'a>(model: &'a Model, batch: &Batch, stack: &StackName) -> Option<&'a Operation> {
    let kind = batch.action.operation()?;
    let operation = model.operations.last(stack)?;
    (operation.kind == kind).then_some(operation)
}
