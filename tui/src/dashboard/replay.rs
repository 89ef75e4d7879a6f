//! A recording played again: the same events, the same screens, and no world that could be changed.

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
use crate::dashboard::record::{self, Noted};
use crate::dashboard::terminal::Screen;
use crate::dashboard::update::update;
use crate::dashboard::view::{screen_text, view};
use crate::error::CommandError;

/// Nobody waits longer than this for what happens next.
const LONGEST_PAUSE: u64 = 2_000;

/// Plays a recording at the pace it was made, in the terminal; any key leaves once it has ended.
pub(crate) fn in_terminal(path: &Path) -> Result<(), CommandError> {
    let (beginning, noted) = record::read(path)?;
    let mut model = beginning.model();
    let _screen = Screen::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let mut at = 0;
    for Noted { ms, event } in noted {
        let pause = ms.saturating_sub(at).min(LONGEST_PAUSE);
        at = ms;
        if left_within(Duration::from_millis(pause))? {
            return Ok(());
        }
        take(&mut model, event);
        if std::mem::take(&mut model.dirty) {
            terminal.draw(|frame| view(frame, &model))?;
        }
    }
    while !left_within(Duration::from_secs(3_600))? {}
    Ok(())
}

/// Plays a recording where there is no terminal: the last screen is the answer.
pub(crate) fn as_text(path: &Path, ui: &mut Ui) -> Result<(), CommandError> {
    let (beginning, noted) = record::read(path)?;
    let mut model = beginning.model();
    for Noted { event, .. } in noted {
        take(&mut model, event);
    }
    let backend = TestBackend::new(model.size.columns, model.size.rows);
    let Ok(mut terminal) = Terminal::new(backend);
    let Ok(_) = terminal.draw(|frame| view(frame, &model));
    screen_text(terminal.backend().buffer())
        .lines()
        .try_for_each(|line| ui.line(line))
}

/// What an event would have done in the world is not done.
fn take(model: &mut Model, event: Event) {
    // The last screen is what a recording is played for, not the dark after it.
    let ends = matches!(event, Event::Stop);
    if !ends {
        let _ = update(model, event);
        model.over = false;
    }
}

/// Whether somebody leaves within a time.
fn left_within(time: Duration) -> io::Result<bool> {
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
