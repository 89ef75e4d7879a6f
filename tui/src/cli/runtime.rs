//! The asynchronous runtimes that commands run on.

use std::io;
use std::os::unix::net::UnixStream;

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

/// The pairs of sockets that must fit before a command starts.
const FREE_PAIRS: usize = 8;

fn build(builder: &mut Builder) -> Result<Runtime, CommandError> {
    let failed = |error: io::Error| {
        CommandError::failed("jiti could not start")
            .because(&error)
            .hint("if too many files are open, raise the limit with `ulimit -n`")
    };
    check_descriptors().map_err(failed)?;
    builder.enable_all().build().map_err(failed)
}

/// Fails where the limit of open files leaves no room for a runtime, which would panic.
fn check_descriptors() -> io::Result<()> {
    let pairs: io::Result<Vec<_>> = (0..FREE_PAIRS).map(|_| UnixStream::pair()).collect();
    pairs.map(drop)
}
