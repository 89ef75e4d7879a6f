//! Load balancers: application, network and gateway. Classic ones have an API of their own, which
//! jiti does not support.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{
    AvailabilityZone, IpAddressType, LoadBalancer, LoadBalancerSchemeEnum, LoadBalancerTypeEnum,
};
use futures_util::future::try_join_all;
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};
use stack::values::tags::STACK;

use crate::arn::{Arn, resource_name};
use crate::batch::{bisected_batches, with_limit};
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::set_public_if;
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::elb::{BATCH, arns, tags_of};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct ElbLoadBalancer;

const NAME: &str = "elasticloadbalancing:loadbalancer";

/// The attribute for deletion protection.
const PROTECTION: &str = "deletion_protection.enabled";

#[async_trait]
impl ResourceType for ElbLoadBalancer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // The ARN of a classic one is `loadbalancer/NAME`, that of the others
        // `loadbalancer/app/NAME/ID`.
        let path = arn.name("loadbalancer");
        arn.service == "elasticloadbalancing" && path.is_some_and(|path| path.contains('/'))
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        bisected_batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let arn = resource.id.as_str();
        let answer = clients
            .elb()
            .delete_load_balancer()
            .load_balancer_arn(arn)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticloadbalancing", "DeleteLoadBalancer", arn)),
            Deletion::Started,
        )
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let path = resource_name(&resource.id, "loadbalancer");
        let signal = |namespace, metric| Signal {
            namespace,
            metric,
            statistic: "Sum",
            dimensions: vec![("LoadBalancer", path.to_owned())],
            threshold: 1.0,
            silence_is_zero: true,
        };
        match path.split('/').next() {
            Some("app") => vec![signal("AWS/ApplicationELB", "RequestCount")],
            // Traffic on existing connections counts; health checks do not.
            Some("net") => vec![
                signal("AWS/NetworkELB", "NewFlowCount"),
                signal("AWS/NetworkELB", "ProcessedBytes"),
            ],
            Some("gwy") => vec![
                signal("AWS/GatewayELB", "NewFlowCount"),
                signal("AWS/GatewayELB", "ProcessedBytes"),
            ],
            _ => Vec::new(),
        }
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let call = clients
        .elb()
        .describe_load_balancers()
        .set_load_balancer_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(call.send(), tags_of(clients, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeLoadBalancers"))?;
    let tags = tags?;
    let each = answer.load_balancers().iter().map(async |balancer| {
        let arn = balancer.load_balancer_arn().unwrap_or_default();
        let is_tagged = tags.get(arn).is_some_and(|tags| tags.contains_key(STACK));
        let (protected, targets, listeners_and_rules) = tokio::join!(
            is_protected(clients, arn),
            targets(clients, arn),
            // Skips what a balancer outside the wanted stack owns.
            async {
                if is_tagged {
                    listeners_and_rules(clients, arn).await
                } else {
                    Ok(Vec::new())
                }
            }
        );
        Ok::<_, CloudError>((balancer, protected?, targets?, listeners_and_rules?))
    });
    let described = try_join_all(each).await?.into_iter();
    let found = described.filter_map(|(balancer, protected, targets, owns)| {
        let mut resource = to_resource(clients, balancer, targets)?;
        resource.tags = tags.get(resource.id.as_str()).cloned().unwrap_or_default();
        resource.protection = protected.then(|| PROTECTION.to_owned());
        Some(Description { resource, owns })
    });
    Ok(found.collect())
}

async fn is_protected(clients: &Clients, arn: &str) -> Result<bool, CloudError> {
    let answer = clients
        .elb()
        .describe_load_balancer_attributes()
        .load_balancer_arn(arn)
        .send()
        .await
        .map_err(failed!(
            "elasticloadbalancing",
            "DescribeLoadBalancerAttributes",
            arn
        ))?;
    let attributes = answer.attributes().iter();
    let all: BTreeMap<_, _> = attributes
        .filter_map(|attribute| Some((attribute.key()?, attribute.value()?)))
        .collect();
    Ok(all.get(PROTECTION) == Some(&"true"))
}

/// The target groups that its listeners and rules forward to. They are deleted after it.
async fn targets(clients: &Clients, arn: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut pages = clients
        .elb()
        .describe_target_groups()
        .load_balancer_arn(arn)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(group) = pages.next().await {
        match group.map_err(failed!("elasticloadbalancing", "DescribeTargetGroups", arn)) {
            Ok(group) => found.extend(group.target_group_arn.map(ResourceId)),
            // ELB reports an empty list as a missing balancer.
            Err(error) if error.kind == CloudErrorKind::Gone => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Its listeners and their rules, which are deleted with it. One of them may belong to another
/// stack.
async fn listeners_and_rules(clients: &Clients, arn: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut pages = clients
        .elb()
        .describe_listeners()
        .load_balancer_arn(arn)
        .into_paginator()
        .items()
        .send();
    let mut listeners_and_rules = Vec::new();
    while let Some(listener) = pages.next().await {
        let listener =
            listener.map_err(failed!("elasticloadbalancing", "DescribeListeners", arn))?;
        listeners_and_rules.extend(listener.listener_arn.map(ResourceId));
    }
    // Listeners of the other kinds have only a default rule.
    if arn.contains(":loadbalancer/app/") {
        let calls = listeners_and_rules
            .iter()
            .map(|listener| rules(clients, listener.as_str()));
        for rules in with_limit(calls.collect()).await {
            listeners_and_rules.extend(rules?);
        }
    }
    Ok(listeners_and_rules)
}

/// The rules of a listener, without the default rule, which is the listener itself.
async fn rules(clients: &Clients, listener: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut pages = clients
        .elb()
        .describe_rules()
        .listener_arn(listener)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(rule) = pages.next().await {
        match rule.map_err(failed!("elasticloadbalancing", "DescribeRules", listener)) {
            Ok(rule) if rule.is_default() == Some(true) => {}
            Ok(rule) => found.extend(rule.rule_arn.map(ResourceId)),
            // It was deleted in the meantime, which says nothing about the balancer.
            Err(error) if error.kind == CloudErrorKind::Gone => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn to_resource(
    clients: &Clients,
    balancer: &LoadBalancer,
    targets: Vec<ResourceId>,
) -> Option<Resource> {
    let id = ResourceId(balancer.load_balancer_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    let state = balancer.state().and_then(|state| state.code());
    resource.state = state.map(|code| code.as_str().to_owned());
    resource.created_at = timestamp(balancer.created_time());
    resource.confirmation = Confirmation::Confirmed;
    // One for gateways is reached only through endpoints in a VPC.
    let is_public = balancer.scheme() == Some(&LoadBalancerSchemeEnum::InternetFacing)
        && balancer.r#type() != Some(&LoadBalancerTypeEnum::Gateway);
    set_public_if(&mut resource, Some(is_public), "it has a public address");
    let zones = balancer.availability_zones();
    let subnets = zones
        .iter()
        .filter_map(|zone| zone.subnet_id())
        .map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    let groups = balancer
        .security_groups()
        .iter()
        .map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    let addresses: Vec<_> = zones
        .iter()
        .flat_map(AvailabilityZone::load_balancer_addresses)
        .filter_map(|address| address.allocation_id())
        .map(|id| clients.arn("ec2", &format!("elastic-ip/{id}")))
        .collect();
    let assigned_addresses = assigned_addresses(balancer);
    resource.uses = subnets
        .chain(groups)
        .chain(addresses)
        .chain(targets)
        .collect();
    let meter = match balancer.r#type() {
        Some(LoadBalancerTypeEnum::Application) => Some(Item::ApplicationLoadBalancer),
        Some(LoadBalancerTypeEnum::Network) => Some(Item::NetworkLoadBalancer),
        _ => None,
    };
    match meter {
        Some(meter) => resource.usage.push(usage_of(meter, Decimal::ONE)),
        None => resource.unpriced.push("a gateway load balancer".to_owned()),
    }
    resource.unpriced.push("capacity units".to_owned());
    if assigned_addresses > 0 {
        let addresses = Decimal::from(assigned_addresses);
        resource.usage.push(usage_of(Item::PublicIpv4, addresses));
    }
    Some(resource)
}

/// The public IPv4 addresses that AWS assigned: at least one in each zone. Elastic IPs count on
/// their own.
fn assigned_addresses(balancer: &LoadBalancer) -> usize {
    let has_none = balancer.scheme() != Some(&LoadBalancerSchemeEnum::InternetFacing)
        || balancer.ip_address_type() == Some(&IpAddressType::DualstackWithoutPublicIpv4);
    if has_none {
        return 0;
    }
    let has_own = |zone: &&AvailabilityZone| {
        let mut addresses = zone.load_balancer_addresses().iter();
        addresses.any(|address| address.allocation_id().is_some())
    };
    let zones = balancer.availability_zones().iter();
    zones.filter(|zone| !has_own(zone)).count()
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{
        LoadBalancerAddress, builders::LoadBalancerBuilder,
    };

    use super::*;

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer";

    fn balancer(path: &str, kind: LoadBalancerTypeEnum) -> LoadBalancerBuilder {
        LoadBalancer::builder()
            .load_balancer_arn(format!("{ARN}/{path}"))
            .r#type(kind)
    }

    fn resource(balancer: LoadBalancerBuilder, targets: Vec<ResourceId>) -> Resource {
        to_resource(&Clients::for_tests(), &balancer.build(), targets).unwrap()
    }

    /// Subnets, security groups, Elastic IPs and target groups are deleted after their balancer.
    #[test]
    fn what_a_balancer_uses() {
        let address = LoadBalancerAddress::builder().allocation_id("eipalloc-1");
        let zone = AvailabilityZone::builder()
            .subnet_id("subnet-1")
            .load_balancer_addresses(address.build());
        let balancer = balancer("net/n/1", LoadBalancerTypeEnum::Network)
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .security_groups("sg-1")
            .availability_zones(zone.build());
        let target = ResourceId("arn:target".to_owned());
        let network = resource(balancer, vec![target.clone()]);
        let clients = Clients::for_tests();
        let mut wanted: Vec<_> = [
            "subnet/subnet-1",
            "security-group/sg-1",
            "elastic-ip/eipalloc-1",
        ]
        .map(|path| clients.arn("ec2", path))
        .into();
        wanted.push(target);
        assert_eq!(network.uses, wanted);
        assert_eq!(
            network.usage,
            [usage_of(Item::NetworkLoadBalancer, Decimal::ONE)]
        );
        assert_eq!(network.unpriced, ["capacity units"]);
    }

    /// The metrics of its kind, with the last part of its ARN, show its use. What has no price is
    /// unpriced.
    #[test]
    fn metrics_and_unpriced_parts() {
        let app = resource(
            balancer("app/a/1", LoadBalancerTypeEnum::Application),
            Vec::new(),
        );
        let signals = ElbLoadBalancer.signals(&app);
        assert_eq!(
            signals[0].dimensions,
            [("LoadBalancer", "app/a/1".to_owned())]
        );
        assert!(signals[0].silence_is_zero && signals[0].metric == "RequestCount");
        let gateway = resource(
            balancer("gwy/g/1", LoadBalancerTypeEnum::Gateway),
            Vec::new(),
        );
        assert_eq!(
            ElbLoadBalancer.signals(&gateway)[0].namespace,
            "AWS/GatewayELB"
        );
        assert!(gateway.usage.is_empty() && gateway.unpriced.len() == 2);
    }

    /// An address that AWS assigned counts once for each zone, an Elastic IP not here, and an
    /// internal balancer has none.
    #[test]
    fn public_addresses_count_by_zone() {
        let zone = |allocation: Option<&str>| {
            let address = allocation.map(|id| LoadBalancerAddress::builder().allocation_id(id));
            let addresses = address.map(|address| vec![address.build()]);
            AvailabilityZone::builder()
                .set_load_balancer_addresses(addresses)
                .build()
        };
        let addresses = |balancer: LoadBalancerBuilder| {
            let usage = resource(balancer, Vec::new()).usage.into_iter();
            let mut public = usage.filter(|usage| usage.meter == "vpc:public-ipv4");
            public.next().map(|usage| usage.quantity.to_string())
        };
        let app = balancer("app/a/1", LoadBalancerTypeEnum::Application)
            .availability_zones(zone(None))
            .availability_zones(zone(None));
        let facing = app.clone().scheme(LoadBalancerSchemeEnum::InternetFacing);
        assert_eq!(addresses(facing.clone()).as_deref(), Some("2"));
        let without = IpAddressType::DualstackWithoutPublicIpv4;
        assert_eq!(addresses(facing.ip_address_type(without)), None);
        assert_eq!(
            addresses(app.scheme(LoadBalancerSchemeEnum::Internal)),
            None
        );
        let network = balancer("net/n/1", LoadBalancerTypeEnum::Network)
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .availability_zones(zone(Some("eipalloc-1")))
            .availability_zones(zone(None));
        assert_eq!(addresses(network).as_deref(), Some("1"));
    }

    /// A classic load balancer does not match.
    #[test]
    fn classic_balancers_do_not_match() {
        let matches = |text: &str| ElbLoadBalancer.matches(&Arn::parse(text).unwrap());
        assert!(matches(&format!("{ARN}/app/a/1")));
        assert!(!matches(&format!("{ARN}/classic")));
    }
}
