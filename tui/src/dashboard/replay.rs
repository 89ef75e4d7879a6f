//! Replays a recording: the same events and the same screens, without any side effect.

use std::io;
use std::path::Path;
use std::time::Duration;

use crossterm::event::{self, Event as Input, KeyCode};
use ratatui::Terminal;
use ratatui::backend::{CrosstermBackend, TestBackend};

use crate::cli::ui::Ui;
use crate::dashboard::event::Event;
use crate::dashboard::keymap;
use crate::dashboard::model::Model;
use crate::dashboard::record::{self, RecordedEvent, RecordingHeader};
use crate::dashboard::terminal::TerminalGuard;
use crate::dashboard::update::update;
use crate::dashboard::view::{screen_text, view};
use crate::error::CommandError;
use crate::format::style::Tone;

/// The longest pause between two events, in milliseconds.
const MAX_PAUSE_MS: u64 = 2_000;

/// Replays in the terminal at the recorded pace. At the end, q, c or Esc quits.
pub(crate) fn in_terminal(path: &Path) -> Result<(), CommandError> {
    let (beginning, events) = record::read(path)?;
    let mut model = replayed(beginning);
    let _screen = TerminalGuard::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let mut elapsed_ms = 0;
    for RecordedEvent { ms, event } in events {
        let pause = ms.saturating_sub(elapsed_ms).min(MAX_PAUSE_MS);
        elapsed_ms = ms;
        if quits_within(Duration::from_millis(pause))? {
            return Ok(());
        }
        take(&mut model, event);
        if std::mem::take(&mut model.dirty) {
            terminal.draw(|frame| view(frame, &model))?;
        }
    }
    model.set_status(Tone::Notice, "the recording ends here; q quits the replay");
    terminal.draw(|frame| view(frame, &model))?;
    while !quits_within(Duration::from_secs(3_600))? {}
    Ok(())
}

/// Replays without a terminal and prints the last screen.
pub(crate) fn as_text(path: &Path, ui: &mut Ui) -> Result<(), CommandError> {
    let (beginning, events) = record::read(path)?;
    replayed_screen(beginning, events)
        .lines()
        .try_for_each(|line| ui.line(line))
}

/// The last screen of a recording.
pub(super) fn replayed_screen(beginning: RecordingHeader, events: Vec<RecordedEvent>) -> String {
    let mut model = replayed(beginning);
    for RecordedEvent { event, .. } in events {
        take(&mut model, event);
    }
    let backend = TestBackend::new(model.size.columns, model.size.rows);
    let Ok(mut terminal) = Terminal::new(backend);
    let Ok(_) = terminal.draw(|frame| view(frame, &model));
    screen_text(terminal.backend().buffer())
}

/// The model at the start of a recording, marked as a replay.
fn replayed(beginning: RecordingHeader) -> Model {
    let mut model = beginning.model();
    model.settings.replay = true;
    model
}

/// Applies an event and drops its effects.
fn take(model: &mut Model, event: Event) {
    // Keep the last screen: a replay does not end when the recorded session did.
    let ends = matches!(event, Event::Stop);
    if !ends {
        let _ = update(model, event);
        model.finished = false;
    }
}

/// Whether the user quits within a time.
fn quits_within(time: Duration) -> io::Result<bool> {
    if !event::poll(time)? {
        return Ok(false);
    }
    Ok(match event::read()? {
        Input::Key(key) => {
            let leaves = matches!(key.code, KeyCode::Char('q' | 'c') | KeyCode::Esc);
            keymap::is_press(&key) && leaves
        }
        _ => false,
    })
}
