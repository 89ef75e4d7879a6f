//! Panics in an author's code: caught, and told to the person with their place.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use futures_util::FutureExt;

use crate::diag::{Failure, Result};

thread_local! {
    /// Where the latest panic of this thread was. The payload that unwinding brings has no place.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs an author's code; a panic in it becomes a failure.
///
/// What the code has said and saved until then is in its context, which outlives it.
pub(crate) async fn guard<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    note_places();
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(payload) => Err(failure(payload.as_ref())),
    }
}

/// As [`guard`], for code that does not wait.
pub(crate) fn guard_now<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    note_places();
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(failure(payload.as_ref())))
}

/// Puts a hook before the one that is there, so that whoever logs panics still does.
fn note_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PLACE.set(info.location().map(ToString::to_string));
            next(info);
        }));
    });
}

fn failure(payload: &(dyn Any + Send)) -> Failure {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("It left no message.");
    let place = PLACE
        .take()
        .map_or_else(String::new, |place| format!("\n\nIt happened at {place}."));
    Failure::new(
        "The provider panicked",
        format!("{message}{place}\n\nThis is a mistake in the provider; please report it."),
    )
}
