//! Panics in the provider's code: caught, and reported as an error with their source location.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use futures_util::FutureExt;

use crate::diag::{Failure, Result};

thread_local! {
    /// The location of this thread's latest panic. The payload of a caught panic has no location.
    static PANIC_LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the provider's code and turns a panic into a failure.
///
/// The call's warnings and saved state survive, because they are in its context.
pub(crate) async fn catch_panic<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    record_locations();
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(payload) => Err(failure(payload.as_ref())),
    }
}

/// Like [`catch_panic`], for code that is not async.
pub(crate) fn catch_panic_sync<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    record_locations();
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(failure(payload.as_ref())))
}

/// Installs a panic hook that records the location and then calls the previous hook.
fn record_locations() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANIC_LOCATION.set(info.location().map(ToString::to_string));
            previous(info);
        }));
    });
}

fn failure(payload: &(dyn Any + Send)) -> Failure {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("The panic has no message.");
    let location = PANIC_LOCATION.take().map_or_else(String::new, |location| {
        format!("\n\nIt panicked at {location}.")
    });
    Failure::new(
        "The provider panicked",
        format!("{message}{location}\n\nThis is a bug in the provider; please report it."),
    )
}
