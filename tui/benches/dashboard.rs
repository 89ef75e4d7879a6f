//! The speed of the dashboard with ten thousand stacks, and its load when nothing happens.
//!
//! ```text
//! frame at 200×60                   p50 … p99 …                  goal p99 4 ms
//! economics of all stacks           p50 … p99 …                  goal p99 4 ms
//! key → screen                      p50 … p99 …                  goal 30 ms
//! start → first frame with stacks   …                            goal 150 ms
//! idle                              … % of a core over … s        goal 0.5 %
//! memory                            … MB                          goal 60 MB
//! ```
//!
//! The first three draw into a buffer in this process. The others run the real program in a
//! terminal.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use stack::report::GroupBy;
use stack::{Clock, Ledger, ReaperStatus, Seq, SqliteLedger, SystemClock};
use test_support::figures::record;
use tui::testing::{Harness, HarnessConfig};

const COLUMNS: u16 = 200;
const ROWS: u16 = 60;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let stacks = std::env::args()
        .find_map(|text| text.parse().ok())
        .unwrap_or(10_000);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{stacks} stacks, {COLUMNS}×{ROWS}")?;
    let mut harness = harness(stacks);
    let frames: Vec<Duration> = (0..1_000).map(|_| harness.draw_again()).collect();
    record("dashboard.frame_p99_ms", percentile(&frames, 99));
    writeln!(
        out,
        "frame                             {}   goal p99 4 ms",
        spread(&frames)
    )?;
    let frames = economics_frames(stacks);
    record("dashboard.economics_p99_ms", percentile(&frames, 99));
    writeln!(
        out,
        "economics of all stacks           {}   goal p99 4 ms",
        spread(&frames)
    )?;
    let mut slowest = 0.0_f64;
    for (name, keys) in [
        ("key → screen: down", ["j", "j", "j", "k"].as_slice()),
        ("key → screen: one page", &["<pagedown>", "<pageup>"]),
        (
            "key → screen: a filter's letter",
            &["/", "a", "n", "a", "<esc>"],
        ),
        ("key → screen: another order", &["s", "8", "s", "1"]),
        ("key → screen: group", &["g"]),
        ("key → screen: open, close", &["<enter>", "<esc>"]),
    ] {
        let mut times = Vec::new();
        for key in keys.iter().cycle().take(60) {
            let began = Instant::now();
            harness.keys(key);
            times.push(began.elapsed());
        }
        slowest = slowest.max(percentile(&times, 99));
        writeln!(out, "{name:<32}  {}   goal 30 ms", spread(&times))?;
    }
    record("dashboard.key_p99_ms", slowest);
    drop(harness);
    in_a_terminal(&mut out, stacks)
}

fn harness(stacks: usize) -> Harness {
    let now = SystemClock.now();
    let mut harness = Harness::new(HarnessConfig::new(COLUMNS, ROWS, now));
    harness.load(Harness::demo_leases(now, stacks), ReaperStatus::default());
    harness
}

/// The screen over all stacks, with the selection on a day.
fn economics_frames(stacks: usize) -> Vec<Duration> {
    let mut harness = harness(stacks);
    let report = |by| Harness::demo_report(SystemClock.now(), stacks, &by);
    harness.keys("$");
    harness.load_report(report(GroupBy::App), report(GroupBy::Owner));
    harness.keys("<down>");
    (0..1_000).map(|_| harness.draw_again()).collect()
}

