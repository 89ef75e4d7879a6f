//! From the start of a provider to its handshake line and to its answered schema, with AutoMTLS on, and its
//! memory at both.
//!
//! `cargo bench -p tfplugin --bench startup -- [PROVIDER]`; without one it is the example `transport_probe`.

#[path = "../tests/probe.rs"]
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "it belongs to the tests, which need more of it and fail by panicking"
)]
mod probe;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use probe::{Client, Identity, Start};
use tfplugin::proto::tfplugin6::get_provider_schema;

/// How many starts are counted, after as many again that only warm the caches.
const STARTS: usize = 40;

fn main() -> std::io::Result<()> {
    let program = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with('-'))
        .map(PathBuf::from);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut handshakes = Vec::new();
    let mut schemas = Vec::new();
    let mut memory = (0, 0);
    for start in 0..STARTS * 2 {
        let (handshake, schema, resident) = runtime.block_on(once(program.clone()));
        if start >= STARTS {
            handshakes.push(handshake);
            schemas.push(schema);
            memory = (memory.0.max(resident.0), memory.1.max(resident.1));
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:28} {:>10} {:>10} {:>10} {:>9}",
        "", "fastest", "median", "slowest", "goal"
    )?;
    for (what, times, goal) in [
        ("spawn to handshake", &mut handshakes, 3.0),
        ("spawn to schema answered", &mut schemas, 6.0),
    ] {
        times.sort_by(f64::total_cmp);
        let (first, middle, last) = (times[0], times[times.len() / 2], times[times.len() - 1]);
        writeln!(
            out,
            "{what:28} {first:>7.2} ms {middle:>7.2} ms {last:>7.2} ms {goal:>6.1} ms"
        )?;
    }
    writeln!(
        out,
        "resident at the handshake    {:>7.1} MB{:>30} MB",
        megabytes(memory.0),
        8
    )?;
    writeln!(
        out,
        "peak until the schema        {:>7.1} MB",
        megabytes(memory.1)
    )
}

/// One start: milliseconds to the handshake and to the schema, kilobytes at the handshake and at the peak.
#[expect(
    clippy::expect_used,
    reason = "a bench of what does not work has nothing to say"
)]
async fn once(program: Option<PathBuf>) -> (f64, f64, (u64, u64)) {
    let identity = Identity::make();
    let mut start = Start::with_tls(&identity);
    start.program = program;
    let begun = Instant::now();
    let (mut probe, greeting) = start.shake_hands().await;
    let handshake = begun.elapsed().as_secs_f64() * 1e3;
    let resident = status(&probe, "VmRSS:");
    let stream = greeting
        .connect_as(Some(&identity))
        .await
        .expect("the provider takes its host's certificate");
    let client = Client::over(stream).await;
    client
        .provider
        .clone()
        .get_provider_schema(get_provider_schema::Request {})
        .await
        .expect("every provider has a schema");
    let schema = begun.elapsed().as_secs_f64() * 1e3;
    let peak = status(&probe, "VmHWM:");
    client.shut_down().await;
    probe.exit_code().await;
    (handshake, schema, (resident, peak))
}

fn status(probe: &probe::Probe, field: &str) -> u64 {
    let pid = probe.child.id().unwrap_or_default();
    std::fs::read_to_string(format!("/proc/{pid}/status"))
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix(field)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_default()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a process has less than 2^52 kilobytes"
)]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 * 1024.0 / 1e6
}
