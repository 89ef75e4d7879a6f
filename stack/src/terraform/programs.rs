//! Chooses the program of a teardown: `terraform` or `tofu`, from the configuration or from `PATH`.
//!
//! The path that a ledger records says only which of the two applied the stack. jiti never runs a
//! path that only the ledger gives.

use std::path::{Path, PathBuf};

use super::error::TerraformError;

/// Where jiti looks for the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Programs<'a> {
    /// `programs` under `[terraform]` in the configuration.
    pub(crate) configured: &'a [PathBuf],
    /// The folders of `PATH`. Relative ones do not count: they would lead into the folder in which
    /// Terraform runs.
    pub(crate) path: &'a [PathBuf],
}

impl Programs<'_> {
    /// The program for a stack that was applied with `recorded`: this very program, if the
    /// configuration names it; else a configured program of the same product; else the first of
    /// the product on `PATH`.
    pub(super) fn find(self, recorded: &str) -> Result<PathBuf, TerraformError> {
        // Linux adds this to the path of a running program whose file was replaced.
        let recorded = recorded.strip_suffix(" (deleted)").unwrap_or(recorded);
        let missing = |name: &str| TerraformError::NoProgram {
            command: recorded.to_owned(),
            name: name.to_owned(),
        };
        let recorded_path = Path::new(recorded);
        let configured = || self.configured.iter().filter(|program| may_run(program));
        if let Some(exact) = configured().find(|program| program.as_path() == recorded_path) {
            return Ok(exact.clone());
        }
        let product = product(recorded_path).ok_or_else(|| missing("terraform or tofu"))?;
        if let Some(same) = configured().find(|program| self::product(program) == Some(product)) {
            return Ok(same.clone());
        }
        let folders = self.path.iter().filter(|folder| folder.is_absolute());
        folders
            .map(|folder| folder.join(product))
            .find(|program| may_run(program))
            .ok_or_else(|| missing(product))
    }
}

/// The product that a program's name stands for, as the name of its program on `PATH`: releases are
/// installed as `terraform-1.9.8` or `terraform_1.9` too.
fn product(program: &Path) -> Option<&'static str> {
    let name = program.file_name()?.to_string_lossy();
    let is = |product: &str| {
        name.strip_prefix(product)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    };
    if is("terraform") {
        Some("terraform")
    } else if is("tofu") || is("opentofu") {
        Some("tofu")
    } else {
        None
    }
}

/// Whether a path is that of a program that this user may run.
pub(crate) fn may_run(program: &Path) -> bool {
    program.is_absolute()
        && program.is_file()
        && rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executable(folder: &Path, name: &str) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let file = folder.join(name);
        crate::testing::program(&file, "#!/bin/sh\n");
        file
    }

    /// The ledger's path only says which product it is: the program comes from the configuration
    /// or from `PATH`.
    #[test]
    fn the_ledger_never_gives_the_program() {
        let dir = tempfile::tempdir().unwrap();
        let recorded = executable(&dir.path().join("recorded"), "tofu");
        let on_path = executable(&dir.path().join("bin"), "tofu");
        let path = [PathBuf::from("."), dir.path().join("bin")];
        let find = |configured: &[PathBuf], command: &str| {
            let programs = Programs {
                configured,
                path: &path,
            };
            programs.find(command)
        };
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        for command in [
            text(&recorded),
            format!("{} (deleted)", text(&recorded)),
            "tofu".to_owned(),
            "/opt/tofu-1.9.0".to_owned(),
            "/opt/opentofu_1.9".to_owned(),
        ] {
            assert_eq!(find(&[], &command), Ok(on_path.clone()), "{command}");
        }
        // Named in the configuration, it may be run.
        let other = executable(&dir.path().join("other"), "tofu");
        let configured = [other.clone(), recorded.clone()];
        assert_eq!(find(&configured, &text(&recorded)), Ok(recorded));
        assert_eq!(find(&configured, "/opt/tofu"), Ok(other));
        let gone = [PathBuf::from("/nonexistent/tofu"), PathBuf::from("tofu")];
        assert_eq!(find(&gone, "/opt/tofu"), Ok(on_path));
    }

    /// A program of another name is never run, wherever it is; neither is one that is missing from
    /// `PATH`.
    #[test]
    fn other_programs_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = [dir.path().to_owned()];
        let programs = Programs {
            configured: &[],
            path: &path,
        };
        for name in ["evil", "terraformer", "sh"] {
            let command = executable(dir.path(), name);
            let found = programs.find(command.to_str().unwrap());
            let Err(TerraformError::NoProgram { name: missing, .. }) = found else {
                panic!("{name}: {found:?}");
            };
            assert_eq!(missing, "terraform or tofu");
        }
        let error = programs.find("/opt/terraform").unwrap_err().to_string();
        assert_eq!(
            error,
            "no terraform is on the PATH or in the configuration (the stack was applied with /opt/terraform)"
        );
    }
}
