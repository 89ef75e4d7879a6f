//! Reports from stored histories equal reports from all events.

use std::num::NonZeroUsize;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{ReadingSteps, Reports};
use crate::config::Config;
use crate::cost::{EarlierCharge, MinimumCharge};
use crate::init::CreatedType;
use crate::lease::{EventKind, NewEvent, Registration, Source};
use crate::ledger::{Ledger, LedgerError, MemoryLedger};
use crate::report::{GroupBy, Report};
use crate::service::Service;
use crate::testing::{ManualClock, actor, every_kind, noon, registration, stack_name};
use crate::values::id::Seq;
use crate::values::ttl::Span;
use crate::{Inventory, MemoryInventory, SqliteInventory, SqliteLedger};

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    /// An event of a stack, after a pause. The numbers select its variant.
    Append {
        stack: usize,
        kind: usize,
        pause: i64,
        variant: usize,
        source: usize,
    },
    /// A report over the time since so many milliseconds.
    Report { since: i64, by: usize },
}

/// Small steps, so that a short log takes several.
const STEPS: ReadingSteps = ReadingSteps {
    page: 3,
    update: 7,
    fold: NonZeroUsize::MIN,
};

const STACKS: [&str; 3] = ["a", "b", "c"];
const GROUPS: [GroupBy; 4] = [GroupBy::App, GroupBy::Owner, GroupBy::Version, GroupBy::Day];

/// Events that a random kind seldom gives in a useful order.
fn lively() -> Vec<EventKind> {
    let kinds = every_kind();
    let named = |names: &[&str]| {
        let of_name = kinds.iter().filter(|kind| names.contains(&kind.name()));
        of_name.cloned().collect::<Vec<_>>()
    };
    let common = [
        "requested",
        "provisioned",
        "ready",
        "ready_timed_out",
        "version_changed",
        "owner_changed",
        "terms_changed",
        "rated",
        "activity",
        "teardown_started",
        "resource_left",
        "teardown_failed",
        "released",
        "gone",
    ];
    let mut all = kinds.clone();
    for _ in 0..3 {
        all.extend(named(&common));
    }
    all
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![
        2 => Just(0_i64),
        8 => 0_i64..5_000_000,
        1 => -3_000_000_i64..0,
        1 => Just(400_000_000),
    ];
    let append = (
        0..STACKS.len(),
        0..lively().len(),
        pause,
        0_usize..12,
        0_usize..4,
    )
        .prop_map(|(stack, kind, pause, variant, source)| Step::Append {
            stack,
            kind,
            pause,
            variant,
            source,
        });
    let report =
        (0_i64..60_000_000, 0..GROUPS.len()).prop_map(|(since, by)| Step::Report { since, by });
    prop::collection::vec(prop_oneof![6 => append, 1 => report], 1..80)
}

