//! Benchmark of a report over 100,000 starts in a ledger of 5,000,000 events: its time and its
//! memory, each time after ten more events. `cargo bench -p stack --bench report [-- FOLDER]`
//! prints the numbers and checks none. `stacks=NUMBER` sets another number of stacks: each has two
//! starts and 100 events.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stack::init::PhaseBoundary;
use stack::lease::{EventKind, NewEvent};
use stack::report::GroupBy;
use stack::testing::{ManualClock, actor, new_event, noon, registration, stack_name};
use stack::{Config, Elapsed, Ledger, Seq, Service, Source, Span, SqliteInventory, SqliteLedger};
use test_support::figures::record;

/// The number of stacks, unless an argument sets one.
const STACKS: u64 = 50_000;
const STARTS_OF_STACK: u64 = 2;
const EVENTS_OF_STACK: u64 = 100;
/// One in so many stacks still exists at the end.
const LIVE: u64 = 100;
const APPS: u64 = 40;
/// The time over which the stacks are spread.
const PERIOD: Span = Span::minutes(30 * 24 * 60);
/// The argument of the process that only measures.
const MEASURE: &str = "measure=";
/// The argument that sets the number of stacks.
const COUNT: &str = "stacks=";

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    // `cargo test --all-targets` also runs this binary, without the argument that starts the long
    // run.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    let measured = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix(MEASURE));
    if let Some(path) = measured {
        return runtime.block_on(measure(Path::new(path)));
    }
    let is_folder = |argument: &&String| !argument.starts_with('-') && !argument.contains('=');
    let place = arguments.iter().find(is_folder);
    let folder = match place {
        Some(place) => tempfile::tempdir_in(place)?,
        None => tempfile::tempdir()?,
    };
    let path = folder.path().join("report.db");
    let mut given = arguments
        .iter()
        .filter_map(|argument| argument.strip_prefix(COUNT));
    let stacks = given.next().map(str::parse).transpose()?.unwrap_or(STACKS);
    runtime.block_on(prepare(&path, stacks))?;
    // Another process, so that its memory is that of a report.
    let status = Command::new(std::env::current_exe()?)
        .arg("--bench")
        .arg(format!("{MEASURE}{}", path.display()))
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the measuring process failed".into())
    }
}

/// Fills a ledger, and makes the first report.
async fn prepare(path: &Path, stacks: u64) -> Outcome {
    let ledger = Arc::new(SqliteLedger::at(path));
    let begun = Instant::now();
    fill(&ledger, stacks).await?;
    say(&format!(
        "a ledger of {} events and {} starts: {} MB, written in {:.1} s",
        stacks * EVENTS_OF_STACK,
        stacks * STARTS_OF_STACK,
        std::fs::metadata(path)?.len() / 1_000_000,
        begun.elapsed().as_secs_f64()
    ));
    let before = std::fs::metadata(path)?.len();
    let begun = Instant::now();
    let service = service(&ledger, path);
    let report = service.reports().report(noon(), GroupBy::App).await?;
    assert_eq!(u64::from(report.total.stacks), stacks);
    assert_eq!(
        u64::from(report.total.starts.started),
        stacks * STARTS_OF_STACK
    );
    say(&format!(
        "report, cold:               {:>7.1} s",
        begun.elapsed().as_secs_f64()
    ));
    let grown = std::fs::metadata(path)?.len().saturating_sub(before);
    say(&format!(
        "histories in the file:      {:>7.1} MB, {:.0} bytes a start",
        grown as f64 / 1e6,
        grown as f64 / (stacks * STARTS_OF_STACK) as f64
    ));
    Ok(())
}

/// Reports in a process of its own, each time after ten more events.
async fn measure(path: &Path) -> Outcome {
    let path: PathBuf = path.to_owned();
    let ledger = Arc::new(SqliteLedger::at(&path));
    let mut times = Vec::new();
    for _ in 0..7 {
        for number in 0..10 {
            let name = name(number * LIVE);
            let lease = ledger.lease(&name).await?.ok_or("no lease")?;
            let used = new_event(lease.last_at, activity());
            ledger.append(&name, lease.last_seq(), vec![used]).await?;
        }
        let begun = Instant::now();
        let service = service(&ledger, &path);
        service.reports().report(noon(), GroupBy::App).await?;
        times.push(begun.elapsed());
    }
    times.sort();
    let median: Duration = times[times.len() / 2];
    let millis = median.as_secs_f64() * 1000.0;
    record("report.ms", millis);
    say(&format!(
        "report, 10 more events:     {millis:>7.1} ms (median of {})",
        times.len()
    ));
    if let Some(peak) = peak() {
        record("report.peak_mb", peak as f64 / 1000.0);
        say(&format!(
            "its peak of memory:         {:>7.1} MB",
            peak as f64 / 1000.0
        ));
    }
    Ok(())
}

