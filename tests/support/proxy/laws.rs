//! What AWS refuses and moto does not. Whether something is in use is asked of moto itself.

use super::asking::{Asking, names};
use super::call::Call;
use super::fault::error;
use super::http::{Answer, Request, Upstream};

/// What AWS says instead of doing it; `None`: it does it.
pub fn refusal(call: &Call, request: &Request, upstream: &Upstream) -> Option<Answer> {
    let ask = Asking {
        request,
        call,
        upstream,
    };
    let of = |name: &str| call.parameter(name).unwrap_or_default();
    let dependency = "DependencyViolation";
    let (refused, status, code) = match (call.service.as_str(), call.name.as_str()) {
        ("ec2", "DeleteSecurityGroup") => {
            let group = of("GroupId");
            (group_in_use(&ask, &group), 400, dependency)
        }
        ("ec2", "DeleteSubnet") => {
            let subnet = of("SubnetId");
            let used = !ask.instances("subnet-id", &subnet).is_empty()
                || !interfaces(&ask, "subnet-id", &subnet).is_empty()
                || ask.gateways(&subnet)
                || ask.balancers(&subnet);
            (used, 400, dependency)
        }
        ("ec2", "ReleaseAddress") => {
            let address = of("AllocationId");
            let path = "addressesSet/item/associationId";
            let filter = "allocation-id";
            let used = ask.gateways(&address)
                || !ask
                    .filtered("DescribeAddresses", filter, &address, path)
                    .is_empty();
            (used, 400, "InvalidIPAddress.InUse")
        }
        ("ec2", "DetachInternetGateway") => {
            let vpc = of("VpcId");
            let machines = ask.instances("vpc-id", &vpc);
            let public = machines
                .iter()
                .any(|one| !one.first("association/publicIp").is_empty());
            (public || ask.gateways(&vpc), 400, dependency)
        }
        ("ec2", "DeleteVpc") => {
            let vpc = of("VpcId");
            (network_in_use(&ask, &vpc), 400, dependency)
        }
        ("ec2", "DeleteRouteTable") => {
            unstick(&ask, &of("RouteTableId"));
            (false, 400, dependency)
        }
        ("ec2", "DeleteLaunchTemplate") => {
            let template = of("LaunchTemplateId");
            let answer = ask.form("autoscaling", "DescribeAutoScalingGroups", &[]);
            let groups = answer.all("AutoScalingGroups/member");
            let used = groups.iter().any(|group| names(group, &template));
            (used, 400, dependency)
        }
        ("autoscaling", "DeleteAutoScalingGroup") => {
            let name = of("AutoScalingGroupName");
            let group = [("AutoScalingGroupNames.member.1", name.as_str())];
            let answer = ask.form("autoscaling", "DescribeAutoScalingGroups", &group);
            let members = !answer.all("Instances/member").is_empty();
            (members && of("ForceDelete") != "true", 400, "ResourceInUse")
        }
        ("elasticloadbalancing", "DeleteLoadBalancer") => {
            let balancer = of("LoadBalancerArn");
            let about = [("LoadBalancerArn", balancer.as_str())];
            let answer = ask.form(
                "elasticloadbalancing",
                "DescribeLoadBalancerAttributes",
                &about,
            );
            let attributes = answer.all("Attributes/member");
            let protected = attributes.iter().any(|one| {
                one.first("Key") == "deletion_protection.enabled" && one.first("Value") == "true"
            });
            (protected, 400, "OperationNotPermitted")
        }
        ("rds", "DeleteDBInstance" | "DeleteDBCluster") => {
            let silent = of("SkipFinalSnapshot") != "true"
                && of("FinalDBSnapshotIdentifier").is_empty()
                && !member(&ask);
            (silent, 400, "InvalidParameterCombination")
        }
        ("iam", "DeletePolicy") => {
            let policy = of("PolicyArn");
            let answer = ask.form("iam", "GetPolicy", &[("PolicyArn", policy.as_str())]);
            let attached = answer.first("AttachmentCount").parse().unwrap_or(0) > 0;
            (attached, 409, "DeleteConflict")
        }
        ("cloudformation", "DeleteStack") => {
            let stack = of("StackName");
            let about = [("StackName", stack.as_str())];
            let answer = ask.form("cloudformation", "DescribeStacks", &about);
            let protected = answer.first("EnableTerminationProtection") == "true";
            (protected, 400, "ValidationError")
        }
        ("ecs", "DeleteCluster") => {
            let target = "AmazonEC2ContainerServiceV20141113";
            let mut about = serde_json::json!({ "cluster": of("cluster") });
            let list = format!("{target}.ListServices");
            about["services"] = ask.json("ecs", &list, &about.to_string())["serviceArns"].take();
            let describe = format!("{target}.DescribeServices");
            let services = ask.json("ecs", &describe, &about.to_string());
            let mut services = services["services"].as_array().into_iter().flatten();
            let used = services.any(|service| service["status"] != "INACTIVE");
            (used, 400, "ClusterContainsServicesException")
        }
        ("eks", "DeleteCluster") => {
            let cluster = ask.json("eks", &request.target, "");
            let protected = cluster["cluster"]["deletionProtection"] == true;
            (protected, 400, "InvalidRequestException")
        }
        _ => return None,
    };
    refused.then(|| error(call, status, code))
}

fn group_in_use(ask: &Asking<'_>, group: &str) -> bool {
    let answer = ask.form("ec2", "DescribeSecurityGroups", &[]);
    let groups = answer.all("securityGroupInfo/item");
    let others = groups.iter().filter(|one| one.first("groupId") != group);
    let referenced = others
        .flat_map(|one| one.all("groups/item/groupId"))
        .any(|id| id.text == group);
    referenced
        || !ask.instances("instance.group-id", group).is_empty()
        || !interfaces(ask, "group-id", group).is_empty()
        || ask.balancers(group)
}

