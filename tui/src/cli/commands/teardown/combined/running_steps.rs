//! The steps that tasks send while they run at once.

use std::pin::Pin;

use tokio::sync::mpsc::UnboundedReceiver;

/// Tasks, and the steps that they send.
pub(super) struct RunningSteps<'t, S> {
    steps: UnboundedReceiver<S>,
    /// `None` once they have ended.
    tasks: Option<Pin<Box<dyn Future<Output = ()> + 't>>>,
}

impl<'t, S> RunningSteps<'t, S> {
    pub(super) fn new(steps: UnboundedReceiver<S>, tasks: impl Future<Output = ()> + 't) -> Self {
        Self {
            steps,
            tasks: Some(Box::pin(tasks)),
        }
    }

    /// The next step; `None` once the tasks have ended and all of their steps were read.
    pub(super) async fn next(&mut self) -> Option<S> {
        while let Some(tasks) = &mut self.tasks {
            tokio::select! {
                biased;
                Some(step) = self.steps.recv() => return Some(step),
                () = tasks => self.tasks = None,
            }
        }
        self.steps.try_recv().ok()
    }
}
