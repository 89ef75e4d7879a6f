//! Billed cost: one request to Cost Explorer for all stacks, at most once a window.

use e2e::proxy::{Fault, Rule};
use e2e::world::World;
use serde_json::{Value, json};

const EC2: &str = "Amazon Elastic Compute Cloud - Compute";
const S3: &str = "Amazon Simple Storage Service";

/// One request to Cost Explorer serves all stacks of a payer, however often `cost --billed` runs. A
/// listing, a report and a sync never send one.
#[test]
fn cost_explorer_is_called_once_a_window() {
    let world = World::new();
    world.lease_begun("shop", 3);
    world.lease_begun("search", 3);
    world.proxy.add_rule(
        Rule::new(Fault::Answer(bill(&world).to_string()))
            .service("ce")
            .call("GetCostAndUsage"),
    );
    let asked = || world.proxy.count("ce", "GetCostAndUsage");
    let cost = |arguments: &[&str]| {
        let output = world.sandbox.jiti(&[&["cost"], arguments].concat()).ok();
        serde_json::from_str::<Value>(&output.stdout).unwrap()
    };

    for arguments in [
        ["sync", "--json"],
        ["ls", "--json"],
        ["report", "--json"],
        ["show", "shop"],
    ] {
        world.sandbox.jiti(&arguments).ok();
    }
    let unasked = cost(&["shop", "--json"]);
    assert_eq!((asked(), &unasked["billed"]), (0, &Value::Null));
    assert_eq!(unasked["requests"]["made"], 0);

    let shop = cost(&["shop", "--billed", "--json"]);
    assert_eq!(asked(), 1);
    assert_eq!(shop["billed"]["usd"], "1.75", "{shop:#}");
    assert_eq!(shop["billed"]["estimated_usd"], "0.50", "{shop:#}");
    assert_eq!(shop["requests"], json!({ "made": 1, "usd": "0.01" }));
    let services = shop["billed"]["services"].as_array().unwrap();
    let services: Vec<_> = services.iter().map(|one| &one["service"]).collect();
    assert_eq!(services, [EC2, S3]);

    let again = cost(&["shop", "--billed", "--json"]);
    assert_eq!(again["billed"], shop["billed"]);
    let search = cost(&["search", "--billed", "--json"]);
    assert_eq!(search["billed"]["usd"], "4.00", "{search:#}");
    world.sandbox.jiti(&["sync"]).ok();
    world.sandbox.jiti(&["report"]).ok();
    assert_eq!(asked(), 1, "one request serves every command");
}

/// Cost Explorer's answer for the days since the stacks began. The last day is still estimated.
fn bill(world: &World) -> Value {
    let days: Vec<String> = (1..=4).rev().map(|ago| world.day(ago)).collect();
    let group = |stack: &str, service: &str, usd: &str| {
        json!({
            "Keys": [format!("jiti:stack${stack}"), service],
            "Metrics": { "AmortizedCost": { "Amount": usd, "Unit": "USD" } },
        })
    };
    let day = |number: usize, estimated: bool, groups: Vec<Value>| {
        json!({
            "TimePeriod": { "Start": days[number], "End": days[number + 1] },
            "Total": {}, "Groups": groups, "Estimated": estimated,
        })
    };
    json!({
        "GroupDefinitions": [
            { "Type": "TAG", "Key": "jiti:stack" },
            { "Type": "DIMENSION", "Key": "SERVICE" },
        ],
        "ResultsByTime": [
            // The day before the stacks began does not count.
            day(0, false, vec![group("shop", EC2, "9.00")]),
            day(1, false, vec![group("shop", EC2, "1.00"), group("shop", S3, "0.25")]),
            day(2, true, vec![group("shop", EC2, "0.50"), group("search", EC2, "4.00")]),
        ],
        "DimensionValueAttributes": [],
    })
}
