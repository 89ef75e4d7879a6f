//! Where a teardown runs: the folder, a rebuild from the commit, or a dispatch.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::git::testing::{commit, folders, run};
use crate::lease::{Backend, Origin, Repository};
use crate::origin_record::OriginRecords;

/// A Terraform that leaves a marker wherever it runs.
const MARKING: &str = "#!/bin/sh\ntouch \"$(dirname \"$0\")/it-ran\"\nexit 1\n";

fn parsed(text: &str) -> Config {
    Config::parse(text, Path::new("jiti.toml")).unwrap()
}

impl World {
    /// A world on a ledger that other users can write to. No folder has a record.
    async fn on_shared_ledger(config: Config) -> Self {
        let ledger = MemoryLedger::new().shared();
        let mut world = Self::on(ledger, config, Arc::new(SystemClock)).await;
        world.settings.origins = Some(world.path("state/jiti/origins"));
        world
    }

    async fn lease(&self) -> Lease {
        let name = stack_name("shop");
        self.ledger.lease(&name).await.unwrap().unwrap()
    }

    /// Writes this user's record of an origin, as the provider does.
    async fn record(&self, origin: &Origin) {
        let records = OriginRecords::at(self.settings.origins.as_ref().unwrap());
        let ledger = self.ledger.id().await.unwrap();
        let name = stack_name("shop");
        records.write(&ledger, &name, origin, noon()).unwrap();
    }

    /// Moves the stack to another origin, as any user of the ledger can.
    async fn moves(&self, change: impl FnOnce(&mut Origin)) {
        let from = self.lease().await.origin;
        let mut to = from.clone();
        change(&mut to);
        let (from, to) = (Box::new(from), Box::new(to));
        let moved = EventKind::OriginMoved { from, to };
        self.service
            .leases()
            .note(&stack_name("shop"), moved)
            .await
            .unwrap();
    }

    async fn refused(&self) -> Vec<String> {
        let prepared = self.plan().await;
        let blockers = prepared.plan.blockers.iter();
        blockers.map(ToString::to_string).collect()
    }
}

/// A folder that only a shared ledger names is not entered: nothing in it runs, whether this user
/// has no record, or one of another place, workspace or data directory.
#[tokio::test]
async fn a_folder_that_only_a_shared_ledger_names_is_not_entered() {
    let world = World::on_shared_ledger(Config::default()).await;
    let marker = world.path("it-ran");
    // The program is the folder's own, and any run of it leaves a marker.
    crate::testing::program(&world.path("terraform"), MARKING);
    let origin = world.lease().await.origin;
    let others: [fn(&mut Origin); 4] = [
        |origin| origin.directory = "/srv/other".to_owned(),
        |origin| origin.workspace = "other".to_owned(),
        |origin| origin.data_dir = Some("other".to_owned()),
        |origin| origin.directory.push('/'),
    ];
    let mut records = vec![None];
    for change in others {
        let mut other = origin.clone();
        change(&mut other);
        records.push(Some(other));
    }
    for record in records {
        if let Some(record) = &record {
            world.record(record).await;
        }
        let prepared = world.plan().await;
        assert!(
            prepared.plan.blockers[0].is_unreachable_origin(),
            "{:?}",
            prepared.plan
        );
        let why = world.refused().await.join("; ");
        for reason in [
            "is named by a shared ledger only",
            "it is not rebuilt from its commit: the commit that it was applied from is unknown",
            "it is not dispatched: no `command` is configured",
        ] {
            assert!(why.contains(reason), "{why}");
        }
        assert!(world.carry_out(prepared).await.is_err());
        assert!(!marker.exists(), "{record:?}");
    }
    // With the record, the same folder is entered.
    world.record(&origin).await;
    let why = world.refused().await.join("; ");
    assert!(marker.exists() && !why.contains("shared ledger"), "{why}");
}

/// With this user's record, a teardown from a shared ledger runs in the folder, and its end removes
/// the record.
#[tokio::test]
async fn the_record_ends_with_the_stack() {
    let world = World::on_shared_ledger(Config::default()).await;
    let origin = world.lease().await.origin;
    world.record(&origin).await;
    let prepared = world.plan().await;
    assert_eq!(prepared.plan.blockers, []);
    let site = prepared.plan.method.site();
    assert_eq!(
        site,
        Some(TeardownSite::Folder {
            directory: origin.directory.clone()
        })
    );
    assert_eq!(world.carry_out(prepared).await.unwrap().residue, []);
    let records = OriginRecords::at(world.settings.origins.as_ref().unwrap());
    let ledger = world.ledger.id().await.unwrap();
    assert!(
        records
            .check(&ledger, &stack_name("shop"), &origin)
            .is_err()
    );
}

