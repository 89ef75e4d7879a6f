//! This user's own records of the places that stacks were applied from.
//!
//! Other users can write to a shared ledger, so what it names is not trusted on its own: jiti runs
//! Terraform in a folder only if this user's record on this machine says that the stack was applied
//! from there. The provider writes the records, and a teardown reads them.
//!
//! ```text
//! $XDG_STATE_HOME/jiti/origins/   0700
//!   LEDGER-ID/                    0700
//!     SHA-256 OF THE NAME.json    0600   one stack
//! ```

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::lease::Origin;
use crate::private_path::{self, Exposure, PathUse};
use crate::values::id::{LedgerId, StackName};

/// The records of this user on this machine.
#[derive(Clone, Debug)]
pub struct OriginRecords {
    folder: PathBuf,
}

/// A place that this user applied a stack from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OriginRecord {
    ledger: LedgerId,
    stack: StackName,
    directory: String,
    workspace: String,
    data_dir: Option<String>,
    recorded_at: Timestamp,
}

/// Why this user's records do not name a place.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnrecordedOrigin {
    /// There is no record of the stack.
    #[error("this user has no record on this machine of an apply of the stack")]
    Missing,
    /// The record names another place.
    #[error(
        "this user's record on this machine says that the stack was applied from {directory}, workspace {workspace}"
    )]
    Elsewhere {
        /// The recorded directory.
        directory: String,
        /// The recorded workspace.
        workspace: String,
    },
    /// Another user could have written the record.
    #[error("this user's record is not trusted: {0}")]
    Exposed(Exposure),
    /// The record cannot be read.
    #[error("this user's record {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Its file.
        path: PathBuf,
        /// The error.
        reason: String,
    },
}

impl OriginRecords {
    /// The records in a folder, which need not exist: see
    /// [`Locations::origins`](crate::config::Locations::origins).
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Records that this user applied a stack from a place. Writes nothing if the record says so
    /// already.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(
        &self,
        ledger: &LedgerId,
        stack: &StackName,
        origin: &Origin,
        now: Timestamp,
    ) -> io::Result<()> {
        if self.check(ledger, stack, origin).is_ok() {
            return Ok(());
        }
        let path = self.path(ledger, stack);
        let folder = path.parent().unwrap_or(&self.folder);
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
        let record = OriginRecord {
            ledger: ledger.clone(),
            stack: stack.clone(),
            directory: origin.directory.clone(),
            workspace: origin.workspace.clone(),
            data_dir: origin.data_dir.clone(),
            recorded_at: now,
        };
        // A reader sees the old record or the new one, and two writers do not share a draft.
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let written = private(&draft).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(&record)?)?;
            std::fs::rename(&draft, &path)
        });
        if written.is_err() {
            // The first error is the one to report.
            let _ = std::fs::remove_file(&draft);
        }
        written
    }

    /// Removes the record of a stack that is gone.
    ///
    /// # Errors
    /// When the file exists and cannot be removed.
    pub fn remove(&self, ledger: &LedgerId, stack: &StackName) -> io::Result<()> {
        match std::fs::remove_file(self.path(ledger, stack)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Checks that this user applied a stack from this place. Only the record is read, and nothing
    /// of the place.
    ///
    /// # Errors
    /// [`UnrecordedOrigin`], when no record that only this user can have written says so.
    pub fn check(
        &self,
        ledger: &LedgerId,
        stack: &StackName,
        origin: &Origin,
    ) -> Result<(), UnrecordedOrigin> {
        let path = self.path(ledger, stack);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(UnrecordedOrigin::Missing);
            }
            Err(error) => return Err(unreadable(&path, &error.to_string())),
        };
        self.verify_private(&path)
            .map_err(UnrecordedOrigin::Exposed)?;
        let record: OriginRecord =
            serde_json::from_slice(&text).map_err(|error| unreadable(&path, &error.to_string()))?;
        if (&record.ledger, &record.stack) != (ledger, stack) {
            return Err(UnrecordedOrigin::Missing);
        }
        let recorded = (&record.directory, &record.workspace, &record.data_dir);
        if recorded != (&origin.directory, &origin.workspace, &origin.data_dir) {
            return Err(UnrecordedOrigin::Elsewhere {
                directory: record.directory,
                workspace: record.workspace,
            });
        }
        Ok(())
    }

    /// Checks the file and its folders up to jiti's own, and that no other user can replace that
    /// one.
    fn verify_private(&self, file: &Path) -> Result<(), Exposure> {
        private_path::check(file, PathUse::Contents)?;
        let own = self.folder.parent();
        for folder in file.ancestors().skip(1) {
            if Some(folder) == own {
                private_path::check(folder, PathUse::Contents)?;
                return match folder.parent() {
                    Some(state) => private_path::check(state, PathUse::Parent),
                    None => Ok(()),
                };
            }
            private_path::check(folder, PathUse::Contents)?;
        }
        Ok(())
    }

    /// The file of a stack. A name may contain slashes, and names may differ by case only.
    fn path(&self, ledger: &LedgerId, stack: &StackName) -> PathBuf {
        let digest = Sha256::digest(stack.as_str());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(ledger.as_str()).join(name + ".json")
    }
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

