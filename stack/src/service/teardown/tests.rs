//! Tests of teardowns with a scripted Terraform, for cases that a real one cannot produce on
//! demand.

mod forget;
mod places;
mod races;
mod reasons;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tempfile::TempDir;

use super::run_folder::RunFolder;
use super::*;
use crate::clock::Clock;
use crate::config::{Account, Config, CredentialSource};
use crate::inventory::MemoryInventory;
use crate::lease::{EventKind, Phase, Registration, Source, Strategy, TeardownInputs};
use crate::ledger::{Ledger, MemoryLedger};
use crate::policy::Policy;
use crate::process;
use crate::service::teardown::sweep::SweepSelector;
use crate::service::{CloudAccess, Service};
use crate::testing::{FakeCloud, ManualClock, actor, noon, registration, resource, stack_name};
use crate::values::id::RunId;
use crate::{Seq, SystemClock};

/// A root with a scripted Terraform: `state pull` prints `state.json`, `show` prints `plan.json`,
/// `plan` writes its `-out`, and `apply` runs `apply.sh`, after which the state is `after.json`.
struct World {
    dir: TempDir,
    ledger: Arc<MemoryLedger>,
    service: Service,
    settings: TeardownSettings,
}

const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$1" in
  state) cat "$here/state.json" ;;
  plan) for a in "$@"; do case "$a" in -out=*) echo saved > "${a#-out=}";; esac; done; sh "$here/plan.sh" ;;
  show) cat "$here/plan.json" ;;
  apply) . "$here/apply.sh" ;;
  *) exit 1 ;;
esac
"#;

fn state(addresses: &[&str]) -> String {
    let resources: Vec<_> = addresses
        .iter()
        .map(|address| {
            let (kind, name) = address.split_once('.').unwrap();
            json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": {"name": "shop"}}]})
        })
        .collect();
    json!({"version": 4, "resources": resources}).to_string()
}

fn plan(addresses: &[&str]) -> String {
    let changes: Vec<_> = addresses
        .iter()
        .map(|address| {
            let kind = address.split('.').next().unwrap();
            json!({"address": address, "mode": "managed", "type": kind, "change": {
                "actions": ["delete"],
                "before": {"name": "shop", "id": "x-1", "password": "tell-nobody"},
                "before_sensitive": {"password": true}}})
        })
        .collect();
    json!({"resource_changes": changes}).to_string()
}

/// A command for `apply.sh` that prints one line of Terraform's JSON output.
fn says(what: &str, address: &str) -> String {
    let kind = address.split('.').next().unwrap();
    let line = json!({"type": what, "hook": {"action": "delete", "elapsed_seconds": 1,
        "resource": {"addr": address, "resource_type": kind}}});
    format!("echo '{line}'\n")
}

fn diagnostic(summary: &str, detail: &str) -> String {
    let line = json!({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary, "detail": detail}});
    format!("echo '{line}'\n")
}

const ALL: &[&str] = &["aws_x.a", "aws_x.b", "jiti_stack.this"];

impl World {
    /// A registered stack with its resources in the state, and an apply that deletes all of them.
    async fn new() -> Self {
        Self::with(Config::default(), Arc::new(SystemClock)).await
    }

    async fn with(config: Config, clock: Arc<dyn Clock>) -> Self {
        Self::on(MemoryLedger::new(), config, clock).await
    }

