//! Saves what the dashboard looks like, in the background.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

use crate::dashboard::event::Event;
use crate::dashboard::model::saved_view::SavedView;
use crate::dashboard::view_file::ViewFile;

/// How long the end of the dashboard waits for the last write.
const LAST_WRITE_TIME: Duration = Duration::from_secs(1);

/// Writes the latest view to the file.
#[derive(Debug)]
pub(crate) struct ViewSaver {
    views: UnboundedSender<SavedView>,
    writer: JoinHandle<()>,
}

impl ViewSaver {
    /// Starts a saver. The first failure is sent as an event.
    pub(crate) fn start(file: ViewFile, events: UnboundedSender<Event>) -> Self {
        let (views, requests) = mpsc::unbounded_channel();
        let writer = tokio::spawn(serve(file, requests, events));
        Self { views, writer }
    }

    /// Saves a view soon. Never waits.
    pub(crate) fn save(&self, view: SavedView) {
        // The writer ends only with this saver.
        let _ = self.views.send(view);
    }

    /// Waits until the last view is written.
    pub(crate) async fn finish(self) {
        drop(self.views);
        // A file system that hangs must not keep the dashboard open.
        let _ = tokio::time::timeout(LAST_WRITE_TIME, self.writer).await;
    }
}

async fn serve(
    file: ViewFile,
    mut requests: UnboundedReceiver<SavedView>,
    events: UnboundedSender<Event>,
) {
    let mut has_failed = false;
    while let Some(mut view) = requests.recv().await {
        // Only the latest view counts.
        while let Ok(later) = requests.try_recv() {
            view = later;
        }
        let target = file.clone();
        let written = tokio::task::spawn_blocking(move || target.write(&view)).await;
        let Ok(Err(error)) = written else { continue };
        // Where nothing can be saved, the user has chosen that.
        let is_expected = error.kind() == ErrorKind::ReadOnlyFilesystem;
        if !is_expected && !std::mem::replace(&mut has_failed, true) {
            let _ = events.send(Event::ViewNotSaved(error.to_string()));
        }
    }
}
