//! What all types of EC2 share.

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, OperatorResponse, Tag, UnsuccessfulItem};
use stack::cloud::{CloudError, CloudErrorKind, Deletion, Resource, ResourceId};
use stack::values::tags::STACK;

use crate::arn::{Arn, resource_name};
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{NO_MESSAGE, failed, kind_of};
use crate::types::{self, Description, Descriptions};

/// Ids in one filter. A filter takes 200 values.
pub(crate) const BATCH: usize = 200;

/// What an ARN names for an id, such as `volume/vol-1`; `None` for an id of a type that is not known here. What an id
/// begins with never changes; the names of types do, from one call to another.
pub(crate) fn path(id: &str) -> Option<String> {
    let (begins, _) = id.split_once('-')?;
    let mut all = types::ALL.iter();
    let kind = all.find(|kind| kind.id_prefix() == Some(begins))?;
    let kind = kind.name().strip_prefix("ec2:")?;
    Some(format!("{kind}/{id}"))
}

/// The resources that these ids name, each once.
pub(crate) fn named<'a, I>(clients: &Clients, ids: I) -> Vec<ResourceId>
where
    I: IntoIterator<Item = &'a str>,
{
    let ids: BTreeSet<_> = ids.into_iter().collect();
    ids.into_iter()
        .filter_map(|id| Some(clients.arn("ec2", &path(id)?)))
        .collect()
}

