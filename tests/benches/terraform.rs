//! The time that jiti adds to a run of Terraform: 1,000 `jiti_stack` compared with 1,000
//! `terraform_data` with the same attributes.
//!
//! The two take turns, so that a machine that slows down slows both; the result is the ratio of the
//! medians. `cargo bench -p e2e -- [RUNS [INSTANCES]]`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use e2e::sandbox::peak_resident;
use e2e::{Root, Sandbox, binary};
use test_support::figures::record;

const STEPS: [(&str, &[&str], f64); 3] = [
    ("apply", &["apply", "-auto-approve", "-input=false"], 1.15),
    ("plan", &["plan", "-input=false"], 1.5),
    (
        "destroy",
        &["destroy", "-auto-approve", "-input=false"],
        1.0,
    ),
];

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse::<usize>().ok());
    let runs = numbers.next().unwrap_or(5);
    let instances = numbers.next().unwrap_or(1_000);
    let jiti = stacks(instances);
    let data = same_data(instances);
    let configurations = [
        ("jiti_stack", jiti.as_str()),
        ("terraform_data", data.as_str()),
    ];

    let mut seconds = [[const { Vec::new() }; 3], [const { Vec::new() }; 3]];
    let mut bytes = [0; 2];
    for run in 0..=runs {
        for (which, (_, configuration)) in configurations.iter().enumerate() {
            let sandbox = Sandbox::new();
            let root = sandbox.root("root", configuration);
            for (step, (_, arguments, _)) in STEPS.iter().enumerate() {
                let start = Instant::now();
                root.run(arguments).ok();
                // The first round warms the caches and is not counted.
                if run > 0 {
                    seconds[which][step].push(start.elapsed().as_secs_f64());
                }
                if step == 0 {
                    bytes[which] = state_bytes(&root) / instances;
                }
            }
        }
    }

    println!("{instances} instances, medians of {runs} interleaved runs");
    println!(
        "{:10} {:>12} {:>16} {:>8} {:>8}",
        "", "jiti_stack", "terraform_data", "ratio", "goal"
    );
    for (step, (name, _, goal)) in STEPS.iter().enumerate() {
        let (ours, theirs) = (median(&mut seconds[0][step]), median(&mut seconds[1][step]));
        record(&format!("terraform.{name}_ratio"), ours / theirs);
        println!(
            "{name:10} {ours:>10.2} s {theirs:>14.2} s {:>8.2} {goal:>8.2}",
            ours / theirs
        );
    }
    record("terraform.state_bytes", bytes[0] as f64);
    println!(
        "state      {:>10} B {:>14} B   an instance, goal for ours 1000 B",
        bytes[0], bytes[1]
    );
    let peak = peak_memory(&jiti);
    record("terraform.provider_peak_mb", peak);
    println!("memory     {peak:>10.1} MB  peak of the provider during an apply, goal 16 MB");
    let size = std::fs::metadata(binary("terraform-provider-jiti")).map_or(0, |file| file.len());
    let size = size as f64 / 1e6;
    record("terraform.provider_binary_mb", size);
    println!("binary     {size:>10.1} MB  stripped, goal 10 MB");
}

/// The same attributes in Terraform's own resource. Every change writes the whole state, so the
/// size of an instance in the state decides the time. With smaller instances the benchmark would
/// compare sizes.
fn same_data(instances: usize) -> String {
    format!(
        "resource \"terraform_data\" \"this\" {{\n  count = {instances}\n  input = {{\n    \
         name    = \"stack-${{count.index}}\"\n    app     = \"checkout\"\n    version = \"1.0.0\"\n    \
         owner   = \"ana@example.com\"\n    ttl     = \"8h\"\n  }}\n}}\n"
    )
}

fn stacks(instances: usize) -> String {
    format!(
        "provider \"jiti\" {{}}\n\nresource \"jiti_stack\" \"this\" {{\n  count   = {instances}\n  \
         name    = \"stack-${{count.index}}\"\n  app     = \"checkout\"\n  version = \"1.0.0\"\n  \
         owner   = \"ana@example.com\"\n  ttl     = \"8h\"\n}}\n"
    )
}

/// The size of the state file as Terraform writes it, with indentation.
fn state_bytes(root: &Root<'_>) -> usize {
    std::fs::metadata(root.path("terraform.tfstate")).map_or(0, |file| file.len() as usize)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The peak resident memory of a provider process during one apply, in megabytes. It is a separate
/// run, because sampling takes time.
fn peak_memory(configuration: &str) -> f64 {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", configuration);
    let (done, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for pid in sandbox.providers() {
                    peak.fetch_max(peak_resident(pid), Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        root.apply().ok();
        done.store(true, Ordering::Relaxed);
    });
    peak.load(Ordering::Relaxed) as f64 * 1024.0 / 1e6
}
