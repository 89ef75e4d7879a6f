//! Where the ledger, the config file and the local records are: one rule for the provider and the
//! command line.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The ledger's path below the data home.
const LEDGER: &str = "jiti/ledger.db";

/// The folder of shared ledgers below the data home.
const SHARED_FOLDER: &str = "jiti/shared";

/// The scheme of a shared ledger.
const SHARED: &str = "dynamodb://";

/// The config file's path below the config home.
const CONFIG: &str = "jiti/config.toml";

/// The records of origins below the state home.
const ORIGINS: &str = "jiti/origins";

/// What the dashboard looks like, below the state home.
const DASHBOARD: &str = "jiti/dashboard.toml";

/// The environment variables that locate jiti's files, as the caller read them. An empty value
/// counts as unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locations {
    /// `JITI_LEDGER`
    pub jiti_ledger: Option<String>,
    /// `JITI_CONFIG`
    pub jiti_config: Option<PathBuf>,
    /// `XDG_DATA_HOME`
    pub xdg_data_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`
    pub xdg_config_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`
    pub xdg_state_home: Option<PathBuf>,
    /// `HOME`
    pub home: Option<PathBuf>,
}

/// The location of the config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigLocation {
    /// The path, relative to the working directory unless absolute.
    pub path: PathBuf,
    /// What set the path.
    pub source: PathSource,
}

/// What set the path of the config file, which decides whether the file may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathSource {
    /// An option, or an attribute of the provider.
    Argument,
    /// `JITI_CONFIG`
    Variable,
    /// Nothing: this is the default path, and the file may be missing.
    Default,
}

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerAddress {
    /// A SQLite file: its path, relative to the working directory unless absolute.
    File(PathBuf),
    /// A shared ledger.
    Shared {
        /// The address, such as `dynamodb://TABLE?region=REGION`.
        address: String,
        /// The folder of what this user keeps on this machine: the cloud's last answers, and the
        /// runs of teardowns.
        folder: PathBuf,
    },
}

impl LedgerAddress {
    /// The file of the ledger; `None` for a shared ledger.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Shared { .. } => None,
        }
    }

    /// The file with the cloud's last answers: the ledger's own, or one on this machine.
    #[must_use]
    pub fn inventory(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Shared { folder, .. } => folder.join("inventory.db"),
        }
    }

    /// The folder of the teardowns' runs, beside [`Self::inventory`].
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.inventory().with_file_name("runs")
    }

    /// This address with its path below `directory`, unless the path is absolute.
    #[must_use]
    pub fn within(self, directory: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(directory.join(path)),
            Self::Shared { .. } => self,
        }
    }
}

impl fmt::Display for LedgerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Shared { address, .. } => f.write_str(address),
        }
    }
}

/// Why no path of a ledger can be determined.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LocationError {
    /// The address has an unknown scheme.
    #[error(
        "invalid ledger address {address:?}: use the path of a file, or dynamodb://TABLE?region=REGION"
    )]
    UnknownScheme {
        /// The address.
        address: String,
    },
    /// No default path exists.
    #[error("cannot find the ledger: HOME is not set")]
    NoHome,
}

impl Locations {
    /// The address of the ledger: `argument` (an option, or an attribute of the provider), else
    /// `JITI_LEDGER`, else the default path `$XDG_DATA_HOME/jiti/ledger.db`.
    ///
    /// # Errors
    /// [`LocationError`] for an address with an unknown scheme, and without a home folder.
    pub fn ledger(&self, argument: Option<&str>) -> Result<LedgerAddress, LocationError> {
        let variable = self.jiti_ledger.as_deref().filter(|text| !text.is_empty());
        let data = || {
            self.base(self.xdg_data_home.as_deref(), ".local/share")
                .ok_or(LocationError::NoHome)
        };
        match argument.or(variable) {
            Some(address) if address.starts_with(SHARED) => Ok(LedgerAddress::Shared {
                address: address.to_owned(),
                folder: data()?.join(SHARED_FOLDER).join(folder_name(address)),
            }),
            Some(address) if address.contains("://") => Err(LocationError::UnknownScheme {
                address: address.to_owned(),
            }),
            Some(path) => self
                .expand_home(Path::new(path))
                .map(LedgerAddress::File)
                .ok_or(LocationError::NoHome),
            None => Ok(LedgerAddress::File(data()?.join(LEDGER))),
        }
    }