    async fn on(ledger: MemoryLedger, config: Config, clock: Arc<dyn Clock>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Arc::new(ledger);
        let service = Service::new(
            Arc::clone(&ledger) as Arc<dyn Ledger>,
            clock,
            Arc::new(config),
            actor(),
            Source::Cli,
        );
        let settings = TeardownSettings {
            runs: dir.path().join("runs"),
            path: vec![dir.path().to_owned()],
            ..TeardownSettings::default()
        };
        let world = Self {
            dir,
            ledger,
            service,
            settings,
        };
        let program = world.path("terraform");
        crate::testing::program(&program, SCRIPT);
        std::fs::create_dir(world.path(".terraform")).unwrap();
        world.write("plan.sh", "");
        world.write("state.json", &state(ALL));
        world.write("plan.json", &plan(ALL));
        world.write("after.json", &state(&[]));
        let all: String = ALL
            .iter()
            .map(|address| says("apply_complete", address))
            .collect();
        world.applies(&format!(
            "{all}cp \"$here/after.json\" \"$here/state.json\"\n"
        ));
        let mut registration = registration();
        registration.origin.directory = world.dir.path().to_str().unwrap().to_owned();
        registration.origin.command = program.to_str().unwrap().to_owned();
        registration.origin.process.host = process::host();
        let name = stack_name("shop");
        world
            .service
            .leases()
            .open(&name, registration, &process::liveness)
            .await
            .unwrap();
        world.service.leases().recorded(&name).await.unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn applies(&self, script: &str) {
        self.write("apply.sh", script);
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    async fn plan(&self) -> PreparedTeardown {
        let prepared = self
            .service
            .teardowns()
            .plan_teardown(&stack_name("shop"), &self.settings)
            .await;
        prepared.unwrap().unwrap()
    }

    /// Registers another stack and plans its teardown.
    async fn planned(&self, name: &StackName, registration: Registration) -> PreparedTeardown {
        let opened = self
            .service
            .leases()
            .open(name, registration, &process::liveness);
        opened.await.unwrap();
        let prepared = self
            .service
            .teardowns()
            .plan_teardown(name, &self.settings)
            .await;
        prepared.unwrap().unwrap()
    }

    async fn carry_out(
        &self,
        prepared: PreparedTeardown,
    ) -> Result<TeardownOutcome, TeardownError> {
        self.service
            .teardowns()
            .teardown(prepared, &request(), &|_| {}, &StopSignal::default())
            .await
    }

    async fn phase(&self) -> Phase {
        let lease = self
            .service
            .leases()
            .lease(&stack_name("shop"))
            .await
            .unwrap()
            .unwrap();
        lease.recorded_phase
    }

    async fn kinds(&self) -> Vec<String> {
        let events = self
            .ledger
            .events(&stack_name("shop"), Seq::NONE)
            .await
            .unwrap();
        events
            .iter()
            .map(|event| event.kind.name().to_owned())
            .collect()
    }

    /// Records a teardown that another process began.
    async fn began(&self, host: &str, pid: u32) {
        let kind = EventKind::TeardownStarted {
            strategy: Strategy::Terraform,
            by: actor(),
            why: "test".to_owned(),
            run: RunId::random(),
            host: host.to_owned(),
            pid,
        };
        self.service
            .leases()
            .note(&stack_name("shop"), kind)
            .await
            .unwrap();
    }
}

fn request() -> TeardownRequest {
    TeardownRequest {
        by: actor(),
        why: "test".to_owned(),
        confirmed: None,
        only_while: None,
    }
}

/// The ledger has the intent before the first delete, then each delete, then `gone`. The saved plan
/// is removed.
#[tokio::test]
async fn intent_then_deletes_then_gone() {
    let world = World::new().await;
    let prepared = world.plan().await;
    assert!(prepared.plan.may_proceed(), "{:?}", prepared.plan.blockers);
    assert_eq!(prepared.plan.count(), 3);
    let run = world.settings.runs.join(prepared.plan.run.as_str());
    assert!(run.join("plan").exists());
    let steps = Mutex::new(Vec::new());
    let listener = |step: &Progress| steps.lock().unwrap().push(step.clone());
    let outcome = world
        .service
        .teardowns()
        .teardown(
            prepared.clone(),
            &request(),
            &listener,
            &StopSignal::default(),
        )
        .await
        .unwrap();
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (3, 0));
    assert_eq!(world.phase().await, Phase::Gone);
    let deleted = "resource_deleted";
    assert_eq!(
        world.kinds().await[2..],
        ["teardown_started", deleted, deleted, deleted, "gone"]
    );
    let mut follower = Follower::of(&world.settings.runs, &prepared.plan.run);
    assert_eq!(follower.steps().unwrap(), *steps.lock().unwrap());
    assert!(!run.join("plan").exists());
    let again = world
        .service
        .teardowns()
        .plan_teardown(&stack_name("shop"), &world.settings)
        .await;
    assert!(again.unwrap().is_none(), "a gone stack has no plan");
}

/// Dropping a plan removes its folder and records nothing.
#[tokio::test]
async fn a_plan_that_is_dropped_leaves_nothing() {
    let world = World::new().await;
    let prepared = world.plan().await;
    drop(prepared);
    assert_eq!(std::fs::read_dir(&world.settings.runs).unwrap().count(), 0);
    assert_eq!(world.phase().await, Phase::Ready);
    assert!(!world.calls().contains("apply"));
}

/// A teardown whose plan file changed is refused before anything is written.
#[tokio::test]
async fn another_plan_is_refused() {
    let world = World::new().await;
    let prepared = world.plan().await;
    let run = world.settings.runs.join(prepared.plan.run.as_str());
    std::fs::write(run.join("plan"), "another").unwrap();
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, TeardownError::NotAsShown { .. }) && error.is_refusal());
    assert!(!world.calls().contains("apply"));
    assert_eq!(world.phase().await, Phase::Ready);
}