/// A Terraform for rebuilds: `init` writes the backend that it was given, everything else works on
/// the files of the world. The arguments and the directory of each call are kept.
fn rebuilding(world: &World) {
    let script = r#"#!/bin/sh
here=$(dirname "$0")
echo "$(pwd): $* [$TF_WORKSPACE]" >> "$here/calls"
case "$1" in
  init)
    key=none
    for a in "$@"; do case "$a" in -backend-config=path=*) key=${a#-backend-config=path=};; esac; done
    mkdir -p .terraform
    echo "{\"backend\": {\"type\": \"consul\", \"config\": {\"address\": \"c.test\", \"path\": \"$key\"}}}" \
      > .terraform/terraform.tfstate ;;
  workspace) test "$4" = pr-1 ;;
  state) cat "$here/state.json" ;;
  plan) for a in "$@"; do case "$a" in -out=*) echo saved > "${a#-out=}";; esac; done ;;
  show) cat "$here/plan.json" ;;
  apply) . "$here/apply.sh" ;;
  *) exit 1 ;;
esac
"#;
    crate::testing::program(&world.path("terraform"), script);
}

/// A world whose stack was applied on another machine, from a commit of a repository in its folder.
/// The backend's path is not in the commit.
async fn rebuildable(world: &World) -> String {
    rebuilding(world);
    let source = world.path("source");
    std::fs::create_dir_all(source.join("infra")).unwrap();
    let main = "terraform {\n  backend \"consul\" {\n    address = \"c.test\"\n  }\n}\n";
    std::fs::write(source.join("infra/main.tf"), main).unwrap();
    std::fs::write(source.join("infra/pr.tfvars"), "").unwrap();
    run(&source, &["init", "--quiet"]);
    let id = commit(&source);
    let url = source.to_str().unwrap().to_owned();
    let found = id.clone();
    world
        .moves(|origin| {
            origin.process.host = "elsewhere".to_owned();
            origin.workspace = "pr-1".to_owned();
            origin.backend = Some(Backend {
                kind: "consul".to_owned(),
                keys: [("address", "c.test"), ("path", "shop")]
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
            });
            origin.repository = Some(Repository {
                url,
                commit: found,
                directory: "infra".to_owned(),
                clean: true,
            });
        })
        .await;
    id
}

async fn rebuilding_world() -> (World, String) {
    let config = parsed("[teardown]\nrepositories = [\"/**\"]\n");
    let mut world = World::on_shared_ledger(config).await;
    world.settings.path.extend(folders());
    let id = rebuildable(&world).await;
    (world, id)
}