fn network_in_use(ask: &Asking<'_>, vpc: &str) -> bool {
    let groups = ask.form(
        "ec2",
        "DescribeSecurityGroups",
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)],
    );
    let groups = groups.all("securityGroupInfo/item");
    let own = groups.iter().any(|one| one.first("groupName") != "default");
    let path = "internetGatewaySet/item/internetGatewayId";
    let filter = "attachment.vpc-id";
    let attached = ask.filtered("DescribeInternetGateways", filter, vpc, path);
    let endpoints = ask.form("ec2", "DescribeVpcEndpoints", &[]);
    let endpoints = endpoints.all("vpcEndpointSet/item");
    let endpoint = endpoints
        .iter()
        .any(|one| one.first("state") != "deleted" && names(one, vpc));
    own || endpoint
        || !attached.is_empty()
        || !interfaces(ask, "vpc-id", vpc).is_empty()
        || ask.gateways(vpc)
        || ask.balancers(vpc)
}

/// The network interfaces of a filter. Those of machines and NAT gateways that are gone are gone with them; moto keeps
/// them.
fn interfaces(ask: &Asking<'_>, filter: &str, value: &str) -> Vec<String> {
    let filter = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
    let answer = ask.form("ec2", "DescribeNetworkInterfaces", &filter);
    let there = answer.all("networkInterfaceSet/item").into_iter();
    let gateways = ask.form("ec2", "DescribeNatGateways", &[]);
    let deleted = gateways.all("natGatewaySet/item").into_iter();
    let deleted: Vec<_> = deleted
        .filter(|one| one.first("state") == "deleted")
        .collect();
    let there = there.filter(|one| {
        let id = one.first("networkInterfaceId");
        if deleted.iter().any(|gateway| names(gateway, id)) {
            return false;
        }
        let machine = one.first("attachment/instanceId");
        machine.is_empty() || !ask.instances("instance-id", machine).is_empty()
    });
    there
        .map(|one| one.first("networkInterfaceId").to_owned())
        .collect()
}

/// Whether the database is a member of a cluster, which has the snapshots.
fn member(ask: &Asking<'_>) -> bool {
    let Some(id) = ask.call.parameter("DBInstanceIdentifier") else {
        return false;
    };
    let about = [("DBInstanceIdentifier", id.as_str())];
    let answer = ask.form("rds", "DescribeDBInstances", &about);
    !answer.first("DBInstance/DBClusterIdentifier").is_empty()
}

/// An association goes with its subnet on AWS; moto keeps it, and with it the table for ever.
fn unstick(ask: &Asking<'_>, table: &str) {
    let answer = ask.form("ec2", "DescribeRouteTables", &[("RouteTableId.1", table)]);
    for association in answer.all("associationSet/item") {
        let subnet = association.first("subnetId");
        let path = "subnetSet/item/subnetId";
        let there = ask.filtered("DescribeSubnets", "subnet-id", subnet, path);
        if there.is_empty() {
            let id = association.first("routeTableAssociationId");
            ask.form("ec2", "DisassociateRouteTable", &[("AssociationId", id)]);
        }
    }
}

/// What moto says wrongly, said rightly.
pub fn mended(call: &Call, answer: Answer) -> Answer {
    // The tags of a launch template itself are no part of what it launches.
    if call.service == "ec2" && call.name == "DescribeLaunchTemplateVersions" {
        let text = without_own_tags(&answer.text());
        return answer.with(text);
    }
    // A cache that was deleted goes on being deleted for ever.
    if call.service == "elasticache" && call.name == "DescribeCacheClusters" {
        let text = without_the_deleted(&answer.text());
        let none = !text.contains("<CacheCluster>");
        if none && call.parameter("CacheClusterId").is_some() {
            return error(call, 404, "CacheClusterNotFound");
        }
        return answer.with(text);
    }
    answer
}

/// Leaves out the caches that are being deleted.
fn without_the_deleted(text: &str) -> String {
    elements(text, "CacheCluster", |inside| {
        (!inside.contains("<CacheClusterStatus>deleting<")).then(|| inside.to_owned())
    })
}

/// Leaves out the specifications of tags for the launch template itself.
pub fn without_own_tags(text: &str) -> String {
    let own = "<resourceType>launch-template</resourceType>";
    elements(text, "tagSpecificationSet", |inside| {
        // Each specification begins with an item and has its tags as items of its own.
        let kept: String = items(inside)
            .into_iter()
            .filter(|one| !one.contains(own))
            .collect();
        (!kept.is_empty()).then_some(kept)
    })
}

/// The text with what stands in each element of a name as it is told; without the element where that is nothing.
fn elements(text: &str, name: &str, told: impl Fn(&str) -> Option<String>) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&open) {
        let Some((inside, after)) = after.split_once(&close) else {
            break;
        };
        said.push_str(before);
        if let Some(inside) = told(inside) {
            said.push_str(&format!("{open}{inside}{close}"));
        }
        rest = after;
    }
    said.push_str(rest);
    said
}

/// The outermost items of a list.
fn items(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start, mut at) = (0, 0, 0);
    while let Some(next) = text[at..].find('<') {
        let here = at + next;
        if text[here..].starts_with("<item>") {
            if depth == 0 {
                start = here;
            }
            depth += 1;
        } else if text[here..].starts_with("</item>") {
            depth -= 1;
            if depth == 0 {
                found.push(&text[start..here + "</item>".len()]);
            }
        }
        at = here + 1;
    }
    found
}