fn varied(kind: EventKind, at: Timestamp, last: Seq, variant: usize) -> EventKind {
    let usd = ["0", "0.3333333", "1", "7.25"][variant % 4];
    let timeout = [None, Some(Span::minutes(15)), Some(Span::minutes(60))][variant % 3];
    let vary = |registration: &mut Registration| {
        registration.app = ["shop", "mail"][variant % 2].parse().unwrap();
        registration.terms.ready_timeout = timeout;
        registration.terms.hourly_cost = (!variant.is_multiple_of(5)).then(|| usd.parse().unwrap());
    };
    match kind {
        EventKind::Requested { mut registration } => {
            vary(&mut registration);
            EventKind::Requested { registration }
        }
        EventKind::TermsChanged { .. } => {
            let mut registration = registration();
            vary(&mut registration);
            let terms = Box::new(registration.terms);
            EventKind::TermsChanged { terms }
        }
        EventKind::VersionChanged { from, .. } => EventKind::VersionChanged {
            from,
            to: ["v1", "v2", "v3"][variant % 3].parse().unwrap(),
        },
        EventKind::OwnerChanged { from, .. } => EventKind::OwnerChanged {
            from,
            to: ["ana", "bo"][variant % 2].parse().unwrap(),
        },
        EventKind::TeardownStarted {
            strategy,
            by,
            run,
            host,
            pid,
            ..
        } => EventKind::TeardownStarted {
            strategy,
            by,
            why: ["expiry", "purgatory", "idleness", "residue"][variant % 4].to_owned(),
            run,
            host,
            pid,
        },
        EventKind::Rated { hourly_source, .. } => EventKind::Rated {
            hourly_usd: (!variant.is_multiple_of(5)).then(|| usd.parse().unwrap()),
            hourly_source,
            unpriced: Vec::new(),
            at_least: vec![MinimumCharge {
                until: Span::minutes(1).after(at),
                hourly_usd: usd.parse().unwrap(),
            }],
            accrued: vec![EarlierCharge {
                since: Span::minutes(20).before(at),
                hourly_usd: usd.parse().unwrap(),
            }],
            created: vec![CreatedType {
                kind: "rds:db".to_owned(),
                class: Some("data".to_owned()),
                at: Span::minutes(20).before(at),
            }],
        },
        EventKind::Misdated { .. } => EventKind::Misdated {
            events: vec![last, Seq(variant as u64)],
        },
        kind => kind,
    }
}

/// A ledger with two services: one with an inventory, and one without.
struct World {
    ledger: Arc<dyn Ledger>,
    clock: Arc<ManualClock>,
    stored: Service,
    scratch: Service,
}

impl World {
    fn new(ledger: Arc<dyn Ledger>, inventory: Arc<dyn Inventory>) -> Self {
        let clock = Arc::new(ManualClock::at(noon()));
        let scratch = Service::new(
            Arc::clone(&ledger),
            Arc::<ManualClock>::clone(&clock),
            Arc::new(Config::default()),
            actor(),
            Source::Cli,
        );
        Self {
            ledger,
            clock,
            stored: scratch.clone().with_inventory(inventory),
            scratch,
        }
    }

    async fn append(&self, stack: &str, at: Timestamp, source: Source, kind: EventKind) {
        let stack = stack_name(stack);
        let lease = self.ledger.lease(&stack).await.unwrap();
        let after = lease.map_or(Seq::NONE, |lease| lease.last_seq());
        let event = NewEvent {
            at,
            actor: actor(),
            source,
            kind,
        };
        match self.ledger.append(&stack, after, vec![event]).await {
            Ok(_) | Err(LedgerError::Illegal { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn stored(&self) -> Reports<'_> {
        self.stored.reports()
    }

    /// The report from stored histories, and from all events.
    async fn reports(&self, since: Timestamp, by: GroupBy) -> (Report, Report) {
        let by_one = [by.clone()];
        let [stored] = self
            .stored()
            .reports_in(STEPS, since, by_one)
            .await
            .unwrap();
        let scratch = self.scratch.reports().report(since, by).await.unwrap();
        (stored, scratch)
    }
}

proptest! {
    /// For any events, periods and groupings, and wherever reports were made between two appends,
    /// a report from stored histories equals one from all events.
    #[test]
    fn following_equals_folding(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new(
                Arc::new(MemoryLedger::new()),
                Arc::new(MemoryInventory::new()),
            );
            let kinds = lively();
            let mut at = noon();
            for step in steps.into_iter().chain([Step::Report { since: 30_000_000, by: 0 }]) {
                match step {
                    Step::Append { stack, kind, pause, variant, source } => {
                        // A long pause is a clock that is ahead.
                        let ahead = pause > 100_000_000;
                        let millis = at.as_millisecond() + pause;
                        let when = Timestamp::from_millisecond(millis).unwrap();
                        if !ahead {
                            at = at.max(when);
                            world.clock.set(at);
                        }
                        let sources = [Source::Cli, Source::Reaper, Source::Provider, Source::Reaper];
                        let last = world.ledger.events(&stack_name(STACKS[stack]), Seq::NONE).await.unwrap().len();
                        let kind = varied(kinds[kind].clone(), when, Seq(last as u64), variant);
                        world.append(STACKS[stack], when, sources[source], kind).await;
                    }
                    Step::Report { since, by } => {
                        let since = at.as_millisecond() - since;
                        let since = Timestamp::from_millisecond(since).unwrap();
                        let (stored, scratch) = world.reports(since, GROUPS[by].clone()).await;
                        prop_assert_eq!(&stored, &scratch);
                    }
                }
            }
            Ok(())
        })?;
    }
}

/// Appends an event of a minute after noon.
async fn happens(world: &World, stack: &str, minutes: u32, kind: EventKind) {
    let at = Span::minutes(minutes).after(noon());
    world.append(stack, at, Source::Cli, kind).await;
}

fn requested() -> EventKind {
    let mut registration = registration();
    registration.terms.hourly_cost = "1".parse().ok();
    let registration = Box::new(registration);
    EventKind::Requested { registration }
}

/// Two stacks of which one is gone.
async fn two_stacks(world: &World) {
    for stack in ["a", "b"] {
        happens(world, stack, 1, requested()).await;
        happens(world, stack, 30, EventKind::Ready).await;
    }
    happens(world, "a", 60, EventKind::Released).await;
}

/// A ledger in a file.
struct FileLedger(tempfile::TempDir);

impl FileLedger {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("ledger.db")
    }

