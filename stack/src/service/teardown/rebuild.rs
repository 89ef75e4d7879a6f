//! Rebuilds a root module from the commit that a stack was applied from, in the private folder of
//! the run: a fresh clone, the recorded backend and the recorded workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::origin_access::RebuildSource;
use super::run_folder::RunFolder;
use crate::git::{Git, check_out};
use crate::lease::{Backend, Origin, Repository};
use crate::service::Teardowns;
use crate::service::teardown::TeardownSettings;
use crate::terraform::{BackendBlock, Mask, Terraform};

/// A root module that was rebuilt.
#[derive(Clone, Debug)]
pub(super) struct RebuiltRoot {
    pub(super) terraform: Terraform,
    pub(super) repository: Repository,
}

impl Teardowns<'_> {
    /// Clones the repository, and initialises the root module with its backend. Otherwise, why that
    /// is not possible, with secrets masked. Takes up to some minutes.
    pub(super) async fn rebuild(
        self,
        origin: &Origin,
        source: RebuildSource,
        settings: &TeardownSettings,
        folder: &RunFolder,
        mask: &Mask,
    ) -> Result<RebuiltRoot, String> {
        let RebuildSource {
            repository,
            backend,
            workspace,
        } = source;
        let git = Git::on(&settings.path).ok_or("no git is on the PATH")?;
        let checkout = folder.checkout();
        let (cloned, into) = (repository.clone(), checkout.clone());
        let clone = tokio::task::spawn_blocking(move || {
            // A former inspection of the same run may have left a part of it.
            let _ = std::fs::remove_dir_all(&into);
            check_out(&git, &cloned, &into)
        });
        match clone.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(mask.reason(&error.to_string())),
            Err(error) => return Err(error.to_string()),
        }
        let directory = root_of(&checkout, &repository);
        if !directory.is_dir() {
            return Err(format!(
                "the commit {} has no directory {}",
                repository.commit, repository.directory
            ));
        }
        let programs = self.programs(settings);
        let terraform = Terraform::in_checkout(directory.clone(), &workspace, origin, programs)
            .map_err(|error| error.to_string())?;
        let missing = missing_keys(&directory, &backend)?;
        let failed = |error: crate::terraform::TerraformError| error.to_string();
        terraform
            .init_backend(&backend.kind, &missing, mask)
            .await
            .map_err(failed)?;
        let initialised = directory.join(".terraform/terraform.tfstate");
        let initialised = crate::regular_file::read_to_string(&initialised);
        let initialised = initialised.ok().and_then(|text| Backend::read(&text));
        if initialised.as_ref() != Some(&backend) {
            return Err(format!(
                "the commit's backend is {}, and the stack was applied with {}",
                initialised.map_or_else(|| "unknown".to_owned(), |found| described(&found)),
                described(&backend)
            ));
        }
        terraform.select_workspace(mask).await.map_err(failed)?;
        Ok(RebuiltRoot {
            terraform,
            repository,
        })
    }
}

/// The directory of the root module in a checkout.
pub(super) fn root_of(checkout: &Path, repository: &Repository) -> PathBuf {
    match repository.directory.as_str() {
        "" => checkout.to_owned(),
        directory => checkout.join(directory),
    }
}

/// The recorded keys that the commit leaves to `-backend-config`. What the commit writes counts:
/// another user of a shared ledger must not replace it.
fn missing_keys(directory: &Path, backend: &Backend) -> Result<BTreeMap<String, String>, String> {
    let block = BackendBlock::of_root(directory).unwrap_or_default();
    if block.kind != backend.kind {
        return Err(match block.kind.as_str() {
            "" => "the commit has no backend block".to_owned(),
            kind => format!(
                "the commit's backend is of type {kind}, and the stack was applied with {}",
                backend.kind
            ),
        });
    }
    let keys = backend.keys.iter();
    let missing = keys.filter(|(key, _)| !block.written.contains(*key));
    // A block cannot be passed as a value.
    let missing = missing.filter(|(key, _)| *key != "workspaces");
    Ok(missing
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect())
}

fn described(backend: &Backend) -> String {
    let keys = backend.keys.iter();
    let keys: Vec<_> = keys.map(|(key, value)| format!("{key}={value}")).collect();
    match keys.is_empty() {
        true => backend.kind.clone(),
        false => format!("{} ({})", backend.kind, keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the keys that the commit does not write are passed on, and only to a block of the same
    /// type.
    #[test]
    fn what_the_commit_writes_counts() {
        let dir = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(dir.path().join("main.tf"), text).unwrap();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let backend = Backend {
            kind: "s3".to_owned(),
            keys: [pair("bucket", "evil"), pair("key", "shop")].into(),
        };
        let missing = || missing_keys(dir.path(), &backend);
        assert_eq!(missing().unwrap_err(), "the commit has no backend block");
        write("terraform {\n  backend \"gcs\" {}\n}\n");
        assert!(missing().unwrap_err().contains("of type gcs"));
        write("terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n  }\n}\n");
        assert_eq!(missing().unwrap(), [pair("key", "shop")].into());
        write("terraform {\n  backend \"s3\" {}\n}\n");
        assert_eq!(missing().unwrap(), backend.keys);
    }
}
