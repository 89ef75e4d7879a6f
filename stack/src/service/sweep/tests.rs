//! Sweeps of a cloud in memory: what goes, what is left and why, and what the ledger says about it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::cloud::{CloudErrorKind, Place, Resource, ResourceId, Standing};
use crate::config::{Access, Account, Config};
use crate::id::{Owner, Seq, StackName};
use crate::inventory::MemoryInventory;
use crate::lease::{EventKind, Lease, Phase, Source, Strategy};
use crate::ledger::{Ledger, MemoryLedger};
use crate::process;
use crate::service::teardown::{
    Blocker, Outcome, Plan, Prepared, Progress, Request, Residue, Settings, Stop, TeardownError,
};
use crate::service::{Service, Sky};
use crate::tags;
use crate::testing::{
    Call, FakeCloud, ManualClock, Times, actor, noon, registration, resource, stack_name,
};
use crate::ttl::Span;

struct World {
    cloud: Arc<FakeCloud>,
    ledger: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
    config: Config,
    settings: Settings,
    _dir: TempDir,
}

fn account(id: &str) -> Account {
    Account {
        name: format!("account-{id}"),
        id: id.to_owned(),
        access: Access::Standard,
        regions: vec!["eu-west-1".to_owned()],
    }
}

fn place(region: &str) -> Place {
    Place {
        account: "111111111111".to_owned(),
        region: region.to_owned(),
    }
}

impl World {
    /// A cloud in which these exist, and a ledger without a lease.
    fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let timing = Timing {
            pause: Duration::from_millis(20),
            ..Timing::default()
        };
        Self {
            cloud: Arc::new(FakeCloud::new(resources)),
            ledger: Arc::default(),
            clock: Arc::new(ManualClock::at(noon())),
            config: Config {
                accounts: vec![account("111111111111")],
                ..Config::default()
            },
            settings: Settings {
                runs: dir.path().join("runs"),
                timing,
                ..Settings::default()
            },
            _dir: dir,
        }
    }

    /// The same with a lease of `shop`, which began at noon.
    async fn leased(resources: impl IntoIterator<Item = Resource>) -> Self {
        let world = Self::new(resources);
        let mut registration = registration();
        registration.origin.process.host = process::host();
        let service = world.service();
        let opened = service
            .open(&shop(), registration, &process::liveness)
            .await;
        opened.unwrap();
        service.recorded(&shop()).await.unwrap();
        world.clock.advance(Span::minutes(30));
        world
    }

    fn service(&self) -> Service {
        let cloud = Arc::<FakeCloud>::clone(&self.cloud);
        Service::new(
            Arc::clone(&self.ledger) as Arc<dyn Ledger>,
            Arc::<ManualClock>::clone(&self.clock),
            Arc::new(self.config.clone()),
            actor(),
            Source::Cli,
        )
        .with_sky(Sky::new(cloud, Arc::new(MemoryInventory::default())))
    }

    async fn planned(&self) -> Prepared {
        let wish = Wish::named(&shop());
        let planned = self.service().plan_sweep(&wish, &self.settings).await;
        planned.unwrap().unwrap()
    }

    async fn plan(&self) -> Plan {
        self.planned().await.plan.clone()
    }

    async fn carry_out(
        &self,
        prepared: Prepared,
    ) -> Result<(Outcome, Vec<Progress>), TeardownError> {
        let steps = Mutex::new(Vec::new());
        let request = request(Some(shop()));
        let heard = |step: &Progress| steps.lock().unwrap().push(step.clone());
        let service = self.service();
        let outcome = service
            .teardown(prepared, &request, &heard, &Stop::default())
            .await?;
        let steps = steps.into_inner().unwrap();
        assert!(matches!(steps.last(), Some(Progress::Done(done)) if *done == outcome));
        Ok((outcome, steps))
    }

    /// Plans and carries out.
    async fn sweep(&self) -> Outcome {
        let prepared = self.planned().await;
        self.carry_out(prepared).await.unwrap().0
    }

    async fn lease(&self) -> Lease {
        self.ledger.lease(&shop()).await.unwrap().unwrap()
    }

    async fn phase(&self) -> Phase {
        self.lease().await.recorded_phase
    }

    /// What the ledger says of teardowns, each kind in a word.
    async fn events(&self) -> Vec<String> {
        let events = self.ledger.events(&shop(), Seq::NONE).await.unwrap();
        let said = events.into_iter().filter_map(|event| match event.kind {
            EventKind::TeardownStarted { strategy, .. } => {
                assert_eq!(strategy, Strategy::Sweep);
                Some("started".to_owned())
            }
            EventKind::ResourceDeleted { id } => Some(format!("deleted {id}")),
            EventKind::ResourceLeft { id, .. } => Some(format!("left {id}")),
            EventKind::TeardownFailed { .. } => Some("failed".to_owned()),
            EventKind::Gone => Some("gone".to_owned()),
            _ => None,
        });
        said.collect()
    }

    fn left(&self) -> Vec<String> {
        self.cloud.ids().iter().map(ToString::to_string).collect()
    }
}

