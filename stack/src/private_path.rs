//! Checks that no other user can have written a file or a folder.
//!
//! jiti runs Terraform where the ledger says, and carries out plans from the folder `runs/`. A user
//! who can write to either could choose what runs in this user's name.

use std::fmt;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::values::shell::in_quotes;

/// Write permission of the group and of others.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// In such a folder, only the owner of a file can remove or replace it.
const STICKY: u32 = 0o1000;

const ROOT: u32 = 0;

/// Another user owns a file or a folder, or may write to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Another user owns it.
    OtherOwner {
        /// The file or folder.
        path: PathBuf,
        /// The id of its owner.
        owner: u32,
        /// The id of the user of this process.
        user: u32,
    },
    /// Other users may write to it.
    Writable {
        /// The file or folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The operating system does not say who owns it.
    Unknown {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        reason: String,
    },
}

impl Exposure {
    /// The exposure of a file or folder whose contents jiti trusts; `None` if only this user can
    /// have written to it, or it is missing.
    #[must_use]
    pub fn find(path: &Path) -> Option<Self> {
        check(path, PathUse::Contents).err()
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::OtherOwner { path, owner, user } => format!(
                "{} belongs to user {owner}, and jiti runs as user {user}",
                path.display()
            ),
            Self::Writable { path, mode } => format!(
                "other users may write to {} (mode {mode:03o})",
                path.display()
            ),
            Self::Unknown { path, reason } => {
                format!("the owner of {} is unknown ({reason})", path.display())
            }
        }
    }

    /// What the user can change.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::OtherOwner { path, user, .. } => format!(
                "use a ledger of your own (--ledger or JITI_LEDGER), or, if you trust the contents, run `sudo chown {user} {}`",
                in_quotes(&path.display().to_string())
            ),
            Self::Writable { path, .. } => {
                let path = in_quotes(&path.display().to_string());
                format!("check the contents, then run `chmod go-w {path}`")
            }
            Self::Unknown { .. } => "ask the owner for access".to_owned(),
        }
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem(), self.fix())
    }
}

impl std::error::Error for Exposure {}

/// What a path is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathUse {
    /// jiti trusts its contents: this user must own it, and no other user may write to it.
    Contents,
    /// It holds files that are checked themselves: others must not be able to replace them.
    Parent,
}

/// Checks a path for this user. A missing path is fine: this user will create it.
pub(crate) fn check(path: &Path, path_use: PathUse) -> Result<(), Exposure> {
    check_for(path, path_use, rustix::process::geteuid().as_raw())
}

fn check_for(path: &Path, path_use: PathUse, user: u32) -> Result<(), Exposure> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Exposure::Unknown {
                path: path.to_owned(),
                reason: error.to_string(),
            });
        }
    };
    judge(path, path_use, user, &metadata)
}

fn judge(path: &Path, path_use: PathUse, user: u32, metadata: &Metadata) -> Result<(), Exposure> {
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    let is_parent = path_use == PathUse::Parent;
    if owner != user && !(is_parent && owner == ROOT) {
        return Err(Exposure::OtherOwner {
            path: path.to_owned(),
            owner,
            user,
        });
    }
    let keeps_files = is_parent && mode & STICKY != 0;
    if mode & WRITABLE_BY_OTHERS != 0 && !keeps_files {
        return Err(Exposure::Writable {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn own() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// Write permission of the group or of others exposes a path, except in a sticky parent.
    #[test]
    fn modes_decide() {
        use PathUse::{Contents, Parent};
        let dir = tempfile::tempdir().unwrap();
        for (mode, path_use, private) in [
            (0o700, Contents, true),
            (0o755, Contents, true),
            (0o775, Contents, false),
            (0o757, Contents, false),
            (0o1777, Contents, false),
            (0o755, Parent, true),
            (0o777, Parent, false),
            (0o1777, Parent, true),
        ] {
            std::fs::set_permissions(dir.path(), Permissions::from_mode(mode)).unwrap();
            let found = check(dir.path(), path_use);
            assert_eq!(found.is_ok(), private, "{mode:o} {path_use:?}: {found:?}");
        }
        std::fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        let error = check(dir.path(), Contents).unwrap_err().to_string();
        let fix = format!(
            "(mode 777): check the contents, then run `chmod go-w '{}'`",
            dir.path().display()
        );
        assert!(error.ends_with(&fix), "{error}");
    }

    /// Another owner exposes a path, except that root may own a parent.
    #[test]
    fn the_owner_decides() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        let other = own() + 1;
        for path_use in [PathUse::Contents, PathUse::Parent] {
            assert_eq!(check_for(path, path_use, own()), Ok(()));
        }
        let error = check_for(path, PathUse::Contents, other).unwrap_err();
        let owner = own();
        assert!(
            error.to_string().contains(&format!(
                "belongs to user {owner}, and jiti runs as user {other}"
            )),
            "{error}"
        );
        let parent = check_for(path, PathUse::Parent, other);
        assert_eq!(parent.is_ok(), owner == ROOT);
        assert_eq!(
            check_for(&path.join("missing"), PathUse::Contents, other),
            Ok(())
        );
    }
}
