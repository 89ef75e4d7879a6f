//! The terminal: taken over for a while, and given back however that ends.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};

/// Whether the terminal is taken over.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The screen of the terminal while it is ours. Dropping it gives the terminal back.
#[derive(Debug)]
pub struct Screen(());

impl Screen {
    /// Takes the terminal over: raw input, the alternate screen, the mouse. From here on a panic of this
    /// thread gives it back before it reports itself; one of another thread, which cannot know what is
    /// on the screen, only reports itself.
    ///
    /// # Errors
    /// What the terminal says; it is then as it was.
    pub fn enter() -> io::Result<Self> {
        report_panics_on_a_sane_terminal(std::thread::current().id());
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        // From here on the guard undoes what was done, also when the next line fails.
        let screen = Self(());
        ask()?;
        Ok(screen)
    }

    /// Gives the terminal back for a while; [`Screen::resume`] takes it over again.
    pub(crate) fn suspend(&self) {
        give_back();
    }

    /// Takes it over again.
    pub(crate) fn resume(&self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        ask()
    }

    /// Puts a text into the clipboard of the terminal (OSC 52), where it allows that.
    pub(crate) fn copy(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        write!(out, "\u{1b}]52;c;{}\u{7}", STANDARD.encode(text))?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Asks the terminal for what is wanted of it besides raw input.
fn ask() -> io::Result<()> {
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        cursor::Hide
    )
}

/// Makes the terminal what it was; doing so twice is harmless.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // When the terminal is gone there is nobody to tell.
        let _ = execute!(
            io::stdout(),
            DisableBracketedPaste,
            DisableMouseCapture,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

fn report_panics_on_a_sane_terminal(owner: ThreadId) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if std::thread::current().id() == owner {
            give_back();
        } else if TAKEN.load(Ordering::SeqCst) {
            // Its failure reaches the dashboard as an answer; a report here would be drawn over.
            return;
        }
        before(what);
        let _ = writeln!(
            io::stderr(),
            "\njiti has ended because of a mistake in jiti itself; the lines above say where. Nothing was\n\
             left half-written: the ledger takes an event whole or not at all. Please report them, and a\n\
             recording if you can make one (`jiti --record FILE`)."
        );
    }));
}