fn shop() -> StackName {
    stack_name("shop")
}

fn own(kind: &str, name: &str) -> Resource {
    resource(kind, name, "shop")
}

fn using(mut one: Resource, used: &[&Resource]) -> Resource {
    one.uses.extend(used.iter().map(|used| used.id.clone()));
    one
}

fn request(confirmed: Option<StackName>) -> Request {
    Request {
        by: actor(),
        why: "test".to_owned(),
        confirmed,
        only_while: None,
    }
}

fn ids(residue: &[Residue]) -> Vec<&str> {
    residue.iter().map(|one| one.id.as_str()).collect()
}

/// A VPC with what stands in it, and what stands beside it.
fn usual() -> Vec<Resource> {
    let vpc = own("ec2:vpc", "v");
    let subnet = using(own("ec2:subnet", "s"), &[&vpc]);
    let group = using(own("ec2:security-group", "g"), &[&vpc]);
    let mut scaling = using(own("autoscaling:autoScalingGroup", "a"), &[&subnet]);
    scaling.recreates = true;
    let mut member = using(own("ec2:instance", "i"), &[&subnet, &group]);
    member.tags.clear();
    member.owner = Some(scaling.id.clone());
    let queue = own("sqs", "q");
    let role = own("iam:role", "r");
    vec![vpc, subnet, group, scaling, member, queue, role]
}

/// A whole stack goes in its order, nobody else's does, and the ledger says so from the intent to the end.
#[tokio::test(start_paused = true)]
async fn a_stack_goes_and_nothing_else() {
    let other = resource("sqs", "other", "search");
    let mut guest = own("ec2:instance", "untagged");
    guest.tags.clear();
    let world = World::leased(usual().into_iter().chain([other.clone(), guest.clone()])).await;
    let scaling = ResourceId("autoscaling:autoScalingGroup/a".to_owned());
    let member = usual().swap_remove(4);
    world.cloud.recreates(&scaling, member.clone());
    world.cloud.takes(&member.id, 3);
    let plan = world.plan().await;
    assert_eq!(
        (plan.count(), plan.residue.len(), plan.may_proceed()),
        (7, 0, true)
    );
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (7, 0));
    assert_eq!(outcome.strategy, Strategy::Sweep);
    assert_eq!(world.left(), [guest.id.as_str(), other.id.as_str()]);
    assert_eq!(world.phase().await, Phase::Gone);
    let events = world.events().await;
    assert_eq!(
        (events.len(), events[0].as_str(), events[8].as_str()),
        (9, "started", "gone")
    );
    let deletes = world.cloud.called(Call::Delete);
    let at = |id: &str| deletes.iter().position(|one| one.as_str() == id).unwrap();
    assert!(at(scaling.as_str()) < at(member.id.as_str()));
    assert!(at("ec2:subnet/s") < at("ec2:vpc/v"));
    assert_eq!(deletes.last().unwrap().as_str(), "iam:role/r");
    // Nothing was tried too early: no delete was refused.
    assert_eq!(deletes.len(), 7);
}

