//! Puts the terminal into full-screen mode, and restores it on exit, on a panic and on Ctrl-Z.

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

/// Whether the terminal is in full-screen mode.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// The terminal in full-screen mode. Dropping it restores the terminal.
#[cfg_attr(
    not(feature = "testing"),
    expect(unreachable_pub, reason = "only `testing` exports it")
)]
#[derive(Debug)]
pub struct TerminalGuard(());

impl TerminalGuard {
    /// Enters raw mode and the alternate screen, and captures the mouse. A panic in this thread
    /// restores the terminal before it prints its report; a panic in another thread prints nothing.
    ///
    /// # Errors
    /// Fails if the terminal rejects a mode; the terminal is then unchanged.
    #[cfg_attr(
        not(feature = "testing"),
        expect(unreachable_pub, reason = "only `testing` exports it")
    )]
    pub fn enter() -> io::Result<Self> {
        restore_terminal_on_panic(std::thread::current().id());
        enable_raw_mode()?;
        ACTIVE.store(true, Ordering::SeqCst);
        // From here on, dropping `screen` restores the terminal, even if the next line fails.
        let screen = Self(());
        enable_modes()?;
        Ok(screen)
    }

    /// Restores the terminal until [`TerminalGuard::resume`] is called.
    pub(crate) fn suspend(&self) {
        restore();
    }

    /// Enters full-screen mode again.
    pub(crate) fn resume(&self) -> io::Result<()> {
        enable_raw_mode()?;
        ACTIVE.store(true, Ordering::SeqCst);
        enable_modes()
    }

    /// Copies a text to the clipboard (OSC 52). Terminals may ignore this.
    pub(crate) fn copy(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        write!(out, "\u{1b}]52;c;{}\u{7}", STANDARD.encode(text))?;
        out.flush()
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore();
    }
}

/// Turns on the modes that the dashboard needs besides raw mode.
fn enable_modes() -> io::Result<()> {
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        cursor::Hide
    )
}

/// Restores the terminal. A second call has no effect.
fn restore() {
    if ACTIVE.swap(false, Ordering::SeqCst) {
        // Errors are ignored: the terminal may be gone.
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

fn restore_terminal_on_panic(owner: ThreadId) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if std::thread::current().id() == owner {
            restore();
        } else if ACTIVE.load(Ordering::SeqCst) {
            // The failure reaches the dashboard as an event; a report here would garble the screen.
            return;
        }
        before(what);
        let _ = writeln!(
            io::stderr(),
            "\njiti crashed because of a bug in jiti; the lines above show where. The ledger is intact,\n\
             because each event is written completely or not at all. Please report these lines, with a\n\
             recording if possible (`jiti --record FILE`)."
        );
    }));
}
