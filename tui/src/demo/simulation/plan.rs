//! The plan of a simulated teardown: what Terraform would destroy, or what a sweep would delete.

use stack::lease::Strategy;
use stack::service::teardown::{Method, PlannedDeletion, TeardownPlan};
use stack::{Flag, HourlyRate, Lease, Listing, Phase, Resource, RunId};

use super::Simulation;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::demo::Dice;

/// The resources of a stack that has none in the simulated accounts.
const USUAL: [(&str, &str); 6] = [
    ("aws_security_group.web", "aws_security_group"),
    ("aws_db_instance.orders", "aws_db_instance"),
    ("aws_instance.web[0]", "aws_instance"),
    ("aws_instance.web[1]", "aws_instance"),
    ("aws_lb.web", "aws_lb"),
    ("aws_s3_bucket.logs", "aws_s3_bucket"),
];

impl Simulation {
    /// Plans a teardown. `None`: the stack is already gone.
    pub(super) async fn plan_teardown(
        &self,
        stack: &StackKey,
    ) -> Result<Option<Box<TeardownPlan>>, Problem> {
        tokio::time::sleep(self.pace.plan).await;
        let own = self.resources(stack);
        let Some(name) = stack.leased() else {
            let plan = (!own.is_empty()).then(|| Box::new(sweep(stack, &own)));
            return Ok(plan);
        };
        let lease = self.lease(name).await?.filter(Lease::is_live);
        let Some(lease) = lease else { return Ok(None) };
        let view = self.service.leases().view().await.map_err(Problem::from)?;
        let is_protected = Listing::new(&lease, &view).flags.contains(&Flag::Protected);
        Ok(Some(Box::new(destroy(&lease, &own, is_protected))))
    }
}

/// The destroy plan of a stack with a lease.
pub(super) fn destroy(lease: &Lease, own: &[Resource], is_protected: bool) -> TeardownPlan {
    let residue = lease.residue.keys().filter(|id| id.starts_with("aws_"));
    let resources: Vec<PlannedDeletion> = if lease.recorded_phase == Phase::Residue {
        residue.map(|id| deletion(id, kind_of(id))).collect()
    } else if own.is_empty() {
        USUAL.map(|(id, kind)| deletion(id, kind)).into()
    } else {
        addresses(own)
    };
    let readiness = lease.terms.ready_timeout.is_some();
    let readiness = readiness.then(|| deletion("jiti_readiness.this", "jiti_readiness"));
    // Terraform destroys first what depends on others, and the lease last.
    let resources = readiness
        .into_iter()
        .chain(resources.into_iter().rev())
        .chain([deletion("jiti_stack.this", "jiti_stack")]);
    TeardownPlan {
        name: lease.name.clone(),
        method: Method::Terraform {
            directory: lease.origin.directory.clone(),
            workspace: lease.origin.workspace.clone(),
            digest: Some("demo".to_owned()),
            rebuilt_from: None,
        },
        run: RunId::random(),
        resources: resources.collect(),
        already_gone: Vec::new(),
        residue: Vec::new(),
        hourly_usd: lease.meter.rate(),
        hourly_is_minimum: lease.meter.rate_is_minimum(),
        protected: is_protected,
        warnings: Vec::new(),
        blockers: Vec::new(),
    }
}

/// The plan of a sweep: the stack is known by its tags only, so the user types its name.
fn sweep(stack: &StackKey, own: &[Resource]) -> TeardownPlan {
    let rates = own.iter().filter_map(|resource| resource.hourly_usd);
    let hourly_usd: Option<HourlyRate> = rates.reduce(|sum, rate| sum + rate);
    let resources = own.iter().map(|resource| PlannedDeletion {
        region: Some(resource.place.region.clone()),
        account: Some(resource.place.account.clone()),
        reason: Some("its tags match".to_owned()),
        hourly_usd: resource.hourly_usd,
        ..deletion(resource.id.as_str(), &resource.kind)
    });
    TeardownPlan {
        name: stack.name(),
        method: Method::Sweep {
            digest: "demo".to_owned(),
        },
        run: RunId::random(),
        resources: resources.collect(),
        already_gone: Vec::new(),
        residue: Vec::new(),
        hourly_usd,
        hourly_is_minimum: own.iter().any(|resource| !resource.unpriced.is_empty()),
        protected: true,
        warnings: Vec::new(),
        blockers: Vec::new(),
    }
}

/// The resources by the addresses that they have in Terraform.
fn addresses(own: &[Resource]) -> Vec<PlannedDeletion> {
    let mut planned: Vec<PlannedDeletion> = Vec::new();
    for resource in own {
        let (kind, name) = match resource.kind.as_str() {
            "ec2:instance" => ("aws_instance", "web"),
            "ec2:volume" => ("aws_ebs_volume", "data"),
            "ec2:security-group" => ("aws_security_group", "web"),
            "rds:db" => ("aws_db_instance", "orders"),
            "sqs" => ("aws_sqs_queue", "jobs"),
            "ecs:service" => ("aws_ecs_service", "web"),
            "s3:bucket" => ("aws_s3_bucket", "assets"),
            _ => ("aws_lb", "web"),
        };
        let index = planned.iter().filter(|one| one.kind == kind).count();
        let address = match kind {
            "aws_instance" | "aws_ebs_volume" => format!("{kind}.{name}[{index}]"),
            _ => format!("{kind}.{name}"),
        };
        planned.push(PlannedDeletion {
            resource_id: Some(resource.id.short().to_owned()),
            region: Some(resource.place.region.clone()),
            ..deletion(&address, kind)
        });
    }
    planned
}

fn deletion(id: &str, kind: &str) -> PlannedDeletion {
    PlannedDeletion {
        id: id.to_owned(),
        kind: kind.to_owned(),
        objects: 1,
        ..PlannedDeletion::default()
    }
}

fn kind_of(address: &str) -> &str {
    address.split_once('.').map_or(address, |(kind, _)| kind)
}

/// The resource that a teardown of this plan will leave behind, if any: one in five stacks has a
/// bucket or a group that cannot be deleted at the first try.
pub(super) fn left_behind<'a>(
    plan: &'a TeardownPlan,
    lease: Option<&Lease>,
) -> Option<&'a PlannedDeletion> {
    let lease = lease.filter(|lease| lease.residue.is_empty())?;
    if plan.method.strategy() == Strategy::Sweep {
        return None;
    }
    let is_unlucky = Dice::seeded_by(lease.name.as_str()).roll(5) == 0;
    let of_kind = |kind: &str| plan.resources.iter().find(|resource| resource.kind == kind);
    let stuck = of_kind("aws_s3_bucket").or_else(|| of_kind("aws_security_group"));
    stuck.filter(|_| is_unlucky)
}