/// With everything that goes wrong at once the rest goes, the residue names each with its reason and what blocks it, and
/// a second run after mending finishes.
#[tokio::test(start_paused = true)]
async fn trouble_is_named_and_mended() {
    let vpc = own("ec2:vpc", "v");
    let stuck = using(own("ec2:subnet", "stuck"), &[&vpc]);
    let (secret, throttled) = (own("s3", "secret"), own("sqs", "throttled"));
    let mut protected = own("rds:db", "protected");
    protected.protection = Some("DeletionProtection".to_owned());
    let ghost = own("sns", "ghost");
    let all = [&vpc, &stuck, &secret, &throttled, &protected, &ghost];
    let world = World::leased(all.map(Clone::clone)).await;
    let cloud = &world.cloud;
    cloud.refuse(Call::Delete, &stuck.id, CloudErrorKind::Wait, Times::Always);
    cloud.refuse(
        Call::Delete,
        &throttled.id,
        CloudErrorKind::Throttled,
        Times::Few(5),
    );
    let prepared = world.planned().await;
    cloud.refuse(
        Call::Describe,
        &secret.id,
        CloudErrorKind::Denied,
        Times::Always,
    );
    cloud.remove(&ghost.id);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    let mut residue = outcome.residue.clone();
    residue.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(
        ids(&residue),
        [
            "ec2:subnet/stuck",
            "ec2:vpc/v",
            "rds:db/protected",
            "s3/secret"
        ]
    );
    assert!(
        residue[0].reason.contains("DependencyViolation"),
        "{residue:?}"
    );
    assert!(residue[0].blocked_by.is_some());
    assert_eq!(residue[1].blocked_by.as_deref(), Some("ec2:subnet/stuck"));
    assert!(residue[2].reason.contains("DeletionProtection is on"));
    assert!(
        residue[3].reason.contains("UnauthorizedOperation"),
        "{residue:?}"
    );
    let command = "jiti teardown shop --strategy sweep --yes";
    assert!(
        residue
            .iter()
            .all(|one| one.command.as_deref() == Some(command))
    );
    assert_eq!(world.phase().await, Phase::Residue);
    assert_eq!(world.lease().await.residue.len(), 4);

    cloud.mend(Call::Delete, &stuck.id);
    cloud.mend(Call::Describe, &secret.id);
    cloud.change(&protected.id, |one| one.protection = None);
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue), (4, vec![]));
    assert_eq!((world.phase().await, world.left()), (Phase::Gone, vec![]));
}

/// One that hangs holds up nothing that does not depend on it: the others are gone long before it is given up.
#[tokio::test(start_paused = true)]
async fn one_that_hangs_holds_up_nothing() {
    let (hangs, free) = (own("ec2:natgateway", "hangs"), own("sqs", "free"));
    let world = World::leased([hangs.clone(), free]).await;
    world.cloud.takes(&hangs.id, 1_000_000);
    let prepared = world.planned().await;
    let began = tokio::time::Instant::now();
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!((outcome.deleted.len(), outcome.deleted[0].seconds), (1, 0));
    assert_eq!(ids(&outcome.residue), [hangs.id.as_str()]);
    assert!(outcome.residue[0].reason.contains("is not through after"));
    assert!(began.elapsed() >= Duration::from_secs(15 * 60));
}

