//! Random commands and random kills, and afterwards a program that checks every statement of the
//! ledger against what exists.
//!
//! `make test` runs the short form. `make soak` runs the long one; `JITI_SOAK_SECONDS` sets its
//! length.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use e2e::teardown::stack;
use e2e::world::World;
use e2e::{CommandOutput, Root, binary};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use stack::lease::Lease;
use stack::ledger::Scope;
use stack::random::below;
use stack::{Ledger, Seq, SqliteLedger};

const OWNER: &str = "ana@example.com";

/// How long the short form runs random commands.
const SHORT: Duration = Duration::from_secs(20);

/// How long every process may take to end after the last command.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(180);

/// The stacks that Terraform creates and destroys.
const TERRAFORM_STACKS: [&str; 2] = ["cart", "search"];

/// The stacks whose resources only tags name.
const SWEPT_STACKS: [&str; 2] = ["orders", "mail"];

/// The types of the resources of a swept stack.
const TYPES: [&str; 4] = [
    "sqs:queue",
    "sns:topic",
    "ec2:security-group",
    "logs:log-group",
];

/// What one soak knows of its own, besides the ledger.
struct Soak<'a> {
    world: &'a World,
    roots: BTreeMap<&'static str, Root<'a>>,
    /// The resources that were created for the current lease of each swept stack.
    created: Mutex<BTreeMap<&'static str, BTreeSet<String>>>,
    /// What ran, for the message of a failure.
    log: Mutex<String>,
    /// The teardowns whose statements were checked as soon as they had ended.
    checked: AtomicU32,
    wrong: Mutex<Vec<String>>,
}

