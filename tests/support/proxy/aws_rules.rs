//! Rules that AWS enforces and moto does not, and corrections of moto's answers.

use super::call::Call;
use super::fault::error;
use super::http::{Answer, Request, Upstream};
use super::moto_client::{MotoClient, has_text};

/// AWS's refusal of a call; `None` if AWS accepts it.
pub fn refusal(call: &Call, request: &Request, upstream: &Upstream) -> Option<Answer> {
    let moto = MotoClient {
        request,
        call,
        upstream,
    };
    let parameter = |name: &str| call.parameter(name).unwrap_or_default();
    let dependency = "DependencyViolation";
    let (refused, status, code) = match (call.service.as_str(), call.name.as_str()) {
        ("ec2", "DeleteSecurityGroup") => {
            let group = parameter("GroupId");
            (group_in_use(&moto, &group), 400, dependency)
        }
        ("ec2", "DeleteSubnet") => {
            let subnet = parameter("SubnetId");
            let used = !moto.instances("subnet-id", &subnet).is_empty()
                || !interfaces(&moto, "subnet-id", &subnet).is_empty()
                || moto.gateways(&subnet)
                || moto.balancers(&subnet);
            (used, 400, dependency)
        }
        ("ec2", "ReleaseAddress") => {
            let address = parameter("AllocationId");
            let path = "addressesSet/item/associationId";
            let filter = "allocation-id";
            let used = moto.gateways(&address)
                || !moto
                    .filtered("DescribeAddresses", filter, &address, path)
                    .is_empty();
            (used, 400, "InvalidIPAddress.InUse")
        }
        ("ec2", "DetachInternetGateway") => {
            let vpc = parameter("VpcId");
            let machines = moto.instances("vpc-id", &vpc);
            let public = machines
                .iter()
                .any(|one| !one.first("association/publicIp").is_empty());
            (public || moto.gateways(&vpc), 400, dependency)
        }
        ("ec2", "DeleteVpc") => {
            let vpc = parameter("VpcId");
            (network_in_use(&moto, &vpc), 400, dependency)
        }
        ("ec2", "DeleteRouteTable") => {
            remove_stale_associations(&moto, &parameter("RouteTableId"));
            (false, 400, dependency)
        }
        ("ec2", "DeleteLaunchTemplate") => {
            let template = parameter("LaunchTemplateId");
            let answer = moto.form("autoscaling", "DescribeAutoScalingGroups", &[]);
            let groups = answer.all("AutoScalingGroups/member");
            let used = groups.iter().any(|group| has_text(group, &template));
            (used, 400, dependency)
        }
        ("autoscaling", "DeleteAutoScalingGroup") => {
            let name = parameter("AutoScalingGroupName");
            let group = [("AutoScalingGroupNames.member.1", name.as_str())];
            let answer = moto.form("autoscaling", "DescribeAutoScalingGroups", &group);
            let members = !answer.all("Instances/member").is_empty();
            (
                members && parameter("ForceDelete") != "true",
                400,
                "ResourceInUse",
            )
        }
        ("elasticloadbalancing", "DeleteLoadBalancer") => {
            let balancer = parameter("LoadBalancerArn");
            let about = [("LoadBalancerArn", balancer.as_str())];
            let answer = moto.form(
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
            let no_snapshot = parameter("SkipFinalSnapshot") != "true"
                && parameter("FinalDBSnapshotIdentifier").is_empty()
                && !is_cluster_member(&moto);
            (no_snapshot, 400, "InvalidParameterCombination")
        }
        ("iam", "DeletePolicy") => {
            let policy = parameter("PolicyArn");
            let answer = moto.form("iam", "GetPolicy", &[("PolicyArn", policy.as_str())]);
            let attached = answer.first("AttachmentCount").parse().unwrap_or(0) > 0;
            (attached, 409, "DeleteConflict")
        }
        ("cloudformation", "DeleteStack") => {
            let stack = parameter("StackName");
            let about = [("StackName", stack.as_str())];
            let answer = moto.form("cloudformation", "DescribeStacks", &about);
            let protected = answer.first("EnableTerminationProtection") == "true";
            (protected, 400, "ValidationError")
        }
        ("ecs", "DeleteCluster") => {
            let target = "AmazonEC2ContainerServiceV20141113";
            let mut about = serde_json::json!({ "cluster": parameter("cluster") });
            let list = format!("{target}.ListServices");
            about["services"] = moto.json("ecs", &list, &about.to_string())["serviceArns"].take();
            let describe = format!("{target}.DescribeServices");
            let services = moto.json("ecs", &describe, &about.to_string());
            let mut services = services["services"].as_array().into_iter().flatten();
            let used = services.any(|service| service["status"] != "INACTIVE");
            (used, 400, "ClusterContainsServicesException")
        }
        ("eks", "DeleteCluster") => {
            let cluster = moto.json("eks", &request.target, "");
            let protected = cluster["cluster"]["deletionProtection"] == true;
            (protected, 400, "InvalidRequestException")
        }
        _ => return None,
    };
    refused.then(|| error(call, status, code))
}

fn group_in_use(moto: &MotoClient<'_>, group: &str) -> bool {
    let answer = moto.form("ec2", "DescribeSecurityGroups", &[]);
    let groups = answer.all("securityGroupInfo/item");
    let others = groups.iter().filter(|one| one.first("groupId") != group);
    let referenced = others
        .flat_map(|one| one.all("groups/item/groupId"))
        .any(|id| id.text == group);
    referenced
        || !moto.instances("instance.group-id", group).is_empty()
        || !interfaces(moto, "group-id", group).is_empty()
        || moto.balancers(group)
}

fn network_in_use(moto: &MotoClient<'_>, vpc: &str) -> bool {
    let groups = moto.form(
        "ec2",
        "DescribeSecurityGroups",
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)],
    );
    let groups = groups.all("securityGroupInfo/item");
    let own = groups.iter().any(|one| one.first("groupName") != "default");
    let path = "internetGatewaySet/item/internetGatewayId";
    let filter = "attachment.vpc-id";
    let attached = moto.filtered("DescribeInternetGateways", filter, vpc, path);
    let endpoints = moto.form("ec2", "DescribeVpcEndpoints", &[]);
    let endpoints = endpoints.all("vpcEndpointSet/item");
    let endpoint = endpoints
        .iter()
        .any(|one| one.first("state") != "deleted" && has_text(one, vpc));
    own || endpoint
        || !attached.is_empty()
        || !interfaces(moto, "vpc-id", vpc).is_empty()
        || moto.gateways(vpc)
        || moto.balancers(vpc)
}

