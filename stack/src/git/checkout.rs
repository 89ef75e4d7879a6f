//! The commit that a directory was checked out from, and whether it has changes that Terraform
//! reads.

use std::path::{Component, Path};
use std::time::Duration;

use super::Git;
use crate::lease::{Repository, without_credentials};
use crate::process::output_within;

/// How long each run of git may take. An apply waits for it, and a slow file system must not stop
/// it.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The endings of the names of Terraform's and OpenTofu's configuration.
const CONFIGURATION: &[&str] = &[".tf", ".tf.json", ".tofu", ".tofu.json"];

/// The files that Terraform reads from a root module besides its configuration, by the ending of
/// their names.
const READ_FROM_ROOT: &[&str] = &[
    "terraform.tfvars",
    "terraform.tfvars.json",
    ".auto.tfvars",
    ".auto.tfvars.json",
];

/// Terraform writes this file itself. It counts only where the repository does not ignore it.
const LOCK_FILE: &str = ".terraform.lock.hcl";

/// The repository of a root module. `None` without git, outside of a checkout, before the first
/// commit, and where the remote `origin` has no address.
#[must_use]
pub fn find_repository(git: &Git, root: &Path) -> Option<Repository> {
    let run = |arguments: &[&str]| {
        let output = output_within(git.command(root, arguments), TIME_LIMIT);
        let output = output.ok()??;
        let text = output.status.success().then_some(output.stdout)?;
        String::from_utf8(text).ok()
    };
    let place = run(&["rev-parse", "--show-prefix", "HEAD"])?;
    let (directory, commit) = place.trim_end_matches('\n').rsplit_once('\n')?;
    let directory = directory.trim_end_matches('/');
    if !Repository::is_commit(commit) || !is_inside(directory) {
        return None;
    }
    let url = run(&["config", "--get", "remote.origin.url"])?;
    let url = without_credentials(url.trim_end_matches('\n'))?;
    let changes = run(&[
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--ignored=matching",
        "--no-renames",
    ]);
    Some(Repository {
        url,
        commit: commit.to_owned(),
        directory: directory.to_owned(),
        // If git does not answer in time, a change is possible.
        clean: changes.is_some_and(|changes| !has_changes(&changes, directory)),
    })
}

/// Whether a path leads to a place inside of the folder that it starts from. An empty path is that
/// folder.
pub(crate) fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.all(|part| matches!(part, Component::Normal(_))) && !path.chars().any(char::is_control)
}

/// Whether the output of `git status` lists a change that Terraform reads: any change of a tracked
/// file, because a module or a template may be anywhere; and an untracked file that Terraform reads
/// by its name.
fn has_changes(status: &str, root: &str) -> bool {
    status.split('\0').any(|entry| {
        let Some((state, path)) = entry.split_at_checked(3) else {
            return false;
        };
        match state {
            "!! " => is_read(path, root, false),
            "?? " => is_read(path, root, true),
            _ => true,
        }
    })
}

/// Whether Terraform reads an untracked file. An ignored configuration elsewhere is the download of
/// a module, which `init` repeats.
fn is_read(path: &str, root: &str, is_visible: bool) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if folder == root {
        ends(CONFIGURATION) || ends(READ_FROM_ROOT) || (is_visible && name == LOCK_FILE)
    } else {
        is_visible && ends(CONFIGURATION) && !format!("/{folder}/").contains("/.terraform/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{commit, git, run};

    /// A repository with a root module in `infra`, without a remote.
    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path();
        std::fs::create_dir_all(top.join("infra")).unwrap();
        for (file, text) in [
            ("infra/main.tf", "# root"),
            (".gitignore", ".terraform/\n*.tfvars\n"),
            ("notes.txt", "notes"),
        ] {
            std::fs::write(top.join(file), text).unwrap();
        }
        run(top, &["init", "--quiet"]);
        commit(top);
        dir
    }

    /// The origin's address has no credentials, the commit is exact, and the directory is that of
    /// the root module. Without a remote, or outside of a checkout, there is no repository.
    #[test]
    fn a_root_module_has_a_commit() {
        let dir = repository();
        let root = dir.path().join("infra");
        assert_eq!(find_repository(&git(), &root), None);
        let url = "https://ana:secret@git.test/acme/shop.git";
        run(&root, &["remote", "add", "origin", url]);
        let found = find_repository(&git(), &root).unwrap();
        assert_eq!(found.url, "https://git.test/acme/shop.git");
        assert!(Repository::is_commit(&found.commit));
        assert_eq!((found.directory.as_str(), found.clean), ("infra", true));
        let top = find_repository(&git(), dir.path()).unwrap();
        assert_eq!(top.directory, "");
        let outside = tempfile::tempdir().unwrap();
        assert_eq!(find_repository(&git(), outside.path()), None);
    }

    /// A checkout is clean unless a change is one that Terraform reads.
    #[test]
    fn changes_that_terraform_reads_count() {
        let dir = repository();
        let root = dir.path().join("infra");
        run(&root, &["remote", "add", "origin", "https://git.test/shop"]);
        for (file, clean) in [
            ("infra/plan.out", true),
            ("infra/.terraform/modules/m/main.tf", true),
            ("infra/dev.tfvars", true),
            ("other.txt", true),
            ("infra/backend.tf", false),
            ("infra/terraform.tfvars", false),
            ("infra/x.auto.tfvars", false),
            ("infra/.terraform.lock.hcl", false),
            ("modules/net/main.tofu", false),
            ("notes.txt", false),
        ] {
            let path = dir.path().join(file);
            let before = std::fs::read(&path).ok();
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "changed").unwrap();
            assert_eq!(
                find_repository(&git(), &root).unwrap().clean,
                clean,
                "{file}"
            );
            match before {
                Some(text) => std::fs::write(&path, text).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            assert!(find_repository(&git(), &root).unwrap().clean, "{file}");
        }
    }
}