fn in_a_terminal(out: &mut impl Write, stacks: usize) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("jiti-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ledger = folder.join("ledger.db");
    fill(&ledger, stacks)?;
    let measured = measured(out, &ledger, stacks);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measured(out: &mut impl Write, ledger: &Path, stacks: usize) -> Result<(), Failure> {
    // As the header writes it: 10,000.
    let wanted = match (stacks / 1_000, stacks % 1_000) {
        (0, few) => format!("{few} stacks"),
        (thousands, rest) => format!("{thousands},{rest:03} stacks"),
    };
    let mut starts = Vec::new();
    for _ in 0..7 {
        let mut program = Program::open(ledger)?;
        starts.push(program.until(&wanted)?);
        program.types("q")?;
        program.child.wait()?;
    }
    record("dashboard.start_ms", percentile(&starts, 50));
    writeln!(
        out,
        "start → first frame with stacks   {}   goal 150 ms",
        spread(&starts)
    )?;
    let mut program = Program::open(ledger)?;
    program.until(&wanted)?;
    let mut times = Vec::new();
    for (key, text) in [("?", "Keys"), ("\u{1b}", "")].iter().cycle().take(20) {
        let before = program.bytes();
        let began = Instant::now();
        program.types(key)?;
        while program.bytes() == before {
            std::thread::yield_now();
        }
        if !text.is_empty() {
            times.push(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(120));
    }
    record("dashboard.terminal_p99_ms", percentile(&times, 99));
    writeln!(
        out,
        "key → bytes at the terminal       {}   goal 30 ms",
        spread(&times)
    )?;
    std::thread::sleep(Duration::from_secs(3));
    let (before, began) = (program.cpu_ticks()?, Instant::now());
    std::thread::sleep(Duration::from_secs(30));
    let ticks = program.cpu_ticks()? - before;
    // A tick is a hundredth of a second on every supported system.
    let percent = f64::from(u32::try_from(ticks)?) / began.elapsed().as_secs_f64();
    record("dashboard.idle_percent", percent);
    writeln!(
        out,
        "idle                              {percent:.2} % of a core over 30 s   goal 0.5 %"
    )?;
    let resident = program.resident()? / 1_024;
    record("dashboard.resident_mb", f64::from(u32::try_from(resident)?));
    writeln!(
        out,
        "memory                            {resident} MB resident   goal 60 MB"
    )?;
    program.types("q")?;
    program.child.wait()?;
    Ok(())
}

/// The real program in a terminal.
struct Program {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Arc<Mutex<Vec<u8>>>,
    began: Instant,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Program {
    fn open(ledger: &Path) -> Result<Self, Failure> {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jiti"));
        command.arg("--ledger");
        command.arg(ledger);
        command.env("TERM", "xterm-256color");
        let began = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        let output = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, bytes) = (pair.master.try_clone_reader()?, Arc::clone(&output));
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if let Ok(mut bytes) = bytes.lock() {
                    bytes.extend_from_slice(&buffer[..read]);
                }
            }
        });
        Ok(Self {
            child,
            keys: pair.master.take_writer()?,
            output,
            began,
            _master: pair.master,
        })
    }

    fn types(&mut self, keys: &str) -> Result<(), Failure> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    fn bytes(&self) -> usize {
        self.output.lock().map_or(0, |bytes| bytes.len())
    }

    /// The time from the start until a text was written to the terminal.
    fn until(&self, text: &str) -> Result<Duration, Failure> {
        while self.began.elapsed() < Duration::from_secs(30) {
            let found = self.output.lock().is_ok_and(|bytes| {
                bytes
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            });
            if found {
                return Ok(self.began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(format!("no {text:?} on the screen").into())
    }

    /// The processor time that it has used, in ticks.
    fn cpu_ticks(&self) -> Result<u64, Failure> {
        let stat = std::fs::read_to_string(self.proc("stat")?)?;
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let field = |at| {
            fields
                .split_whitespace()
                .nth(at)
                .and_then(|text| text.parse::<u64>().ok())
        };
        Ok(field(11).unwrap_or(0) + field(12).unwrap_or(0))
    }

    /// The resident memory in kB.
    fn resident(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(self.proc("status")?)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let text = line.and_then(|line| line.split_whitespace().next());
        Ok(text.ok_or("no VmRSS")?.parse()?)
    }

    fn proc(&self, file: &str) -> Result<String, Failure> {
        let pid = self.child.process_id().ok_or("it has ended")?;
        Ok(format!("/proc/{pid}/{file}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Writes the demo stacks into a ledger.
fn fill(path: &Path, stacks: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ledger = Arc::new(SqliteLedger::at(path));
    runtime.block_on(async {
        let mut writing = tokio::task::JoinSet::new();
        for (name, events) in Harness::demo_events(SystemClock.now(), stacks) {
            let ledger = Arc::clone(&ledger);
            writing.spawn(async move { ledger.append(&name, Seq::NONE, events).await.map(drop) });
        }
        while let Some(written) = writing.join_next().await {
            written??;
        }
        Ok(())
    })
}

fn spread(times: &[Duration]) -> String {
    let at = |part| Duration::from_secs_f64(percentile(times, part) / 1e3);
    format!("p50 {:>8.2?}   p99 {:>8.2?}", at(50), at(99))
}

/// A percentile, in milliseconds.
fn percentile(times: &[Duration], part: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let time = times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    time.map_or(0.0, Duration::as_secs_f64) * 1e3
}
