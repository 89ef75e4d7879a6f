//! Repositories of tests.

use std::path::{Path, PathBuf};

use super::Git;

/// The git of this machine.
pub(crate) fn git() -> Git {
    Git::on(&folders()).expect("these tests need git")
}

/// The folders where git usually is.
pub(crate) fn folders() -> Vec<PathBuf> {
    let folders = ["/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin"];
    folders.map(PathBuf::from).to_vec()
}

/// Runs git, which must succeed; returns its output.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> String {
    let author = [
        "-c",
        "user.name=ana",
        "-c",
        "user.email=ana@example.com",
        "-c",
        "commit.gpgsign=false",
    ];
    let mut command = git().command(directory, &author);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Commits everything in a checkout; returns the commit's id.
pub(crate) fn commit(directory: &Path) -> String {
    run(directory, &["add", "."]);
    run(directory, &["commit", "--quiet", "--message=change"]);
    run(directory, &["rev-parse", "HEAD"])
}
