//! Opens a URL in the user's browser, without a shell.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::mpsc::UnboundedSender;

use crate::dashboard::event::Event;
use crate::environment::Environment;

/// How long a program may take to fail. One that still runs then is the browser itself.
const FAILURE_TIME: Duration = Duration::from_secs(3);

/// The place of the URL in the configured command.
const PLACEHOLDER: &str = "{url}";

/// The program that opens URLs, and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct UrlOpener {
    /// The command, or why there is none.
    command: Result<Vec<String>, &'static str>,
}

impl UrlOpener {
    /// The configured command, else that of the platform. Where no browser can show anything to
    /// the user, such as in a remote session, there is none: a text browser would draw over the
    /// dashboard.
    pub(crate) fn new(configured: &[String], environment: &Environment) -> Self {
        if !configured.is_empty() {
            return Self {
                command: Ok(configured.to_vec()),
            };
        }
        let name = if cfg!(target_os = "macos") {
            "open"
        } else {
            "xdg-open"
        };
        let has_screen = cfg!(target_os = "macos") || environment.has_screen;
        let command = match find(name, &environment.path) {
            _ if environment.is_remote => Err("this is a remote session"),
            _ if !has_screen => Err("this session has no screen for a browser"),
            None => Err("no program that opens URLs was found"),
            Some(path) => Ok(vec![path.to_string_lossy().into_owned()]),
        };
        Self { command }
    }

    /// Opens a URL in the background, and sends how that went.
    pub(crate) fn open(&self, url: String, events: UnboundedSender<Event>) {
        let command = self.command.clone();
        tokio::spawn(async move {
            let answer = match command {
                Ok(command) => run(&command, &url).await,
                Err(problem) => Err(problem.to_owned()),
            };
            // Sending fails only when the dashboard has ended.
            let _ = events.send(Event::UrlOpened { url, answer });
        });
    }
}

async fn run(command: &[String], url: &str) -> Result<(), String> {
    let has_place = command.iter().any(|word| word.contains(PLACEHOLDER));
    let mut words = command.iter().map(|word| word.replace(PLACEHOLDER, url));
    let program = words.next().unwrap_or_default();
    let mut child = Command::new(&program)
        .args(words)
        .args((!has_place).then_some(url))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C and Ctrl-Z in the dashboard do not reach the browser.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    match tokio::time::timeout(FAILURE_TIME, child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(format!("{program} failed")),
        Ok(Err(error)) => Err(format!("{program} failed: {error}")),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

/// The program with a name in the folders of `PATH`.
fn find(name: &str, path: &[PathBuf]) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| is_executable(file);
    path.iter().map(|folder| folder.join(name)).find(is_program)
}

fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tokio::sync::mpsc;

    use super::*;

    /// A script that stores its arguments.
    fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    async fn opened(opener: &UrlOpener, url: &str) -> Result<(), String> {
        let (events, mut answers) = mpsc::unbounded_channel();
        opener.open(url.to_owned(), events);
        match answers.recv().await {
            Some(Event::UrlOpened { answer, .. }) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// The command gets the URL as one argument, as it is: no shell reads it.
    #[tokio::test]
    async fn the_url_is_one_argument() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        let text = format!("for word; do echo \"$word\" >> {}; done", seen.display());
        let program = script(folder.path(), "browser", &text);
        let url = "https://example.com/?a=$(id)&b='c d'";
        for (arguments, expected) in [
            (vec!["--new"], format!("--new\n{url}\n")),
            (vec!["--url={url}", "x"], format!("--url={url}\nx\n")),
        ] {
            let mut command = vec![program.display().to_string()];
            command.extend(arguments.iter().map(|word| (*word).to_owned()));
            let opener = UrlOpener::new(&command, &Environment::default());
            assert_eq!(opened(&opener, url).await, Ok(()));
            assert_eq!(std::fs::read_to_string(&seen).unwrap(), expected);
            std::fs::remove_file(&seen).unwrap();
        }
    }

    /// A program that fails, one that is missing, and a session without a screen are errors.
    #[tokio::test]
    async fn failures_are_answers() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "xdg-open", "exit 3");
        let environment = Environment {
            path: vec![folder.path().to_owned()],
            has_screen: true,
            ..Environment::default()
        };
        let url = "https://example.com/";
        if cfg!(target_os = "linux") {
            let opener = UrlOpener::new(&[], &environment);
            let problem = opened(&opener, url).await.unwrap_err();
            assert!(problem.ends_with("xdg-open failed"), "{problem}");
        }
        let missing = ["/nowhere/browser".to_owned()];
        let opener = UrlOpener::new(&missing, &environment);
        let problem = opened(&opener, url).await.unwrap_err();
        assert!(
            problem.starts_with("/nowhere/browser does not start"),
            "{problem}"
        );
        for (change, expected) in [
            (
                Environment {
                    is_remote: true,
                    ..environment.clone()
                },
                "this is a remote session",
            ),
            (
                Environment {
                    path: Vec::new(),
                    ..environment.clone()
                },
                "no program that opens URLs was found",
            ),
        ] {
            let opener = UrlOpener::new(&[], &change);
            assert_eq!(opened(&opener, url).await, Err(expected.to_owned()));
        }
    }
}