/// A tag that was moved to another stack between the plan and the delete saves what carries it.
#[tokio::test(start_paused = true)]
async fn a_tag_that_moves_saves() {
    let (moves, stays) = (own("sqs", "moves"), own("sqs", "stays"));
    let world = World::leased([moves.clone(), stays]).await;
    let prepared = world.planned().await;
    world.cloud.change(&moves.id, |one| {
        one.tags.insert(tags::STACK.to_owned(), "search".to_owned());
    });
    let (outcome, steps) = world.carry_out(prepared).await.unwrap();
    assert_eq!(
        (ids(&outcome.residue), outcome.deleted.len()),
        (vec!["sqs/moves"], 1)
    );
    let reason = &outcome.residue[0].reason;
    assert_eq!(
        reason,
        "its tags changed since the plan: its tag names another stack: search"
    );
    let failed =
        |step: &Progress| matches!(step, Progress::ResourceFailed { id, .. } if id == "sqs/moves");
    assert!(steps.iter().any(failed));
    assert_eq!(world.left(), ["sqs/moves"]);
    assert_eq!(world.cloud.called(Call::Delete).len(), 1);
    // It is another stack's now, and so none of this one's business the next time.
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// An owner that was given to somebody else after the plan is residue, and says so.
#[tokio::test(start_paused = true)]
async fn a_changed_owner_is_residue() {
    let moves = own("sqs", "moves");
    let world = World::leased([moves.clone()]).await;
    let prepared = world.planned().await;
    world.cloud.change(&moves.id, |one| {
        one.tags
            .insert(tags::OWNER.to_owned(), "bo@example.com".to_owned());
    });
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(world.left(), ["sqs/moves"]);
    let reason = &outcome.residue[0].reason;
    assert!(
        reason.starts_with("its tags changed since the plan"),
        "{reason}"
    );
}

/// A group is spared when one of its members was tagged for another stack meanwhile: its end would be the member's.
#[tokio::test(start_paused = true)]
async fn a_group_with_a_foreign_member_is_spared() {
    let world = World::leased(usual()).await;
    let prepared = world.planned().await;
    let member = ResourceId("ec2:instance/i".to_owned());
    world.cloud.change(&member, |one| {
        one.tags.insert(tags::STACK.to_owned(), "search".to_owned());
    });
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    let left = world.left();
    assert!(left.contains(&member.to_string()), "{left:?}");
    assert!(
        left.contains(&"autoscaling:autoScalingGroup/a".to_owned()),
        "{left:?}"
    );
    assert_eq!(outcome.deleted.len(), 2, "{outcome:?}");
}

/// Somebody else's instance in the stack's subnet lives; the subnet and the VPC are left, and say why.
#[tokio::test(start_paused = true)]
async fn a_guest_in_the_subnet_lives() {
    let all = usual();
    let mut guest = using(own("ec2:instance", "guest"), &[&all[1]]);
    guest.tags.clear();
    let world = World::leased(all.into_iter().chain([guest])).await;
    let outcome = world.sweep().await;
    let left = ["ec2:instance/guest", "ec2:subnet/s", "ec2:vpc/v"];
    assert_eq!(world.left(), left);
    assert_eq!(outcome.residue.len(), 2);
    let subnet = outcome
        .residue
        .iter()
        .find(|one| one.id == "ec2:subnet/s")
        .unwrap();
    assert!(
        subnet
            .blocked_by
            .as_ref()
            .unwrap()
            .contains("not known to be this stack's")
    );
}

/// Credentials that end half-way pause the teardown with one error; the next run goes on where it stopped.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_pause_it() {
    let many: Vec<Resource> = (0..100).map(|at| own("sqs", &format!("q{at}"))).collect();
    let world = World::leased(many).await;
    let prepared = world.planned().await;
    world.cloud.expires_after(40);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert!(!outcome.deleted.is_empty() && outcome.deleted.len() < 100);
    assert_eq!(outcome.residue.len(), 1, "{outcome:?}");
    let reason = &outcome.residue[0].reason;
    assert!(reason.contains("ExpiredToken"), "{reason}");
    let events = world.events().await;
    assert_eq!(
        events
            .iter()
            .filter(|event| event.starts_with("left"))
            .count(),
        1
    );
    assert_eq!(world.phase().await, Phase::Residue);
    world.cloud.answers();
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!((world.phase().await, world.left()), (Phase::Gone, vec![]));
}

/// Credentials that end before the first delete leave the stack in the phase that it was in.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_before_it_change_nothing() {
    let world = World::leased([own("sqs", "q")]).await;
    let prepared = world.planned().await;
    world.cloud.expires_after(0);
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, TeardownError::Paused { .. }), "{error}");
    assert!(!error.is_refusal());
    assert_eq!(world.phase().await, Phase::Ready);
    // A plan that sees nothing is refused.
    let plan = world.plan().await;
    assert!(
        matches!(plan.blockers[..], [Blocker::Credentials { .. }]),
        "{plan:?}"
    );
}

/// More than the ceiling is refused before the first delete, unless it is raised.
#[tokio::test(start_paused = true)]
async fn the_ceiling_holds() {
    let mut world = World::leased((0..3).map(|at| own("sqs", &at.to_string()))).await;
    world.config.reaper.max_resources = 2;
    let prepared = world.planned().await;
    assert_eq!(
        prepared.plan.blockers,
        [Blocker::TooMany { count: 3, max: 2 }]
    );
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(error.is_refusal());
    assert_eq!(world.cloud.called(Call::Delete), []);
    world.settings.max_resources = Some(3);
    assert_eq!(world.sweep().await.deleted.len(), 3);
}

