//! The origin of a Terraform run: what a later destroy needs to run Terraform there again.

use std::path::{Path, PathBuf};

use stack::config::Locations;
use stack::{Origin, process};

/// The environment of this run. `main` reads it once and passes it down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// The working directory, which is Terraform's directory after `-chdir`.
    pub(crate) directory: PathBuf,
    /// `TF_WORKSPACE`
    pub(crate) workspace: Option<String>,
    /// `TF_DATA_DIR`
    pub(crate) data_dir: Option<PathBuf>,
    /// The variables that locate the ledger and the config file.
    pub(crate) locations: Locations,
    /// Whether jiti runs Terraform to tear a stack down: `JITI_TEARDOWN`. Terraform plans the
    /// configuration before it destroys, and no limit may prevent that.
    pub(crate) tears_down: bool,
    /// The user who runs Terraform: `USER`, else `LOGNAME`, else the user id.
    pub(crate) user: String,
}

impl Environment {
    /// The origin that the ledger records. Terraform is the parent process.
    pub(crate) fn origin(&self) -> Origin {
        let parent =
            rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
        let command = std::fs::read_link(format!("/proc/{parent}/exe")).map_or_else(
            |_| "terraform".to_owned(),
            |path| path.to_string_lossy().into_owned(),
        );
        Origin {
            directory: self.directory.to_string_lossy().into_owned(),
            workspace: self.workspace(),
            command,
            data_dir: self
                .data_dir
                .as_ref()
                .map(|path| path.to_string_lossy().into_owned()),
            process: process::by_pid(parent),
        }
    }

    /// The selected workspace. Terraform does not pass it to providers, so this reads what
    /// Terraform reads: the variable, and then the file in the data directory.
    fn workspace(&self) -> String {
        if let Some(name) = self.workspace.as_deref().filter(|name| !name.is_empty()) {
            return name.to_owned();
        }
        let data_dir = self.data_dir.as_deref().unwrap_or(Path::new(".terraform"));
        std::fs::read_to_string(self.directory.join(data_dir).join("environment"))
            .ok()
            .map(|text| text.trim().to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "default".to_owned())
    }
}

impl Environment {
    /// The environment of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place in this program that reads the environment"
    )]
    #[must_use]
    pub(crate) fn of_this_process() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let path = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Self {
            // The working directory respects -chdir; the variable PWD does not.
            directory: std::env::current_dir().unwrap_or_default(),
            workspace: text("TF_WORKSPACE"),
            data_dir: path("TF_DATA_DIR"),
            locations: Locations {
                jiti_ledger: text("JITI_LEDGER"),
                jiti_config: path("JITI_CONFIG"),
                xdg_data_home: path("XDG_DATA_HOME"),
                xdg_config_home: path("XDG_CONFIG_HOME"),
                home: path("HOME"),
            },
            tears_down: text(stack::terraform::TEARDOWN_VARIABLE).is_some(),
            user: text("USER")
                .or_else(|| text("LOGNAME"))
                .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())),
        }
    }
}
