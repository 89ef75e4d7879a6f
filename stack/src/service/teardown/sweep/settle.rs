//! Settles what earlier runs recorded and this run has not accounted for: residue, and deletes
//! whose outcome is unknown because their runner ended. Only a resource's own service can say that
//! it is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::verify::residue_of;
use crate::cloud::{CloudErrorKind, Resource, ResourceId};
use crate::lease::{EventKind, Lease, ResidualResource};
use crate::service::Teardowns;
use crate::service::teardown::residue::{ORIGIN_UNREACHABLE, Residue, command as teardown_command};
use crate::sweep::{Ownership, OwnershipVerdict, StackIdentity, judge_ownership};

/// Separates the reason of this run from the recorded one.
const EARLIER: &str = "; an earlier teardown left it: ";

/// The outcome for what earlier runs recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::service::teardown) struct Settlement {
    /// What is gone.
    pub(in crate::service::teardown) resolved: Vec<String>,
    /// What is left, or could not be confirmed to be gone.
    pub(in crate::service::teardown) residue: Vec<Residue>,
}

impl Settlement {
    /// The events that record what is gone, as far as the lease does not show it yet.
    pub(in crate::service::teardown) fn events(&self, lease: &Lease) -> Vec<EventKind> {
        let is_recorded =
            |id: &&String| lease.residue.contains_key(*id) || lease.deleting.contains(*id);
        let resolved = self.resolved.iter().filter(is_recorded).cloned();
        resolved
            .map(|id| EventKind::ResourceDeleted { id })
            .collect()
    }
}

/// What a run knows that decides about earlier records.
#[derive(Clone, Copy, Debug)]
pub(in crate::service::teardown) struct SettlementFacts<'a> {
    /// The lease before this run deleted anything.
    pub(in crate::service::teardown) lease: &'a Lease,
    /// What this run left.
    pub(in crate::service::teardown) residue: &'a [Residue],
    /// Whether Terraform's state was read, so that an address that it does not list is gone.
    pub(in crate::service::teardown) state_read: bool,
    /// Whether every configured place was asked for what is left.
    pub(in crate::service::teardown) places_asked: bool,
    /// The command that finishes the run.
    pub(in crate::service::teardown) command: &'a str,
}

/// What the id of a record stands for.
enum Record {
    /// A resource, by its address in Terraform.
    Address,
    /// A place that could not be checked, or the folder or credentials that could not be used.
    Access,
    /// A resource, by its id in the cloud.
    Resource,
}

/// Whether a resource exists.
enum Presence {
    Exists(Box<Resource>),
    Gone,
    Unknown(String),
}

