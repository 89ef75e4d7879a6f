//! A thread that starts with its first job, runs jobs in order, and is joined on drop.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Several times what SQLite needs for these statements. The default of 2 MiB would add up, because
/// Terraform starts one provider process per run.
const STACK_BYTES: usize = 512 * 1024;

/// A handle to one thread.
pub(crate) struct WorkerThread<J> {
    name: &'static str,
    running: Mutex<Option<(Sender<J>, JoinHandle<()>)>>,
}

impl<J: Send + 'static> WorkerThread<J> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            running: Mutex::new(None),
        }
    }

    /// Sends a job to the thread. If the thread has to be started, `serve` makes its main function,
    /// which returns when this handle is dropped.
    pub(crate) fn send<S>(&self, job: J, serve: impl FnOnce() -> S) -> Result<(), io::Error>
    where
        S: FnOnce(&Receiver<J>) + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match running.as_ref() {
            Some((sender, _)) => match sender.send(job) {
                Ok(()) => return Ok(()),
                // The thread has panicked, so a new one is started.
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (sender, receiver) = mpsc::channel();
        let serve = serve();
        let thread = Builder::new()
            .name(self.name.to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || serve(&receiver))?;
        let sent = sender.send(job);
        *running = Some((sender, thread));
        sent.map_err(|_| io::Error::other("the ledger's thread ended on start"))
    }
}

impl<J> Drop for WorkerThread<J> {
    fn drop(&mut self) {
        let running = self
            .running
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((sender, thread)) = running.take() {
            drop(sender);
            // Its callers have already received a panic as an error.
            let _ = thread.join();
        }
    }
}