fn service(ledger: &Arc<SqliteLedger>, path: &Path) -> Service {
    let service = Service::new(
        Arc::<SqliteLedger>::clone(ledger),
        Arc::new(ManualClock::at(
            PERIOD.after(Span::minutes(24 * 60).after(noon())),
        )),
        Arc::new(Config::default()),
        actor(),
        Source::Cli,
    );
    service.with_inventory(Arc::new(SqliteInventory::at(path)))
}

fn name(number: u64) -> stack::StackName {
    stack_name(&format!("stack-{number}"))
}

async fn fill(ledger: &Arc<SqliteLedger>, stacks: u64) -> Outcome {
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..stacks {
        let ledger = Arc::clone(ledger);
        let events = events(number, stacks);
        waiting.spawn(async move { ledger.append(&name(number), Seq::NONE, events).await });
        if waiting.len() >= 256
            && let Some(done) = waiting.join_next().await
        {
            done??;
        }
    }
    while let Some(done) = waiting.join_next().await {
        done??;
    }
    Ok(())
}

/// The events of one stack: two starts with phases, uses, and the end.
fn events(number: u64, stacks: u64) -> Vec<NewEvent> {
    let began = Elapsed::from_millis(PERIOD.seconds() * 1000 / stacks * number).after(noon());
    let mut at = began;
    let mut pass = |seconds: u64| {
        at = Elapsed::from_millis(seconds * 1000 + number % 977).after(at);
        at
    };
    let mut registration = registration();
    registration.terms.ready_timeout = Some(Span::minutes(30));
    registration.terms.hourly_cost = "0.42".parse().ok();
    let parsed = |text: String| text.parse().ok();
    if let Some(app) = parsed(format!("app-{}", number % APPS)) {
        registration.app = app;
    }
    let registration = Box::new(registration);
    let mut events = vec![
        new_event(began, EventKind::Requested { registration }),
        new_event(began, EventKind::Recorded { origin: None }),
    ];
    start(&mut events, &mut pass);
    if let (Ok(from), Ok(to)) = ("v1".parse(), format!("v{}", number % 50 + 2).parse()) {
        let at = pass(3600);
        events.push(new_event(at, EventKind::VersionChanged { from, to }));
    }
    start(&mut events, &mut pass);
    let left = (EVENTS_OF_STACK - 1).saturating_sub(events.len() as u64);
    for _ in 0..left {
        events.push(new_event(pass(300), activity()));
    }
    events.push(match number % LIVE {
        0 => new_event(pass(300), activity()),
        _ => new_event(pass(300), EventKind::Released),
    });
    events
}

fn start(events: &mut Vec<NewEvent>, pass: &mut impl FnMut(u64) -> jiff::Timestamp) {
    events.push(new_event(pass(200), EventKind::Provisioned));
    for (phase, class, seconds) in [
        ("image-scan", "security", 90),
        ("migrate", "data", 60),
        ("warm-up", "app", 30),
    ] {
        for (state, seconds) in [(PhaseBoundary::Start, 1), (PhaseBoundary::Done, seconds)] {
            let marked = EventKind::PhaseMarked {
                phase: phase.to_owned(),
                class: Some(class.to_owned()),
                state,
                reported: None,
            };
            events.push(new_event(pass(seconds), marked));
        }
    }
    let check = "http http://app.internal/healthz".to_owned();
    events.push(new_event(pass(5), EventKind::CheckPassed { check }));
    events.push(new_event(pass(1), EventKind::Ready));
}

fn activity() -> EventKind {
    let signal = "touch".to_owned();
    EventKind::Activity { signal }
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(line: &str) {
    println!("{line}");
}

/// The peak of the resident memory of this process in kB, where the system reports it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