    /// The path of the config file: `argument`, else `JITI_CONFIG`, else the default path
    /// `$XDG_CONFIG_HOME/jiti/config.toml`. `None` without any of these and without a home folder.
    #[must_use]
    pub fn config(&self, argument: Option<&Path>) -> Option<ConfigLocation> {
        let located = |path: &Path, source| ConfigLocation {
            // Without a home folder, the path stays as it is, and the error names it.
            path: self.expand_home(path).unwrap_or_else(|| path.to_owned()),
            source,
        };
        let variable = || {
            let path = set(self.jiti_config.as_deref())?;
            Some(located(path, PathSource::Variable))
        };
        let default = || {
            let folder = self.base(self.xdg_config_home.as_deref(), ".config")?;
            Some(located(&folder.join(CONFIG), PathSource::Default))
        };
        argument
            .map(|path| located(path, PathSource::Argument))
            .or_else(variable)
            .or_else(default)
    }

    /// The folder of this user's records of origins: `$XDG_STATE_HOME/jiti/origins`. `None` without
    /// a state home and without a home folder.
    #[must_use]
    pub fn origins(&self) -> Option<PathBuf> {
        let state = self.base(self.xdg_state_home.as_deref(), ".local/state")?;
        Some(state.join(ORIGINS))
    }

    /// The file of what this user's dashboard looks like: `$XDG_STATE_HOME/jiti/dashboard.toml`.
    /// `None` without a state home and without a home folder.
    #[must_use]
    pub fn dashboard(&self) -> Option<PathBuf> {
        let state = self.base(self.xdg_state_home.as_deref(), ".local/state")?;
        Some(state.join(DASHBOARD))
    }

    /// The path with a leading `~` replaced by the home folder, as a shell does. Terraform and
    /// environment variables in files pass `~` on as it is. `None` if the home folder is not known.
    fn expand_home(&self, path: &Path) -> Option<PathBuf> {
        match path.strip_prefix("~") {
            Ok(rest) => set(self.home.as_deref()).map(|home| home.join(rest)),
            Err(_) => Some(path.to_owned()),
        }
    }

    /// A base folder of the XDG specification, which says to ignore relative paths.
    fn base(&self, folder: Option<&Path>, below_home: &str) -> Option<PathBuf> {
        let folder = set(folder).filter(|folder| folder.is_absolute());
        let default = || set(self.home.as_deref()).map(|home| home.join(below_home));
        folder.map(Path::to_owned).or_else(default)
    }
}

/// The name of the folder of a shared ledger: its address without the scheme, in characters that
/// are safe in a path.
fn folder_name(address: &str) -> String {
    let rest = address.strip_prefix(SHARED).unwrap_or(address);
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "._-=".contains(c) {
            c
        } else {
            '+'
        }
    };
    let name: String = rest.chars().map(safe).take(200).collect();
    if name.starts_with('.') {
        format!("+{name}")
    } else {
        name
    }
}