impl Teardowns<'_> {
    /// Settles the records of a lease that this run has not accounted for. `deleted` says whether
    /// this run deleted an id.
    pub(in crate::service::teardown) async fn settle(
        self,
        stack: &StackIdentity,
        facts: SettlementFacts<'_>,
        deleted: impl Fn(&str) -> bool,
    ) -> Settlement {
        let mut settlement = Settlement::default();
        let mut asked = BTreeSet::new();
        let ids = facts.lease.residue.keys().chain(&facts.lease.deleting);
        for id in ids.collect::<BTreeSet<_>>() {
            if facts.residue.iter().any(|left| left.id == *id) {
                continue;
            }
            let recorded = record_of(facts.lease, id);
            let resource_id = recorded.resource_id.as_deref();
            match kind_of_record(id, &recorded.reason) {
                _ if deleted(id) || resource_id.is_some_and(&deleted) => {
                    settlement.resolved.push(id.clone());
                }
                Record::Address if facts.state_read => settlement.resolved.push(id.clone()),
                Record::Address => {
                    let why = "only Terraform's state can say whether it is gone";
                    let mut left = unconfirmed(id, why, &recorded, facts.command);
                    left.command = Some(teardown_command(&facts.lease.name));
                    settlement.residue.push(left);
                }
                Record::Access => match self.access_left(id, &recorded, &facts) {
                    Some(left) => settlement.residue.push(left),
                    None => settlement.resolved.push(id.clone()),
                },
                Record::Resource => {
                    asked.insert(id.clone());
                }
            }
        }
        for (id, presence) in self.presence(asked).await {
            let recorded = record_of(facts.lease, &id);
            let reason = &recorded.reason;
            match presence {
                Presence::Gone => settlement.resolved.push(id),
                Presence::Exists(found) => match self.still_left(stack, &found, reason, &facts) {
                    Some(left) => settlement.residue.push(left),
                    None => settlement.resolved.push(id),
                },
                Presence::Unknown(why) => {
                    let left = unconfirmed(&id, &why, &recorded, facts.command);
                    settlement.residue.push(left);
                }
            }
        }
        settlement
    }

    /// The residue for what an earlier run could not access; `None` if this run could, or has
    /// recorded that it could not either.
    fn access_left(
        self,
        id: &str,
        recorded: &ResidualResource,
        facts: &SettlementFacts<'_>,
    ) -> Option<Residue> {
        let reason = recorded.reason.as_str();
        let names_place = first_reason(reason).starts_with("not_looked:") && id.contains('/');
        if is_folder(id) || !names_place {
            return None;
        }
        let within = |place: String| {
            let rest = id.strip_prefix(&place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut places = self.service.cloud().places().into_iter();
        if !places.any(|place| within(place.to_string())) {
            let why = "it is not a configured account and region";
            return Some(unconfirmed(id, why, recorded, facts.command));
        }
        let left = Residue {
            id: id.to_owned(),
            reason: reason.to_owned(),
            command: Some(facts.command.to_owned()),
            ..Residue::default()
        };
        (!facts.places_asked).then_some(left)
    }

    /// The residue for a recorded resource that exists; `None` if its tags name another stack now.
    fn still_left(
        self,
        stack: &StackIdentity,
        found: &Resource,
        reason: &str,
        facts: &SettlementFacts<'_>,
    ) -> Option<Residue> {
        let places = self.service.cloud().places().into_iter().collect();
        let mut judgement = judge_ownership(std::slice::from_ref(found), stack, &places);
        let judged = judgement.remove(&found.id)?;
        if judged.verdict == Ownership::Foreign && !found.tags.is_empty() {
            return None;
        }
        let judged = OwnershipVerdict {
            reason: match reason {
                "" => "its deletion was interrupted, and it still exists".to_owned(),
                reason => reason.to_owned(),
            },
            verdict: Ownership::Stays,
            blocked_by: judged.blocked_by,
        };
        Some(residue_of(found, &judged, facts.command))
    }

    /// Asks the own services of these resources whether they exist.
    async fn presence(self, ids: BTreeSet<String>) -> Vec<(String, Presence)> {
        let access = self
            .service
            .cloud_access()
            .filter(|_| !self.service.config.accounts.is_empty());
        let Some(access) = access else {
            let why = "jiti has no access to an account";
            let unknown = |id| (id, Presence::Unknown(why.to_owned()));
            return ids.into_iter().map(unknown).collect();
        };
        if ids.is_empty() {
            return Vec::new();
        }
        // Without the stored scan, the id itself has to say where the resource is.
        let known = access.inventory.known().await.unwrap_or_default();
        let mut candidates: BTreeMap<ResourceId, Vec<Resource>> = BTreeMap::new();
        for id in ids.into_iter().map(ResourceId) {
            let located = match known.resources.get(&id) {
                Some(resource) => vec![resource.clone()],
                None => access.cloud.locate(&id),
            };
            candidates.insert(id, located);
        }
        let asked: Vec<Resource> = candidates.values().flatten().cloned().collect();
        let described = access.cloud.describe(&asked).await;
        let mut found: BTreeMap<ResourceId, Resource> = described
            .found
            .into_iter()
            .map(|one| (one.id.clone(), one))
            .collect();
        let failed: BTreeMap<_, _> = described
            .failed
            .into_iter()
            .filter(|(_, error)| error.kind != CloudErrorKind::Gone)
            .collect();
        let answers = candidates.into_iter().map(|(id, located)| {
            let presence = match (found.remove(&id), failed.get(&id)) {
                (Some(resource), _) => Presence::Exists(Box::new(resource)),
                (None, Some(error)) => Presence::Unknown(error.to_string()),
                (None, None) if located.is_empty() => {
                    Presence::Unknown("its id does not say which service to ask".to_owned())
                }
                (None, None) => Presence::Gone,
            };
            (id.0, presence)
        });
        answers.collect()
    }
}

/// What is recorded; nothing for a delete whose outcome is unknown.
fn record_of(lease: &Lease, id: &str) -> ResidualResource {
    lease.residue.get(id).cloned().unwrap_or_default()
}

fn kind_of_record(id: &str, reason: &str) -> Record {
    let is_access = first_reason(reason).starts_with("not_looked:")
        || reason == ORIGIN_UNREACHABLE
        || id == "accounts"
        || id == "credentials"
        || id.ends_with("/credentials");
    let is_cloud_id = id.starts_with("arn:");
    if is_access || (is_folder(id) && !is_cloud_id) {
        Record::Access
    } else if !is_cloud_id && is_address(id) {
        Record::Address
    } else {
        Record::Resource
    }
}

/// The reason that was recorded first, without those of later runs.
fn first_reason(reason: &str) -> &str {
    reason.rsplit(EARLIER).next().unwrap_or(reason)
}

/// Whether an id is a folder, on this host or with the name of its host: `/srv/a`, `laptop:/srv/a`.
fn is_folder(id: &str) -> bool {
    id.starts_with('/') || id.contains(":/")
}

/// Whether an id is an address in Terraform: `aws_vpc.this`, `module.app.aws_vpc.this["a"]`.
fn is_address(id: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let Some((kind, rest)) = id.split_once('.') else {
        return false;
    };
    let name = rest.trim_start_matches(is_name);
    !kind.is_empty()
        && kind.chars().all(is_name)
        && name.len() < rest.len()
        && (name.is_empty() || name.starts_with(['.', '[']))
}

fn unconfirmed(id: &str, why: &str, recorded: &ResidualResource, command: &str) -> Residue {
    let reason = match first_reason(&recorded.reason) {
        "" => format!("could not be confirmed: {why}"),
        earlier if earlier.starts_with("could not be confirmed") => {
            format!("could not be confirmed: {why}")
        }
        earlier => format!("could not be confirmed: {why}{EARLIER}{earlier}"),
    };
    Residue {
        id: id.to_owned(),
        kind: recorded.kind.clone(),
        region: recorded.region.clone(),
        reason,
        hourly_usd: recorded.hourly_usd,
        command: Some(command.to_owned()),
        resource_id: recorded.resource_id.clone(),
        blocked_by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An id is an address, a resource of the cloud, or what could not be accessed.
    #[test]
    fn ids_are_told_apart() {
        let is = |id: &str, reason: &str| match kind_of_record(id, reason) {
            Record::Address => "address",
            Record::Access => "access",
            Record::Resource => "resource",
        };
        for (id, reason, expected) in [
            ("aws_vpc.this", "in use", "address"),
            (
                r#"module.app["a.b/c"].aws_vpc.this[0]"#,
                "in use",
                "address",
            ),
            ("arn:aws:sqs:eu-west-1:1:jobs.fifo", "denied", "resource"),
            (
                "arn:aws:apigateway:eu-west-1::/restapis/a1",
                "denied",
                "resource",
            ),
            ("sqs/late", "found by the final check", "resource"),
            ("111111111111/eu-west-1", "not_looked: timeout", "access"),
            ("laptop.local:/srv/checkout", "origin_unreachable", "access"),
            ("laptop.local:/srv/checkout", "no such file", "access"),
            ("/srv/checkout", "not_looked: no state", "access"),
            ("111111111111/credentials", "paused", "access"),
        ] {
            assert_eq!(is(id, reason), expected, "{id}");
        }
    }

    /// A reason that is recorded again keeps the first reason, once.
    #[test]
    fn reasons_do_not_grow() {
        let reason_of = |why: &str, reason: &str| {
            let recorded = ResidualResource {
                reason: reason.to_owned(),
                ..ResidualResource::default()
            };
            unconfirmed("a", why, &recorded, "c").reason
        };
        let first = reason_of("denied", "in use");
        let expected = "could not be confirmed: denied; an earlier teardown left it: in use";
        assert_eq!(first, expected);
        assert_eq!(reason_of("denied", &first), first);
        let bare = reason_of("denied", "");
        assert_eq!(
            reason_of("timeout", &bare),
            "could not be confirmed: timeout"
        );
    }
}
