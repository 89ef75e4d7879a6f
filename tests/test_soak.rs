//! Random commands on a machine with random faults, and a check of every statement of the ledger
//! against what exists. Processes are killed and stopped, clocks jump, the ledger's disk is full,
//! and file descriptors run out.
//!
//! `make test` runs the short form. `make soak` runs the long one; `JITI_SOAK_SECONDS` sets its
//! length.

use std::time::{Duration, Instant};

use e2e::machine_faults::{SmallDisk, in_own_namespace, may_mount};
use e2e::soak::Soak;
use e2e::world::World;

/// How long the short form runs random commands.
const SHORT: Duration = Duration::from_secs(20);

/// Set for the process that may mount the ledger's disk.
const IN_NAMESPACE: &str = "JITI_SOAK_IN_NAMESPACE";

/// The ledger's statements are true after random commands and faults.
#[test]
fn the_ledger_is_true_after_faults() {
    if is_in_namespace() {
        return soak(true);
    }
    if !may_mount() {
        eprintln!("SKIPPED: no full disk, because this machine allows no mount in a namespace");
        return soak(false);
    }
    let mut again = in_own_namespace("test_soak::the_ledger_is_true_after_faults");
    let status = again.env(IN_NAMESPACE, "1").status().unwrap();
    assert!(status.success(), "the soak in its namespace failed");
}

fn soak(with_disk: bool) {
    let mut world = World::with_own_server();
    world.sandbox.put_ledger_into("disk");
    let disk = with_disk.then(|| SmallDisk::mount(world.sandbox.path("disk")));
    world.configure(
        "[policy]\ngrace = \"1s\"\n[reaper]\ninterval = \"1m\"\nsweep = true\n[notify]\nbefore = []\n",
    );
    let soak = Soak::new(&world, disk);
    soak.run_until(Instant::now() + length());
    soak.assert_true();
}

#[expect(
    clippy::disallowed_methods,
    reason = "the process in the namespace is this test again"
)]
fn is_in_namespace() -> bool {
    std::env::var_os(IN_NAMESPACE).is_some()
}

/// The length of this run.
#[expect(
    clippy::disallowed_methods,
    reason = "only the environment says that this is the long form"
)]
fn length() -> Duration {
    let seconds = std::env::var("JITI_SOAK_SECONDS");
    seconds.map_or(SHORT, |text| {
        Duration::from_secs(text.parse().expect("JITI_SOAK_SECONDS is a number"))
    })
}
