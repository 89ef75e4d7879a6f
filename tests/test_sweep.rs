//! `jiti teardown --strategy sweep`: one of three stacks with every resource type in two regions is
//! deleted completely, and nothing else.

use std::collections::BTreeSet;

use e2e::moto::REGIONS;
use e2e::world::{CloudResource, World, stack, tags};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// With moto's lenient rules, a sweep deletes every resource of the stack and no other, and leaves
/// no residue.
#[test]
fn exactly_one_stack_is_deleted() {
    let world = World::new();
    let (before, made) = standing(&world);
    let result = world.sweep("shop", 0);
    expect_gone(&world, &before, &made, &result);
}

/// With AWS's rules and delays, which require the right order, a sweep deletes the same resources.
#[test]
fn the_order_of_deletion_satisfies_aws() {
    let world = World::new();
    world.proxy.enforce_aws_rules();
    world.proxy.delay_deletions(2);
    let (before, made) = standing(&world);
    let result = world.sweep("shop", 0);
    expect_gone(&world, &before, &made, &result);
}

/// A sweep deletes a peering connection and a flow log before their VPCs, and keeps the peer VPC of
/// another owner.
#[test]
fn peerings_and_flow_logs_are_deleted_before_vpcs() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let tagged = |kind: &str| json!([{ "ResourceType": kind, "Tags": tags("shop", OWNER) }]);
    let ec2 = |call: &str, arguments: Value| {
        let answers = world.call(&json!([["ec2", REGIONS[0], call, arguments]]));
        assert!(answers[0].get("error").is_none(), "{answers:?}");
        answers[0].clone()
    };
    let network = |block: &str, tags: Value| {
        let arguments = json!({ "CidrBlock": block, "TagSpecifications": tags });
        ec2("create_vpc", arguments)["Vpc"]["VpcId"].clone()
    };
    let theirs = network("10.1.0.0/16", json!([]));
    let before = world.list();
    let ours = network("10.0.0.0/16", tagged("vpc"));
    ec2(
        "create_vpc_peering_connection",
        json!({ "VpcId": ours, "PeerVpcId": theirs, "TagSpecifications": tagged("vpc-peering-connection") }),
    );
    world.call(&json!([["s3", REGIONS[0], "create_bucket", {
        "Bucket": "flows-of-all", "CreateBucketConfiguration": { "LocationConstraint": REGIONS[0] },
    }]]));
    ec2(
        "create_flow_logs",
        json!({
            "ResourceIds": [ours], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
            "LogDestination": "arn:aws:s3:::flows-of-all", "TagSpecifications": tagged("vpc-flow-log"),
        }),
    );
    ec2(
        "create_managed_prefix_list",
        json!({
            "PrefixListName": "offices", "MaxEntries": 2, "AddressFamily": "IPv4",
            "TagSpecifications": tagged("prefix-list"),
        }),
    );
    let result = world.sweep("shop", 0);
    let deleted = result["deleted"].as_array().unwrap().iter();
    let kinds: Vec<&str> = deleted.map(|one| one["type"].as_str().unwrap()).collect();
    let place = |kind: &str| {
        let found = kinds.iter().position(|one| *one == kind);
        found.unwrap_or_else(|| panic!("no {kind}: {kinds:?}"))
    };
    for first in ["ec2:vpc-peering-connection", "ec2:vpc-flow-log"] {
        assert!(place(first) < place("ec2:vpc"), "{kinds:?}");
    }
    place("ec2:prefix-list");
    assert_eq!(ec2("describe_flow_logs", json!({}))["FlowLogs"], json!([]));
    let left = world
        .list()
        .into_iter()
        .filter(|thing| thing.kind != "s3:bucket");
    assert_eq!(left.collect::<BTreeSet<_>>(), before);
}

/// A lease with lost state and resources of every type, and what has to stay: two other stacks,
/// untagged resources, and resources with other tags. Returns what was there before, and the
/// stack's resources.
fn standing(world: &World) -> (BTreeSet<CloudResource>, Vec<CloudResource>) {
    world.lease_without_state("shop", OWNER);
    let plain = |name: &str, tags: Value| json!({ "name": name, "regions": REGIONS, "tags": tags });
    world.create(&json!([
        stack("blog", "checkout", OWNER),
        stack("shop-2", "shop", OWNER),
        plain("plain", json!({})),
        plain(
            "other",
            json!({ "team": "shop", "stack": "shop", "jiti:app": "checkout" })
        ),
    ]));
    let before = world.list();
    let made = world.create(&json!([stack("shop", "checkout", OWNER)]));
    (before, made)
}

#[track_caller]
fn expect_gone(
    world: &World,
    before: &BTreeSet<CloudResource>,
    made: &[CloudResource],
    result: &Value,
) {
    assert_eq!(result["residue"], json!([]), "{result}");
    assert_eq!(result["strategy"], "sweep");
    let after = world.list();
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "the sweep also deleted {lost:#?}");
    let left: Vec<_> = after.difference(before).collect();
    assert!(left.is_empty(), "the sweep left {left:#?}");
    let deleted = result["deleted"].as_array().unwrap();
    assert!(deleted.len() >= made.len(), "{result}");
    let types: BTreeSet<&str> = made.iter().map(|thing| thing.kind.as_str()).collect();
    assert_eq!(types.len(), 35, "the stack had every type: {types:?}");
    assert_eq!(world.sandbox.listing("shop")["phase"], "gone");
}