/// A stack of another machine is rebuilt from its commit: with the keys that the commit leaves
/// open, and in the recorded workspace. The plan says so. After a handover, the plan is applied in
/// the same clone, which is removed at the end.
#[tokio::test]
async fn a_stack_is_rebuilt_from_its_commit() {
    let (world, id) = rebuilding_world().await;
    let prepared = world.plan().await;
    assert_eq!(prepared.plan.blockers, []);
    assert_eq!(prepared.plan.count(), 3);
    let Some(TeardownSite::Rebuilt(repository)) = prepared.plan.method.site() else {
        panic!("{:?}", prepared.plan.method);
    };
    assert_eq!(
        (repository.commit.as_str(), repository.directory.as_str()),
        (id.as_str(), "infra")
    );
    let clone = world
        .settings
        .runs
        .join(prepared.plan.run.as_str())
        .join("checkout");
    let root = clone.join("infra");
    assert_eq!(prepared.plan.method.directory(), root.to_str().unwrap());
    assert!(root.join("main.tf").exists());
    let calls = world.calls();
    let expected = format!(
        "{0}: init -reconfigure -input=false -no-color -backend-config=path=shop []\n\
         {0}: workspace select -no-color pr-1 []\n{0}: state pull [pr-1]\n",
        root.display()
    );
    assert!(calls.starts_with(&expected), "{calls}");
    let folder = prepared.hand_over().unwrap();
    let taken = world
        .service
        .teardowns()
        .take_over(&folder, &world.settings)
        .await
        .unwrap();
    assert_eq!(world.carry_out(taken).await.unwrap().residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
    assert!(
        world
            .calls()
            .contains(&format!("{}: apply", root.display()))
    );
    assert!(folder.exists() && !clone.exists());
}

/// What cannot be rebuilt says why, and leads to the next way: a repository that is not allowed, a
/// commit that no branch contains, another backend, and a workspace that does not exist. No
/// workspace is created.
#[tokio::test]
async fn a_rebuild_that_is_not_possible_says_why() {
    let (world, _) = rebuilding_world().await;
    let unknown = "0".repeat(40);
    for (change, reason) in [
        (
            Box::new(|origin: &mut Origin| {
                origin.repository.as_mut().unwrap().url = "https://git.test/evil".to_owned();
            }) as Box<dyn FnOnce(&mut Origin)>,
            "does not allow https://git.test/evil",
        ),
        (
            Box::new(move |origin| origin.repository.as_mut().unwrap().commit = unknown),
            "no branch or tag of",
        ),
        (
            Box::new(|origin| origin.repository.as_mut().unwrap().directory = "other".to_owned()),
            "has no directory other",
        ),
        (
            Box::new(|origin| {
                let keys = &mut origin.backend.as_mut().unwrap().keys;
                keys.insert("address".to_owned(), "evil.test".to_owned());
            }),
            "the commit's backend is consul (address=c.test, path=shop), and the stack was applied \
             with consul (address=evil.test, path=shop)",
        ),
        (
            Box::new(|origin| origin.backend.as_mut().unwrap().kind = "http".to_owned()),
            "backend is of type consul",
        ),
        (
            Box::new(|origin| origin.workspace = "pr-2".to_owned()),
            "workspace select` failed",
        ),
    ] {
        let before = world.lease().await.origin;
        world.moves(change).await;
        let why = world.refused().await.join("; ");
        assert!(why.contains("is on elsewhere"), "{why}");
        assert!(why.contains(reason), "{why}");
        assert!(!world.calls().contains("state pull"), "{}", world.calls());
        world.moves(|origin| *origin = before).await;
    }
    assert!(!world.calls().contains("workspace new"));
}

/// A world with an unreachable stack, whose dispatch is this script.
async fn dispatching(script: &str, clock: Arc<dyn Clock>) -> World {
    let config = parsed(
        "[dispatch]\ncommand = [\"start\", \"name={name}\", \"a b\", \"$(id)\"]\ntimeout = \"10m\"\n",
    );
    let mut world = World::on(MemoryLedger::new().shared(), config, clock).await;
    world.settings.origins = Some(world.path("state/jiti/origins"));
    let script = format!("#!/bin/sh\nhere=$(dirname \"$0\")\n{script}");
    crate::testing::program(&world.path("start"), &script);
    world
}

/// Waits until a file exists.
async fn exists(path: &Path) {
    for _ in 0..1000 {
        if path.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} does not appear", path.display());
}

/// The other side: writes its events once the command has run.
async fn other_side(world: &World, kinds: Vec<EventKind>) {
    exists(&world.path("started")).await;
    world.began("runner-7", 7).await;
    for kind in kinds {
        let name = stack_name("shop");
        world.service.leases().note(&name, kind).await.unwrap();
    }
}

fn deleted(id: &str) -> EventKind {
    EventKind::ResourceDeleted { id: id.to_owned() }
}

/// The intent is recorded before the command starts, the command gets its arguments as they are,
/// and the teardown is followed until the stack is gone. While a dispatch has time left, it is not
/// repeated.
#[tokio::test]
async fn a_dispatch_is_followed_to_its_end() {
    let script = "printf '%s\\n' \"$@\" > \"$here/arguments\"; touch \"$here/started\"\n";
    let world = dispatching(script, Arc::new(SystemClock)).await;
    let prepared = world.plan().await;
    assert_eq!(prepared.plan.blockers, []);
    assert!(prepared.plan.may_proceed() && prepared.plan.count() == 0);
    let program = world.path("start").to_str().unwrap().to_owned();
    let command = [&program, "name=shop", "a b", "$(id)"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        prepared.plan.method.site(),
        Some(TeardownSite::Dispatch {
            command: command.clone(),
            timeout: "10m".parse().unwrap()
        })
    );
    let folder = prepared.hand_over().unwrap();
    let teardowns = world.service.teardowns();
    let taken = teardowns.take_over(&folder, &world.settings).await.unwrap();
    let steps = Mutex::new(Vec::new());
    let listener = |step: &Progress| steps.lock().unwrap().push(step.clone());
    let (request, stop) = (request(), StopSignal::default());
    let follow = teardowns.teardown(taken, &request, &listener, &stop);
    let others = async {
        exists(&world.path("started")).await;
        let second = teardowns
            .plan_teardown(&stack_name("shop"), &world.settings)
            .await;
        let error = second.unwrap_err();
        assert!(
            matches!(error, TeardownError::Dispatched { .. }) && error.is_refusal(),
            "{error}"
        );
        other_side(&world, vec![deleted("aws_x.a"), EventKind::Gone]).await;
    };
    let (outcome, ()) = tokio::join!(follow, others);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (1, 0));
    assert_eq!(outcome.deleted[0].id, "aws_x.a");
    let arguments = std::fs::read_to_string(world.path("arguments")).unwrap();
    assert_eq!(arguments, "name=shop\na b\n$(id)\n");
    let kinds = world.kinds().await;
    let from = kinds
        .iter()
        .position(|kind| kind == "teardown_dispatched")
        .unwrap();
    assert_eq!(
        kinds[from..],
        [
            "teardown_dispatched",
            "teardown_started",
            "resource_deleted",
            "gone"
        ]
    );
    let steps = steps.into_inner().unwrap();
    assert!(matches!(&steps[0], Progress::Dispatched { command: sent, .. } if *sent == command));
    assert!(matches!(&steps[1], Progress::Started { host, pid: 7, .. } if host == "runner-7"));
    assert!(matches!(steps.last(), Some(Progress::Done(_))));
}

