//! The file with what the dashboard looks like: `$XDG_STATE_HOME/jiti/dashboard.toml`.
//!
//! ```toml
//! version = 1
//! sort = "idle"
//! reversed = false
//! group = "owner"
//! columns = ["name", "state", "left", "idle"]  # only if the user chose some
//! theme = "high-contrast"                      # only if it is not that of the config file,
//! instead_of = "default"                       # which was this one
//! ```

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::dashboard::model::column::{ColumnChoice, ListColumn, SortOrder};
use crate::dashboard::model::list::Grouping;
use crate::dashboard::model::saved_view::{ChosenTheme, SavedView};
use crate::dashboard::theme::ThemeName;

/// The version of the file. It increases when an older jiti would lose something by writing it.
const VERSION: u32 = 1;

/// The most bytes that are read. The file has a few hundred.
const MAX_LENGTH: u64 = 64 * 1024;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewFile {
    path: PathBuf,
}

/// Why the file is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewFileProblem {
    /// What is wrong, with the path.
    pub(crate) message: String,
    /// Whether a newer jiti wrote it. An older one must not overwrite it.
    pub(crate) is_newer: bool,
}

/// The content.
#[derive(Debug, Deserialize)]
struct Content {
    version: u32,
    sort: Option<String>,
    reversed: Option<bool>,
    group: Option<String>,
    columns: Option<Vec<String>>,
    theme: Option<String>,
    instead_of: Option<String>,
}

impl ViewFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads the file. A file that does not exist has the defaults.
    pub(crate) fn read(&self) -> Result<SavedView, ViewFileProblem> {
        let problem = |what: String| ViewFileProblem {
            message: format!(
                "{}: {what}; the dashboard looks as usual",
                self.path.display()
            ),
            is_newer: false,
        };
        let text = match self.text() {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(SavedView::default()),
            Err(error) => return Err(problem(error.to_string())),
        };
        let content: Content = toml::from_str(&text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start].lines().count().max(1));
            problem(format!("line {line}: {}", error.message()))
        })?;
        if content.version > VERSION {
            return Err(ViewFileProblem {
                is_newer: true,
                ..problem("a newer jiti wrote it".to_owned())
            });
        }
        content.view().map_err(problem)
    }

    fn text(&self) -> io::Result<String> {
        if std::fs::metadata(&self.path)?.len() > MAX_LENGTH {
            return Err(io::Error::other("it is too long"));
        }
        stack::regular_file::read_to_string(&self.path)
    }

    /// Replaces the file. A reader sees the old content or the new one. Only the user can read it.
    pub(crate) fn write(&self, view: &SavedView) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let draft = self
            .path
            .with_extension(format!("{}.new", std::process::id()));
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let written = options.open(&draft).and_then(|mut file| {
            file.write_all(text_of(view).as_bytes())?;
            std::fs::rename(&draft, &self.path)
        });
        if written.is_err() {
            // The first error is the one to report.
            let _ = std::fs::remove_file(&draft);
        }
        written
    }
}

impl Content {
    fn view(self) -> Result<SavedView, String> {
        let usual = SavedView::default();
        let by = match self.sort {
            Some(id) => column(&id)?,
            None => usual.order.by,
        };
        let grouping = match self.group {
            Some(id) => {
                let found = Grouping::ALL.into_iter().find(|one| one.id() == id);
                found.ok_or_else(|| format!("unknown grouping {id:?}"))?
            }
            None => usual.grouping,
        };
        let columns = self.columns.unwrap_or_default();
        let columns: Vec<ListColumn> = columns
            .iter()
            .map(|id| column(id))
            .collect::<Result<_, _>>()?;
        let theme = |id: Option<String>| id.as_deref().map(ThemeName::from_str).transpose();
        let chosen_theme = theme(self.theme)?.zip(theme(self.instead_of)?);
        Ok(SavedView {
            order: SortOrder {
                by,
                reversed: self.reversed.unwrap_or_default(),
            },
            grouping,
            columns: match columns.is_empty() {
                true => ColumnChoice::default(),
                false => ColumnChoice::new(columns),
            },
            chosen_theme: chosen_theme.map(|(theme, instead_of)| ChosenTheme { theme, instead_of }),
        })
    }
}

fn column(id: &str) -> Result<ListColumn, String> {
    ListColumn::with_id(id).ok_or_else(|| format!("unknown column {id:?}"))
}

/// The text of the file. Every value is a word without a character that TOML would escape.
fn text_of(view: &SavedView) -> String {
    let SavedView {
        order,
        grouping,
        columns,
        chosen_theme,
    } = view;
    let mut lines = vec![
        "# The dashboard of jiti writes this file. Without it, the dashboard looks as usual."
            .to_owned(),
        format!("version = {VERSION}"),
        format!("sort = \"{}\"", order.by.id()),
        format!("reversed = {}", order.reversed),
        format!("group = \"{}\"", grouping.id()),
    ];
    if !columns.is_all() {
        let ids: Vec<String> = columns
            .columns()
            .into_iter()
            .map(|column| format!("\"{}\"", column.id()))
            .collect();
        lines.push(format!("columns = [{}]", ids.join(", ")));
    }
    if let Some(ChosenTheme { theme, instead_of }) = chosen_theme {
        lines.push(format!("theme = \"{}\"", theme.id()));
        lines.push(format!("instead_of = \"{}\"", instead_of.id()));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What was written is read again, and only the user can read it.
    #[test]
    fn a_view_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/jiti/dashboard.toml");
        let file = ViewFile::new(path.clone());
        assert_eq!(file.read(), Ok(SavedView::default()));
        let view = SavedView {
            order: SortOrder {
                by: ListColumn::Idle,
                reversed: true,
            },
            grouping: Grouping::Owner,
            columns: ColumnChoice::new([ListColumn::TimeLeft, ListColumn::Idle]),
            chosen_theme: Some(ChosenTheme {
                theme: ThemeName::ColourBlind,
                instead_of: ThemeName::Default,
            }),
        };
        for view in [view, SavedView::default()] {
            file.write(&view).unwrap();
            assert_eq!(file.read(), Ok(view));
        }
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let files = std::fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "no draft is left");
    }

    /// A file that cannot be used is a message with its path, and the defaults. A newer one is not
    /// overwritten.
    #[test]
    fn unusable_files_are_messages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dashboard.toml");
        let file = ViewFile::new(path.clone());
        for (text, expected, is_newer) in [
            ("sort = ", "line 1: ", false),
            (
                "version = 1\nsort = \"prcie\"",
                "unknown column \"prcie\"",
                false,
            ),
            (
                "version = 1\ntheme = \"x\"\ninstead_of = \"default\"",
                "unknown theme \"x\"",
                false,
            ),
            (
                "version = 2\nsort = \"a thing of the future\"",
                "a newer jiti wrote it",
                true,
            ),
            ("version = 1\nsort = 3", "line 2: ", false),
            ("", "line 1: missing field `version`", false),
        ] {
            std::fs::write(&path, text).unwrap();
            let problem = file.read().unwrap_err();
            assert!(problem.message.contains(expected), "{problem:?}");
            assert!(problem.message.ends_with("; the dashboard looks as usual"));
            assert_eq!(problem.is_newer, is_newer, "{text}");
        }
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(file.read().is_err());
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let problem = file.read().unwrap_err();
        assert!(
            problem.message.contains("not a regular file"),
            "{problem:?}"
        );
        assert!(file.write(&SavedView::default()).is_err());
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "no draft is left");
    }
}
