//! Checks that the ledger exists, is readable and writable, and is not open to other users.

mod copies;
mod shared;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{Access, access};
use stack::breaker::Breakers;
use stack::ledger::{LeaseList, LedgerSettings, Scope, UnreadableStack};
use stack::service::reap::{ClockEvidence, clock_evidence};
use stack::{Clock, Exposure, Lease, Ledger, LedgerError, LedgerId, ReaperStatus, SqliteLedger};

use super::Finding;
use crate::cli::context::{Context, ReadOnly};
use crate::error::CommandError;
use crate::format::values;
use crate::ledger_store::{self, exists};

const PART: &str = "ledger";

/// The disk counts as full if it has fewer free bytes than this.
const MIN_FREE_BYTES: u64 = 16 * 1024 * 1024;

/// The findings, and the contents of the ledger if it is readable.
pub(super) struct LedgerCheck {
    pub(super) findings: Vec<Finding>,
    pub(super) contents: Option<LedgerContents>,
}

/// The contents of a readable ledger.
pub(super) struct LedgerContents {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) settings: LedgerSettings,
    pub(super) leases: Vec<Lease>,
    pub(super) unreadable: Vec<UnreadableStack>,
    pub(super) reaper: ReaperStatus,
    pub(super) breakers: Breakers,
    pub(super) clock: ClockEvidence,
}

pub(super) async fn check(context: &Context) -> LedgerCheck {
    let broken = |error: &CommandError| {
        let (found, fix) = (error.message(), error.advice());
        // The ledger's own errors end with the fix, after a semicolon.
        let (found, fix) = match (fix, found.rsplit_once("; ")) {
            (None, Some((found, fix))) => (found.to_owned(), fix.to_owned()),
            (fix, _) => (
                found,
                fix.unwrap_or_else(|| "set another ledger with --ledger".to_owned()),
            ),
        };
        LedgerCheck {
            findings: vec![Finding::broken(PART, found, fix)],
            contents: None,
        }
    };
    let address = match context.ledger_address() {
        Ok(address) => address,
        Err(error) => return broken(&error),
    };
    match read(context).await {
        Err(error) => broken(&error),
        Ok(None) => {
            let found = format!("no ledger at {address} yet");
            let fix = "the first apply of a `jiti_stack` creates it; to use another ledger, set --ledger or \
                       JITI_LEDGER";
            LedgerCheck {
                findings: vec![Finding::advice(PART, found, fix)],
                contents: None,
            }
        }
        Ok(Some((id, contents))) => {
            let live = contents
                .leases
                .iter()
                .filter(|lease| lease.is_live())
                .count();
            let found = format!("{address} (id {id}), {}", values::count(live, "live stack"));
            let mut findings = vec![Finding::ok(PART, found)];
            match address.file() {
                Some(path) => findings.extend([writing(context, path), permissions(context, path)]),
                None => findings.extend(shared::usage(contents.ledger.as_ref())),
            }
            findings.extend(copies::check(context, &contents.settings).await);
            LedgerCheck {
                findings,
                contents: Some(contents),
            }
        }
    }
}

async fn read(context: &Context) -> Result<Option<(LedgerId, LedgerContents)>, CommandError> {
    // Does not read the configuration, because that may be broken, which is another finding.
    let address = context.ledger_address()?;
    if !exists(&address)? {
        return Ok(None);
    }
    let ledger = ledger_store::open(&address, true)?;
    let id = ledger.id().await?;
    let LeaseList { leases, unreadable } = ledger.list_leases(Scope::All).await?;
    let reaper = ledger.reaper().await?;
    let settings = ledger.settings().await?;
    let breakers = ledger.breakers().await?;
    // The cloud's clock is another finding.
    let now = context.clock().now();
    let clock = clock_evidence(ledger.as_ref(), &leases, &reaper, None, now).await?;
    let contents = LedgerContents {
        ledger,
        settings,
        leases,
        unreadable,
        reaper,
        breakers,
        clock,
    };
    Ok(Some((id, contents)))
}

/// One finding for each stack with a damaged record.
pub(super) fn unreadable(contents: &LedgerContents) -> impl Iterator<Item = Finding> {
    const PART: &str = "stack";
    contents.unreadable.iter().map(|stack| {
        Finding::broken(
            PART,
            format!("{} is unreadable: {}", stack.name, stack.problem),
            "make a copy of the ledger first, then see \"Recovery by hand\" in docs/dev/ledger.md",
        )
    })
}

/// Checks that changes would work, without writing anything.
fn writing(context: &Context, path: &Path) -> Finding {
    const PART: &str = "writing";
    match context
        .config()
        .ok()
        .and_then(|config| context.read_only(&config))
    {
        Some(ReadOnly::Flag) => return Finding::ok(PART, "refused: --read-only is set"),
        Some(ReadOnly::Config) => {
            return Finding::ok(PART, "refused: read_only = true under [dashboard]");
        }
        None => {}
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    for target in [path, folder] {
        if access(target, Access::WRITE_OK).is_err() {
            return Finding::advice(
                PART,
                format!(
                    "no write access to {}, so jiti refuses every change",
                    target.display()
                ),
                "if you need to make changes, ask its owner for write access to the file and its folder",
            );
        }
    }
    match rustix::fs::statvfs(folder) {
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < MIN_FREE_BYTES => {
            Finding::broken(
                PART,
                format!("the disk of {} is full", folder.display()),
                "free some space",
            )
        }
        _ => Finding::ok(PART, "the file and its folder are writable"),
    }
}

/// Checks that other users can neither read nor change the ledger.
fn permissions(context: &Context, path: &Path) -> Finding {
    const PART: &str = "permissions";
    let Ok(metadata) = path.metadata() else {
        let found = format!("cannot read the permissions of {}", path.display());
        return Finding::advice(PART, found, "ask its owner for access to its folder");
    };
    let mode = metadata.permissions().mode() & 0o777;
    let others = match (mode & 0o022 != 0, mode & 0o044 != 0) {
        (true, _) => "other users can change it, so jiti runs nothing that it records",
        (_, true) => "other users can read it",
        _ => return exposure(context, path, mode),
    };
    Finding::advice(
        PART,
        format!("{others} ({mode:03o}); it contains names, owners and teardown variables"),
        format!(
            "unless you share it on purpose: chmod 600 '{}'",
            path.display()
        ),
    )
}

/// Checks what the file's own mode does not show: its owner, its folder, and the folder `runs`.
fn exposure(context: &Context, path: &Path, mode: u32) -> Finding {
    const PART: &str = "permissions";
    let exposure = match SqliteLedger::read_only(path).verify_private() {
        Err(LedgerError::Exposed { exposure, .. }) => Some(exposure),
        _ => {
            let settings = context.teardown_settings().ok();
            settings.and_then(|settings| Exposure::find(&settings.runs))
        }
    };
    match exposure {
        None => Finding::ok(PART, format!("accessible only to its owner ({mode:03o})")),
        Some(exposure) => Finding::broken(
            PART,
            format!(
                "{}, so jiti runs nothing that the ledger records",
                exposure.problem()
            ),
            exposure.fix(),
        ),
    }
}
