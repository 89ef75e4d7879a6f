//! Benchmarks of the ledger file: appends per second, and, among a million events, listing 10,000
//! live stacks and reporting all 60,000. `cargo bench -p stack --bench ledger [-- FOLDER]` prints
//! the numbers and checks none.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stack::lease::{EventKind, NewEvent};
use stack::ledger::Scope;
use stack::report::GroupBy;
use stack::testing::{ManualClock, actor, new_event, noon, registration, stack_name};
use stack::{Config, Ledger, Seq, Service, Source, Span, SqliteInventory, SqliteLedger};
use test_support::figures::record;

const LIVE: u64 = 10_000;
const GONE: u64 = 50_000;
const EVENTS_OF_LIVE: u64 = 50;
const EVENTS_OF_GONE: u64 = 10;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    // `cargo test --all-targets` also runs this binary, without the argument that starts the long
    // runs.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let place = arguments.iter().find(|argument| !argument.starts_with('-'));
    let folder = match place {
        Some(place) => tempfile::tempdir_in(place)?,
        None => tempfile::tempdir()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let before = resident();
        appends(folder.path(), 1, 4_000).await?;
        if let (Some(before), Some(after)) = (before, resident()) {
            say(&format!(
                "memory that this took:      {:>7} kB resident",
                after.saturating_sub(before)
            ));
        }
        appends(folder.path(), 40, 20_000).await?;
        list(folder.path()).await?;
        report(folder.path()).await
    })
}

/// Concurrent writers, each waiting for the acknowledgement of every append.
async fn appends(folder: &Path, writers: u64, total: u64) -> Outcome {
    let mut rates = Vec::new();
    for round in 0..5 {
        let path = folder.join(format!("appends-{writers}-{round}.db"));
        let ledger = Arc::new(SqliteLedger::at(path));
        ledger.id().await?;
        let begun = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let ledger = Arc::clone(&ledger);
                tokio::spawn(async move {
                    let name = stack_name(&format!("writer-{writer}"));
                    let mut seq = Seq::NONE;
                    let mut event = requested();
                    for _ in 0..total / writers {
                        seq = ledger.append(&name, seq, vec![event]).await?.last_seq();
                        event = activity();
                    }
                    Ok::<_, stack::LedgerError>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        let seconds = begun.elapsed().as_secs_f64();
        rates.push(total as f64 / seconds);
    }
    rates.sort_by(f64::total_cmp);
    record(&format!("ledger.appends_{writers}"), rates[rates.len() / 2]);
    say(&format!(
        "appends, {writers:>2} writers: {:>7.0} a second (median of {}, {total} each, synchronous=FULL)",
        rates[rates.len() / 2],
        rates.len()
    ));
    Ok(())
}

/// Lists the live stacks in a file that also has the history of all others.
async fn list(folder: &Path) -> Outcome {
    let path = folder.join("list.db");
    let ledger = Arc::new(SqliteLedger::at(&path));
    let begun = Instant::now();
    fill(&ledger).await?;
    say(&format!(
        "a ledger of {} events, {LIVE} live stacks of {}: {} MB, written in {:.1} s",
        LIVE * EVENTS_OF_LIVE + GONE * EVENTS_OF_GONE,
        LIVE + GONE,
        std::fs::metadata(&path)?.len() / 1_000_000,
        begun.elapsed().as_secs_f64()
    ));
    drop(ledger);

    let ledger = Arc::new(SqliteLedger::at(&path));
    let begun = Instant::now();
    let first = ledger.leases(Scope::Live).await?;
    assert_eq!(first.len() as u64, LIVE);
    say(&format!(
        "list, opening included:     {:>7.1} ms",
        millis(begun.elapsed())
    ));
    drop(first);
    let mut times = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        ledger.leases(Scope::Live).await?;
        times.push(begun.elapsed());
    }
    let warm = millis(median(times));
    record("ledger.list_ms", warm);
    say(&format!(
        "list of leases, warm:       {warm:>7.1} ms (median of 21)"
    ));

    let service = Service::new(
        Arc::<SqliteLedger>::clone(&ledger),
        Arc::new(ManualClock::at(Span::minutes(60).after(noon()))),
        Arc::new(Config::default()),
        actor(),
        Source::Cli,
    );
    let mut times = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        service.leases().listing(Scope::Live).await?;
        times.push(begun.elapsed());
    }
    say(&format!(
        "Service::listing, warm:     {:>7.1} ms (median of 21)",
        millis(median(times))
    ));

    let mut times = Vec::new();
    for number in 0..1000 {
        let name = stack_name(&format!("live-{}", number * 7));
        let begun = Instant::now();
        ledger.lease(&name).await?;
        times.push(begun.elapsed());
    }
    say(&format!(
        "one lease, warm:            {:>7.3} ms (median of 1000)",
        millis(median(times))
    ));
    Ok(())
}