/// The ledger's statements are true after random commands and kills.
#[test]
fn the_ledger_is_true_after_kills() {
    let world = World::with_own_server();
    world.configure(
        "[policy]\ngrace = \"1s\"\n[reaper]\ninterval = \"1m\"\nsweep = true\n[notify]\nbefore = []\n",
    );
    let roots = TERRAFORM_STACKS.map(|name| (name, world.sandbox.root(name, &versioned(name, 0))));
    let soak = Soak {
        world: &world,
        roots: roots.into_iter().collect(),
        created: Mutex::default(),
        log: Mutex::default(),
        checked: AtomicU32::new(0),
        wrong: Mutex::default(),
    };
    let end = Instant::now() + length();
    std::thread::scope(|scope| {
        for name in TERRAFORM_STACKS {
            scope.spawn(|| soak.until(end, || soak.change_with_terraform(name)));
        }
        scope.spawn(|| soak.until(end, || soak.change_by_tags()));
        scope.spawn(|| soak.until(end, || soak.reap()));
        scope.spawn(|| soak.disturb(end));
    });
    soak.settle();
    let mut wrong = soak.wrong_statements();
    wrong.append(&mut soak.wrong.lock().unwrap());
    let log = soak.log.lock().unwrap();
    assert!(
        wrong.is_empty(),
        "{}\n--- what ran\n{log}",
        wrong.join("\n")
    );
    let checked = soak.checked.load(Ordering::Relaxed);
    assert!(
        checked > 0,
        "no teardown ended, so nothing was checked\n{log}"
    );
    println!("{checked} teardowns were checked as soon as they had ended");
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

    fn jiti(&self, arguments: &[&str]) -> CommandOutput {
        let mut command = self.world.sandbox.command(binary("jiti"));
        self.run(command.args(arguments))
    }

    /// One random change of a stack that has a root module.
    fn change_with_terraform(&self, name: &str) {
        let root = &self.roots[name];
        match below(7) {
            0..=2 => {
                root.write(&versioned(name, below(1000)));
                let arguments = ["apply", "-auto-approve", "-input=false", "-lock-timeout=5s"];
                let output = self.run(&mut root.command(&arguments));
                // The apply was killed after the registration and before the state was written.
                if output.text().contains("terraform import jiti_stack.this") {
                    self.run(&mut root.command(&[
                        "import",
                        "-input=false",
                        "jiti_stack.this",
                        name,
                    ]));
                }
            }
            3 => {
                self.run(&mut root.command(&["destroy", "-auto-approve", "-input=false"]));
            }
            4 => {
                self.jiti(&["extend", name, "1h"]);
            }
            _ => self.tear_down_and_check(root, name),
        }
    }

    /// Tears a stack down. If that succeeds, nothing is left, and the history says what was
    /// deleted.
    fn tear_down_and_check(&self, root: &Root<'_>, name: &str) {
        let before = addresses(root);
        let live = self.row(name).is_some_and(|row| row["phase"] != "gone");
        let output = self.jiti(&["teardown", name, "--yes", "--json"]);
        if !live || output.code != Some(0) {
            return;
        }
        let mut wrong = Vec::new();
        let left = addresses(root);
        if !left.is_empty() {
            wrong.push(format!(
                "the teardown of {name} succeeded, but its state contains {left:?}"
            ));
        }
        if let Some(shown) = self.shown(name) {
            let deleted = deleted(&shown);
            let missing: Vec<_> = before.difference(&deleted).collect();
            if !missing.is_empty() {
                wrong.push(format!(
                    "{name} does not record the deletion of {missing:?}"
                ));
            }
            self.checked.fetch_add(1, Ordering::Relaxed);
        }
        self.report(wrong);
    }

    /// Sweeps a stack. If that succeeds, nothing is left, and the history says what was deleted.
    fn sweep_and_check(&self, name: &str) {
        let arguments = ["teardown", name, "--strategy", "sweep", "--yes", "--json"];
        let output = self.jiti(&arguments);
        let shown = self.shown(name);
        let Some(shown) = shown.filter(|_| output.code == Some(0)) else {
            return;
        };
        let existing = self.existing();
        let created = self.created.lock().unwrap();
        self.report(wrong_about_resources(
            name,
            &shown,
            &created[name],
            &existing,
        ));
        self.checked.fetch_add(1, Ordering::Relaxed);
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

    /// One random change of a stack whose state is lost: creates its resources if it is gone, and
    /// sweeps it otherwise.
    fn change_by_tags(&self) {
        let name = SWEPT_STACKS[below(2) as usize];
        let is_created = self.created.lock().unwrap().contains_key(name);
        match self.row(name) {
            Some(row) if row["phase"] != "gone" => return self.sweep_and_check(name),
            // The command was killed.
            None if is_created => return,
            _ => {}
        }
        self.world.lease_begun(name, 1);
        let made = self.world.create(&json!([{
            "name": name, "app": "checkout", "owner": OWNER, "regions": ["eu-west-1", "us-east-1"],
            "types": TYPES, "count": 3, "prefix": format!("{name}-{}", stack::random::bits()),
        }]));
        let ids = made.into_iter().map(|resource| resource.id).collect();
        self.created.lock().unwrap().insert(name, ids);
    }

    fn reap(&self) {
        self.jiti(&["reap", "--yes"]);
        std::thread::sleep(Duration::from_secs(2));
    }

    /// Kills random processes of the sandbox, and stops some for a while.
    fn disturb(&self, end: Instant) {
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(200 + u64::from(below(1500))));
            let pids = self.processes();
            if pids.is_empty() {
                continue;
            }
            let victim = pids[below(u32::try_from(pids.len()).unwrap()) as usize];
            if below(3) > 0 {
                self.signal(victim, Signal::KILL);
            } else {
                self.signal(victim, Signal::STOP);
                std::thread::sleep(Duration::from_millis(500 + u64::from(below(4000))));
                self.signal(victim, Signal::CONT);
            }
        }
    }

    fn signal(&self, pid: i32, signal: Signal) {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let mut log = self.log.lock().unwrap();
        writeln!(log, "    signal {} to {command}", signal.as_raw()).unwrap();
        // The process may have ended already, which is fine.
        let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
    }

    /// The processes of jiti, its provider and Terraform that run in this sandbox.
    fn processes(&self) -> Vec<i32> {
        let own = self.world.sandbox.own_processes().into_iter();
        own.filter(|pid| {
            let program = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            let program = program.file_name().unwrap_or_default().to_string_lossy();
            ["jiti", "terraform"]
                .iter()
                .any(|name| program.contains(name))
        })
        .collect()
    }

    /// Waits until every process has ended, and lets the reaper finish what was begun.
    fn settle(&self) {
        let start = Instant::now();
        while !self.processes().is_empty() {
            assert!(
                start.elapsed() < SETTLE_TIMEOUT,
                "processes still run: {:?}\n{}",
                self.processes(),
                self.log.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        // An interrupted teardown is continued by the same command as before.
        let listed = self.world.sandbox.jiti(&["ls", "--json"]).ok();
        let rows: Value = serde_json::from_str(&listed.stdout).unwrap();
        for row in rows.as_array().unwrap() {
            let name = row["name"].as_str().unwrap();
            let is_swept = SWEPT_STACKS.contains(&name);
            if row["phase"] == "tearing_down" && is_swept {
                self.jiti(&["teardown", name, "--strategy", "sweep", "--yes", "--json"]);
            } else if row["phase"] == "tearing_down" {
                self.jiti(&["teardown", name, "--yes", "--json"]);
            }
        }
        self.jiti(&["sync"]);
    }

    /// Every statement of the ledger that is not true.
    fn wrong_statements(&self) -> Vec<String> {
        let mut wrong = self.wrong_histories();
        let listed = self.world.sandbox.jiti(&["ls", "--all", "--json"]).ok();
        let rows: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
        let existing = self.existing();
        let created = self.created.lock().unwrap();
        for row in &rows {
            let name = row["name"].as_str().unwrap();
            let shown = self.shown(name).expect("`jiti show` succeeds");
            if row["phase"] == "tearing_down" {
                wrong.push(format!(
                    "{name} is tearing_down, but no process works on it"
                ));
            }
            if row["cost"]["spent_usd"]
                .as_str()
                .is_some_and(|usd| usd.starts_with('-'))
            {
                wrong.push(format!("{name} has a negative spend"));
            }
            match self.roots.get(name) {
                Some(root) => wrong.extend(wrong_about_state(root, name, row)),
                None => {
                    let empty = BTreeSet::new();
                    let own = created.get(name).unwrap_or(&empty);
                    wrong.extend(wrong_about_resources(name, &shown, own, &existing));
                }
            }
        }
        for (name, own) in created.iter() {
            if !own.is_disjoint(&existing) && !rows.iter().any(|row| row["name"] == *name) {
                wrong.push(format!(
                    "{name} has resources, but the ledger does not list it"
                ));
            }
        }
        wrong
    }

    /// Histories with a gap, or whose fold is not the stored lease.
    fn wrong_histories(&self) -> Vec<String> {
        let ledger = SqliteLedger::read_only(self.world.sandbox.ledger());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let mut wrong = Vec::new();
        for lease in runtime.block_on(ledger.leases(Scope::All)).unwrap() {
            let events = runtime
                .block_on(ledger.events(&lease.name, Seq::NONE))
                .unwrap();
            let mut folded = None;
            for (index, event) in events.iter().enumerate() {
                if event.seq.0 != u64::try_from(index).unwrap() + 1 {
                    wrong.push(format!(
                        "{} has a gap before event {}",
                        lease.name, event.seq.0
                    ));
                }
                match Lease::apply(folded.take(), event) {
                    Ok(next) => folded = Some(next),
                    Err(error) => wrong.push(format!("{}: {error}", lease.name)),
                }
            }
            if folded.as_ref().map(|folded| folded.recorded_phase) != Some(lease.recorded_phase) {
                wrong.push(format!(
                    "the stored lease of {} differs from its events",
                    lease.name
                ));
            }
        }
        wrong
    }
}

/// The addresses in the state of a root module, without the lease: Terraform may have been killed
/// after the provider had ended it.
fn addresses(root: &Root<'_>) -> BTreeSet<String> {
    let listed = root.run(&["state", "list"]).stdout;
    let addresses = listed.lines().map(str::to_owned);
    addresses
        .filter(|address| address != "jiti_stack.this")
        .collect()
}

/// The ids that the history of the current lease records as deleted.
fn deleted(shown: &Value) -> BTreeSet<String> {
    let events = shown["events"].as_array().unwrap();
    let begun = events
        .iter()
        .rposition(|event| event["kind"] == "requested");
    let events = events[begun.unwrap_or(0)..].iter();
    let deleted = events.filter(|event| event["kind"] == "resource_deleted");
    deleted
        .filter_map(|event| event["id"].as_str().map(str::to_owned))
        .collect()
}

/// What a stack's row says that its Terraform state contradicts.
fn wrong_about_state(root: &Root<'_>, name: &str, row: &Value) -> Vec<String> {
    let resources = addresses(root);
    let mut wrong = Vec::new();
    if row["phase"] == "gone" && !resources.is_empty() {
        wrong.push(format!(
            "{name} is gone, but its state contains {resources:?}"
        ));
    }
    for left in row["residue"].as_array().into_iter().flatten() {
        let id = left["id"].as_str().unwrap_or_default();
        let state = std::fs::read_to_string(root.path("terraform.tfstate")).unwrap_or_default();
        let names_resource = left["type"].as_str().is_some_and(|kind| kind.contains('_'));
        if names_resource && !resources.contains(id) && !state.contains(id) {
            wrong.push(format!(
                "{name} has the residue {id}, which its state does not contain"
            ));
        }
    }
    wrong
}

/// What a stack's history says that the cloud contradicts.
fn wrong_about_resources(
    name: &str,
    shown: &Value,
    created: &BTreeSet<String>,
    existing: &BTreeSet<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let ids = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|one| one["id"].as_str().map(str::to_owned))
            .collect()
    };
    let contains = |ids: &BTreeSet<String>, id: &str| ids.iter().any(|one| same(one, id));
    let deleted = deleted(shown);
    let (resources, residue) = (ids(&shown["resources"]), ids(&shown["residue"]));
    for id in created {
        let exists = contains(existing, id);
        if exists && shown["phase"] == "gone" {
            wrong.push(format!("{name} is gone, but {id} exists"));
        }
        if exists && contains(&deleted, id) {
            wrong.push(format!(
                "{name} records that {id} was deleted, but it exists"
            ));
        }
        if exists && !contains(&resources, id) && !contains(&residue, id) {
            wrong.push(format!(
                "{name} shows {id} neither as a resource nor as residue"
            ));
        }
        if !exists && !contains(&deleted, id) {
            wrong.push(format!("{name} does not record who deleted {id}"));
        }
        if !exists && contains(&residue, id) {
            wrong.push(format!("{name} has the residue {id}, which does not exist"));
        }
    }
    wrong
}

/// Whether two ids name one resource: one of them may be the last part of an ARN.
fn same(one: &str, other: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with([':', '/']))
    };
    ends(one, other) || ends(other, one)
}
