//! What a benchmark measured, for the page that `make bench` writes.

use std::fs::OpenOptions;
use std::io::Write;

/// The variable that names the file of the figures. Without it, a benchmark only prints.
const FILE: &str = "JITI_BENCH_FIGURES";

/// Records a figure. `benches/goals.toml` has its name, its unit and its goal.
///
/// # Panics
/// If the file cannot be written.
#[expect(
    clippy::disallowed_methods,
    reason = "only the environment says that the figures are for the page"
)]
pub fn record(name: &str, value: f64) {
    if let Some(path) = std::env::var_os(FILE) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        writeln!(file, "{name} {value}").unwrap();
    }
}
