//! Measures a provider's startup with AutoMTLS: the time to the handshake line and to the schema
//! response, and the memory at both.
//!
//! `cargo bench -p tfplugin --bench startup -- [PROVIDER]`. The default is the example
//! `transport_probe`.

#[path = "../tests/probe.rs"]
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the tests use more of this module, and they fail by panicking"
)]
mod probe;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use probe::{Client, Identity, ProbeCommand};
use test_support::figures::record;
use tfplugin::internals::proto::tfplugin6::get_provider_schema;

/// The number of measured starts. As many unmeasured starts warm the caches first.
const MEASURED_STARTS: usize = 40;

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
    for start in 0..MEASURED_STARTS * 2 {
        let (handshake, schema, resident) = runtime.block_on(measure_start(program.clone()));
        if start >= MEASURED_STARTS {
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
    for (label, name, times, goal) in [
        ("spawn to handshake", "handshake", &mut handshakes, 3.0),
        ("spawn to schema response", "schema", &mut schemas, 6.0),
    ] {
        times.sort_by(f64::total_cmp);
        let (fastest, median, slowest) = (times[0], times[times.len() / 2], times[times.len() - 1]);
        record(&format!("startup.{name}_ms"), median);
        if name == "handshake" {
            record("startup.handshake_fastest_ms", fastest);
        }
        writeln!(
            out,
            "{label:28} {fastest:>7.2} ms {median:>7.2} ms {slowest:>7.2} ms {goal:>6.1} ms"
        )?;
    }
    record("startup.resident_mb", megabytes(memory.0));
    record("startup.peak_mb", megabytes(memory.1));
    writeln!(
        out,
        "memory at the handshake      {:>7.1} MB{:>30} MB",
        megabytes(memory.0),
        8
    )?;
    writeln!(
        out,
        "peak memory up to the schema {:>7.1} MB",
        megabytes(memory.1)
    )
}

/// Measures one start: the milliseconds to the handshake and to the schema, and the resident memory
/// in kilobytes at the handshake and at the peak.
#[expect(
    clippy::expect_used,
    reason = "a provider that does not start cannot be measured"
)]
async fn measure_start(program: Option<PathBuf>) -> (f64, f64, (u64, u64)) {
    let identity = Identity::generate();
    let mut command = ProbeCommand::with_tls(&identity);
    command.program = program;
    let started = Instant::now();
    let (mut probe, line) = command.start_and_handshake().await;
    let handshake = started.elapsed().as_secs_f64() * 1e3;
    let resident = status(&probe, "VmRSS:");
    let stream = line
        .connect_as(Some(&identity))
        .await
        .expect("the provider accepts the client certificate");
    let client = Client::new(stream).await;
    client
        .provider
        .clone()
        .get_provider_schema(get_provider_schema::Request {})
        .await
        .expect("every provider has a schema");
    let schema = started.elapsed().as_secs_f64() * 1e3;
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