/// A handed-over plan is carried out unchanged, and refused if it changed.
#[tokio::test]
async fn a_plan_is_handed_over() {
    let world = World::new().await;
    let folder = world.plan().await.hand_over().unwrap();
    let prepared = world
        .service
        .teardowns()
        .take_over(&folder, &world.settings)
        .await
        .unwrap();
    assert_eq!(world.carry_out(prepared).await.unwrap().residue, []);

    let world = World::new().await;
    let folder = world.plan().await.hand_over().unwrap();
    world.write("plan.json", &plan(&["aws_x.a", "jiti_stack.this"]));
    let error = world
        .service
        .teardowns()
        .take_over(&folder, &world.settings)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::NotAsShown { .. }), "{error}");
}

/// A plan that Terraform refuses as stale deletes nothing and restores the phase.
#[tokio::test]
async fn a_stale_plan_restores_the_phase() {
    let world = World::new().await;
    let prepared = world.plan().await;
    world.applies(&(diagnostic("Saved plan is stale", "The given plan file") + "exit 1\n"));
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, TeardownError::Stale { .. }) && error.is_refusal());
    assert_eq!(world.phase().await, Phase::Ready);
    assert_eq!(
        world.kinds().await[2..],
        ["teardown_started", "teardown_failed"]
    );
}

