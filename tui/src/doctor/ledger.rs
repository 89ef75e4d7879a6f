//! The ledger: whether it is there, can be read and written, and is nobody else's business.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{Access, access};
use stack::ledger::Scope;
use stack::{Lease, Ledger, LedgerId, ReaperStatus, SqliteLedger};

use super::Finding;
use crate::cli::context::{Context, ReadOnly, exists};
use crate::error::CommandError;

const PART: &str = "ledger";

/// Below this many bytes a disk is as good as full.
const LITTLE_SPACE: u64 = 16 * 1024 * 1024;

/// What was found, and what the ledger holds if it could be read.
pub(super) struct Seen {
    pub(super) findings: Vec<Finding>,
    pub(super) open: Option<Open>,
}

/// What a ledger that can be read holds.
pub(super) struct Open {
    pub(super) leases: Vec<Lease>,
    pub(super) reaper: ReaperStatus,
}

pub(super) async fn look(context: &Context) -> Seen {
    let broken = |error: &CommandError| {
        let (found, mend) = (error.message(), error.advice());
        // The ledger's own errors end with what to do.
        let (found, mend) = match (mend, found.rsplit_once("; ")) {
            (None, Some((found, mend))) => (found.to_owned(), mend.to_owned()),
            (mend, _) => (
                found,
                mend.unwrap_or_else(|| "name another one with --ledger".to_owned()),
            ),
        };
        Seen {
            findings: vec![Finding::broken(PART, found, mend)],
            open: None,
        }
    };
    let path = match context.ledger_path() {
        Ok(path) => path,
        Err(error) => return broken(&error),
    };
    match read(context).await {
        Err(error) => broken(&error),
        Ok(None) => {
            let found = format!("there is none at {} yet", path.display());
            let mend = "the first apply of a `jiti_stack` creates it; to look at another one, use --ledger or JITI_LEDGER";
            Seen {
                findings: vec![Finding::advice(PART, found, mend)],
                open: None,
            }
        }
        Ok(Some((id, open))) => {
            let live = open.leases.iter().filter(|lease| lease.is_live()).count();
            let found = format!("{} (id {id}), {live} live stacks", path.display());
            let findings = vec![
                Finding::ok(PART, found),
                writing(context, &path),
                permissions(&path),
            ];
            Seen {
                findings,
                open: Some(open),
            }
        }
    }
}

async fn read(context: &Context) -> Result<Option<(LedgerId, Open)>, CommandError> {
    // Not through the configuration, which may be broken: that is another finding.
    let path = context.ledger_path()?;
    if !exists(&path)? {
        return Ok(None);
    }
    let ledger = SqliteLedger::read_only(&path);
    let id = ledger.id().await?;
    let leases = ledger.leases(Scope::All).await?;
    let reaper = ledger.reaper().await?;
    Ok(Some((id, Open { leases, reaper })))
}

/// Whether changes would work. Nothing is written to find out.
fn writing(context: &Context, path: &Path) -> Finding {
    const PART: &str = "writing";
    match context
        .config()
        .ok()
        .and_then(|config| context.read_only(&config))
    {
        Some(ReadOnly::Flag) => return Finding::ok(PART, "refused: --read-only was given"),
        Some(ReadOnly::Config) => {
            return Finding::ok(PART, "refused: read_only = true under [dashboard]");
        }
        None => {}
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    for place in [path, folder] {
        if access(place, Access::WRITE_OK).is_err() {
            return Finding::advice(
                PART,
                format!(
                    "no write access to {}: every change is refused",
                    place.display()
                ),
                "ask its owner for write access to the file and its folder, or only look",
            );
        }
    }
    match rustix::fs::statvfs(folder) {
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < LITTLE_SPACE => Finding::broken(
            PART,
            format!("the disk of {} is full", folder.display()),
            "free some space",
        ),
        _ => Finding::ok(PART, "the file and its folder can be written"),
    }
}

/// Whether others can read what stacks there are, or change it.
fn permissions(path: &Path) -> Finding {
    const PART: &str = "permissions";
    let Ok(metadata) = path.metadata() else {
        let found = format!("{} cannot be asked for its permissions", path.display());
        return Finding::advice(PART, found, "ask its owner for access to its folder");
    };
    let mode = metadata.permissions().mode() & 0o777;
    let others = match (mode & 0o022 != 0, mode & 0o044 != 0) {
        (true, _) => "others can change it",
        (_, true) => "others can read it",
        _ => return Finding::ok(PART, format!("only its owner ({mode:03o})")),
    };
    Finding::advice(
        PART,
        format!("{others} ({mode:03o}): it holds names, owners and variables of teardowns"),
        format!(
            "unless it is shared on purpose: chmod 600 '{}'",
            path.display()
        ),
    )
}
