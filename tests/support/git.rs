//! Root modules in git repositories of the sandbox.

use std::path::Path;

use crate::{CommandOutput, Root, Sandbox};

/// Runs git in a folder, with only the sandbox's environment; returns its output.
#[track_caller]
pub fn git(sandbox: &Sandbox, folder: &Path, arguments: &[&str]) -> String {
    let author = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"];
    let mut command = sandbox.command("git");
    command.args(author).args(arguments).current_dir(folder);
    CommandOutput::of(&mut command)
        .ok()
        .stdout
        .trim()
        .to_owned()
}

/// Commits the root module, and pushes it to a new repository in the sandbox; returns the commit.
pub fn commit_and_push(sandbox: &Sandbox, root: &Root<'_>, repository: &str) -> String {
    std::fs::write(root.path(".gitignore"), ".terraform/\n").unwrap();
    let remote = sandbox.path(repository);
    let remote = remote.to_str().unwrap();
    let folder = sandbox.path("");
    git(sandbox, &folder, &["init", "--quiet", "--bare", remote]);
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "."],
        &["commit", "--quiet", "--message=first"],
        &["remote", "add", "origin", remote],
        &["push", "--quiet", "origin", "main"],
    ] {
        git(sandbox, &root.dir, arguments);
    }
    git(sandbox, &root.dir, &["rev-parse", "HEAD"])
}
