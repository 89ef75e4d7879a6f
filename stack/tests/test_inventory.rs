//! The contract of an inventory, tested on every implementation.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;
use stack::cloud::{
    Bill, BillLine, Confirmation, Discovery, DiscoveryScope, Price, Unchecked, Usage,
};
use stack::idle::{Activity, DEFAULT_WINDOW, Evidence};
use stack::inventory::{
    BillAnswer, CloudClock, CloudScan, CloudSnapshot, LoggedEvent, ReportLease, ReportPosition,
    ReportStack, ReportStackUpdate, ReportUpdate,
};
use stack::ledger::{Cursor, UnreadableStack};
use stack::testing::{noon, stack_name};
use stack::{
    Inventory, Ledger, LedgerId, MemoryInventory, Place, Resource, ResourceId, Seq, Span,
    SqliteInventory, SqliteLedger,
};

/// Runs a contract on the inventory in memory, on the one in a ledger's file, and on one whose file
/// is read-only or missing.
macro_rules! laws {
    ($($(#[$doc:meta])* $law:ident;)*) => {
        mod memory {
            $($(#[$doc])*
            #[tokio::test]
            async fn $law() {
                super::$law(std::sync::Arc::new(super::MemoryInventory::new())).await;
            })*
        }
        mod sqlite {
            $($(#[$doc])*
            #[tokio::test]
            async fn $law() {
                let (_folder, path) = super::ledger().await;
                super::$law(std::sync::Arc::new(super::SqliteInventory::at(path))).await;
            })*
        }
        mod read_only {
            $($(#[$doc])*
            #[tokio::test]
            async fn $law() {
                let (_folder, path) = super::ledger().await;
                super::$law(std::sync::Arc::new(super::SqliteInventory::read_only(path))).await;
            })*
        }
        mod no_file {
            $($(#[$doc])*
            #[tokio::test]
            async fn $law() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("ledger.db");
                super::$law(std::sync::Arc::new(super::SqliteInventory::at(&path))).await;
                assert!(!path.exists(), "an inventory does not create a ledger");
            })*
        }
    };
}

laws! {
    /// A recorded answer is read back unchanged.
    answers_survive_reopening;
    /// A scan replaces what answered. What did not answer keeps its last state and age.
    a_scan_replaces_what_answered;
    /// A resource that its own service did not confirm keeps its last details and becomes
    /// unconfirmed.
    an_unconfirmed_resource_keeps_its_details;
    /// A scan of one stack replaces only that stack's resources, including its untagged children.
    a_scan_of_one_stack_touches_no_other;
    /// The use of a resource is kept as long as the resource exists.
    use_goes_with_its_resource;
    /// A final day of the bill never changes, every other day is replaced, and every request is
    /// counted.
    settled_days_are_kept;
    /// Every change gives a new generation, and reading does not.
    each_change_is_another_generation;
    /// A price replaces the one for the same meter and region.
    prices_are_replaced;
    /// A report reads the histories of stacks that exist, and of those that ended in its period.
    histories_are_read_from_a_time_on;
    /// A change of histories applies only to the position on which it builds.
    histories_change_from_one_position_to_the_next;
    /// A rebuild drops everything, and of a stack that cannot be read nothing is kept.
    histories_are_dropped;
}

type Kept = Arc<dyn Inventory>;

async fn ledger() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::at(&path);
    ledger.id().await.unwrap();
    (folder, path)
}

fn after(minutes: u32) -> Timestamp {
    Span::minutes(minutes).after(noon())
}

fn place(region: &str) -> Place {
    Place {
        account: "123456789012".to_owned(),
        region: region.to_owned(),
    }
}

fn resource(region: &str, kind: &str, id: &str, stack: Option<&str>) -> Resource {
    let mut resource = Resource::named(ResourceId(id.to_owned()), kind, place(region));
    resource.confirmation = Confirmation::Confirmed;
    if let Some(stack) = stack {
        let tag = ("jiti:stack".to_owned(), stack.to_owned());
        resource.tags.extend([tag]);
    }
    resource
}

fn scan(at: Timestamp, resources: Vec<Resource>, not_looked: Vec<Unchecked>) -> CloudScan {
    CloudScan {
        at,
        ended_at: Span::minutes(1).after(at),
        which: DiscoveryScope::All,
        places: vec![place("eu-west-1"), place("us-east-1")],
        found: Discovery {
            resources,
            unchecked: not_looked,
            ..Discovery::default()
        },
    }
}

fn silent(region: &str, kind: Option<&str>) -> Unchecked {
    Unchecked {
        place: place(region),
        kind: kind.map(str::to_owned),
        reason: "it did not answer".to_owned(),
        credentials: false,
    }
}

fn ids(known: &CloudSnapshot) -> Vec<&str> {
    known.resources.keys().map(ResourceId::as_str).collect()
}

async fn answers_survive_reopening(inventory: Kept) {
    assert_eq!(inventory.known().await.unwrap(), CloudSnapshot::default());
    let mut full = resource("eu-west-1", "ec2:instance", "i-1", Some("a"));
    full.created_at = Some(noon());
    full.hourly_usd = Some("0.0123456789".parse().unwrap());
    full.hourly_source = Some("list 2026-03-20".to_owned());
    full.usage = vec![Usage {
        meter: "ec2:t3.micro".to_owned(),
        quantity: Decimal::new(15, 1),
    }];
    full.uses = vec![ResourceId("subnet-1".to_owned())];
    full.size = Some(serde_json::json!({ "min": 1 }));
    let mut scan = scan(noon(), vec![full.clone()], vec![silent("us-east-1", None)]);
    scan.found.clock = Some(after(7));
    let kept = inventory.record_scan(scan).await.unwrap();
    let known = inventory.known().await.unwrap();
    assert_eq!(kept, known);
    assert_eq!(known.resources.values().collect::<Vec<_>>(), [&full]);
    assert_eq!(known.unchecked(), [silent("us-east-1", None)]);
    let clock = CloudClock {
        cloud: after(7),
        here: after(1),
    };
    assert_eq!(known.clock, Some(clock));
    assert_eq!(clock.skew().seconds(), 360);
}

async fn a_scan_replaces_what_answered(inventory: Kept) {
    let volume = |id| resource("eu-west-1", "ec2:volume", id, Some("a"));
    let queue = |id| resource("eu-west-1", "sqs", id, Some("a"));
    let far = |id| resource("us-east-1", "ec2:volume", id, Some("a"));
    let first = vec![volume("vol-1"), queue("queue-1"), far("vol-2")];
    inventory
        .record_scan(scan(noon(), first, Vec::new()))
        .await
        .unwrap();
    // EC2 in one place and everything in another do not answer. The queue has changed.
    let gaps = vec![silent("eu-west-1", Some("ec2")), silent("us-east-1", None)];
    let known = inventory
        .record_scan(scan(after(5), vec![queue("queue-2")], gaps))
        .await
        .unwrap();
    assert_eq!(ids(&known), ["queue-2", "vol-1", "vol-2"]);
    let seen = |id: &str| known.seen_at(&known.resources[&ResourceId(id.to_owned())]);
    assert_eq!(
        [seen("queue-2"), seen("vol-1"), seen("vol-2")],
        [Some(after(5)), Some(noon()), Some(noon())]
    );
    let places = [place("eu-west-1"), place("us-east-1")];
    assert_eq!(known.tried_at(&places), Some(after(5)));
    assert_eq!(known.tried_at(&[place("eu-north-1")]), None);
    // The age stays the same until the type answers again. Only then are missing resources removed.
    let gaps = vec![silent("eu-west-1", Some("ec2:volume"))];
    let known = inventory
        .record_scan(scan(after(10), vec![queue("queue-2")], gaps))
        .await
        .unwrap();
    assert_eq!(ids(&known), ["queue-2", "vol-1"]);
    let known = inventory
        .record_scan(scan(after(15), vec![queue("queue-2")], Vec::new()))
        .await
        .unwrap();
    assert_eq!(ids(&known), ["queue-2"]);
    assert_eq!(known.unchecked(), []);
}

async fn an_unconfirmed_resource_keeps_its_details(inventory: Kept) {
    let mut first = resource("eu-west-1", "ec2:volume", "vol-1", Some("a"));
    first.hourly_usd = Some("0.5".parse().unwrap());
    inventory
        .record_scan(scan(noon(), vec![first.clone()], Vec::new()))
        .await
        .unwrap();
    let mut again = resource("eu-west-1", "ec2:volume", "vol-1", Some("a"));
    again.confirmation = Confirmation::Unconfirmed("denied".to_owned());
    let gaps = vec![silent("eu-west-1", Some("ec2:volume"))];
    let known = inventory
        .record_scan(scan(after(5), vec![again.clone()], gaps))
        .await
        .unwrap();
    let kept = &known.resources[&first.id];
    assert_eq!(
        (&kept.confirmation, kept.hourly_usd),
        (&again.confirmation, first.hourly_usd)
    );
}

async fn a_scan_of_one_stack_touches_no_other(inventory: Kept) {
    let volume = |id, stack| resource("eu-west-1", "ec2:volume", id, stack);
    let mut child = volume("vol-1-child", None);
    child.owner = Some(ResourceId("vol-1".to_owned()));
    let first = vec![
        volume("vol-1", Some("a")),
        child,
        volume("vol-2", Some("b")),
    ];
    inventory
        .record_scan(scan(noon(), first, Vec::new()))
        .await
        .unwrap();
    let mut scan = scan(after(5), Vec::new(), Vec::new());
    scan.which = DiscoveryScope::Stack(stack_name("a"));
    let known = inventory.record_scan(scan).await.unwrap();
    assert_eq!(ids(&known), ["vol-2"]);
    assert_eq!(known.tried_at(&[place("eu-west-1")]), Some(noon()));
}

async fn use_goes_with_its_resource(inventory: Kept) {
    let volume = |id| resource("eu-west-1", "ec2:volume", id, Some("a"));
    inventory
        .record_scan(scan(noon(), vec![volume("vol-1")], Vec::new()))
        .await
        .unwrap();
    let observed = Activity {
        evidence: vec![Evidence {
            signal: "vol-1 VolumeReadOps".to_owned(),
            value: Some(0.5),
            threshold: 1.0,
            unit: None,
            window: DEFAULT_WINDOW,
        }],
        quiet_since: Some(noon()),
    };
    let seen = |id: &str| (ResourceId(id.to_owned()), observed.clone());
    let seen = BTreeMap::from([seen("vol-1"), seen("vol-9")]);
    inventory.record_activity(after(1), seen).await.unwrap();
    let known = inventory.known().await.unwrap();
    let uses: Vec<_> = known.uses.iter().collect();
    assert_eq!(uses.len(), 1, "vol-9 is unknown");
    assert_eq!((uses[0].1.at, &uses[0].1.observed), (after(1), &observed));
    let known = inventory
        .record_scan(scan(after(5), Vec::new(), Vec::new()))
        .await
        .unwrap();
    assert!(known.uses.is_empty());
}

fn asked(minutes: u32, usd: &str, settled: &[i8]) -> BillAnswer {
    let day = |day| date(2026, 3, day);
    let line = |at: i8| BillLine {
        stack: "a".to_owned(),
        day: day(at),
        service: "Amazon EC2".to_owned(),
        usd: usd.parse().unwrap(),
        estimated: !settled.contains(&at),
    };
    BillAnswer {
        at: after(minutes),
        from: day(1),
        to: day(3),
        bill: Bill {
            lines: vec![line(1), line(2)],
            settled: settled.iter().map(|at| day(*at)).collect(),
            requests: 2,
            remark: None,
            broken_off: false,
        },
    }
}

async fn settled_days_are_kept(inventory: Kept) {
    inventory
        .record_bill(asked(1, "1.23456789", &[1]))
        .await
        .unwrap();
    inventory.count_bill_requests(after(1), 1).await.unwrap();
    inventory
        .record_bill(asked(60, "2", &[1, 2]))
        .await
        .unwrap();
    let mut remarked = asked(120, "3", &[]);
    remarked.bill.remark = Some("the tag is not activated".to_owned());
    let kept = inventory.record_bill(remarked).await.unwrap();
    let bill = inventory.bill().await.unwrap();
    assert_eq!(kept, bill);
    let usd: Vec<String> = bill
        .lines
        .iter()
        .map(|line| line.usd.amount().to_string())
        .collect();
    assert_eq!(usd, ["1.23456789", "2"]);
    assert_eq!(bill.days[&date(2026, 3, 1)].asked_at, after(1));
    let billed = |stack, day| {
        let bill = bill.billed(stack, date(2026, 3, day))?;
        assert_eq!(bill.settled_until, Some(date(2026, 3, 2)));
        assert_eq!(
            (bill.until, bill.estimated_usd),
            (date(2026, 3, 2), stack::Usd::ZERO)
        );
        Some(bill.usd.amount().to_string())
    };
    assert_eq!(billed("a", 1).as_deref(), Some("3.23456789"));
    assert_eq!(billed("a", 2).as_deref(), Some("2"));
    assert_eq!(billed("b", 1).as_deref(), Some("0"));
    assert_eq!(billed("a", 3), None, "the bill covers no later day");
    assert_eq!(bill.requests_made(), 7);
    assert_eq!(bill.remark.as_deref(), Some("the tag is not activated"));
}

async fn each_change_is_another_generation(inventory: Kept) {
    let mut before = Vec::new();
    let mut changed = async |inventory: &Kept| {
        let generation = inventory.generation().await.unwrap().unwrap();
        inventory.known().await.unwrap();
        inventory.bill().await.unwrap();
        assert_eq!(inventory.generation().await.unwrap(), Some(generation));
        assert!(!before.contains(&generation), "{before:?}");
        before.push(generation);
    };
    let volume = resource("eu-west-1", "ec2:volume", "vol-1", Some("a"));
    let found = scan(after(1), vec![volume.clone()], Vec::new());
    inventory.record_scan(found).await.unwrap();
    changed(&inventory).await;
    let seen = [(volume.id.clone(), Activity::default())].into();
    inventory.record_activity(after(1), seen).await.unwrap();
    changed(&inventory).await;
    let gone = stack::cloud::Described::default();
    inventory
        .record_descriptions(after(2), vec![volume.id], gone)
        .await
        .unwrap();
    changed(&inventory).await;
    assert!(inventory.known().await.unwrap().resources.is_empty());
    inventory.record_bill(asked(1, "1", &[1])).await.unwrap();
    changed(&inventory).await;
    inventory.count_bill_requests(after(1), 1).await.unwrap();
    changed(&inventory).await;
}

async fn prices_are_replaced(inventory: Kept) {
    let price = |meter: &str, usd: i64| Price {
        meter: meter.to_owned(),
        region: "eu-west-1".to_owned(),
        usd: Decimal::new(usd, 10),
        listed_on: date(2026, 3, 1),
    };
    inventory
        .record_prices(noon(), vec![price("ebs:gp3", 1), price("ec2:t3.micro", 2)])
        .await
        .unwrap();
    inventory
        .record_prices(after(1), vec![price("ebs:gp3", 3)])
        .await
        .unwrap();
    let prices = inventory.prices().await.unwrap();
    let prices: Vec<_> = prices
        .iter()
        .map(|known| (known.price.clone(), known.asked_at))
        .collect();
    assert_eq!(
        prices,
        [
            (price("ebs:gp3", 3), after(1)),
            (price("ec2:t3.micro", 2), noon())
        ]
    );
}

/// A position whose cursor has no form that anything but its ledger understands.
fn position(cursor: &str) -> ReportPosition {
    ReportPosition {
        ledger: LedgerId::new("0123456789ab").unwrap(),
        format: 7,
        cursor: Cursor::from_text(cursor),
        last_event: Some(LoggedEvent {
            stack: stack_name("a"),
            seq: Seq(3),
            at: after(3),
        }),
    }
}

/// A stack whose leases have an end, in minutes, or none.
fn histories(stack: &str, from: u32, ends: &[Option<u32>]) -> ReportStackUpdate {
    let lease = |(number, end): (u32, &Option<u32>)| ReportLease {
        stack: stack_name(stack),
        number,
        last_at: end.map_or(noon(), after),
        live: end.is_none(),
        history: vec![0, u8::try_from(number).unwrap()],
    };
    let leases: Vec<_> = (from..).zip(ends).map(lease).collect();
    let is_live = leases.last().is_some_and(|lease| lease.live);
    ReportStackUpdate {
        stack: ReportStack {
            name: stack_name(stack),
            seq: Seq(3),
            leases: leases.last().map_or(0, |lease| lease.number),
            redated: false,
            state: is_live.then(|| vec![1, 2, 3]),
        },
        from,
        leases,
    }
}

/// A change from one position to the next.
fn change(previous: Option<&str>, cursor: &str, stacks: Vec<ReportStackUpdate>) -> ReportUpdate {
    ReportUpdate {
        after: previous.map(position),
        rebuild: false,
        position: position(cursor),
        stacks,
        unreadable: Vec::new(),
    }
}

/// The leases that a report over the time since so many minutes reads.
async fn read_leases(inventory: &Kept, since: u32) -> Vec<(String, u32)> {
    let contents = inventory.report_contents(after(since)).await.unwrap();
    let leases = contents.unwrap().leases.into_iter();
    let mut leases: Vec<_> = leases
        .map(|lease| (lease.stack.to_string(), lease.number))
        .collect();
    leases.sort();
    leases
}

/// Stores a change. Where nothing can be stored, nothing is there afterwards, and the law ends.
async fn stores(inventory: &Kept, update: ReportUpdate) -> bool {
    let stored = inventory.save_report(update).await.unwrap();
    let contents = inventory.report_contents(noon()).await.unwrap();
    assert_eq!(contents.is_some(), stored);
    stored
}

async fn histories_are_read_from_a_time_on(inventory: Kept) {
    assert_eq!(inventory.report_contents(noon()).await.unwrap(), None);
    let a = histories("a", 1, &[Some(10), Some(20), None]);
    let b = histories("b", 1, &[Some(15)]);
    let all = [a.leases.clone(), b.leases.clone()].concat();
    if !stores(&inventory, change(None, "1:x,2:y", vec![a, b])).await {
        return;
    }
    let mut contents = inventory.report_contents(after(1)).await.unwrap().unwrap();
    contents
        .leases
        .sort_by(|a, b| (&a.stack, a.number).cmp(&(&b.stack, b.number)));
    assert_eq!(contents.leases, all);
    assert_eq!(contents.position, position("1:x,2:y"));
    let named = |leases: &[(&str, u32)]| {
        let leases = leases.iter();
        leases
            .map(|(stack, number)| ((*stack).to_owned(), *number))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        read_leases(&inventory, 15).await,
        named(&[("a", 2), ("a", 3), ("b", 1)])
    );
    assert_eq!(read_leases(&inventory, 21).await, named(&[("a", 3)]));
}

async fn histories_change_from_one_position_to_the_next(inventory: Kept) {
    let first = histories("a", 1, &[Some(10), None]);
    let state = first.stack.clone();
    if !stores(&inventory, change(None, "1", vec![first])).await {
        return;
    }
    let names = || vec![stack_name("a"), stack_name("unknown")];
    let stacks = inventory.report_stacks(position("1"), names()).await;
    assert_eq!(stacks.unwrap(), Some(vec![state]));
    // The second lease ends, and a third one begins.
    let next = histories("a", 2, &[Some(30), None]);
    let saved = inventory.save_report(change(Some("1"), "2", vec![next.clone()]));
    assert!(saved.await.unwrap());
    let loser = histories("a", 1, &[]);
    for previous in [None, Some("1"), Some("3")] {
        let late = change(previous, "4", vec![loser.clone()]);
        assert!(!inventory.save_report(late).await.unwrap(), "{previous:?}");
    }
    let stacks = inventory.report_stacks(position("1"), names()).await;
    assert_eq!(stacks.unwrap(), None, "the position has changed");
    let stacks = inventory.report_stacks(position("2"), names()).await;
    assert_eq!(stacks.unwrap(), Some(vec![next.stack]));
    let leases = read_leases(&inventory, 1).await;
    assert_eq!(leases, [1, 2, 3].map(|number| ("a".to_owned(), number)));
}

async fn histories_are_dropped(inventory: Kept) {
    let (a, b) = (histories("a", 1, &[None]), histories("b", 1, &[Some(10)]));
    if !stores(&inventory, change(None, "1", vec![a, b])).await {
        return;
    }
    let damaged = |name: &str| UnreadableStack {
        name: name.to_owned(),
        problem: "event 2 is damaged".to_owned(),
    };
    // The name of a damaged stack may be no name.
    let unreadable = vec![damaged("?\u{1b}"), damaged("a")];
    let mut update = change(Some("1"), "2", Vec::new());
    update.unreadable.clone_from(&unreadable);
    assert!(inventory.save_report(update).await.unwrap());
    let contents = inventory.report_contents(after(1)).await.unwrap().unwrap();
    assert_eq!(contents.unreadable, unreadable);
    assert_eq!(read_leases(&inventory, 1).await, [("b".to_owned(), 1)]);
    let stacks = inventory.report_stacks(position("2"), vec![stack_name("a")]);
    assert_eq!(stacks.await.unwrap(), Some(Vec::new()));

    let mut update = change(Some("2"), "3", vec![histories("c", 1, &[Some(10)])]);
    update.rebuild = true;
    assert!(inventory.save_report(update).await.unwrap());
    let contents = inventory.report_contents(noon()).await.unwrap().unwrap();
    assert_eq!(contents.unreadable, []);
    assert_eq!(read_leases(&inventory, 1).await, [("c".to_owned(), 1)]);
}
