//! Recordings of a session: all its events, one JSON object per line, for a replay without a ledger
//! or a cloud.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dashboard::event::Event;
use crate::dashboard::model::{Model, Settings, Size};
use crate::error::CommandError;

/// The version of the file format. It increases when an older jiti cannot read new recordings.
const FORMAT_VERSION: u32 = 1;

/// The most columns, and rows, of a replay. A damaged recording must not ask for gigabytes.
const MAX_SIDE: u16 = 1_000;

/// The first line: the state at the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecordingHeader {
    /// The version of the file format.
    recording: u32,
    settings: Settings,
    size: Size,
    now: Timestamp,
}

/// Every later line: an event, and its time in milliseconds since the start.
#[derive(Debug, Deserialize)]
pub(crate) struct RecordedEvent {
    pub(crate) ms: u64,
    pub(crate) event: Event,
}

#[derive(Serialize)]
struct RecordedLine<'a> {
    ms: u64,
    event: &'a Event,
}

impl RecordingHeader {
    pub(crate) fn new(model: &Model) -> Self {
        Self {
            recording: FORMAT_VERSION,
            settings: model.settings.clone(),
            size: model.size,
            now: model.now(),
        }
    }

    /// The model at the start of the recording.
    pub(crate) fn model(self) -> Model {
        let size = Size {
            columns: self.size.columns.min(MAX_SIDE),
            rows: self.size.rows.min(MAX_SIDE),
        };
        Model::new(self.settings, size, self.now)
    }
}

/// Writes a recording.
pub(crate) struct Recorder {
    file: BufWriter<File>,
    began: Instant,
}

impl Recorder {
    /// Creates the file, readable by its owner only: it contains every name, label and reason on
    /// the screen, and every key press. Fails if the file exists.
    pub(crate) fn create(path: &Path, beginning: &RecordingHeader) -> Result<Self, CommandError> {
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| {
                CommandError::failed(format!("cannot write a recording to {}", path.display()))
                    .because(&error)
                    .hint("choose a path where no file exists and the folder is writable")
            })?;
        let mut recorder = Self {
            file: BufWriter::new(file),
            began: Instant::now(),
        };
        recorder.line(beginning)?;
        Ok(recorder)
    }

    /// Appends an event.
    pub(crate) fn record(&mut self, event: &Event) -> Result<(), CommandError> {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.line(&RecordedLine { ms, event })
    }

    /// Flushes each line: a recording is most useful after a crash.
    fn line(&mut self, line: &impl Serialize) -> Result<(), CommandError> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            CommandError::failed("cannot write the recording").because(error)
        };
        let text = serde_json::to_string(line).map_err(|error| failed(&error))?;
        let written = writeln!(self.file, "{text}").and_then(|()| self.file.flush());
        written.map_err(|error| failed(&error))
    }
}

/// Reads a recording.
pub(crate) fn read(path: &Path) -> Result<(RecordingHeader, Vec<RecordedEvent>), CommandError> {
    let place = path.display();
    let file = File::open(path)
        .map_err(|error| CommandError::failed(format!("cannot read {place}")).because(&error))?;
    let mut lines = BufReader::new(file).lines().enumerate();
    let wrong = |line: usize, error: &serde_json::Error| {
        CommandError::failed(format!("{place}:{}: not a dashboard recording", line + 1))
            .because(error)
    };
    let unreadable = |error| CommandError::failed(format!("cannot read {place}")).because(&error);
    let Some((_, first)) = lines.next() else {
        return Err(CommandError::failed(format!(
            "{place} is empty: not a dashboard recording"
        )));
    };
    let first = first.map_err(unreadable)?;
    let beginning: RecordingHeader =
        serde_json::from_str(&first).map_err(|error| wrong(0, &error))?;
    if beginning.recording != FORMAT_VERSION {
        let form = beginning.recording;
        return Err(
            CommandError::failed(format!("{place}: unsupported recording format {form}"))
                .hint("replay it with the jiti that made it"),
        );
    }
    let mut noted = Vec::new();
    for (at, line) in lines {
        let line = line.map_err(unreadable)?;
        noted.push(serde_json::from_str(&line).map_err(|error| wrong(at, &error))?);
    }
    Ok((beginning, noted))
}