/// A clock that is more than five minutes off the cloud's is refused: ages would be judged wrongly.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_refused() {
    let world = World::leased([own("sqs", "q")]).await;
    let at = |minutes: u32| -> Timestamp { Span::minutes(30 + minutes).after(noon()) };
    world.cloud.shows(at(4));
    assert_eq!(world.plan().await.blockers, []);
    world.cloud.shows(at(6));
    let plan = world.plan().await;
    assert!(
        matches!(plan.blockers[..], [Blocker::ClockOff { .. }]),
        "{plan:?}"
    );
    assert!(plan.blockers[0].is_refusal());
}

/// A place or a type that does not answer is residue `not_looked`, and the stack is not gone.
#[tokio::test(start_paused = true)]
async fn gone_means_that_all_was_looked_at() {
    let mut world = World::leased([own("sqs", "q")]).await;
    let of_region = place("eu-west-1");
    world.cloud.is_silent(&of_region, Some("rds:db"), false);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), ["111111111111/eu-west-1/rds:db"]);
    assert!(outcome.residue[0].reason.starts_with("not_looked: "));
    assert_eq!(
        (world.phase().await, world.left()),
        (Phase::Residue, vec![])
    );
    world.cloud.answers();
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
    world.config.accounts.clear();
    let wish = Wish::named(&shop());
    let error = world
        .service()
        .plan_sweep(&wish, &world.settings)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::NoAccounts { .. }) && error.is_refusal());
}

/// What a group made after the plan is not deleted unseen: the look afterwards finds it.
#[tokio::test(start_paused = true)]
async fn only_what_was_shown_goes() {
    let world = World::leased([own("sqs", "shown")]).await;
    let prepared = world.planned().await;
    world.cloud.put(own("sqs", "later"));
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(ids(&outcome.residue), ["sqs/later"]);
    assert_eq!(world.cloud.called(Call::Delete).len(), 1);
    assert_eq!(world.phase().await, Phase::Residue);
}

/// What the cloud deletes later counts as deleted, with its date, and is no residue.
#[tokio::test(start_paused = true)]
async fn what_is_scheduled_counts_as_deleted() {
    let key = own("kms:key", "k");
    let world = World::leased([key.clone()]).await;
    let at = Span::minutes(30 * 24 * 60).after(noon());
    world.cloud.schedules(&key.id, at);
    let outcome = world.sweep().await;
    assert_eq!(outcome.residue, []);
    assert_eq!(outcome.deleted[0].scheduled_for, Some(at));
}

/// A stack that only tags tell of is given a lease to end under; its name has to be typed.
#[tokio::test(start_paused = true)]
async fn an_unleased_stack_is_ended_under_a_lease() {
    let mut old = own("sqs", "q");
    old.created_at = Some(Span::minutes(600).before(noon()));
    let world = World::new([old]);
    let prepared = world.planned().await;
    assert!(prepared.plan.protected && prepared.plan.count() == 1);
    let request = request(None);
    let service = world.service();
    let stop = Stop::default();
    let error = service
        .teardown(prepared, &request, &|_| {}, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::Unconfirmed { .. }));
    assert_eq!(world.ledger.lease(&shop()).await.unwrap(), None);
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (1, 0));
    let lease = world.lease().await;
    assert_eq!(
        (lease.recorded_phase, lease.owner.as_str()),
        (Phase::Gone, "ana@example.com")
    );
    assert_eq!(lease.created_at, Span::minutes(600).before(noon()));
}

