//! What EC2 types share.

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod users;

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, OperatorResponse, Tag, UnsuccessfulItem};
use stack::cloud::{CloudError, CloudErrorKind, Deletion, Resource, ResourceId};
use stack::values::tags::STACK;

use crate::arn::{Arn, resource_name};
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{NO_MESSAGE, failed, kind_of, own_error};
use crate::resource_type::{Description, Descriptions};
use crate::tags;

/// Ids in one filter. A filter takes 200 values.
pub(crate) const BATCH: usize = 200;

/// Converts tags into a map.
pub(crate) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags::map(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// A filter by ids. Unlike a list of ids, it accepts ids that do not exist.
pub(crate) fn filter(name: &str, ids: &[ResourceId], kind: &str) -> Filter {
    let ids = ids.iter().map(|id| resource_name(id, kind).to_owned());
    Filter::builder()
        .name(name)
        .set_values(Some(ids.collect()))
        .build()
}

/// All items of a paginated call about ids:
/// `described!(clients, ids, "volume", describe_volumes, "DescribeVolumes")`.
macro_rules! described {
    ($clients:expr, $ids:expr, $kind:literal, $call:ident, $name:literal) => {
        $crate::services::ec2::described!(
            $clients,
            $ids,
            $kind,
            concat!($kind, "-id"),
            $call,
            $name
        )
    };
    ($clients:expr, $ids:expr, $kind:literal, $filter:expr, $call:ident, $name:literal) => {{
        let filter = $crate::services::ec2::filter($filter, $ids, $kind);
        let mut items = $clients
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

/// Describes resources by lists of ids, for calls without a filter by id. Such a call fails if one
/// id does not exist; this drops the missing ids and asks again for the rest.
pub(crate) async fn existing_batches<A, F>(ids: &[ResourceId], kind: &str, call: A) -> Descriptions
where
    A: Fn(Vec<String>) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    batches(ids, BATCH, |ids| existing(ids, kind, &call)).await
}

async fn existing<A, F>(
    ids: &[ResourceId],
    kind: &str,
    call: &A,
) -> Result<Vec<Description>, CloudError>
where
    A: Fn(Vec<String>) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let all = ids
        .iter()
        .map(|id| resource_name(id, kind).to_owned())
        .collect();
    let mut pending: Vec<Vec<String>> = vec![all];
    let mut found = Vec::new();
    while let Some(mut ids) = pending.pop() {
        if ids.is_empty() {
            continue;
        }
        match call(ids.clone()).await {
            Ok(descriptions) => found.extend(descriptions),
            Err(error) if error.kind == CloudErrorKind::Gone => {
                let count = ids.len();
                ids.retain(|id| !error.message.contains(id.as_str()));
                // If the error names no id, halve the list. A single id that fails does not exist.
                if ids.len() == count {
                    let rest = ids.split_off(count / 2);
                    pending.push(if count > 1 { rest } else { Vec::new() });
                }
                pending.push(ids);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The error inside a successful answer: some calls answer for each id.
pub(crate) fn check_items(
    call: &str,
    id: &str,
    items: &[UnsuccessfulItem],
) -> Result<(), CloudError> {
    let Some(error) = items.iter().find_map(|item| item.error()) else {
        return Ok(());
    };
    let (code, message) = (error.code(), error.message());
    Err(CloudError {
        service: "ec2".to_owned(),
        call: call.to_owned(),
        resource: Some(id.to_owned()),
        code: code.map(str::to_owned),
        message: message.unwrap_or(NO_MESSAGE).to_owned(),
        kind: kind_of(code, message, None),
    })
}

/// Why jiti must not touch a resource that an AWS service manages; `None` for other resources.
pub(crate) fn service_managed_reason(operator: Option<&OperatorResponse>) -> Option<String> {
    let operator = operator.filter(|operator| operator.managed() == Some(true))?;
    let by = operator.principal().unwrap_or("an AWS service");
    Some(format!("it is managed by {by}"))
}

/// Why jiti must not touch a resource that another account shares; `None` for own resources.
pub(crate) fn foreign_owner_reason(clients: &Clients, owner: Option<&str>) -> Option<String> {
    let owner = owner.filter(|owner| *owner != clients.place.account)?;
    Some(format!("it belongs to account {owner}"))
}

/// The default VPC of the region, of which there is at most one. Makes the call only if one of
/// these resources may belong to it.
pub(crate) async fn default_vpc<T>(
    clients: &Clients,
    all: &[T],
    may_belong: impl Fn(&T) -> bool,
) -> Result<Option<String>, CloudError> {
    if !all.iter().any(may_belong) {
        return Ok(None);
    }
    let filter = Filter::builder().name("is-default").values("true").build();
    let answer = clients
        .ec2()
        .describe_vpcs()
        .filters(filter)
        .send()
        .await
        .map_err(failed!("ec2", "DescribeVpcs"))?;
    let vpc = answer.vpcs().first().and_then(|vpc| vpc.vpc_id());
    Ok(vpc.map(str::to_owned))
}

/// Marks the main route table, default security group or default network ACL of a VPC. EC2 creates
/// and deletes it with the VPC, so the VPC owns it and does not wait for it. That of the account's
/// default VPC must not be touched.
pub(crate) fn set_vpc_default(
    clients: &Clients,
    resource: &mut Resource,
    vpc: &str,
    default: Option<&str>,
) {
    if default == Some(vpc) {
        resource.untouchable = Some("it belongs to the default VPC".to_owned());
    } else {
        resource.owner = Some(clients.arn("ec2", &format!("vpc/{vpc}")));
    }
}

/// Whether EC2 created the resource with its VPC.
pub(crate) fn is_vpc_default(resource: &Resource) -> bool {
    let owner = resource.owner.as_ref().and_then(Arn::from_id);
    owner.is_some_and(|owner| owner.is("ec2", "vpc"))
}

/// The outcome of deleting what EC2 created with a VPC. EC2 deletes it with the VPC, so this only
/// checks whether it still exists.
pub(crate) fn deleted_with_vpc(resource: &Resource, exists: bool) -> Result<Deletion, CloudError> {
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
        &format!("EC2 deletes it with {vpc}"),
    ))
}

/// The error for a resource that has to wait for another deletion.
pub(crate) fn waits(resource: &Resource, call: &str, why: &str) -> CloudError {
    let id = Some(resource.id.as_str());
    own_error("ec2", call, id, CloudErrorKind::Wait, why)
}

/// Fails if a subnet outside this stack is still associated with the resource: jiti must not detach
/// it. Subnets that no longer exist do not count.
pub(crate) async fn check_foreign_subnets(
    clients: &Clients,
    resource: &Resource,
    subnets: Vec<String>,
) -> Result<(), CloudError> {
    if subnets.is_empty() {
        return Ok(());
    }
    let filter = Filter::builder()
        .name("subnet-id")
        .set_values(Some(subnets))
        .build();
    let answer = clients
        .ec2()
        .describe_subnets()
        .filters(filter)
        .send()
        .await
        .map_err(failed!("ec2", "DescribeSubnets", resource.id.as_str()))?;
    let foreign = answer.subnets().iter().find(|subnet| {
        let tags = tags(subnet.tags());
        tags.get(STACK).map(String::as_str) != resource.tag(STACK)
    });
    match foreign.and_then(|subnet| subnet.subnet_id()) {
        None => Ok(()),
        Some(subnet) => {
            let why = format!("{subnet} is associated with it and does not belong to this stack");
            Err(waits(resource, "DescribeSubnets", &why))
        }
    }
}

/// The ports of a firewall rule that is open to everyone, as a sentence.
pub(crate) fn ports_open(protocol: &str, from: Option<i32>, to: Option<i32>) -> String {
    let ports = match (protocol, from, to) {
        ("-1", ..) => "all ports are".to_owned(),
        (protocol, Some(from), Some(to)) if from == to => format!("{protocol} port {from} is"),
        (protocol, Some(from), Some(to)) => format!("{protocol} ports {from} to {to} are"),
        (protocol, ..) => format!("{protocol} is"),
    };
    format!("{ports} open to everyone")
}
