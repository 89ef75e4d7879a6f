//! A program in a real terminal.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a program that shows no effect of Esc may take to read it.
const ESC_PAUSE: Duration = Duration::from_secs(1);

/// A terminal that runs a program.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    /// The screen when Esc was typed, if that was the last key.
    before_esc: Option<String>,
}

impl Terminal {
    /// Starts a program in a terminal of this size.
    pub fn run(command: CommandBuilder, (cols, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (parser, bytes) = (Arc::clone(&screen), Arc::clone(&raw));
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                parser.lock().unwrap().process(&buffer[..read]);
                bytes.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Self {
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            screen,
            raw,
            before_esc: None,
        }
    }

    /// Types these keys. A key that arrives together with an Esc before it is Alt and that key, so
    /// this waits until the screen shows that the program has read the Esc.
    pub fn types(&mut self, keys: &str) {
        if let Some(before) = self.before_esc.take() {
            let began = Instant::now();
            while self.text() == before && began.elapsed() < ESC_PAUSE {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.before_esc = keys.ends_with('\u{1b}').then(|| self.text());
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub fn waits_for(&self, text: &str) {
        self.waits(text, |screen| screen.contains(text));
    }

    /// Waits until the screen meets a condition.
    #[track_caller]
    pub fn waits(&self, what: &str, found: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !found(&self.text()) {
            assert!(
                began.elapsed() < PATIENCE,
                "no {what:?} on\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Resizes the terminal.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.screen
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(rows, cols);
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.resize(size).unwrap();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Its exit code, once it has ended.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // Its last output may still be in flight.
                std::thread::sleep(Duration::from_millis(100));
                return status.exit_code();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the program is still running:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asserts that every terminal mode was reset: the alternate screen, the mouse, bracketed paste
    /// and the hidden cursor.
    #[track_caller]
    pub fn is_sane(&self) {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen is still on"
        );
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        drop(parser);
        let raw = String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned();
        for mode in ["?1049", "?1000", "?1002", "?1003", "?1006", "?2004"] {
            let (on, off) = (
                raw.rfind(&format!("[{mode}h")),
                raw.rfind(&format!("[{mode}l")),
            );
            assert!(on.is_none() || on < off, "{mode} is still on");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