/// What is left of it can be finished: it has a lease now.
#[tokio::test(start_paused = true)]
async fn an_unleased_stack_can_be_finished() {
    let (stuck, free) = (own("sqs", "stuck"), own("sqs", "free"));
    let world = World::new([stuck.clone(), free]);
    let denied = CloudErrorKind::Denied;
    world
        .cloud
        .refuse(Call::Delete, &stuck.id, denied, Times::Always);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), ["sqs/stuck"]);
    assert_eq!(world.phase().await, Phase::Residue);
    world.cloud.mend(Call::Delete, &stuck.id);
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// Several of one name are refused with the list; app and owner pick one, and only that one goes.
#[tokio::test(start_paused = true)]
async fn several_of_one_name_are_told_apart() {
    let mut other = own("sqs", "other");
    other
        .tags
        .insert(tags::OWNER.to_owned(), "bo@example.com".to_owned());
    let world = World::new([own("sqs", "q"), other]);
    let mut wish = Wish::named(&shop());
    let error = world
        .service()
        .plan_sweep(&wish, &world.settings)
        .await
        .unwrap_err();
    assert!(error.is_refusal());
    let said = error.to_string();
    assert!(
        said.contains(
            "owner ana@example.com, account 111111111111; app checkout, owner bo@example.com"
        ),
        "{said}"
    );
    wish.owner = Some(Owner::new("bo@example.com").unwrap());
    let prepared = world.service().plan_sweep(&wish, &world.settings).await;
    let (outcome, _) = world.carry_out(prepared.unwrap().unwrap()).await.unwrap();
    assert_eq!(
        (outcome.residue.len(), world.left()),
        (0, vec!["sqs/q".to_owned()])
    );
}

/// A name that nothing knows is said to be unknown, not gone.
#[tokio::test(start_paused = true)]
async fn a_name_that_nothing_knows_is_unknown() {
    let world = World::new([resource("sqs", "q", "search")]);
    let wish = Wish::named(&shop());
    let error = world
        .service()
        .plan_sweep(&wish, &world.settings)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::NotFound { .. }), "{error}");
    assert!(!error.is_refusal());
}

/// A stack that was taken for gone and is found again is residue, and a sweep ends it.
#[tokio::test(start_paused = true)]
async fn what_was_taken_for_gone_is_found_again() {
    let world = World::leased([own("sqs", "q")]).await;
    world.service().release(&shop()).await.unwrap();
    assert_eq!(world.phase().await, Phase::Gone);
    assert_eq!(world.sweep().await.deleted.len(), 1);
    let events = world.events().await;
    assert_eq!(events, ["left sqs/q", "started", "deleted sqs/q", "gone"]);
    let wish = Wish::named(&shop());
    let again = world
        .service()
        .plan_sweep(&wish, &world.settings)
        .await
        .unwrap();
    assert!(again.is_none());
}

/// A runner that died is taken over: what is there is planned anew, and nothing is deleted twice.
#[tokio::test(start_paused = true)]
async fn a_dead_runner_is_taken_over() {
    let world = World::leased([own("sqs", "gone"), own("sqs", "there")]).await;
    let prepared = world.planned().await;
    let kind = EventKind::TeardownStarted {
        strategy: Strategy::Sweep,
        by: actor(),
        why: "test".to_owned(),
        run: prepared.plan.run.clone(),
        host: "elsewhere".to_owned(),
        pid: 1,
    };
    let seq = world.lease().await.last_seq();
    let event = crate::testing::new_event(world.service().now(), kind);
    world
        .ledger
        .append(&shop(), seq, vec![event])
        .await
        .unwrap();
    world.cloud.remove(&ResourceId("sqs/gone".to_owned()));
    let wish = Wish::named(&shop());
    let error = world
        .service()
        .plan_sweep(&wish, &world.settings)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::Running { .. }), "{error}");
    world.clock.advance(Span::minutes(11));
    let outcome = world.sweep().await;
    assert_eq!(
        (outcome.deleted.len(), world.phase().await),
        (1, Phase::Gone)
    );
}

/// A plan that was changed on the disk is not carried out; one that was handed over is taken over as it was shown.
#[tokio::test(start_paused = true)]
async fn a_plan_is_handed_over_as_it_was_shown() {
    let world = World::leased([own("sqs", "q")]).await;
    let folder = world.planned().await.hand_over().unwrap();
    let taken = world
        .service()
        .take_over(&folder, &world.settings)
        .await
        .unwrap();
    assert_eq!(world.carry_out(taken).await.unwrap().0.deleted.len(), 1);

    let world = World::leased([own("sqs", "q")]).await;
    let folder = world.planned().await.hand_over().unwrap();
    let text = std::fs::read_to_string(folder.join("plan")).unwrap();
    std::fs::write(folder.join("plan"), text.replace("sqs/q", "sqs/p")).unwrap();
    let error = world
        .service()
        .take_over(&folder, &world.settings)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::NotAsShown { .. }), "{error}");
}

