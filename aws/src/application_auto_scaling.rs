//! What Application Auto Scaling does to the resources of a sleeping stack: its targets, their
//! scaling policies and their scheduled actions.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types::{
    ScalableTarget, ScalingPolicy, ScheduledAction, ServiceNamespace, SuspendedState,
};
use futures_util::future::{join_all, try_join};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use stack::cloud::{AutomaticStart, AutomaticStarts, CloudError, Resource, UnreadStarts};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::failed;
use crate::time::timestamp;

/// Resource ids in one call.
const BATCH: usize = 50;

/// The longest time by which a time zone is behind UTC.
const MAX_ZONE_OFFSET: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A resource whose size Application Auto Scaling can change.
struct Scalable<'a> {
    resource: &'a Resource,
    namespace: ServiceNamespace,
    name: TargetName,
}

/// How Application Auto Scaling names the targets of a resource.
#[derive(Debug, PartialEq, Eq)]
enum TargetName {
    /// One target.
    Exact(String),
    /// Targets of parts, such as the indexes of a table, whose names begin like this.
    Prefix(String),
}

/// What changes the size of these resources of one place while their stack sleeps.
pub(crate) async fn starts(
    clients: &Clients,
    resources: &[&Resource],
    now: Timestamp,
) -> AutomaticStarts {
    let mut namespaces: BTreeMap<String, Vec<Scalable>> = BTreeMap::new();
    for scalable in resources.iter().filter_map(|one| Scalable::of(one)) {
        let namespace = scalable.namespace.as_str().to_owned();
        namespaces.entry(namespace).or_default().push(scalable);
    }
    let calls = namespaces
        .values()
        .map(|scalables| in_namespace(clients, scalables, now));
    let mut all = AutomaticStarts::default();
    for starts in join_all(calls).await {
        all.found.extend(starts.found);
        all.unread.extend(starts.unread);
    }
    all
}

/// The resources that [`starts`] asks about, when their place cannot be reached.
pub(crate) fn unreachable(resources: &[&Resource], error: &CloudError) -> AutomaticStarts {
    let scalables = resources.iter().filter_map(|one| Scalable::of(one));
    AutomaticStarts {
        found: Vec::new(),
        unread: scalables.map(|one| one.unread(error)).collect(),
    }
}

impl<'a> Scalable<'a> {
    /// `None` for a type that Application Auto Scaling does not scale.
    fn of(resource: &'a Resource) -> Option<Self> {
        let name = |kind| resource_name(&resource.id, kind);
        let (namespace, name) = match resource.kind.as_str() {
            "ecs:service" => {
                let name = format!("service/{}", name("service"));
                (ServiceNamespace::Ecs, TargetName::Exact(name))
            }
            "rds:cluster" => {
                let name = format!("cluster:{}", name("cluster"));
                (ServiceNamespace::Rds, TargetName::Exact(name))
            }
            "elasticache:replicationgroup" => {
                let name = format!("replication-group/{}", name("replicationgroup"));
                (ServiceNamespace::Elasticache, TargetName::Exact(name))
            }
            "dynamodb:table" => {
                let name = format!("table/{}", name("table"));
                (ServiceNamespace::Dynamodb, TargetName::Prefix(name))
            }
            "lambda:function" => {
                let name = format!("function:{}", name("function"));
                (ServiceNamespace::Lambda, TargetName::Prefix(name))
            }
            _ => return None,
        };
        Some(Self {
            resource,
            namespace,
            name,
        })
    }

    fn has(&self, target: &ScalableTarget) -> bool {
        self.name.matches(target.resource_id())
    }

    /// A service that jiti stops starts again. Another resource only changes its size.
    fn resizes(&self) -> bool {
        self.namespace != ServiceNamespace::Ecs
    }

    fn start(&self, by: String) -> AutomaticStart {
        AutomaticStart {
            id: self.resource.id.clone(),
            by,
            at: None,
            schedule: None,
            resizes: self.resizes(),
        }
    }

    fn unread(&self, error: &CloudError) -> UnreadStarts {
        UnreadStarts {
            id: self.resource.id.clone(),
            reason: error.to_string(),
        }
    }
}

impl TargetName {
    fn matches(&self, target: &str) -> bool {
        match self {
            Self::Exact(name) => target == name,
            Self::Prefix(name) => target
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':'])),
        }
    }
}