/// Reports all stacks in the file that [`list`] has filled: at first, and after ten more events.
async fn report(folder: &Path) -> Outcome {
    let path = folder.join("list.db");
    let events = LIVE * EVENTS_OF_LIVE + GONE * EVENTS_OF_GONE;
    let clock = Arc::new(ManualClock::at(Span::minutes(60).after(noon())));
    let ledger = Arc::new(SqliteLedger::at(&path));
    let service = || {
        let service = Service::new(
            Arc::<SqliteLedger>::clone(&ledger),
            Arc::<ManualClock>::clone(&clock),
            Arc::new(Config::default()),
            actor(),
            Source::Cli,
        );
        service.with_inventory(Arc::new(SqliteInventory::at(&path)))
    };
    let since = Span::minutes(60).before(noon());
    let before = std::fs::metadata(&path)?.len();
    let begun = Instant::now();
    let first = service().reports().report(since, GroupBy::App).await?;
    let cold = begun.elapsed();
    assert_eq!(u64::from(first.total.stacks), LIVE + GONE);
    say(&format!(
        "report, cold:               {:>7.1} ms, {:.0} events a second",
        millis(cold),
        events as f64 / cold.as_secs_f64()
    ));
    let mut times = Vec::new();
    for round in 0..11 {
        for number in 0..10 {
            let name = stack_name(&format!("live-{}", round * 100 + number));
            let lease = ledger.lease(&name).await?.ok_or("no lease")?;
            let appended = ledger.append(&name, lease.last_seq(), vec![activity()]);
            appended.await?;
        }
        let begun = Instant::now();
        let next = service().reports().report(since, GroupBy::App).await?;
        times.push(begun.elapsed());
        assert_eq!(next.total, first.total);
    }
    let warm = median(times);
    record("ledger.report_ms", millis(warm));
    say(&format!(
        "report, 10 more events:     {:>7.1} ms (median of 11), 1/{:.0} of the cold one",
        millis(warm),
        cold.as_secs_f64() / warm.as_secs_f64()
    ));
    let recent = Span::minutes(30).after(noon());
    let begun = Instant::now();
    let recent = service().reports().report(recent, GroupBy::App).await?;
    assert_eq!(u64::from(recent.total.stacks), LIVE);
    say(&format!(
        "report, live stacks only:   {:>7.1} ms",
        millis(begun.elapsed())
    ));
    let grown = std::fs::metadata(&path)?.len().saturating_sub(before);
    say(&format!(
        "histories in the file:      {:>7.1} MB",
        grown as f64 / 1e6
    ));
    if let Some(resident) = resident() {
        say(&format!(
            "memory of this process:     {resident:>7} kB resident"
        ));
    }
    Ok(())
}

/// Fills a ledger with live and gone stacks in mixed order, as years of use would.
async fn fill(ledger: &Arc<SqliteLedger>) -> Outcome {
    let names = (0..LIVE + GONE).map(|number| match number % 6 {
        0 => (format!("live-{}", number / 6), EVENTS_OF_LIVE),
        _ => (format!("gone-{number}"), EVENTS_OF_GONE),
    });
    let mut waiting = tokio::task::JoinSet::new();
    for (name, count) in names {
        let ledger = Arc::clone(ledger);
        waiting.spawn(async move {
            let mut events = vec![requested()];
            events.extend((2..count).map(|_| activity()));
            events.push(match count {
                EVENTS_OF_GONE => new_event(Span::minutes(10).after(noon()), EventKind::Released),
                _ => activity(),
            });
            ledger.append(&stack_name(&name), Seq::NONE, events).await
        });
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

fn requested() -> NewEvent {
    let mut registration = registration();
    registration.terms.ready_timeout = Some(Span::minutes(15));
    registration.terms.hourly_cost = "0.42".parse().ok();
    let registration = Box::new(registration);
    new_event(noon(), EventKind::Requested { registration })
}

fn activity() -> NewEvent {
    let signal = "touch".to_owned();
    new_event(noon(), EventKind::Activity { signal })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(line: &str) {
    println!("{line}");
}

/// The resident memory of this process, where the system reports it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
