//! Test support for this and other packages: a manual clock, a fake cloud, and fixtures.

pub mod fake_cloud;
mod kinds;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

pub use fake_cloud::{CloudCall, FakeCloud, Repeat, resource};
pub use kinds::every_kind;

pub use crate::ledger::damage;

use crate::clock::Clock;
use crate::lease::{
    EventKind, NewEvent, Origin, ProcessId, Registration, RenewOn, Source, TeardownInputs, Terms,
};
use crate::policy::Policy;
use crate::values::id::{Actor, AppName, AppVersion, Owner, StackName};
use crate::values::tags::Labels;
use crate::values::ttl::Span;

/// Writes an executable script. A child process copies it into place: if this process wrote the
/// file itself, a fork on another thread could keep it open for writing, and running it would fail
/// with "text file busy".
///
/// # Panics
/// When the file cannot be written.
#[expect(clippy::expect_used, reason = "a test without its program is none")]
pub fn program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;

    let source = path.with_extension("script");
    std::fs::write(&source, script).expect("the script can be written");
    let may_run = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&source, may_run).expect("it can be made a program");
    let copied = Command::new("cp").arg(&source).arg(path).status();
    assert!(copied.is_ok_and(|status| status.success()), "cp failed");
}

/// A clock that moves only when a test sets it.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`, truncated to milliseconds.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millisecond()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Span) {
        let millis = i64::try_from(by.seconds() * 1000).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}

/// The start time of most tests: a Monday at noon.
pub const NOON: &str = "2026-03-02T12:00:00Z";

/// [`NOON`] as a timestamp.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the text above is a time; only tests call this"
)]
pub fn noon() -> Timestamp {
    NOON.parse().expect("a time")
}

/// Parses a stack name.
///
/// # Panics
/// When the text is not a valid name.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a test's own text; only tests call this"
)]
pub fn stack_name(name: &str) -> StackName {
    StackName::new(name).expect("a stack name")
}

/// The actor `ana@laptop`.
#[must_use]
pub fn actor() -> Actor {
    Actor::from_names("ana", "laptop")
}

/// An event written by ana on the command line.
#[must_use]
pub fn new_event(at: Timestamp, kind: EventKind) -> NewEvent {
    NewEvent {
        at,
        actor: actor(),
        source: Source::Cli,
        kind,
    }
}

/// A registration of `checkout` at version `v1`, owned by ana, with a TTL of eight hours, without
/// declared readiness and without limits. A test changes the fields that it is about.
///
/// # Panics
/// Never: its texts are valid.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "texts that are legal; only tests call this"
)]
pub fn registration() -> Registration {
    Registration {
        app: AppName::new("checkout").expect("an app"),
        version: AppVersion::new("v1").expect("a version"),
        owner: Owner::new("ana@example.com").expect("an owner"),
        terms: Terms {
            ttl: "8h".parse().expect("a duration"),
            renew_on: RenewOn::Version,
            idle_after: None,
            ready_timeout: None,
            hourly_cost: None,
            labels: Labels::default(),
            teardown: TeardownInputs::default(),
            as_written: std::collections::BTreeMap::new(),
        },
        origin: Origin {
            directory: "/srv/checkout".to_owned(),
            workspace: "default".to_owned(),
            command: "/usr/bin/terraform".to_owned(),
            data_dir: None,
            process: ProcessId {
                pid: 4242,
                started: "1000".to_owned(),
                host: "laptop".to_owned(),
            },
            backend: None,
            repository: None,
        },
        policy: Policy::default(),
    }
}