async fn in_namespace(
    clients: &Clients,
    scalables: &[Scalable<'_>],
    now: Timestamp,
) -> AutomaticStarts {
    let mut starts = AutomaticStarts::default();
    let targets = match targets(clients, scalables).await {
        Ok(targets) => targets,
        Err(error) => {
            starts.unread = scalables.iter().map(|one| one.unread(&error)).collect();
            return starts;
        }
    };
    let pairs = targets.iter().flat_map(|target| {
        let owners = scalables.iter().filter(|scalable| scalable.has(target));
        owners.map(move |scalable| (scalable, target))
    });
    let calls = pairs.map(async |(scalable, target)| {
        (scalable, starts_of(clients, scalable, target, now).await)
    });
    for (scalable, answer) in join_all(calls).await {
        match answer {
            Ok(found) => starts.found.extend(found),
            Err(error) => starts.unread.push(scalable.unread(&error)),
        }
    }
    starts
}

/// The targets of these resources of one namespace, among others: by their names in batches, or
/// all targets of the namespace where the names of parts are not known.
async fn targets(
    clients: &Clients,
    scalables: &[Scalable<'_>],
) -> Result<Vec<ScalableTarget>, CloudError> {
    let names: Option<Vec<String>> = scalables
        .iter()
        .map(|scalable| match &scalable.name {
            TargetName::Exact(name) => Some(name.clone()),
            TargetName::Prefix(_) => None,
        })
        .collect();
    let batches: Vec<Option<Vec<String>>> = match names {
        Some(names) => names
            .chunks(BATCH)
            .map(|batch| Some(batch.to_vec()))
            .collect(),
        None => vec![None],
    };
    let namespace = scalables.first().map(|one| one.namespace.clone());
    let mut targets = Vec::new();
    for batch in batches {
        let mut pages = clients
            .application_autoscaling()
            .describe_scalable_targets()
            .set_service_namespace(namespace.clone())
            .set_resource_ids(batch)
            .into_paginator()
            .items()
            .send();
        while let Some(target) = pages.next().await {
            targets.push(target.map_err(failed!(
                "application-autoscaling",
                "DescribeScalableTargets"
            ))?);
        }
    }
    Ok(targets)
}

/// What one target does. A target without policies and actions is named itself: its minimum
/// applies as soon as a policy is added.
async fn starts_of(
    clients: &Clients,
    scalable: &Scalable<'_>,
    target: &ScalableTarget,
    now: Timestamp,
) -> Result<Vec<AutomaticStart>, CloudError> {
    let (policies, actions) = try_join(
        policies(clients, target),
        scheduled_actions(clients, target),
    )
    .await?;
    let is_suspended = |read: fn(&SuspendedState) -> Option<bool>| {
        target.suspended_state().and_then(read) == Some(true)
    };
    let scales_out =
        target.max_capacity() > 0 && !is_suspended(SuspendedState::dynamic_scaling_out_suspended);
    let follows_schedules = !is_suspended(SuspendedState::scheduled_scaling_suspended);
    let mut starts = Vec::new();
    if follows_schedules {
        let actions = actions.iter();
        starts.extend(actions.filter_map(|action| scheduled_start(scalable, action, now)));
    }
    if scales_out {
        let by_policy = |policy: &ScalingPolicy| {
            let by = format!("Application Auto Scaling (policy {})", policy.policy_name());
            scalable.start(by)
        };
        starts.extend(policies.iter().map(by_policy));
        if starts.is_empty() {
            let (min, max) = (target.min_capacity(), target.max_capacity());
            let by = format!("Application Auto Scaling (target {min} to {max} without a policy)");
            starts.push(scalable.start(by));
        }
    }
    Ok(starts)
}

async fn policies(
    clients: &Clients,
    target: &ScalableTarget,
) -> Result<Vec<ScalingPolicy>, CloudError> {
    let id = target.resource_id();
    let mut pages = clients
        .application_autoscaling()
        .describe_scaling_policies()
        .service_namespace(target.service_namespace().clone())
        .resource_id(id)
        .scalable_dimension(target.scalable_dimension().clone())
        .into_paginator()
        .items()
        .send();
    let mut policies = Vec::new();
    while let Some(policy) = pages.next().await {
        policies.push(policy.map_err(failed!(
            "application-autoscaling",
            "DescribeScalingPolicies",
            id
        ))?);
    }
    Ok(policies)
}

async fn scheduled_actions(
    clients: &Clients,
    target: &ScalableTarget,
) -> Result<Vec<ScheduledAction>, CloudError> {
    let id = target.resource_id();
    let mut pages = clients
        .application_autoscaling()
        .describe_scheduled_actions()
        .service_namespace(target.service_namespace().clone())
        .resource_id(id)
        .scalable_dimension(target.scalable_dimension().clone())
        .into_paginator()
        .items()
        .send();
    let mut actions = Vec::new();
    while let Some(action) = pages.next().await {
        actions.push(action.map_err(failed!(
            "application-autoscaling",
            "DescribeScheduledActions",
            id
        ))?);
    }
    Ok(actions)
}

/// The start by a scheduled action. `None` if it sets no minimum above zero, or is over.
fn scheduled_start(
    scalable: &Scalable<'_>,
    action: &ScheduledAction,
    now: Timestamp,
) -> Option<AutomaticStart> {
    let sizes = action.scalable_target_action()?;
    let is_over = timestamp(action.end_time()).is_some_and(|end| end <= now);
    if is_over || sizes.min_capacity().is_none_or(|min| min <= 0) {
        return None;
    }
    let zone = action.timezone().filter(|zone| *zone != "UTC");
    let once = once(action.schedule());
    if let Some(local) = once {
        let latest = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let latest = zone.map_or(latest, |_| latest + MAX_ZONE_OFFSET);
        if latest <= now {
            return None;
        }
        if zone.is_none() {
            let by = format!("the scheduled action {}", action.scheduled_action_name());
            return Some(AutomaticStart {
                at: Some(latest),
                ..scalable.start(by)
            });
        }
    }
    let schedule = match zone {
        Some(zone) => format!("{} ({zone})", action.schedule()),
        None => action.schedule().to_owned(),
    };
    let by = format!("the scheduled action {}", action.scheduled_action_name());
    Some(AutomaticStart {
        schedule: Some(schedule),
        ..scalable.start(by)
    })
}

/// The time of a schedule that happens once, `at(2026-03-03T07:00:00)`, in the zone of its action.
fn once(schedule: &str) -> Option<DateTime> {
    let time = schedule.strip_prefix("at(")?.strip_suffix(')')?;
    time.trim().parse().ok()
}

#[cfg(test)]
mod tests;
