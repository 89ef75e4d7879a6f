//! A mirror of providers with the addresses that the client of the tests asks for.

use std::path::{Path, PathBuf};

use test_support::client::client;

/// The mirror itself, or a folder with its packages under the client's default registry. `OpenTofu`
/// has another one than Terraform, whose packages are the same.
pub(crate) fn for_client(mirror: &Path, renamed: PathBuf) -> PathBuf {
    let host = client().registry();
    if mirror.join(host).is_dir() {
        return mirror.to_owned();
    }
    link_files(&mirror.join("registry.terraform.io"), &renamed.join(host));
    renamed
}

/// Fills a folder with links to the files of another. A client does not search the folders that a
/// mirror only links to.
fn link_files(original: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for entry in std::fs::read_dir(original).unwrap().flatten() {
        let linked = folder.join(entry.file_name());
        match entry.path().is_dir() {
            true => link_files(&entry.path(), &linked),
            false => std::os::unix::fs::symlink(entry.path(), linked).unwrap(),
        }
    }
}
