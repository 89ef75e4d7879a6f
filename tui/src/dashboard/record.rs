//! A recording: everything that happened to a dashboard, one JSON object a line, to be replayed without a world.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dashboard::event::Event;
use crate::dashboard::model::{Model, Setting, Size};
use crate::error::CommandError;

/// The form of a recording. It rises when an older jiti could no longer read it.
const FORM: u32 = 1;

/// The first line: from what the dashboard began.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Beginning {
    /// The form of the lines that follow.
    recording: u32,
    setting: Setting,
    size: Size,
    now: Timestamp,
}

/// Every other line: what happened, and how many milliseconds after the beginning.
#[derive(Debug, Deserialize)]
pub(crate) struct Noted {
    pub(crate) ms: u64,
    pub(crate) event: Event,
}

#[derive(Serialize)]
struct Note<'a> {
    ms: u64,
    event: &'a Event,
}

impl Beginning {
    pub(crate) fn of(model: &Model) -> Self {
        Self {
            recording: FORM,
            setting: model.setting.clone(),
            size: model.size,
            now: model.now(),
        }
    }

    /// The dashboard as it was in the beginning.
    pub(crate) fn model(self) -> Model {
        Model::new(self.setting, self.size, self.now)
    }
}

/// Writes a recording.
pub(crate) struct Recorder {
    file: BufWriter<File>,
    began: Instant,
}

impl Recorder {
    /// Begins a recording in a new file that only its owner may read: it holds every name, label and reason
    /// that was on the screen, and every key.
    pub(crate) fn create(path: &Path, beginning: &Beginning) -> Result<Self, CommandError> {
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| {
                CommandError::failed(format!("{} cannot be recorded into", path.display()))
                    .because(&error)
                    .hint("name a file that does not exist yet")
            })?;
        let mut recorder = Self {
            file: BufWriter::new(file),
            began: Instant::now(),
        };
        recorder.line(beginning)?;
        Ok(recorder)
    }

    /// Writes down an event.
    pub(crate) fn note(&mut self, event: &Event) -> Result<(), CommandError> {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.line(&Note { ms, event })
    }

    /// Each line is written out at once: a recording is worth most when what follows fails.
    fn line(&mut self, line: &impl Serialize) -> Result<(), CommandError> {
        let told = |error: &(dyn std::error::Error + 'static)| {
            CommandError::failed("the recording could not be written").because(error)
        };
        let text = serde_json::to_string(line).map_err(|error| told(&error))?;
        let written = writeln!(self.file, "{text}").and_then(|()| self.file.flush());
        written.map_err(|error| told(&error))
    }
}

/// Reads a recording.
pub(crate) fn read(path: &Path) -> Result<(Beginning, Vec<Noted>), CommandError> {
    let place = path.display();
    let file = File::open(path)
        .map_err(|error| CommandError::failed(format!("{place} cannot be read")).because(&error))?;
    let mut lines = BufReader::new(file).lines().enumerate();
    let wrong = |line: usize, error: &serde_json::Error| {
        CommandError::failed(format!("{place}:{}: no recording of a dashboard", line + 1))
            .because(error)
    };
    let unreadable =
        |error| CommandError::failed(format!("{place} cannot be read")).because(&error);
    let Some((_, first)) = lines.next() else {
        return Err(CommandError::failed(format!(
            "{place} is empty: no recording of a dashboard"
        )));
    };
    let first = first.map_err(unreadable)?;
    let beginning: Beginning = serde_json::from_str(&first).map_err(|error| wrong(0, &error))?;
    if beginning.recording != FORM {
        let form = beginning.recording;
        return Err(
            CommandError::failed(format!("{place} is a recording of form {form}"))
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