/// Somebody who asks it to stop gets what has begun finished, and the rest named.
#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_has_begun() {
    let many: Vec<Resource> = (0..200).map(|at| own("sqs", &format!("q{at}"))).collect();
    let world = World::leased(many).await;
    world.cloud.takes_its_time(Duration::from_millis(100));
    let prepared = world.planned().await;
    let request = request(None);
    let stop = Stop::default();
    let heard = |step: &Progress| {
        if matches!(step, Progress::ResourceDeleted(_)) {
            stop.ask();
        }
    };
    let outcome = world
        .service()
        .teardown(prepared, &request, &heard, &stop)
        .await
        .unwrap();
    assert!(!outcome.deleted.is_empty() && outcome.deleted.len() < 200);
    assert_eq!(outcome.deleted.len() + outcome.residue.len(), 200);
    assert!(outcome.residue[0].reason.contains("was stopped"));
    assert_eq!(world.left().len(), outcome.residue.len());
}

/// What its own service did not confirm is left from the beginning, and so is what it may use: nobody knows.
#[tokio::test(start_paused = true)]
async fn what_is_not_confirmed_is_never_tried() {
    let mut unknown = own("glue:job", "j");
    unknown.standing = Standing::Unconfirmed("jiti does not know this type".to_owned());
    let world = World::leased([unknown, own("sqs", "q")]).await;
    let plan = world.plan().await;
    assert_eq!(ids(&plan.residue), ["glue:job/j"]);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), ["glue:job/j"]);
    assert_eq!(world.cloud.called(Call::Delete).len(), 1);
}

/// One hour and one day after the end it is looked again, once each, whoever does it; a find reopens the stack.
#[tokio::test(start_paused = true)]
async fn it_is_looked_again_after_the_end() {
    let world = World::leased([own("sqs", "q")]).await;
    world.sweep().await;
    let looks = || {
        world
            .cloud
            .calls()
            .iter()
            .filter(|(call, _)| *call == Call::Discover)
            .count()
    };
    let before = looks();
    let look = || async { world.service().look_again().await.unwrap() };
    world.clock.advance(Span::minutes(59));
    assert_eq!(look().await, LookSummary::default());
    world.clock.advance(Span::minutes(1));
    let (service, other) = (world.service(), world.service());
    let (a, b) = tokio::join!(service.look_again(), other.look_again());
    assert_eq!(a.unwrap().clean.len() + b.unwrap().clean.len(), 1);
    assert_eq!(look().await, LookSummary::default());
    assert_eq!(looks() - before, 1);
    // A place that does not answer is asked again, and is no find.
    world.clock.advance(Span::minutes(23 * 60));
    world.cloud.is_silent(&place("eu-west-1"), None, false);
    assert_eq!(look().await.partly, [shop()]);
    assert_eq!(world.phase().await, Phase::Gone);
    world.cloud.answers();
    assert_eq!(look().await, LookSummary::default());
    world.cloud.put(own("sqs", "late"));
    world.clock.advance(Span::minutes(31));
    assert_eq!(look().await.reopened, [shop()]);
    assert_eq!(world.phase().await, Phase::Residue);
    assert!(world.lease().await.residue.contains_key("sqs/late"));
    assert_eq!(world.sweep().await.residue, []);
}

/// A look that is overdue makes those before it superfluous, and the distant past is not looked at.
#[tokio::test(start_paused = true)]
async fn an_overdue_look_is_made_once() {
    let world = World::leased([own("sqs", "q")]).await;
    world.sweep().await;
    world.clock.advance(Span::minutes(25 * 60));
    assert_eq!(world.service().look_again().await.unwrap().clean, [shop()]);
    world.clock.advance(Span::minutes(60));
    assert_eq!(
        world.service().look_again().await.unwrap(),
        LookSummary::default()
    );

    let world = World::leased([own("sqs", "q")]).await;
    world.sweep().await;
    world.clock.advance(Span::minutes(4 * 24 * 60));
    assert_eq!(
        world.service().look_again().await.unwrap(),
        LookSummary::default()
    );
}

