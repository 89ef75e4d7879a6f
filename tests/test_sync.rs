//! Resources in AWS are found by tags, shown beside the leases, and read no more often than
//! documented.

use e2e::moto::REGIONS;
use e2e::proxy::{Fault, Rule};
use e2e::teardown::stack;
use e2e::world::World;
use serde_json::{Value, json};

/// A volume, a queue and a table in each region for one stack.
fn some(name: &str, owner: &str) -> Value {
    json!({
        "name": name, "app": "checkout", "owner": owner, "regions": REGIONS,
        "types": ["ec2:volume", "sqs:queue", "dynamodb:table"],
    })
}

fn json_of(world: &World, arguments: &[&str]) -> Value {
    let output = world.sandbox.jiti(arguments).ok();
    serde_json::from_str(&output.stdout).unwrap()
}

/// A sync finds tagged resources and nothing else. Unleased stacks are rows with the expiry from
/// their tags and no end. One name with two owners is two stacks.
#[test]
fn tagged_resources_are_found_and_shown() {
    let world = World::new();
    world.create(&json!([
        some("shop", "ana@example.com"),
        {
            "name": "shop", "app": "checkout", "owner": "bo@example.com", "regions": REGIONS,
            "types": ["ec2:volume"],
        },
        { "name": "bare", "regions": [REGIONS[0]], "types": ["sqs:queue"], "tags": {} },
    ]));
    let report = json_of(&world, &["sync", "--json"]);
    assert_eq!(report["not_looked"], json!([]), "{report:#}");
    assert_eq!(report["resources"], 8);
    assert_eq!(report["looked"].as_array().unwrap().len(), 3);
    let stacks = report["stacks"].as_array().unwrap();
    let owners: Vec<_> = stacks.iter().map(|stack| &stack["owner"]).collect();
    assert_eq!(owners, ["ana@example.com", "bo@example.com"]);
    let counts: Vec<_> = stacks.iter().map(|stack| &stack["resources"]).collect();
    assert_eq!(counts, [6, 2]);
    assert!(stacks.iter().all(|stack| stack["leased"] == false));

    let rows = json_of(&world, &["ls", "--json"]);
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(
            (&row["name"], &row["app"]),
            (&json!("shop"), &json!("checkout"))
        );
        assert!(
            row["flags"]
                .as_array()
                .unwrap()
                .contains(&json!("unleased"))
        );
        assert_eq!(row["expiry_source"], "tags");
        assert_eq!(row["accounts"], json!([world.account]));
        assert_eq!(row["regions"], json!(REGIONS));
        assert!(
            row["created_at"].is_string() && row["expires_at"].is_string(),
            "{row:#}"
        );
        assert_eq!(
            (&row["dies_at"], &row["cost"]["spent_usd"]),
            (&Value::Null, &Value::Null)
        );
    }
    assert!(!world.sandbox.ledger().exists(), "a read creates no ledger");

    let several = world.sandbox.jiti(&["show", "shop"]).exits(3);
    several.says("bo@example.com");
    let bo = json_of(
        &world,
        &["show", "shop", "--owner", "bo@example.com", "--json"],
    );
    let resources = bo["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 2);
    world
        .sandbox
        .jiti(&["cost", "shop"])
        .exits(3)
        .says("bo@example.com");
    let cost = json_of(
        &world,
        &["cost", "shop", "--owner", "bo@example.com", "--json"],
    );
    assert_eq!(cost["estimate"]["hourly_usd"], bo["cost"]["hourly_usd"]);
    for one in resources {
        assert_eq!(
            (&one["confirmed"], &one["account"]),
            (&json!(true), &json!(world.account))
        );
        assert!(one["id"].is_string() && one["type"].is_string() && one["region"].is_string());
    }
}

/// A fresh inventory is not read again, `--cached` never calls AWS, and `sync` always does. A
/// leased stack shows its resources.
#[test]
fn aws_is_called_only_for_a_stale_inventory() {
    let world = World::new();
    let root = world.sandbox.root("shop", &stack("shop", ""));
    root.apply().ok();
    world.create(&json!([some("shop", "ana@example.com")]));
    let asked = |arguments: &[&str]| {
        world.proxy.clear_calls();
        world.sandbox.jiti(arguments).ok();
        world.proxy.calls().len()
    };
    assert_eq!(
        asked(&["ls", "--cached"]),
        0,
        "--cached makes no call, even without an inventory"
    );
    assert!(asked(&["ls"]) > 0, "there is no inventory yet");
    assert_eq!(asked(&["ls"]), 0, "the inventory is fresh");
    assert_eq!(asked(&["show", "shop"]), 0);
    assert!(asked(&["sync"]) > 0);
    world.configure("[dashboard]\nrefresh = \"1s\"");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(asked(&["ls", "--cached", "--all"]), 0);
    assert_eq!(asked(&["show", "shop", "--cached"]), 0);
    assert!(asked(&["ls"]) > 0, "the inventory is stale");

    let row = world.sandbox.listing("shop");
    assert_eq!(row["accounts"], json!([world.account]));
    assert_eq!(row["regions"], json!(REGIONS));
    assert_eq!(row["expiry_source"], "ledger");
    assert!(
        !row["flags"]
            .as_array()
            .unwrap()
            .contains(&json!("unleased"))
    );
    let shown = json_of(&world, &["show", "shop", "--json", "--cached"]);
    assert_eq!(shown["resources"].as_array().unwrap().len(), 6);
    let rated = world.sandbox.events("shop");
    assert!(rated.contains(&"rated".to_owned()), "{rated:?}");
    // Terraform sees no difference.
    root.plan_is_empty();
}

/// A region that is down hides no other, and its last known resources stay. If no region answers,
/// the exit code is 1.
#[test]
fn a_region_that_is_down_hides_no_other() {
    let world = World::new();
    // The inventory is stored beside the ledger, so a ledger has to exist.
    world.lease_without_state("other", "ana@example.com");
    world.create(&json!([some("shop", "ana@example.com")]));
    json_of(&world, &["sync", "--json"]);
    // Global services are called through the first region.
    world
        .proxy
        .add_rule(Rule::new(Fault::Denied).region(REGIONS[1]));
    let report = json_of(&world, &["sync", "--json"]);
    let silent = report["not_looked"].as_array().unwrap();
    assert!(!silent.is_empty());
    for gap in silent {
        // The index of that region also lists what belongs to no region.
        let expected = match gap["type"].as_str() {
            Some("resources without a region") => "global",
            _ => REGIONS[1],
        };
        assert_eq!(gap["place"]["region"], expected, "{gap}");
    }
    let stacks = report["stacks"].as_array().unwrap();
    let shop = stacks.iter().find(|one| one["name"] == "shop").unwrap();
    assert_eq!(shop["resources"], 6);
    world.proxy.add_rule(Rule::new(Fault::Denied));
    world
        .sandbox
        .jiti(&["sync"])
        .exits(1)
        .says("no account or region answered");
    let doctor = world.sandbox.jiti(&["doctor"]);
    assert!(
        doctor.stdout.contains("credentials do not work"),
        "{}",
        doctor.stdout
    );
}
