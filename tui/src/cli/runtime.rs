//! The asynchronous runtimes that commands run on.

use tokio::runtime::{Builder, Runtime};

use crate::error::CommandError;

/// A runtime with one thread, which is enough for a command that mostly waits.
pub(crate) fn single_threaded() -> Result<Runtime, CommandError> {
    build(&mut Builder::new_current_thread())
}

/// A runtime with worker threads, for the dashboard. Parsing the cloud's answers about thousands
/// of resources takes seconds, and must not delay the thread that takes keys and draws.
pub(crate) fn with_workers() -> Result<Runtime, CommandError> {
    build(Builder::new_multi_thread().worker_threads(2))
}

fn build(builder: &mut Builder) -> Result<Runtime, CommandError> {
    let runtime = builder.enable_all().build();
    runtime.map_err(|error| CommandError::failed("jiti could not start").because(&error))
}