/// What an owner's tags alone make the stack's is spared when the owner was tagged for another stack meanwhile, though it
/// goes before its owner.
#[tokio::test(start_paused = true)]
async fn what_belongs_by_its_owner_asks_for_its_owner() {
    let cluster = own("eks:cluster", "c");
    let mut nodes = using(own("eks:nodegroup", "n"), &[&cluster]);
    nodes.tags.clear();
    nodes.owner = Some(cluster.id.clone());
    let world = World::leased([cluster.clone(), nodes.clone()]).await;
    let prepared = world.planned().await;
    assert_eq!(prepared.plan.count(), 2);
    world.cloud.change(&cluster.id, |one| {
        one.tags.insert(tags::STACK.to_owned(), "search".to_owned());
    });
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(world.cloud.called(Call::Delete), []);
    assert_eq!(outcome.deleted, []);
    assert_eq!(world.left().len(), 2);
}

/// A whole that another tool manages is spared when a part of it was tagged for another stack meanwhile: its end would be
/// the part's.
#[tokio::test(start_paused = true)]
async fn a_whole_with_a_foreign_part_is_spared() {
    let whole = own("cloudformation:stack", "w");
    let mut part = own("sqs", "part");
    part.part_of = Some(whole.id.clone());
    let world = World::leased([whole, part.clone()]).await;
    let prepared = world.planned().await;
    assert_eq!(prepared.plan.count(), 2);
    world.cloud.change(&part.id, |one| {
        one.tags
            .insert(tags::OWNER.to_owned(), "bo@example.com".to_owned());
    });
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(
        (world.cloud.called(Call::Delete).len(), world.left().len()),
        (0, 2)
    );
    assert_eq!(outcome.deleted, []);
}

/// A call that dies again and again is given up when the time of what it is about is over.
#[tokio::test(start_paused = true)]
async fn a_call_that_dies_is_given_up() {
    let (dies, free) = (own("sqs", "dies"), own("sqs", "free"));
    let world = World::leased([dies.clone(), free]).await;
    world.cloud.panics(Call::Delete, &dies.id);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), [dies.id.as_str()]);
    assert!(
        outcome.residue[0].reason.contains("without an answer"),
        "{outcome:?}"
    );
    assert_eq!(outcome.deleted.len(), 1);
}

/// Whoever asks to stop waits for what has begun, not for what cannot even be read.
#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_nothing_that_has_not_begun() {
    let (silent, free) = (own("sqs", "silent"), own("sns", "free"));
    let world = World::leased([silent.clone(), free]).await;
    let prepared = world.planned().await;
    let unreachable = CloudErrorKind::Unreachable;
    world
        .cloud
        .refuse(Call::Describe, &silent.id, unreachable, Times::Always);
    let stop = Stop::default();
    let heard = |step: &Progress| {
        if matches!(step, Progress::ResourceDeleted(_)) {
            stop.ask();
        }
    };
    let began = tokio::time::Instant::now();
    let request = request(Some(shop()));
    let service = world.service();
    let outcome = service
        .teardown(prepared, &request, &heard, &stop)
        .await
        .unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(ids(&outcome.residue), [silent.id.as_str()]);
}

/// Credentials that end after something was found to be gone leave residue: it is not the stack that it was.
#[tokio::test(start_paused = true)]
async fn what_was_gone_already_is_no_return() {
    let (gone, there) = (own("sns", "gone"), own("sqs", "there"));
    let world = World::leased([gone.clone(), there.clone()]).await;
    let prepared = world.planned().await;
    world.cloud.remove(&gone.id);
    let expired = CloudErrorKind::Credentials;
    world
        .cloud
        .refuse(Call::Describe, &there.id, expired, Times::Always);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (1, 1));
    let lease = world.lease().await;
    assert_eq!(
        (lease.recorded_phase, lease.residue.len()),
        (Phase::Residue, 1)
    );
}

/// What was taken for gone and is found is listed as unleased: it wants its name typed as any other of those.
#[tokio::test(start_paused = true)]
async fn what_has_no_lease_that_lives_wants_its_name() {
    let world = World::leased([own("sqs", "q")]).await;
    world.service().release(&shop()).await.unwrap();
    let prepared = world.planned().await;
    assert!(prepared.plan.protected);
    let service = world.service();
    let (request, stop) = (request(None), Stop::default());
    let refused = service.teardown(prepared, &request, &|_| {}, &stop).await;
    assert!(
        matches!(refused, Err(TeardownError::Unconfirmed { .. })),
        "{refused:?}"
    );
    assert_eq!(world.cloud.called(Call::Delete), []);
}