/// A resource that fails to delete becomes residue with a reason without sensitive values, and a
/// second teardown completes.
#[tokio::test]
async fn what_is_left_is_residue() {
    let world = World::new().await;
    let prepared = world.plan().await;
    world.write("after.json", &state(&["aws_x.b", "jiti_stack.this"]));
    world.applies(&format!(
        "{}{}{}cp \"$here/after.json\" \"$here/state.json\"\nexit 1\n",
        says("apply_complete", "aws_x.a"),
        says("apply_errored", "aws_x.b"),
        diagnostic(
            "deleting",
            "aws_x.b: login with tell-nobody failed, token=abc"
        ),
    ));
    let outcome = world.carry_out(prepared).await.unwrap();
    assert_eq!(outcome.residue.len(), 1);
    assert_eq!(
        outcome.residue[0].reason,
        "deleting: aws_x.b: login with (hidden) failed, token=(hidden)"
    );
    let lease = world
        .service
        .leases()
        .lease(&stack_name("shop"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(lease.recorded_phase, Phase::Residue);
    assert!(lease.residue.contains_key("aws_x.b"));
    let events = world
        .ledger
        .events(&stack_name("shop"), Seq::NONE)
        .await
        .unwrap();
    assert!(!format!("{events:?}").contains("tell-nobody"));

    world.write("plan.json", &plan(&["aws_x.b", "jiti_stack.this"]));
    world.applies(&format!("echo '{}' > \"$here/state.json\"\n", state(&[])));
    let prepared = world.plan().await;
    assert_eq!(world.carry_out(prepared).await.unwrap().residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// A stack is residue, not gone, if its state still has a resource after a successful destroy.
#[tokio::test]
async fn only_an_empty_state_is_gone() {
    let world = World::new().await;
    let prepared = world.plan().await;
    world.write("after.json", &state(&["aws_x.late"]));
    let outcome = world.carry_out(prepared).await.unwrap();
    assert_eq!(outcome.residue[0].id, "aws_x.late");
    assert_eq!(world.phase().await, Phase::Residue);
}

fn with_account() -> Config {
    let account = Account {
        name: "sandbox".to_owned(),
        id: "111111111111".to_owned(),
        access: CredentialSource::Standard,
        regions: vec!["eu-west-1".to_owned()],
    };
    Config {
        accounts: vec![account],
        ..Config::default()
    }
}

/// After a destroy, a resource in the cloud with the stack's tag becomes residue with the sweep
/// command, and a sweep deletes it.
#[tokio::test]
async fn what_a_destroy_did_not_know_is_residue() {
    let mut world = World::with(with_account(), Arc::new(SystemClock)).await;
    let orphan = resource("sqs", "orphan", "shop");
    let foreign = resource("sqs", "foreign", "search");
    let cloud = Arc::new(FakeCloud::new([orphan.clone(), foreign]));
    let access = CloudAccess::new(
        Arc::clone(&cloud) as _,
        Arc::new(MemoryInventory::default()),
    );
    world.service = world.service.clone().with_cloud(access);
    let prepared = world.plan().await;
    let outcome = world.carry_out(prepared).await.unwrap();
    assert_eq!(outcome.residue.len(), 1, "{outcome:?}");
    let left = &outcome.residue[0];
    assert_eq!(left.id, "sqs/orphan");
    let command = "jiti teardown shop --strategy sweep --yes";
    assert_eq!(left.command.as_deref(), Some(command));
    assert_eq!(world.phase().await, Phase::Residue);
    cloud.remove(&orphan.id);
    let wish = SweepSelector::named(&stack_name("shop"));
    let prepared = world
        .service
        .teardowns()
        .plan_sweep(&wish, &world.settings)
        .await;
    let outcome = world.carry_out(prepared.unwrap().unwrap()).await.unwrap();
    assert_eq!(
        (outcome.residue, world.phase().await),
        (vec![], Phase::Gone)
    );
}

/// With configured accounts, a region that could not be checked becomes residue.
#[tokio::test]
async fn accounts_that_were_not_looked_at_are_residue() {
    let world = World::with(with_account(), Arc::new(SystemClock)).await;
    let prepared = world.plan().await;
    let outcome = world.carry_out(prepared).await.unwrap();
    assert_eq!(outcome.residue[0].id, "111111111111/eu-west-1");
    assert!(outcome.residue[0].reason.starts_with("not_looked"));
    assert_eq!(world.phase().await, Phase::Residue);
}

/// A refresh that finds nothing blocks the plan, unless earlier runs deleted the missing resources.
#[tokio::test]
async fn a_refresh_that_finds_nothing() {
    let world = World::new().await;
    world.write("plan.json", &plan(&["jiti_stack.this"]));
    let plan = world.plan().await.plan;
    assert!(matches!(
        &plan.blockers[..],
        [Blocker::NothingFound { count: 2, .. }]
    ));
    let gone: Vec<_> = plan
        .already_gone
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(gone, ["aws_x.a", "aws_x.b"]);

    world.began("elsewhere", 1).await;
    for id in ["aws_x.a", "aws_x.b"] {
        let id = id.to_owned();
        let kind = EventKind::ResourceDeleted { id };
        world
            .service
            .leases()
            .note(&stack_name("shop"), kind)
            .await
            .unwrap();
    }
    let failed = EventKind::TeardownFailed {
        reason: "killed".to_owned(),
    };
    world
        .service
        .leases()
        .note(&stack_name("shop"), failed)
        .await
        .unwrap();
    assert_eq!(world.plan().await.plan.blockers, []);
}

/// A root on another machine blocks the plan as unreachable, and Terraform does not run.
#[tokio::test]
async fn another_machine_is_unreachable() {
    let world = World::new().await;
    let mut registration = registration();
    registration.origin.process.host = "elsewhere".to_owned();
    let name = stack_name("far");
    let prepared = world.planned(&name, registration).await;
    let blocker = &prepared.plan.blockers[0];
    assert!(
        blocker.is_unreachable_origin() && !blocker.is_refusal(),
        "{blocker}"
    );
    assert_eq!(world.calls(), "");
    assert!(world.carry_out(prepared).await.is_err());
}

/// A runner on another machine is left alone until it has been silent for more than ten minutes.
#[tokio::test]
async fn a_silent_runner_is_taken_over() {
    let clock = Arc::new(ManualClock::at(noon()));
    let world = World::with(Config::default(), Arc::clone(&clock) as Arc<dyn Clock>).await;
    let name = stack_name("shop");
    let prepared = world.plan().await;
    world.began("elsewhere", 7).await;
    let error = world
        .service
        .teardowns()
        .plan_teardown(&name, &world.settings)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("process 7 on elsewhere"),
        "{error}"
    );
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, TeardownError::Running { .. }) && error.is_refusal());
    clock.advance("9m".parse().unwrap());
    world
        .service
        .leases()
        .note(
            &name,
            EventKind::TeardownAlive {
                deleting: Vec::new(),
            },
        )
        .await
        .unwrap();
    clock.advance("10m".parse().unwrap());
    assert!(
        world
            .service
            .teardowns()
            .plan_teardown(&name, &world.settings)
            .await
            .is_err()
    );
    clock.advance("1s".parse().unwrap());
    let prepared = world.plan().await;
    assert_eq!(world.carry_out(prepared).await.unwrap().residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// A runner on this machine whose process has ended is taken over at once.
#[tokio::test]
async fn a_dead_runner_is_taken_over() {
    let world = World::new().await;
    let mut child = std::process::Command::new("true").spawn().unwrap();
    world.began(&process::host(), child.id()).await;
    child.wait().unwrap();
    let prepared = world.plan().await;
    assert_eq!(world.carry_out(prepared).await.unwrap().residue, []);
}

/// The next run records, once each, what a killed runner's Terraform deleted, despite dropped plans
/// and a handover in between.
#[tokio::test]
async fn what_an_orphan_deleted_is_written_down() {
    let world = World::new().await;
    let run = RunId::random();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let name = stack_name("shop");
    let began = EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: actor(),
        why: "test".to_owned(),
        run: run.clone(),
        host: process::host(),
        pid: child.id(),
    };
    let dead = crate::lease::ProcessId {
        pid: child.id(),
        started: "long ago".to_owned(),
        host: process::host(),
    };
    child.wait().unwrap();
    world.service.leases().note(&name, began).await.unwrap();
    let heard = "module.m[\"a.b\"].aws_x.a".to_owned();
    let deleted = EventKind::ResourceDeleted { id: heard.clone() };
    world.service.leases().note(&name, deleted).await.unwrap();
    let folder = RunFolder::make(&world.settings.runs, &run).unwrap();
    folder.progress().unwrap();
    folder.write("runner.json", &dead).unwrap();
    let unheard = ["aws_x.b", "module.m.aws_y.c[0]"];
    let line = |address: &str| {
        json!({"type": "apply_complete", "hook": {"action": "delete",
            "resource": {"addr": address, "resource_type": "aws_x"}}})
        .to_string()
    };
    let output = [
        line(&heard),
        line(unheard[0]),
        line(unheard[1]),
        line("aws_x.held"),
    ];
    std::fs::write(folder.path().join("output"), output.join("\n")).unwrap();
    folder.keep();

    world.write("state.json", &state(&["aws_x.held", "jiti_stack.this"]));
    world.write("plan.json", &plan(&["aws_x.held", "jiti_stack.this"]));
    world.applies(&format!(
        "{}{}cp \"$here/after.json\" \"$here/state.json\"\n",
        says("apply_complete", "aws_x.held"),
        says("apply_complete", "jiti_stack.this"),
    ));
    drop(world.plan().await);
    assert!(
        !folder.path().join("output").exists(),
        "the output can contain secrets"
    );
    let prepared = world.plan().await;
    let gone = &prepared.plan.already_gone;
    let shown: Vec<_> = gone
        .iter()
        .map(|one| (one.id.as_str(), one.kind.as_str()))
        .collect();
    assert_eq!(shown, [(unheard[0], "aws_x"), (unheard[1], "aws_y")]);
    let folder = prepared.hand_over().unwrap();
    let taken = world
        .service
        .teardowns()
        .take_over(&folder, &world.settings)
        .await;
    assert_eq!(world.carry_out(taken.unwrap()).await.unwrap().residue, []);
    let events = world.ledger.events(&name, Seq::NONE).await.unwrap();
    let deleted = events.into_iter().filter_map(|event| match event.kind {
        EventKind::ResourceDeleted { id } => Some(id),
        _ => None,
    });
    let expected = [
        &heard,
        unheard[0],
        unheard[1],
        "aws_x.held",
        "jiti_stack.this",
    ];
    assert_eq!(deleted.collect::<Vec<_>>(), expected);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// The output of an orphaned Terraform stays until its process ends.
#[tokio::test]
async fn the_output_of_an_orphan_that_goes_on_is_kept() {
    let world = World::new().await;
    let run = RunId::random();
    let folder = RunFolder::make(&world.settings.runs, &run).unwrap();
    folder.progress().unwrap();
    let dead = crate::lease::ProcessId {
        started: "long ago".to_owned(),
        ..process::identify(std::process::id()).unwrap()
    };
    folder.write("runner.json", &dead).unwrap();
    let mut terraform = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    folder.note_terraform(terraform.id());
    std::fs::write(folder.path().join("output"), "").unwrap();
    folder.keep();
    drop(world.plan().await);
    assert!(folder.path().join("output").exists());
    terraform.kill().unwrap();
    terraform.wait().unwrap();
    drop(world.plan().await);
    assert!(!folder.path().join("output").exists());
}

/// A runner records heartbeats while Terraform runs.
#[tokio::test]
async fn a_runner_says_that_it_lives() {
    let clock = Arc::new(ManualClock::at(noon()));
    let world = World::with(Config::default(), Arc::clone(&clock) as Arc<dyn Clock>).await;
    let prepared = world.plan().await;
    world.applies(&format!(
        "{}while [ ! -e \"$here/go\" ]; do sleep 0.02; done\ncp \"$here/after.json\" \"$here/state.json\"\n",
        says("apply_start", "aws_x.a")
    ));
    let listener = |step: &Progress| {
        if matches!(step, Progress::ResourceStarted { .. }) {
            clock.advance("31s".parse().unwrap());
        }
    };
    let stop = StopSignal::default();
    let asked = request();
    let work = world
        .service
        .teardowns()
        .teardown(prepared, &asked, &listener, &stop);
    let look = async {
        while !world.kinds().await.contains(&"teardown_alive".to_owned()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.write("go", "");
    };
    let (outcome, ()) = tokio::join!(work, look);
    assert_eq!(outcome.unwrap().residue, []);
}

/// A teardown of a protected stack requires its name.
#[tokio::test]
async fn protected_wants_its_name() {
    let policy = Policy {
        protected: vec!["shop".to_owned()],
        ..Policy::default()
    };
    let config = Config {
        policy,
        ..Config::default()
    };
    let world = World::with(config, Arc::new(SystemClock)).await;
    let prepared = world.plan().await;
    assert!(prepared.plan.protected);
    let error = world.carry_out(prepared.clone()).await.unwrap_err();
    assert!(matches!(error, TeardownError::Unconfirmed { .. }) && error.is_refusal());
    assert_eq!(world.phase().await, Phase::Ready);
}

/// A registered stack that is missing from its state blocks the plan. A stack whose apply was
/// killed before it wrote a state ends as gone.
#[tokio::test]
async fn a_lost_state_is_not_an_empty_one() {
    let world = World::new().await;
    world.write("state.json", &state(&[]));
    let plan = world.plan().await.plan;
    assert!(
        matches!(plan.blockers[..], [Blocker::NotInState { .. }]),
        "{plan:?}"
    );
    // The refusal names both ways out of a folder with one backend key for each environment.
    let refusal = plan.blockers[0].to_string();
    for way in [
        "terraform init -reconfigure -backend-config=…",
        "TF_DATA_DIR",
    ] {
        assert!(refusal.contains(way), "{refusal}");
    }

    let mut registration = registration();
    let lease = world
        .service
        .leases()
        .lease(&stack_name("shop"))
        .await
        .unwrap()
        .unwrap();
    registration.origin = lease.origin;
    registration.origin.process.started = "long ago".to_owned();
    registration.origin.process.pid = std::process::id();
    let name = stack_name("killed");
    let prepared = world.planned(&name, registration).await;
    assert_eq!(prepared.plan.blockers, []);
    assert_eq!(prepared.plan.count(), 0);
    world.carry_out(prepared).await.unwrap();
    let lease = world.service.leases().lease(&name).await.unwrap().unwrap();
    assert_eq!(lease.recorded_phase, Phase::Gone);
    assert!(!world.calls().contains("apply"));
}
