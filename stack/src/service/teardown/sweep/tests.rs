//! Tests of sweeps on a fake cloud: what they delete, what they leave and why, and what the ledger
//! records.

mod again;
mod blockers;
mod foreign;
mod records;
mod trouble;
mod unleased;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::cloud::{CloudErrorKind, Confirmation, Place, Resource, ResourceId};
use crate::config::{Account, Config, CredentialSource};
use crate::inventory::MemoryInventory;
use crate::lease::{EventKind, Lease, Phase, Source, Strategy};
use crate::ledger::{Ledger, MemoryLedger};
use crate::process;
use crate::service::teardown::{
    Blocker, PreparedTeardown, Progress, Residue, StopSignal, TeardownError, TeardownOutcome,
    TeardownPlan, TeardownRequest, TeardownSettings,
};
use crate::service::{CloudAccess, Service};
use crate::testing::{
    CloudCall, FakeCloud, ManualClock, Repeat, actor, noon, registration, resource, stack_name,
};
use crate::values::id::{Owner, Seq, StackName};
use crate::values::tags;
use crate::values::ttl::Span;

struct World {
    cloud: Arc<FakeCloud>,
    ledger: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
    config: Config,
    settings: TeardownSettings,
    _dir: TempDir,
}

fn account(id: &str) -> Account {
    Account {
        name: format!("account-{id}"),
        id: id.to_owned(),
        access: CredentialSource::Standard,
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
    /// A cloud with these resources, and a ledger without a lease.
    fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let timing = SweepTiming {
            retry_pause: Duration::from_millis(20),
            ..SweepTiming::default()
        };
        Self {
            cloud: Arc::new(FakeCloud::new(resources)),
            ledger: Arc::default(),
            clock: Arc::new(ManualClock::at(noon())),
            config: Config {
                accounts: vec![account("111111111111")],
                ..Config::default()
            },
            settings: TeardownSettings {
                runs: dir.path().join("runs"),
                timing,
                ..TeardownSettings::default()
            },
            _dir: dir,
        }
    }

    /// Like [`Self::new`], with a lease of `shop` that began at noon.
    async fn leased(resources: impl IntoIterator<Item = Resource>) -> Self {
        let world = Self::new(resources);
        let mut registration = registration();
        registration.origin.process.host = process::host();
        let service = world.service();
        let opened = service
            .leases()
            .open(&shop(), registration, &process::liveness)
            .await;
        opened.unwrap();
        service.leases().recorded(&shop()).await.unwrap();
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
        .with_cloud(CloudAccess::new(
            cloud,
            Arc::new(MemoryInventory::default()),
        ))
    }

    async fn planned(&self) -> PreparedTeardown {
        let wish = SweepSelector::named(&shop());
        let planned = self
            .service()
            .teardowns()
            .plan_sweep(&wish, &self.settings)
            .await;
        planned.unwrap().unwrap()
    }

    /// The error of a plan that fails.
    async fn no_plan(&self) -> TeardownError {
        let wish = SweepSelector::named(&shop());
        let planned = self
            .service()
            .teardowns()
            .plan_sweep(&wish, &self.settings)
            .await;
        planned.unwrap_err()
    }

    /// Sets a tag of a resource.
    fn tag(&self, one: &Resource, key: &str, value: &str) {
        self.cloud.change(&one.id, |one| {
            one.tags.insert(key.to_owned(), value.to_owned());
        });
    }

    /// Makes every call about a resource fail.
    fn refuses(&self, call: CloudCall, one: &Resource, kind: CloudErrorKind) {
        self.cloud.refuse(call, &one.id, kind, Repeat::Always);
    }

    /// Runs the rechecks of gone stacks that are due.
    async fn look(&self) -> RecheckSummary {
        self.service().teardowns().recheck_gone().await.unwrap()
    }

    async fn plan(&self) -> TeardownPlan {
        self.planned().await.plan.clone()
    }

    async fn carry_out(
        &self,
        prepared: PreparedTeardown,
    ) -> Result<(TeardownOutcome, Vec<Progress>), TeardownError> {
        let steps = Mutex::new(Vec::new());
        let request = request(Some(shop()));
        let heard = |step: &Progress| steps.lock().unwrap().push(step.clone());
        let service = self.service();
        let outcome = service
            .teardowns()
            .teardown(prepared, &request, &heard, &StopSignal::default())
            .await?;
        let steps = steps.into_inner().unwrap();
        assert!(matches!(steps.last(), Some(Progress::Done(done)) if *done == outcome));
        Ok((outcome, steps))
    }

    /// Plans a sweep and carries it out.
    async fn sweep(&self) -> TeardownOutcome {
        let prepared = self.planned().await;
        self.carry_out(prepared).await.unwrap().0
    }

    async fn lease(&self) -> Lease {
        self.ledger.lease(&shop()).await.unwrap().unwrap()
    }

    async fn phase(&self) -> Phase {
        self.lease().await.recorded_phase
    }

    /// The teardown events of the ledger in short form.
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

fn request(confirmed: Option<StackName>) -> TeardownRequest {
    TeardownRequest {
        by: actor(),
        why: "test".to_owned(),
        confirmed,
        only_while: None,
    }
}

fn ids(residue: &[Residue]) -> Vec<&str> {
    residue.iter().map(|one| one.id.as_str()).collect()
}

/// A VPC with a subnet, a security group, an Auto Scaling group and its member, and a queue and a
/// role.
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

/// A sweep deletes a whole stack in order and nothing else, and the ledger records every step.
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
    let deletes = world.cloud.called(CloudCall::Delete);
    let at = |id: &str| deletes.iter().position(|one| one.as_str() == id).unwrap();
    assert!(at(scaling.as_str()) < at(member.id.as_str()));
    assert!(at("ec2:subnet/s") < at("ec2:vpc/v"));
    assert_eq!(deletes.last().unwrap().as_str(), "iam:role/r");
    // Exactly one call per resource: no delete came too early and was refused.
    assert_eq!(deletes.len(), 7);
}

/// A sweep of more than `max_resources` is refused before the first delete, and a higher limit
/// allows it.
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
    assert_eq!(world.cloud.called(CloudCall::Delete), []);
    world.settings.max_resources = Some(3);
    assert_eq!(world.sweep().await.deleted.len(), 3);
}

/// A sweep with a clock skew of more than five minutes is refused, because ages would be wrong.
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

/// A region or type that does not answer is residue with the reason `not_looked`, and the stack is
/// not gone.
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
    let error = world.no_plan().await;
    assert!(matches!(error, TeardownError::NoAccounts { .. }) && error.is_refusal());
}

/// A resource with a scheduled deletion counts as deleted, with its date, and is not residue.
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
