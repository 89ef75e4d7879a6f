//! Finds what uses an EC2 resource and so prevents its deletion.

use aws_sdk_ec2::types::{Filter, NetworkInterface};
use stack::cloud::{CloudError, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::failed;
use crate::services::ec2::BATCH;
use crate::types;

const GROUP: &str = "ec2:security-group";

/// What uses a network: the subnets, security groups and network interfaces in it.
pub(crate) async fn users_of_vpc(
    clients: &Clients,
    id: &ResourceId,
) -> Result<Vec<Resource>, CloudError> {
    let vpc = resource_name(id, "vpc");
    let (interfaces, groups, subnets) = tokio::join!(
        interfaces(clients, "vpc-id", vpc),
        groups(clients, "vpc-id", vpc),
        subnets(clients, vpc)
    );
    // The default group is deleted with the network.
    let is_own = |group: &Resource| group.owner.as_ref() == Some(id);
    let groups = groups?.into_iter().filter(|group| !is_own(group));
    let mut users: Vec<Resource> = groups.collect();
    users.extend(interfaces?);
    users.extend(subnets?);
    Ok(users)
}

/// What uses a security group: the groups whose rules name it, and network interfaces.
pub(crate) async fn users_of_group(
    clients: &Clients,
    id: &ResourceId,
) -> Result<Vec<Resource>, CloudError> {
    let group = resource_name(id, "security-group");
    let (inward, outward, interfaces) = tokio::join!(
        groups(clients, "ip-permission.group-id", group),
        groups(clients, "egress.ip-permission.group-id", group),
        interfaces(clients, "group-id", group)
    );
    let mut users = inward?;
    for other in outward? {
        if users.iter().all(|user| user.id != other.id) {
            users.push(other);
        }
    }
    users.retain(|user| user.id != *id);
    users.extend(interfaces?);
    Ok(users)
}

/// What the network interfaces that match a filter are attached to, or the interfaces themselves.
pub(crate) async fn interfaces(
    clients: &Clients,
    filter: &str,
    value: &str,
) -> Result<Vec<Resource>, CloudError> {
    let all = all_interfaces(clients, filter, value).await?;
    Ok(all
        .iter()
        .filter_map(|interface| user(clients, interface))
        .collect())
}

/// What has a public address in a network, and so keeps its internet gateway.
pub(crate) async fn public_interfaces(
    clients: &Clients,
    vpc: &ResourceId,
) -> Result<Vec<Resource>, CloudError> {
    let all = all_interfaces(clients, "vpc-id", resource_name(vpc, "vpc")).await?;
    let public = all
        .iter()
        .filter(|interface| interface.association().is_some());
    Ok(public
        .filter_map(|interface| user(clients, interface))
        .collect())
}

async fn all_interfaces(
    clients: &Clients,
    filter: &str,
    value: &str,
) -> Result<Vec<NetworkInterface>, CloudError> {
    let filter = Filter::builder().name(filter).values(value).build();
    let mut pages = clients
        .ec2()
        .describe_network_interfaces()
        .filters(filter)
        .into_paginator()
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(interface) = pages.next().await {
        all.push(interface.map_err(failed!("ec2", "DescribeNetworkInterfaces", value))?);
    }
    Ok(all)
}

fn user(clients: &Clients, interface: &NetworkInterface) -> Option<Resource> {
    let attachment = interface.attachment();
    let instance = attachment.and_then(|attachment| attachment.instance_id());
    let (kind, path) = match instance {
        Some(instance) => ("ec2:instance", format!("instance/{instance}")),
        None => {
            let id = interface.network_interface_id()?;
            ("ec2:network-interface", format!("network-interface/{id}"))
        }
    };
    Some(clients.resource(clients.arn("ec2", &path), kind))
}

/// The security groups that match a filter, in full: their tags and rules decide what to do.
async fn groups(clients: &Clients, filter: &str, value: &str) -> Result<Vec<Resource>, CloudError> {
    let filter = Filter::builder().name(filter).values(value).build();
    let mut pages = clients
        .ec2()
        .describe_security_groups()
        .filters(filter)
        .into_paginator()
        .items()
        .send();
    let mut ids = Vec::new();
    while let Some(group) = pages.next().await {
        let group = group.map_err(failed!("ec2", "DescribeSecurityGroups", value))?;
        let path = group.group_id().map(|id| format!("security-group/{id}"));
        ids.extend(path.map(|path| clients.arn("ec2", &path)));
    }
    let Some(kind) = types::by_name(GROUP) else {
        return Ok(Vec::new());
    };
    let mut groups = Vec::new();
    for ids in ids.chunks(BATCH) {
        let described = kind.describe(clients, ids).await;
        if let Some((_, error)) = described.failed.into_iter().next() {
            return Err(error);
        }
        let found = described.found.into_iter();
        groups.extend(found.map(|description| description.resource));
    }
    Ok(groups)
}

async fn subnets(clients: &Clients, vpc: &str) -> Result<Vec<Resource>, CloudError> {
    let filter = Filter::builder().name("vpc-id").values(vpc).build();
    let mut pages = clients
        .ec2()
        .describe_subnets()
        .filters(filter)
        .into_paginator()
        .items()
        .send();
    let mut subnets = Vec::new();
    while let Some(subnet) = pages.next().await {
        let subnet = subnet.map_err(failed!("ec2", "DescribeSubnets", vpc))?;
        let path = subnet.subnet_id().map(|id| format!("subnet/{id}"));
        subnets.extend(path.map(|path| clients.resource(clients.arn("ec2", &path), "ec2:subnet")));
    }
    Ok(subnets)
}
