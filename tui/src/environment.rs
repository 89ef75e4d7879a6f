//! What this process was given by its surroundings, read once and handed down as values.

use std::path::PathBuf;

/// The environment variables that jiti looks at. An empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `JITI_LEDGER`
    pub(crate) ledger: Option<String>,
    /// `JITI_CONFIG`
    pub(crate) config: Option<PathBuf>,
    /// `XDG_DATA_HOME`, else `~/.local/share`
    pub(crate) data_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, else `~/.config`
    pub(crate) config_home: Option<PathBuf>,
    /// The folders of `PATH`, where programs are looked for.
    pub(crate) path: Vec<PathBuf>,
    /// `USER`, else `LOGNAME`
    pub(crate) user: Option<String>,
    /// `COLUMNS`, which goes before the terminal's own width.
    pub(crate) columns: Option<usize>,
    /// `NO_COLOR`
    pub(crate) no_color: bool,
    /// `CLICOLOR_FORCE`, when it is not `0`
    pub(crate) force_color: bool,
    /// `TERM` is `dumb`.
    pub(crate) dumb_terminal: bool,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        let home = path("HOME");
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        Self {
            ledger: text("JITI_LEDGER"),
            config: path("JITI_CONFIG"),
            data_home: base_folder("XDG_DATA_HOME").or_else(|| below_home(".local/share")),
            config_home: base_folder("XDG_CONFIG_HOME").or_else(|| below_home(".config")),
            path: raw("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            user: text("USER").or_else(|| text("LOGNAME")),
            columns: text("COLUMNS")
                .and_then(|n| n.parse().ok())
                .filter(|columns| *columns > 0),
            no_color: text("NO_COLOR").is_some(),
            force_color: text("CLICOLOR_FORCE").is_some_and(|force| force != "0"),
            dumb_terminal: text("TERM").is_some_and(|term| term == "dumb"),
        }
    }
}

/// A folder of the XDG base directory specification, which says to ignore relative ones.
fn base_folder(name: &str) -> Option<PathBuf> {
    path(name).filter(|path| path.is_absolute())
}

fn path(name: &str) -> Option<PathBuf> {
    raw(name).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    raw(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this program that reads it"
)]
fn raw(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
