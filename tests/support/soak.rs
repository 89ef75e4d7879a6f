//! A soak: random commands on a machine with random faults, and the check of what the ledger says.

mod changes;
mod disturbances;
mod statements;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use stack::random::below;

use crate::machine_faults::{ClockShift, SmallDisk};
use crate::sandbox::CommandOutput;
use crate::teardown::stack;
use crate::terraform::Root;
use crate::world::World;

/// The stacks that Terraform creates and destroys.
const TERRAFORM_STACKS: [&str; 2] = ["cart", "search"];

/// The stacks whose resources only tags name.
const SWEPT_STACKS: [&str; 2] = ["orders", "mail"];

/// What one soak knows of its own, besides the ledger.
pub struct Soak<'a> {
    world: &'a World,
    /// `None` for a soak whose only faults are signals to processes.
    clock: Option<ClockShift>,
    disk: Option<SmallDisk>,
    /// Held for writing while the disk is full. The test itself needs the ledger at times.
    disk_use: RwLock<()>,
    /// No command of the last part has a fault.
    is_settling: AtomicBool,
    roots: BTreeMap<&'static str, Root<'a>>,
    /// The resources that were created for the current lease of each swept stack.
    created: Mutex<BTreeMap<&'static str, BTreeSet<String>>>,
    /// What ran, for the message of a failure.
    log: Mutex<String>,
    /// The teardowns whose statements were checked as soon as they had ended.
    checked: AtomicU32,
    wrong: Mutex<Vec<String>>,
}

impl<'a> Soak<'a> {
    /// A soak whose only faults are signals to processes.
    pub fn with_signals(world: &'a World) -> Self {
        Self::new(world, None, None)
    }

    /// A soak with every fault: also jumps of clocks, few file descriptors, and a full disk if
    /// there is a small one.
    pub fn with_all_faults(world: &'a World, disk: Option<SmallDisk>) -> Self {
        let clock = ClockShift::compile(&world.sandbox);
        Self::new(world, Some(clock), disk)
    }

    fn new(world: &'a World, clock: Option<ClockShift>, disk: Option<SmallDisk>) -> Self {
        let root = |name| (name, world.sandbox.root(name, &versioned(name, 0)));
        Self {
            world,
            clock,
            disk,
            disk_use: RwLock::default(),
            is_settling: AtomicBool::new(false),
            roots: TERRAFORM_STACKS.map(root).into_iter().collect(),
            created: Mutex::default(),
            log: Mutex::default(),
            checked: AtomicU32::new(0),
            wrong: Mutex::default(),
        }
    }

    /// Runs random commands with random faults until this time. Afterwards no process runs.
    pub fn run_until(&self, end: Instant) {
        std::thread::scope(|scope| {
            for name in TERRAFORM_STACKS {
                scope.spawn(move || self.until(end, || self.change_with_terraform(name)));
            }
            scope.spawn(|| self.until(end, || self.change_by_tags()));
            scope.spawn(|| self.until(end, || self.reap()));
            scope.spawn(|| self.disturb(end));
            scope.spawn(|| self.fill_disk(end));
        });
        self.is_settling.store(true, Ordering::Relaxed);
        self.settle();
        // On a busy machine, the faults may have left no teardown of a short run.
        if self.checked.load(Ordering::Relaxed) == 0 {
            let name = TERRAFORM_STACKS[0];
            self.roots[name].apply().ok();
            self.tear_down_and_check(&self.roots[name], name);
        }
    }

    /// Every statement that is not true, now or when a teardown had ended. The text of a failure
    /// has what ran.
    pub fn assert_true(&self) {
        let mut wrong = self.wrong_statements();
        wrong.append(&mut self.wrong.lock().unwrap());
        let log = self.log.lock().unwrap();
        assert!(
            wrong.is_empty(),
            "{}\n--- what ran\n{log}",
            wrong.join("\n")
        );
        let checked = self.checked.load(Ordering::Relaxed);
        assert!(
            checked > 0,
            "no teardown ended, so nothing was checked\n{log}"
        );
        println!("{checked} teardowns were checked as soon as they had ended");
    }
}

/// A stack whose resources take a moment to destroy.
fn versioned(name: &str, version: u32) -> String {
    let more = r#"
resource "terraform_data" "slow" {
  count = 3
  input = terraform_data.one.id
  provisioner "local-exec" {
    when    = destroy
    command = "sleep 0.3"
  }
}
"#;
    stack(name, more).replace("version = \"1\"", &format!("version = \"{version}\""))
}

impl Soak<'_> {
    /// Repeats a step until this time.
    fn until(&self, end: Instant, step: impl Fn()) {
        while Instant::now() < end {
            step();
            std::thread::sleep(Duration::from_millis(u64::from(below(400))));
        }
    }

    /// Runs a command, whatever its result.
    fn run(&self, command: &mut Command) -> CommandOutput {
        let output = CommandOutput::of(command.stdin(Stdio::null()));
        let mut log = self.log.lock().unwrap();
        let arguments: Vec<_> = command
            .get_args()
            .map(|one| one.to_string_lossy())
            .collect();
        let last = output.text();
        let last: String = last.chars().rev().take(160).collect();
        let last: String = last.chars().rev().collect();
        let program = command.get_program().to_string_lossy();
        let program = program.rsplit('/').next().unwrap_or_default();
        let code = output.code;
        writeln!(log, "{program} {} = {code:?}: {last}", arguments.join(" ")).unwrap();
        output
    }

    fn note(&self, line: &str) {
        writeln!(self.log.lock().unwrap(), "{line}").unwrap();
    }

    fn report(&self, mut wrong: Vec<String>) {
        if !wrong.is_empty() {
            writeln!(self.log.lock().unwrap(), "WRONG: {}", wrong.join("; ")).unwrap();
        }
        self.wrong.lock().unwrap().append(&mut wrong);
    }

    /// The ids of the resources that exist in the cloud.
    fn existing(&self) -> BTreeSet<String> {
        self.world.list().into_iter().map(|one| one.id).collect()
    }

    /// A stack with its history; `None` if the command was killed, or there is no such stack.
    fn shown(&self, name: &str) -> Option<Value> {
        let output = self.world.sandbox.jiti(&["show", name, "--json"]);
        serde_json::from_str(&output.stdout).ok()
    }

    /// The row of a stack; `None` if the command was killed, or there is no such stack.
    fn row(&self, name: &str) -> Option<Value> {
        let arguments = ["ls", "--all", "--json", "--cached"];
        let output = self.world.sandbox.jiti(&arguments);
        let rows: Vec<Value> = serde_json::from_str(&output.stdout).ok()?;
        rows.into_iter().find(|row| row["name"] == name)
    }
}