    /// A process that uses the file, ten hours after noon.
    fn world(&self, inventory: SqliteInventory) -> World {
        let world = World::new(Arc::new(SqliteLedger::at(self.path())), Arc::new(inventory));
        world.clock.set(Span::minutes(600).after(noon()));
        world
    }

    fn run(&self, statements: &str) {
        let db = rusqlite::Connection::open(self.path()).unwrap();
        db.execute_batch(statements).unwrap();
    }

    fn count(&self, query: &str) -> i64 {
        let db = rusqlite::Connection::open(self.path()).unwrap();
        db.query_row(query, [], |row| row.get(0)).unwrap()
    }
}

const DAMAGE: &str = "UPDATE event SET kind = '{' WHERE seq = 2
    AND stack = (SELECT stack FROM stack WHERE name = 'a')";

async fn equal(world: &World) -> Report {
    let (stored, scratch) = world.reports(noon(), GroupBy::App).await;
    assert_eq!(stored, scratch);
    stored
}

/// A report reads the events that the stored histories lack, and no earlier ones. What is stored
/// survives the process.
#[tokio::test]
async fn earlier_events_are_not_read_again() {
    let file = FileLedger::new();
    let world = file.world(SqliteInventory::at(file.path()));
    two_stacks(&world).await;
    equal(&world).await;
    happens(&world, "b", 90, EventKind::Released).await;
    let report = equal(&world).await;
    assert_eq!(report.total.ended.terraform, 2);
    drop(world);
    file.run(DAMAGE);
    let world = file.world(SqliteInventory::at(file.path()));
    let (stored, scratch) = world.reports(noon(), GroupBy::App).await;
    assert_eq!(stored.total, report.total);
    assert_eq!((scratch.total.stacks, scratch.unreadable.len()), (1, 1));
    // A new lease of the name continues without the earlier events.
    happens(&world, "a", 120, requested()).await;
    let (stored, _) = world.reports(noon(), GroupBy::App).await;
    assert_eq!((stored.total.stacks, stored.unreadable.len()), (3, 0));
}