/// What the other side leaves is the residue, and its failure is the failure.
#[tokio::test]
async fn the_other_side_says_how_it_ends() {
    let failed = || EventKind::TeardownFailed {
        reason: "the state is locked".to_owned(),
    };
    let left = EventKind::ResourceLeft {
        id: "aws_x.b".to_owned(),
        reason: "not empty".to_owned(),
        blocked_by: None,
        details: crate::lease::ResidueDetails::default(),
    };
    let world = dispatching("touch \"$here/started\"\n", Arc::new(SystemClock)).await;
    let prepared = world.plan().await;
    let (outcome, ()) = tokio::join!(
        world.carry_out(prepared),
        other_side(&world, vec![deleted("aws_x.a"), left, failed()])
    );
    let residue = outcome.unwrap().residue;
    assert_eq!(residue[0].id, "aws_x.b");

    let world = dispatching("touch \"$here/started\"\n", Arc::new(SystemClock)).await;
    let prepared = world.plan().await;
    let (outcome, ()) = tokio::join!(
        world.carry_out(prepared),
        other_side(&world, vec![failed()])
    );
    let error = outcome.unwrap_err();
    assert!(
        error.to_string().ends_with("failed: the state is locked"),
        "{error}"
    );
    assert_eq!(world.lease().await.dispatch, None);
    // It may be dispatched again.
    assert!(world.plan().await.plan.may_proceed());
}

/// A command that fails is recorded as a failed teardown, with the last line of its output and
/// without secrets. The phase stays.
#[tokio::test]
async fn a_command_that_fails_is_recorded() {
    let script = "echo 'first' >&2; echo 'no access with hunter22' >&2; exit 3\n";
    let mut world = dispatching(script, Arc::new(SystemClock)).await;
    world.settings.secrets = vec!["hunter22".to_owned()];
    let before = world.phase().await;
    let prepared = world.plan().await;
    let error = world.carry_out(prepared).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("exit status: 3: no access with (hidden)"),
        "{text}"
    );
    assert!(matches!(error, TeardownError::DispatchFailed { .. }));
    assert_eq!(world.phase().await, before);
    let kinds = world.kinds().await;
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["teardown_dispatched", "teardown_started", "teardown_failed"]
    );
}

/// When its time has passed, jiti says so and records it. If the other side works on the stack, its
/// own events count.
#[tokio::test]
async fn a_dispatch_has_a_deadline() {
    for begins in [false, true] {
        let clock = Arc::new(ManualClock::at(noon()));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let world = dispatching("touch \"$here/started\"\n", shared).await;
        let prepared = world.plan().await;
        let others = async {
            match begins {
                true => other_side(&world, Vec::new()).await,
                false => exists(&world.path("started")).await,
            }
            clock.advance("10m".parse().unwrap());
        };
        let (outcome, ()) = tokio::join!(world.carry_out(prepared), others);
        let error = outcome.unwrap_err();
        assert!(
            matches!(error, TeardownError::DispatchOverdue { .. }),
            "{error}"
        );
        let last = world.kinds().await.pop().unwrap();
        let phase = world.phase().await;
        match begins {
            true => assert_eq!(
                (last.as_str(), phase),
                ("teardown_started", Phase::TearingDown)
            ),
            false => assert_eq!((last.as_str(), phase), ("teardown_failed", Phase::Ready)),
        }
    }
}

/// A value that is unknown, or a program that does not exist, refuses the dispatch with its reason.
#[tokio::test]
async fn a_dispatch_that_is_not_possible_says_why() {
    for (command, reason) in [
        (
            "\"start\", \"{commit}\"",
            "it is not dispatched: {commit} is unknown",
        ),
        (
            "\"missing\"",
            "it is not dispatched: no program missing was found",
        ),
    ] {
        let config = parsed(&format!("[dispatch]\ncommand = [{command}]\n"));
        let world = World::on_shared_ledger(config).await;
        crate::testing::program(&world.path("start"), "#!/bin/sh\n");
        let why = world.refused().await.join("; ");
        assert!(why.contains(reason), "{why}");
    }
}
