//! Load balancers: application, network and gateway. The classic ones have an API of their own and are not known here.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{
    AvailabilityZone, LoadBalancer, LoadBalancerSchemeEnum, LoadBalancerTypeEnum,
};
use futures_util::future::try_join_all;
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};
use stack::values::tags::STACK;

use super::{Description, Descriptions, ResourceType};
use crate::arn::{Arn, resource_name};
use crate::batch::{bisected_batches, with_limit};
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::metrics::Signal;
use crate::pricing::hourly;
use crate::services::elb::{BATCH, arns, tags_of};
use crate::time::timestamp;

pub(super) struct ElbLoadBalancer;

const NAME: &str = "elasticloadbalancing:loadbalancer";

/// The attribute that protects one from deletion.
const PROTECTION: &str = "deletion_protection.enabled";

#[async_trait]
impl ResourceType for ElbLoadBalancer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // A classic one is `loadbalancer/NAME`, the others `loadbalancer/app/NAME/ID`.
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
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let arn = resource.id.as_str();
        let asked = clients.elb().delete_load_balancer().load_balancer_arn(arn);
        let answer = asked.send().await;
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
            // What flows without a new connection counts as well; health checks do not.
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
    let asked = clients
        .elb()
        .describe_load_balancers()
        .set_load_balancer_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(asked.send(), tags_of(clients, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeLoadBalancers"))?;
    let tags = tags?;
    let each = answer.load_balancers().iter().map(async |balancer| {
        let arn = balancer.load_balancer_arn().unwrap_or_default();
        let ours = tags.get(arn).is_some_and(|tags| tags.contains_key(STACK));
        let (protected, targets, inside) = tokio::join!(
            is_protected(clients, arn),
            targets(clients, arn),
            // Whose it is not is not looked into.
            async {
                if ours {
                    inside(clients, arn).await
                } else {
                    Ok(Vec::new())
                }
            }
        );
        Ok::<_, CloudError>((balancer, protected?, targets?, inside?))
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
    let asked = clients
        .elb()
        .describe_load_balancer_attributes()
        .load_balancer_arn(arn);
    let answer = asked.send().await;
    let answer = answer.map_err(failed!(
        "elasticloadbalancing",
        "DescribeLoadBalancerAttributes",
        arn
    ))?;
    let attributes = answer.attributes().iter();
    let all: BTreeMap<_, _> = attributes
        .filter_map(|one| Some((one.key()?, one.value()?)))
        .collect();
    Ok(all.get(PROTECTION) == Some(&"true"))
}

/// The target groups that its listeners and rules forward to: they go after it.
async fn targets(clients: &Clients, arn: &str) -> Result<Vec<ResourceId>, CloudError> {
    let asked = clients
        .elb()
        .describe_target_groups()
        .load_balancer_arn(arn);
    let mut pages = asked.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(group) = pages.next().await {
        match group.map_err(failed!("elasticloadbalancing", "DescribeTargetGroups", arn)) {
            Ok(group) => found.extend(group.target_group_arn.map(ResourceId)),
            // None at all is answered like one that does not exist.
            Err(error) if error.kind == CloudErrorKind::Gone => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Its listeners and their rules, which go with it: one of them may be somebody else's, who put it there.
async fn inside(clients: &Clients, arn: &str) -> Result<Vec<ResourceId>, CloudError> {
    let asked = clients.elb().describe_listeners().load_balancer_arn(arn);
    let mut pages = asked.into_paginator().items().send();
    let mut inside = Vec::new();
    while let Some(listener) = pages.next().await {
        let listener =
            listener.map_err(failed!("elasticloadbalancing", "DescribeListeners", arn))?;
        inside.extend(listener.listener_arn.map(ResourceId));
    }
    // Those of the other kinds have no rules but the one that they are themselves.
    if arn.contains(":loadbalancer/app/") {
        let asked = inside
            .iter()
            .map(|listener| rules(clients, listener.as_str()));
        for rules in with_limit(asked.collect()).await {
            inside.extend(rules?);
        }
    }
    Ok(inside)
}

/// The rules of a listener, without the one by default, which is the listener itself.
async fn rules(clients: &Clients, listener: &str) -> Result<Vec<ResourceId>, CloudError> {
    let asked = clients.elb().describe_rules().listener_arn(listener);
    let mut pages = asked.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(rule) = pages.next().await {
        match rule.map_err(failed!("elasticloadbalancing", "DescribeRules", listener)) {
            Ok(rule) if rule.is_default() == Some(true) => {}
            Ok(rule) => found.extend(rule.rule_arn.map(ResourceId)),
            // It went meanwhile, which says nothing about its balancer.
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
    let zones = balancer.availability_zones();
    let subnets = zones.iter().filter_map(|zone| zone.subnet_id());
    let subnets = subnets.map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    let groups = balancer.security_groups().iter();
    let groups = groups.map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    let addresses = zones
        .iter()
        .flat_map(AvailabilityZone::load_balancer_addresses);
    let addresses = addresses.filter_map(|address| address.allocation_id());
    let addresses = addresses.map(|id| clients.arn("ec2", &format!("elastic-ip/{id}")));
    let addresses: Vec<_> = addresses.collect();
    // Addresses of one's own are counted where they are; how many others it has, nobody tells.
    let borrows =
        balancer.scheme() == Some(&LoadBalancerSchemeEnum::InternetFacing) && addresses.is_empty();
    resource.uses = subnets
        .chain(groups)
        .chain(addresses)
        .chain(targets)
        .collect();
    let meter = match balancer.r#type() {
        Some(LoadBalancerTypeEnum::Application) => Some("elb:application"),
        Some(LoadBalancerTypeEnum::Network) => Some("elb:network"),
        _ => None,
    };
    match meter {
        Some(meter) => resource.usage.push(hourly(meter, Decimal::ONE)),
        None => resource.unpriced.push("a gateway load balancer".to_owned()),
    }
    resource.unpriced.push("capacity units".to_owned());
    if borrows {
        resource
            .unpriced
            .push("its public IPv4 addresses".to_owned());
    }
    Some(resource)
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

    /// Subnets, groups, addresses of one's own and target groups go after their balancer.
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
        let wanted = [
            "subnet/subnet-1",
            "security-group/sg-1",
            "elastic-ip/eipalloc-1",
        ];
        let mut wanted: Vec<_> = wanted.map(|path| clients.arn("ec2", path)).into();
        wanted.push(target);
        assert_eq!(network.uses, wanted);
        assert_eq!(network.usage, [hourly("elb:network", Decimal::ONE)]);
        assert_eq!(network.unpriced, ["capacity units"]);
    }

    /// Its use is told by the metrics of its kind, under the last part of its ARN; what has no price is named.
    #[test]
    fn what_tells_its_use() {
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

    /// A classic one is not taken for one of these.
    #[test]
    fn classic_ones_are_not_known() {
        let matches = |text: &str| ElbLoadBalancer.matches(&Arn::parse(text).unwrap());
        assert!(matches(&format!("{ARN}/app/a/1")));
        assert!(!matches(&format!("{ARN}/classic")));
    }
}