fn unreadable(path: &Path, reason: &str) -> UnrecordedOrigin {
    UnrecordedOrigin::Unreadable {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::testing::{noon, registration, stack_name};

    fn ledger() -> LedgerId {
        LedgerId::new("0123456789ab").unwrap()
    }

    fn records(dir: &tempfile::TempDir) -> OriginRecords {
        OriginRecords::at(dir.path().join("jiti/origins"))
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    /// A record names exactly one place of one stack in one ledger, until the stack is gone. Its
    /// file and folders are private.
    #[test]
    fn a_record_names_one_place() {
        let dir = tempfile::tempdir().unwrap();
        let (records, origin) = (records(&dir), registration().origin);
        let name = stack_name("team/../a b");
        let check = |ledger: &LedgerId, name: &StackName, origin: &Origin| {
            records.check(ledger, name, origin)
        };
        assert_eq!(
            check(&ledger(), &name, &origin),
            Err(UnrecordedOrigin::Missing)
        );
        records.write(&ledger(), &name, &origin, noon()).unwrap();
        assert_eq!(check(&ledger(), &name, &origin), Ok(()));
        let file = records.path(&ledger(), &name);
        assert_eq!(mode(&file), 0o600);
        for folder in file.ancestors().skip(1).take(3) {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
        let other = LedgerId::new("ba9876543210").unwrap();
        assert_eq!(
            check(&other, &name, &origin),
            Err(UnrecordedOrigin::Missing)
        );
        let others = [
            Origin {
                directory: "/srv/other".to_owned(),
                ..origin.clone()
            },
            Origin {
                workspace: "other".to_owned(),
                ..origin.clone()
            },
            Origin {
                data_dir: Some("other".to_owned()),
                ..origin.clone()
            },
        ];
        for other in others {
            let found = check(&ledger(), &name, &other);
            assert!(
                matches!(found, Err(UnrecordedOrigin::Elsewhere { .. })),
                "{found:?}"
            );
            records.write(&ledger(), &name, &other, noon()).unwrap();
            assert_eq!(check(&ledger(), &name, &other), Ok(()));
            records.write(&ledger(), &name, &origin, noon()).unwrap();
        }
        records.remove(&ledger(), &name).unwrap();
        records.remove(&ledger(), &name).unwrap();
        assert_eq!(
            check(&ledger(), &name, &origin),
            Err(UnrecordedOrigin::Missing)
        );
    }

    /// A record that another user could have written, or that is damaged, names no place.
    #[test]
    fn an_exposed_record_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let (records, origin) = (records(&dir), registration().origin);
        let name = stack_name("shop");
        records.write(&ledger(), &name, &origin, noon()).unwrap();
        let file = records.path(&ledger(), &name);
        for exposed in file.ancestors().take(4) {
            let before = mode(exposed);
            std::fs::set_permissions(exposed, Permissions::from_mode(0o777)).unwrap();
            let found = records.check(&ledger(), &name, &origin);
            assert!(
                matches!(found, Err(UnrecordedOrigin::Exposed(_))),
                "{found:?}"
            );
            std::fs::set_permissions(exposed, Permissions::from_mode(before)).unwrap();
        }
        assert_eq!(records.check(&ledger(), &name, &origin), Ok(()));
        std::fs::write(&file, "{").unwrap();
        let found = records.check(&ledger(), &name, &origin);
        assert!(
            matches!(found, Err(UnrecordedOrigin::Unreadable { .. })),
            "{found:?}"
        );
    }

    /// The record of one stack that was copied to another's file does not count.
    #[test]
    fn a_copied_record_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let (records, origin) = (records(&dir), registration().origin);
        let (shop, other) = (stack_name("shop"), stack_name("other"));
        records.write(&ledger(), &shop, &origin, noon()).unwrap();
        let [from, to] = [&shop, &other].map(|name| records.path(&ledger(), name));
        std::fs::copy(from, to).unwrap();
        assert_eq!(
            records.check(&ledger(), &other, &origin),
            Err(UnrecordedOrigin::Missing)
        );
    }
}
