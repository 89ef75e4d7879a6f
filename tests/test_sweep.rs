//! `jiti teardown --strategy sweep`: of three stacks of every type in two regions, one goes, all of it and nothing else.

use std::collections::BTreeSet;

use e2e::moto::REGIONS;
use e2e::world::{Thing, World, stack, tags};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// AWS as moto is: everything that the stack had goes, whatever was there before stays, and there is no residue.
#[test]
fn all_of_one_stack_goes_and_nothing_else() {
    let world = World::new();
    let (before, made) = standing(&world);
    let result = world.sweep("shop", 0);
    expect_gone(&world, &before, &made, &result);
}

/// The same where what is in use cannot be deleted, and what is deleted takes its time: only the right order works.
#[test]
fn the_order_is_one_that_aws_accepts() {
    let world = World::new();
    world.proxy.strict();
    world.proxy.lingering(2);
    let (before, made) = standing(&world);
    let result = world.sweep("shop", 0);
    expect_gone(&world, &before, &made, &result);
}

/// A peering connection and a flow log go before the networks that they join and watch; one end that is somebody else's
/// stays.
#[test]
fn what_joins_and_watches_networks_goes_first() {
    let world = World::new();
    world.leased("shop", OWNER);
    let tagged = |kind: &str| json!([{ "ResourceType": kind, "Tags": tags("shop", OWNER) }]);
    let ec2 = |call: &str, arguments: Value| {
        let said = world.call(&json!([["ec2", REGIONS[0], call, arguments]]));
        assert!(said[0].get("error").is_none(), "{said:?}");
        said[0].clone()
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

/// A lease whose state is lost, with resources of every type; before it, what has to stay: two other stacks, what nobody
/// tagged, and what somebody tagged otherwise.
fn standing(world: &World) -> (BTreeSet<Thing>, Vec<Thing>) {
    world.leased("shop", OWNER);
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
fn expect_gone(world: &World, before: &BTreeSet<Thing>, made: &[Thing], result: &Value) {
    assert_eq!(result["residue"], json!([]), "{result}");
    assert_eq!(result["strategy"], "sweep");
    let after = world.list();
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "these were not the stack's: {lost:#?}");
    let left: Vec<_> = after.difference(before).collect();
    assert!(left.is_empty(), "these are left: {left:#?}");
    let deleted = result["deleted"].as_array().unwrap();
    assert!(deleted.len() >= made.len(), "{result}");
    let types: BTreeSet<&str> = made.iter().map(|thing| thing.kind.as_str()).collect();
    assert_eq!(types.len(), 35, "every type was there: {types:?}");
    assert_eq!(world.sandbox.listing("shop")["phase"], "gone");
}