/// Tags as a map.
pub(crate) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .filter_map(|tag| {
            Some((
                tag.key()?.to_owned(),
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

/// A filter by ids, which, unlike a list of them, tolerates those that do not exist.
pub(crate) fn filter(name: &str, ids: &[ResourceId], kind: &str) -> Filter {
    let ids = ids.iter().map(|id| resource_name(id, kind).to_owned());
    Filter::builder()
        .name(name)
        .set_values(Some(ids.collect()))
        .build()
}

/// Everything that a paginated call answers about ids: `described!(at, ids, "volume", describe_volumes, "DescribeVolumes")`.
macro_rules! described {
    ($at:expr, $ids:expr, $kind:literal, $call:ident, $name:literal) => {
        $crate::services::ec2::described!($at, $ids, $kind, concat!($kind, "-id"), $call, $name)
    };
    ($at:expr, $ids:expr, $kind:literal, $filter:expr, $call:ident, $name:literal) => {{
        let filter = $crate::services::ec2::filter($filter, $ids, $kind);
        let mut items = $at
            .ec2()
            .$call()
            .filters(filter)
            .into_paginator()
            .items()
            .send();
        let mut all = Vec::new();
        while let Some(item) = items.next().await {
            all.push(item.map_err($crate::client::error::failed!("ec2", $name))?);
        }
        all
    }};
}
pub(crate) use described;

/// Asks by lists of ids where no filter takes them, in batches: ids that do not exist are left out, and the rest is asked
/// about again.
pub(crate) async fn tolerant<A, F>(ids: &[ResourceId], kind: &str, ask: A) -> Descriptions
where
    A: Fn(Vec<String>) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    batches(ids, BATCH, |ids| existing(ids, kind, &ask)).await
}

async fn existing<A, F>(
    ids: &[ResourceId],
    kind: &str,
    ask: &A,
) -> Result<Vec<Description>, CloudError>
where
    A: Fn(Vec<String>) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let all = ids
        .iter()
        .map(|id| resource_name(id, kind).to_owned())
        .collect();
    let mut waiting: Vec<Vec<String>> = vec![all];
    let mut found = Vec::new();
    while let Some(mut ids) = waiting.pop() {
        if ids.is_empty() {
            continue;
        }
        match ask(ids.clone()).await {
            Ok(descriptions) => found.extend(descriptions),
            Err(error) if error.kind == CloudErrorKind::Gone => {
                let asked = ids.len();
                ids.retain(|id| !error.message.contains(id.as_str()));
                // Where it does not say which one is gone, bisected_batches of the list tell; one alone is gone.
                if ids.len() == asked {
                    let rest = ids.split_off(asked / 2);
                    waiting.push(if asked > 1 { rest } else { Vec::new() });
                }
                waiting.push(ids);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The refusal inside an answer that is a success: some calls answer for each of several ids.
pub(crate) fn unless_refused(
    call: &str,
    id: &str,
    refusals: &[UnsuccessfulItem],
) -> Result<(), CloudError> {
    let Some(refusal) = refusals.iter().find_map(|item| item.error()) else {
        return Ok(());
    };
    let (code, message) = (refusal.code(), refusal.message());
    Err(CloudError {
        service: "ec2".to_owned(),
        call: call.to_owned(),
        resource: Some(id.to_owned()),
        code: code.map(str::to_owned),
        message: message.unwrap_or(NO_MESSAGE).to_owned(),
        kind: kind_of(code, message, None),
    })
}

/// Why nobody may touch what a service of AWS manages; `None` for what people manage themselves.
pub(crate) fn managed(operator: Option<&OperatorResponse>) -> Option<String> {
    let operator = operator.filter(|operator| operator.managed() == Some(true))?;
    let by = operator.principal().unwrap_or("a service of AWS");
    Some(format!("it is managed by {by}"))
}

/// Why nobody may touch what another account shares with this one.
pub(crate) fn foreign(clients: &Clients, owner: Option<&str>) -> Option<String> {
    let owner = owner.filter(|owner| *owner != clients.place.account)?;
    Some(format!("it belongs to account {owner}"))
}

/// The default VPC of a region (there is at most one). It is asked for only where one of these may belong to it.
pub(crate) async fn default_vpc<T>(
    clients: &Clients,
    all: &[T],
    may_belong: impl Fn(&T) -> bool,
) -> Result<Option<String>, CloudError> {
    if !all.iter().any(may_belong) {
        return Ok(None);
    }
    let filter = Filter::builder().name("is-default").values("true").build();
    let answer = clients.ec2().describe_vpcs().filters(filter).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeVpcs"))?;
    let vpc = answer.vpcs().first().and_then(|vpc| vpc.vpc_id());
    Ok(vpc.map(str::to_owned))
}

/// Notes of what a VPC came with (its main route table, its default group and list) that it goes with its VPC, and that
/// nobody touches it where the VPC is the account's default one. It is not `uses`: the VPC does not wait for it.
pub(crate) fn comes_with(
    clients: &Clients,
    resource: &mut Resource,
    vpc: &str,
    default: Option<&str>,
) {
    if default == Some(vpc) {
        resource.untouchable = Some("it belongs to the default VPC".to_owned());
    } else {
        resource.owner = named(clients, [vpc]).into_iter().next();
    }
}

/// Whether it came with its VPC.
pub(crate) fn came_with_vpc(resource: &Resource) -> bool {
    let owner = resource.owner.as_ref().and_then(Arn::from_id);
    owner.is_some_and(|owner| owner.is("ec2", "vpc"))
}

/// Deletes what a VPC came with: that is the VPC's matter, so that it is only looked whether it has happened.
pub(crate) fn gone_with_vpc(resource: &Resource, exists: bool) -> Result<Deletion, CloudError> {
    if !exists {
        return Ok(Deletion::Gone);
    }
    let vpc = resource
        .owner
        .as_ref()
        .map_or("its VPC", |id| resource_name(id, "vpc"));
    Err(waits(
        resource,
        "delete",
        &format!("it goes with {vpc} and not before"),
    ))
}

/// That something else has to go first.
pub(crate) fn waits(resource: &Resource, call: &str, why: &str) -> CloudError {
    CloudError {
        service: "ec2".to_owned(),
        call: call.to_owned(),
        resource: Some(resource.id.to_string()),
        code: None,
        message: why.to_owned(),
        kind: CloudErrorKind::Wait,
    }
}

/// That subnets of others are still tied to this one: cutting them off is not ours to do. Those that no longer exist
/// tie nothing.
pub(crate) async fn tied_to_others(
    clients: &Clients,
    resource: &Resource,
    subnets: Vec<String>,
) -> Result<(), CloudError> {
    if subnets.is_empty() {
        return Ok(());
    }
    let filter = Filter::builder()
        .name("subnet-id")
        .set_values(Some(subnets));
    let answer = clients.ec2().describe_subnets().filters(filter.build());
    let answer = answer.send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeSubnets", resource.id.as_str()))?;
    let other = answer.subnets().iter().find(|subnet| {
        let tags = tags(subnet.tags());
        tags.get(STACK).map(String::as_str) != resource.tag(STACK)
    });
    match other.and_then(|subnet| subnet.subnet_id()) {
        None => Ok(()),
        Some(subnet) => {
            let why = format!("{subnet} is tied to it, and is not of this stack");
            Err(waits(resource, "DescribeSubnets", &why))
        }
    }
}