/// A stack with a damaged event is left out and named, also later, until the event is repaired.
#[tokio::test]
async fn damaged_stacks_are_named_until_they_are_repaired() {
    let file = FileLedger::new();
    let world = file.world(SqliteInventory::at(file.path()));
    two_stacks(&world).await;
    let kind = "(SELECT kind FROM event WHERE seq = 2 LIMIT 1)";
    file.run(DAMAGE);
    for minutes in [70, 80] {
        let report = equal(&world).await;
        let names: Vec<_> = report.unreadable.iter().map(|stack| &*stack.name).collect();
        assert_eq!((report.total.stacks, names), (1, vec!["a"]));
        happens(
            &world,
            "b",
            minutes,
            EventKind::Activity {
                signal: "touch".to_owned(),
            },
        )
        .await;
    }
    file.run(&DAMAGE.replace("'{'", &kind.replace("seq = 2", "kind LIKE '%ready%'")));
    let report = equal(&world).await;
    assert_eq!((report.total.stacks, report.unreadable.len()), (2, 0));
}

/// Histories of another ledger, of another format, from beyond the end of the log, or damaged ones
/// are replaced.
#[tokio::test]
async fn unusable_histories_are_replaced() {
    for change in [
        "UPDATE report_position SET ledger = '0123456789ab'",
        "UPDATE report_position SET ledger = ''",
        "UPDATE report_position SET format = format + 1",
        "UPDATE report_position SET last_seq = 9",
        "UPDATE report_position SET last_at = last_at + 1",
        "UPDATE report_position SET last_stack = 'other'",
        "UPDATE report_position SET last_stack = ' '",
        "UPDATE report_lease SET history = x'00'",
        "UPDATE report_lease SET stack = ' '",
        "UPDATE cloud_format SET format = 99 WHERE name = 'report'",
    ] {
        let file = FileLedger::new();
        let world = file.world(SqliteInventory::at(file.path()));
        two_stacks(&world).await;
        let report = equal(&world).await;
        drop(world);
        let rows = "SELECT count(*) FROM report_lease WHERE length(history) > 1 AND stack <> ' '";
        assert_eq!(file.count(rows), 2);
        file.run(change);
        let world = file.world(SqliteInventory::at(file.path()));
        assert_eq!(equal(&world).await, report, "{change}");
        assert_eq!(file.count(rows), 2, "{change}");
        drop(world);
        // It was replaced once, and is used from now on.
        file.run(DAMAGE);
        let world = file.world(SqliteInventory::at(file.path()));
        let (stored, _) = world.reports(noon(), GroupBy::App).await;
        assert_eq!(stored, report, "{change}");
    }
}

/// Without write access, a report uses what is stored and folds the rest in memory. Without
/// anything stored, it folds everything.
#[tokio::test]
async fn nothing_is_written_without_access() {
    let file = FileLedger::new();
    let world = file.world(SqliteInventory::read_only(file.path()));
    two_stacks(&world).await;
    equal(&world).await;
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'report_%'";
    assert_eq!(file.count(tables), 0);
    let writer = file.world(SqliteInventory::at(file.path()));
    equal(&writer).await;
    happens(&world, "b", 90, EventKind::Released).await;
    happens(&world, "a", 120, requested()).await;
    equal(&world).await;
    equal(&world).await;
    let cursor = "SELECT CAST(cursor AS INTEGER) FROM report_position";
    assert_eq!(file.count(cursor), 5);
    equal(&writer).await;
    assert_eq!(file.count(cursor), 7);
}

/// Reports that run at once are all complete, whichever of them stores its histories.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_reports_are_complete() {
    let file = FileLedger::new();
    let world = file.world(SqliteInventory::at(file.path()));
    two_stacks(&world).await;
    for round in 0..5 {
        for number in 0..20 {
            happens(&world, &format!("{round}-{number}"), 2, requested()).await;
        }
        let reports: Vec<_> = (0..4)
            .map(|_| {
                let other = file.world(SqliteInventory::at(file.path()));
                tokio::spawn(async move { equal(&other).await.total.stacks })
            })
            .collect();
        for report in reports {
            assert_eq!(report.await.unwrap(), 2 + 20 * (round + 1));
        }
    }
    let leases = file.count("SELECT count(*) FROM report_lease");
    assert_eq!(leases, 102);
}
