//! The examples for AWS, applied with the real hashicorp/aws provider.

use std::path::Path;

use e2e::Root;
use e2e::moto::REGIONS;
use e2e::world::World;
use serde_json::{Value, json};

use crate::test_examples::passes_its_test;

const NAME: &str = "checkout-8f3c2d1";

/// The example goes through apply, tags, cost, extend and teardown, and leaves nothing behind.
#[test]
fn the_example_is_applied_extended_and_torn_down() {
    let world = World::new();
    let before = world.list();
    let root = checkout(&world, true);
    root.apply().ok();
    root.plan().exits(0).says("No changes.");

    // The tag index lists every resource with the tags of the lease, the instances of the group
    // included. (moto does not tag their volumes; jiti finds them by relation.)
    let made: Vec<_> = world.list().difference(&before).cloned().collect();
    assert!(made.len() >= 20, "{made:?}");
    let tagged = tagged(&world);
    for part in [
        ":vpc/",
        ":subnet/",
        ":internet-gateway/",
        ":route-table/",
        ":security-group/",
        ":instance/",
        ":loadbalancer/",
        ":targetgroup/",
        ":db:",
        ":s3:::",
    ] {
        assert!(
            tagged.iter().any(|arn| arn.contains(part)),
            "{part} in {tagged:#?}"
        );
    }

    world.sandbox.jiti(&["sync"]).ok();
    let shown = shown(&world);
    let kinds: Vec<_> = shown["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    for kind in [
        "autoscaling:autoScalingGroup",
        "ec2:instance",
        "ec2:volume",
        "ec2:launch-template",
        "rds:db",
        "s3:bucket",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    assert_eq!(shown["accounts"], json!([world.account]));
    // The embedded price table covers one region, so resources elsewhere are listed as unpriced.
    assert_ne!(shown["cost"]["unpriced"], json!([]));
    // The stack is too young for an idle verdict.
    assert_eq!(shown["idle"]["state"], "unknown");

    world.sandbox.jiti(&["extend", NAME, "1h"]).ok();
    root.plan().exits(0).says("No changes.");

    let output = world
        .sandbox
        .jiti(&["teardown", NAME, "--yes", "--json"])
        .ok();
    let result: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(result["residue"], json!([]), "{}", output.stdout);
    let left: Vec<_> = world.list().difference(&before).cloned().collect();
    assert_eq!(left, []);
    assert_eq!(world.sandbox.listing(NAME)["phase"], "gone");
}

/// `terraform test` passes in the folders of the examples for AWS.
#[test]
fn the_examples_pass_their_tests() {
    let world = World::new();
    world.call(&json!([["s3", "eu-west-1", "create_bucket", {
        "Bucket": format!("assets-{}", world.account),
        "CreateBucketConfiguration": { "LocationConstraint": "eu-west-1" },
    }]]));
    world.sandbox.with_aws_provider();
    let before = world.list();
    let (endpoint, health) = (world.proxy.url(), healthy());
    let variable = |name: &str, value: &str| format!("-var={name}={value}");
    let endpoint = variable("endpoint", &endpoint);
    let aws = crate::test_examples::folder().join("aws");
    let (ami, health) = (
        variable("ami_name", "amzn2-ami-*"),
        variable("health_url", &health),
    );
    let arguments = [endpoint.as_str(), &ami, &health];
    passes_its_test(&world.sandbox, &aws.join("checkout"), &arguments);
    assert_eq!(world.list(), before);
    let bucket = variable("bucket", &format!("assets-{}", world.account));
    passes_its_test(&world.sandbox, &aws.join("imported"), &[&endpoint, &bucket]);
}

/// If the state is lost, a sweep by tag deletes the same resources and nothing else.
#[test]
fn a_stack_whose_state_is_lost_is_swept() {
    let world = World::new();
    let before = world.list();
    let root = checkout(&world, false);
    root.apply().ok();
    // Some resources are already destroyed when the state is lost.
    root.run(&[
        "destroy",
        "-auto-approve",
        "-input=false",
        "-target=aws_lb_listener.http",
    ])
    .ok();
    std::fs::remove_file(root.path("terraform.tfstate")).unwrap();

    let output = world
        .sandbox
        .jiti(&["teardown", NAME, "--strategy", "sweep", "--yes", "--json"])
        .ok();
    let result: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(result["strategy"], "sweep");
    assert_eq!(result["residue"], json!([]), "{}", output.stdout);
    assert_eq!(world.list(), before);
    assert_eq!(world.sandbox.listing(NAME)["phase"], "gone");
}

/// A bucket can be imported into an empty state, because the function `tags` needs no lease. The
/// next plan is empty.
#[test]
fn a_bucket_is_imported_into_a_stack() {
    let world = World::new();
    world.call(&json!([["s3", "eu-west-1", "create_bucket", {
        "Bucket": format!("assets-{}", world.account),
        "CreateBucketConfiguration": { "LocationConstraint": "eu-west-1" },
    }]]));
    let root = example(&world, "imported");
    variables(
        &root,
        &json!({
            "git_sha": "8f3c2d1", "owner": "ana@example.com",
            "bucket": format!("assets-{}", world.account), "endpoint": world.proxy.url(),
        }),
    );
    root.apply().ok();
    root.plan().exits(0).says("No changes.");
    assert!(
        tagged(&world)
            .iter()
            .any(|arn| arn.contains(":s3:::assets-"))
    );
    root.destroy().ok();
}

/// The example, ready to be applied. Only one test needs the database, which takes long to create.
fn checkout(world: &World, database: bool) -> Root<'_> {
    let root = example(world, "checkout");
    variables(
        &root,
        &json!({
            "git_sha": "8f3c2d1", "owner": "ana@example.com", "database": database,
            "endpoint": world.proxy.url(), "health_url": healthy(), "ami_name": "amzn2-ami-*",
        }),
    );
    root
}

fn example<'a>(world: &'a World, name: &str) -> Root<'a> {
    world.sandbox.with_aws_provider();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/aws")
        .join(name);
    Root::copied(&world.sandbox, name, &folder)
}

fn variables(root: &Root<'_>, values: &Value) {
    std::fs::write(root.path("test.auto.tfvars.json"), values.to_string()).unwrap();
}

/// The ARNs of all resources with the tag of a stack.
fn tagged(world: &World) -> Vec<String> {
    let filter = json!({ "TagFilters": [{ "Key": "jiti:stack" }], "ResourcesPerPage": 100 });
    let answers = world.call(&json!([[
        "resourcegroupstaggingapi",
        REGIONS[0],
        "get_resources",
        filter
    ]]));
    let found = answers[0]["ResourceTagMappingList"]
        .as_array()
        .unwrap()
        .iter();
    found
        .map(|one| one["ResourceARN"].as_str().unwrap().to_owned())
        .collect()
}

fn shown(world: &World) -> Value {
    let output = world.sandbox.jiti(&["show", NAME, "--json"]).ok();
    serde_json::from_str(&output.stdout).unwrap()
}

/// The URL of a server that answers like a healthy load balancer; moto launches no instance that
/// could.
fn healthy() -> String {
    crate::test_examples::server()
}