/// The network interfaces that match a filter. AWS deletes those of terminated instances and
/// deleted NAT gateways; moto keeps them.
fn interfaces(moto: &MotoClient<'_>, filter: &str, value: &str) -> Vec<String> {
    let filter = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
    let answer = moto.form("ec2", "DescribeNetworkInterfaces", &filter);
    let there = answer.all("networkInterfaceSet/item").into_iter();
    let gateways = moto.form("ec2", "DescribeNatGateways", &[]);
    let deleted = gateways.all("natGatewaySet/item").into_iter();
    let deleted: Vec<_> = deleted
        .filter(|one| one.first("state") == "deleted")
        .collect();
    let there = there.filter(|one| {
        let id = one.first("networkInterfaceId");
        if deleted.iter().any(|gateway| has_text(gateway, id)) {
            return false;
        }
        let machine = one.first("attachment/instanceId");
        machine.is_empty() || !moto.instances("instance-id", machine).is_empty()
    });
    there
        .map(|one| one.first("networkInterfaceId").to_owned())
        .collect()
}

/// Whether the database is a member of a cluster, which then has the snapshots.
fn is_cluster_member(moto: &MotoClient<'_>) -> bool {
    let Some(id) = moto.call.parameter("DBInstanceIdentifier") else {
        return false;
    };
    let about = [("DBInstanceIdentifier", id.as_str())];
    let answer = moto.form("rds", "DescribeDBInstances", &about);
    !answer.first("DBInstance/DBClusterIdentifier").is_empty()
}

/// Removes the associations of deleted subnets, as AWS does. moto keeps them, so the table could
/// never be deleted.
fn remove_stale_associations(moto: &MotoClient<'_>, table: &str) {
    let answer = moto.form("ec2", "DescribeRouteTables", &[("RouteTableId.1", table)]);
    for association in answer.all("associationSet/item") {
        let subnet = association.first("subnetId");
        let path = "subnetSet/item/subnetId";
        let there = moto.filtered("DescribeSubnets", "subnet-id", subnet, path);
        if there.is_empty() {
            let id = association.first("routeTableAssociationId");
            moto.form("ec2", "DisassociateRouteTable", &[("AssociationId", id)]);
        }
    }
}

/// The answer with known errors of moto corrected.
pub fn corrected(call: &Call, answer: Answer) -> Answer {
    // The tags of the launch template itself are not part of its data.
    if call.service == "ec2" && call.name == "DescribeLaunchTemplateVersions" {
        let text = without_own_tags(&answer.text());
        return answer.with(text);
    }
    // moto never finishes deleting a cache cluster.
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

/// The text without cache clusters in state `deleting`.
fn without_the_deleted(text: &str) -> String {
    elements(text, "CacheCluster", |inside| {
        (!inside.contains("<CacheClusterStatus>deleting<")).then(|| inside.to_owned())
    })
}

/// The text without tag specifications for the launch template itself.
pub fn without_own_tags(text: &str) -> String {
    let own = "<resourceType>launch-template</resourceType>";
    elements(text, "tagSpecificationSet", |inside| {
        // Each specification is an item that contains its tags as items.
        let kept: String = items(inside)
            .into_iter()
            .filter(|one| !one.contains(own))
            .collect();
        (!kept.is_empty()).then_some(kept)
    })
}

/// The text with the content of each element of this name rewritten. `None` removes the element.
fn elements(text: &str, name: &str, rewrite: impl Fn(&str) -> Option<String>) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rewritten = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&open) {
        let Some((inside, after)) = after.split_once(&close) else {
            break;
        };
        rewritten.push_str(before);
        if let Some(inside) = rewrite(inside) {
            rewritten.push_str(&format!("{open}{inside}{close}"));
        }
        rest = after;
    }
    rewritten.push_str(rest);
    rewritten
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
