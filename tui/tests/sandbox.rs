//! A sandbox for one test: its own home and ledger, and nothing of the user's environment.
//!
//! The program under test reads the real clock: an environment variable that sets the time of a
//! tool that deletes infrastructure would be a risk. Tests place events so far in the past that the
//! output does not change during a test, and snapshots show times as `YYYY-MM-DD hh:mm`.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("jiti-tui-")
            .tempdir()
            .unwrap();
        std::fs::create_dir(dir.path().join("home")).unwrap();
        Self { dir }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The ledger in the default place.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.path("home/.local/share/jiti/ledger.db")
    }

    /// Writes the configuration file in the default place.
    pub(crate) fn config(&self, text: &str) {
        let path = self.path("home/.config/jiti/config.toml");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The program in this sandbox, 80 columns wide.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::cargo_bin("jiti").unwrap();
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", self.path("bin"))
            .env("USER", "ana")
            .env("COLUMNS", "80")
            .current_dir(self.dir.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command().args(arguments))
    }

    pub(crate) fn run_wide(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command().env("COLUMNS", "200").args(arguments))
    }

    /// In a pipe, so that nothing is wrapped or shortened and paths of any length read the same.
    pub(crate) fn run_piped(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command().env_remove("COLUMNS").args(arguments))
    }

    /// Runs a command in this sandbox to its end.
    pub(crate) fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(self.dir.path().to_str().unwrap(), "$WORLD")
        };
        Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// `show NAME --json`
    pub(crate) fn shown(&self, name: &str) -> Value {
        self.run(&["show", name, "--json"]).ok().json()
    }

    /// The number of events of a stack.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.shown(name)["events"].as_array().unwrap().len()
    }
}

/// The output and the exit code of the program.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        let ran = self.exits(0);
        assert_eq!(ran.stderr, "", "{ran:#?}");
        ran
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Standard output, with times as `YYYY-MM-DD hh:mm`, for snapshots.
    pub(crate) fn out(&self) -> String {
        without_moments(&self.stdout)
    }

    /// Standard error, with times as `YYYY-MM-DD hh:mm`, for snapshots.
    pub(crate) fn err(&self) -> String {
        without_moments(&self.stderr)
    }
}

/// Replaces the digits of times by letters, so that columns keep their width.
fn without_moments(text: &str) -> String {
    const FORM: &str = "0000-00-00 00:00";
    let mut out: Vec<char> = text.chars().collect();
    let form: Vec<char> = FORM.chars().collect();
    let mut at = 0;
    while at + form.len() <= out.len() {
        let fits = form.iter().zip(&out[at..]).all(|(form, c)| match form {
            '0' => c.is_ascii_digit(),
            ' ' => *c == ' ' || *c == 'T',
            form => form == c,
        });
        if fits {
            for (place, letter) in "YYYY-MM-DD hh:mm".chars().enumerate() {
                out[at + place] = letter;
            }
            at += form.len();
            // Seconds and fractions of seconds.
            let seconds = out[at..]
                .iter()
                .take_while(|c| ":.Z".contains(**c) || c.is_ascii_digit());
            let seconds = seconds.count();
            if seconds >= 3 && out[at] == ':' {
                let rest: Vec<char> = out[at..at + seconds].to_vec();
                let is_utc = rest.last() == Some(&'Z');
                out.splice(
                    at..at + seconds,
                    if is_utc {
                        ":ssZ".chars()
                    } else {
                        ":ss".chars()
                    },
                );
            }
        }
        at += 1;
    }
    out.into_iter().collect()
}