fn set(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LEDGER CONFIG DATA_HOME CONFIG_HOME HOME`, each `-` if unset and `""` if empty.
    fn locations(variables: &str) -> Locations {
        let values: Vec<Option<&str>> = variables
            .split(' ')
            .map(|value| match value {
                "-" => None,
                "\"\"" => Some(""),
                value => Some(value),
            })
            .collect();
        let path = |place: usize| values[place].map(PathBuf::from);
        Locations {
            jiti_ledger: values[0].map(str::to_owned),
            jiti_config: path(1),
            xdg_data_home: path(2),
            xdg_config_home: path(3),
            xdg_state_home: None,
            home: path(4),
        }
    }

    /// The argument wins over the variable, and the variable over the default path.
    #[test]
    fn the_ledger_has_one_place() {
        for (variables, argument, expected) in [
            ("l.db - /data - /home", Some("given.db"), "given.db"),
            ("l.db - /data - /home", None, "l.db"),
            ("\"\" - /data - /home", None, "/data/jiti/ledger.db"),
            ("- - /data - -", None, "/data/jiti/ledger.db"),
            (
                "- - data - /home",
                None,
                "/home/.local/share/jiti/ledger.db",
            ),
            (
                "- - \"\" - /home",
                None,
                "/home/.local/share/jiti/ledger.db",
            ),
            ("- - - - /home", None, "/home/.local/share/jiti/ledger.db"),
            ("- - - - /home", Some("~/l.db"), "/home/l.db"),
            ("~/a/l.db - - - /home", None, "/home/a/l.db"),
            ("- - - - /home", Some("a/~/l.db"), "a/~/l.db"),
            ("- - - - /home", Some("~ana/l.db"), "~ana/l.db"),
        ] {
            let found = locations(variables).ledger(argument);
            let expected = LedgerAddress::File(PathBuf::from(expected));
            assert_eq!(found, Ok(expected), "{variables}");
        }
    }

    /// A shared ledger keeps its address, and has a folder on this machine.
    #[test]
    fn a_shared_ledger_has_a_folder_of_its_own() {
        let address = "dynamodb://jiti?region=eu-west-1&profile=a/b";
        let found = locations("- - /data - -").ledger(Some(address)).unwrap();
        assert_eq!(found.to_string(), address);
        assert_eq!(found.file(), None);
        let folder = Path::new("/data/jiti/shared/jiti+region=eu-west-1+profile=a+b");
        assert_eq!(found.inventory(), folder.join("inventory.db"));
        assert_eq!(found.runs(), folder.join("runs"));
        assert_eq!(folder_name("dynamodb://../x"), "+..+x");
    }

    /// The records of origins are below the state home, which must be absolute.
    #[test]
    fn the_records_of_origins_have_one_place() {
        for (state, home, expected) in [
            (Some("/state"), Some("/home"), Some("/state/jiti/origins")),
            (
                Some("state"),
                Some("/home"),
                Some("/home/.local/state/jiti/origins"),
            ),
            (None, Some("/home"), Some("/home/.local/state/jiti/origins")),
            (None, None, None),
        ] {
            let found = Locations {
                xdg_state_home: state.map(PathBuf::from),
                home: home.map(PathBuf::from),
                ..Locations::default()
            };
            assert_eq!(found.origins(), expected.map(PathBuf::from));
            let beside = expected.map(|path| Path::new(path).with_file_name("dashboard.toml"));
            assert_eq!(found.dashboard(), beside);
        }
    }

    /// An address with an unknown scheme, and a missing home folder, are errors.
    #[test]
    fn some_ledgers_have_no_path() {
        for (variables, argument, expected) in [
            (
                "s3://bucket - - - -",
                None,
                "invalid ledger address \"s3://bucket\": use the path of a file, or dynamodb://TABLE?region=REGION",
            ),
            (
                "- - - - -",
                Some("~/l.db"),
                "cannot find the ledger: HOME is not set",
            ),
            (
                "- - data - \"\"",
                None,
                "cannot find the ledger: HOME is not set",
            ),
        ] {
            let error = locations(variables).ledger(argument).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    /// The config file follows the same order, and knows what set its path.
    #[test]
    fn the_config_file_has_one_place() {
        for (variables, argument, expected) in [
            (
                "- c.toml - /conf /home",
                Some("given.toml"),
                Some(("given.toml", PathSource::Argument)),
            ),
            (
                "- c.toml - /conf /home",
                None,
                Some(("c.toml", PathSource::Variable)),
            ),
            (
                "- \"\" - /conf /home",
                None,
                Some(("/conf/jiti/config.toml", PathSource::Default)),
            ),
            (
                "- - - conf /home",
                None,
                Some(("/home/.config/jiti/config.toml", PathSource::Default)),
            ),
            (
                "- - - - /home",
                Some("~/c.toml"),
                Some(("/home/c.toml", PathSource::Argument)),
            ),
            (
                "- ~/c.toml - - /home",
                None,
                Some(("/home/c.toml", PathSource::Variable)),
            ),
            (
                "- - - - -",
                Some("~/c.toml"),
                Some(("~/c.toml", PathSource::Argument)),
            ),
            ("- - - - -", None, None),
        ] {
            let found = locations(variables).config(argument.map(Path::new));
            let expected = expected.map(|(path, source)| ConfigLocation {
                path: path.into(),
                source,
            });
            assert_eq!(found, expected, "{variables}");
        }
    }
}
