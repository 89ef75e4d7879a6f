//! The origin of a Terraform run: what a later destroy needs to run Terraform there again.

use std::path::{Path, PathBuf};

use stack::config::Locations;
use stack::git::{Git, find_repository};
use stack::lease::{Backend, Repository};
use stack::{Origin, process, regular_file};

/// The environment of this run. `main` reads it once and passes it down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// The working directory, which is Terraform's directory after `-chdir`.
    pub(crate) directory: PathBuf,
    /// `TF_WORKSPACE`
    pub(crate) workspace: Option<String>,
    /// `TF_DATA_DIR`
    pub(crate) data_dir: Option<PathBuf>,
    /// The folders of `PATH`, where jiti looks for git.
    pub(crate) path: Vec<PathBuf>,
    /// The variables that locate jiti's files.
    pub(crate) locations: Locations,
    /// Whether jiti runs Terraform to tear a stack down: `JITI_TEARDOWN`. Terraform plans the
    /// configuration before it destroys, and no limit may prevent that.
    pub(crate) tears_down: bool,
    /// The user who runs Terraform: `USER`, else `LOGNAME`, else the user id.
    pub(crate) user: String,
}

/// The backend and the commit of a root module, which take longer to find than the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct OriginSource {
    backend: Option<Backend>,
    repository: Option<Repository>,
}

impl OriginSource {
    /// An origin with this backend and this commit.
    pub(crate) fn of(self, place: Origin) -> Origin {
        Origin {
            backend: self.backend,
            repository: self.repository,
            ..place
        }
    }
}

impl Environment {
    /// Where Terraform runs, without its backend and its commit. Terraform is the parent process.
    pub(crate) fn place(&self) -> Origin {
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
            backend: None,
            repository: None,
        }
    }

    /// The backend and the commit of this root module. Reads a file and runs git, which may take
    /// some seconds.
    pub(crate) fn source(&self) -> OriginSource {
        let initialised = regular_file::read_to_string(&self.data_dir().join("terraform.tfstate"));
        OriginSource {
            backend: initialised.ok().and_then(|text| Backend::read(&text)),
            repository: Git::on(&self.path).and_then(|git| find_repository(&git, &self.directory)),
        }
    }

    /// Terraform's data directory, where it stores the backend and the workspace.
    fn data_dir(&self) -> PathBuf {
        let data_dir = self.data_dir.as_deref().unwrap_or(Path::new(".terraform"));
        self.directory.join(data_dir)
    }

    /// The selected workspace. Terraform does not pass it to providers, so this reads what
    /// Terraform reads: the variable, and then the file in the data directory.
    fn workspace(&self) -> String {
        if let Some(name) = self.workspace.as_deref().filter(|name| !name.is_empty()) {
            return name.to_owned();
        }
        regular_file::read_to_string(&self.data_dir().join("environment"))
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
            path: std::env::var_os("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            locations: Locations {
                jiti_ledger: text("JITI_LEDGER"),
                jiti_config: path("JITI_CONFIG"),
                xdg_data_home: path("XDG_DATA_HOME"),
                xdg_config_home: path("XDG_CONFIG_HOME"),
                xdg_state_home: path("XDG_STATE_HOME"),
                home: path("HOME"),
            },
            tears_down: text(stack::terraform::TEARDOWN_VARIABLE).is_some(),
            user: text("USER")
                .or_else(|| text("LOGNAME"))
                .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The backend comes from the data directory that `terraform init` has used. A folder that is
    /// no checkout, or a machine without git, has no commit.
    #[test]
    fn the_backend_is_that_of_the_data_directory() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join(".terraform-pr-1");
        std::fs::create_dir(&data_dir).unwrap();
        let text = r#"{"version": 3, "backend": {"type": "gcs", "config":
            {"bucket": "states", "prefix": "shop", "credentials": "secret"}}}"#;
        std::fs::write(data_dir.join("terraform.tfstate"), text).unwrap();
        let environment = Environment {
            directory: folder.path().to_owned(),
            ..Environment::default()
        };
        let origin = environment.source().of(environment.place());
        assert_eq!((origin.backend, origin.repository), (None, None));
        let environment = Environment {
            data_dir: Some(".terraform-pr-1".into()),
            path: vec!["/usr/bin".into()],
            ..environment
        };
        let origin = environment.source().of(environment.place());
        let backend = origin.backend.unwrap();
        assert_eq!(backend.kind, "gcs");
        let keys: Vec<_> = backend.keys.into_iter().collect();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(keys, [pair("bucket", "states"), pair("prefix", "shop")]);
        assert_eq!(origin.repository, None);
    }
}
