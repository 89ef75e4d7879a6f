//! Data that only AWS has: usage metrics, the price list, and the final snapshots of a teardown.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use e2e::moto::REGIONS;
use e2e::proxy::{Fault, Rule};
use e2e::world::{World, tags};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// A database of the stack `shop`, whose tags are copied to its snapshots.
fn database(name: &str) -> Value {
    json!(["rds", REGIONS[0], "create_db_instance", {
        "DBInstanceIdentifier": name, "DBInstanceClass": "db.t4g.micro", "Engine": "postgres",
        "AllocatedStorage": 20, "MasterUsername": "main", "MasterUserPassword": "a-long-password",
        "CopyTagsToSnapshot": true, "Tags": tags("shop", OWNER),
    }])
}

/// A sweep with `--final-snapshot` keeps a snapshot, which is not residue although it has the
/// stack's tags. Without the flag it keeps none.
#[test]
fn a_final_snapshot_is_kept_on_request() {
    let world = World::new();
    let look = json!([
        ["rds", REGIONS[0], "describe_db_instances", {}],
        ["rds", REGIONS[0], "describe_db_snapshots", { "SnapshotType": "manual" }],
    ]);
    world.lease_without_state("shop", OWNER);
    world.call(&json!([database("orders")]));
    let sweep = ["teardown", "shop", "--strategy", "sweep", "--yes"];
    let asked = [sweep.as_slice(), &["--final-snapshot"]].concat();
    world.sandbox.jiti(&asked).ok();
    let left = world.call(&look);
    assert_eq!(left[0]["DBInstances"], json!([]));
    let snapshots = left[1]["DBSnapshots"].as_array().unwrap();
    assert_eq!(snapshots.len(), 1, "{snapshots:#?}");
    let kept = &snapshots[0];
    assert_eq!(kept["DBInstanceIdentifier"], "orders");
    let name = kept["DBSnapshotIdentifier"].as_str().unwrap();
    assert!(name.starts_with("orders-final"), "{name}");
    assert_eq!(world.sandbox.listing("shop")["phase"], "gone");

    world.lease_without_state("shop", OWNER);
    world.call(&json!([database("carts")]));
    world.sandbox.jiti(&sweep).ok();
    let left = world.call(&look);
    assert_eq!(left[0]["DBInstances"], json!([]));
    let snapshots = left[1]["DBSnapshots"].as_array().unwrap();
    assert_eq!(snapshots.len(), 1, "{snapshots:#?}");
}

/// A metric below its threshold means idle, an incomplete one means unknown, and a single point
/// above the threshold means active.
#[test]
fn metrics_decide_whether_a_stack_is_idle() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    world.call(&json!([database("orders")]));
    // The lease was just written.
    let written = std::fs::metadata(world.sandbox.ledger())
        .unwrap()
        .modified();
    let now = written.unwrap().duration_since(UNIX_EPOCH).unwrap();
    let ago = |minutes: u64| now.as_secs() - minutes * 60;
    // The database is older than the window of the metric.
    let older = || {
        let since = |text: &str| {
            let told = text.split_once("<InstanceCreateTime>");
            let told = told.and_then(|(before, rest)| Some((before, rest.split_once('<')?.1)));
            told.map_or(text.to_owned(), |(before, after)| {
                format!("{before}<InstanceCreateTime>2026-01-01T00:00:00Z<{after}")
            })
        };
        let rule = Rule::new(Fault::Rewritten(Arc::new(since)));
        rule.service("rds").call("DescribeDBInstances")
    };
    world.proxy.add_rule(older());
    let connections = |points: &[(u64, f64)]| {
        let points = points.iter().map(|(minutes, value)| {
            json!({
                "MetricName": "DatabaseConnections", "Timestamp": ago(*minutes), "Value": value,
                "Dimensions": [{ "Name": "DBInstanceIdentifier", "Value": "orders" }],
            })
        });
        let points: Vec<Value> = points.collect();
        let answers = world.call(&json!([["cloudwatch", REGIONS[0], "put_metric_data", {
            "Namespace": "AWS/RDS", "MetricData": points,
        }]]));
        assert_eq!(answers, [json!({})]);
    };
    let idle = || {
        world.sandbox.jiti(&["sync"]).ok();
        world.sandbox.listing("shop")["idle"].clone()
    };

    let silent = idle();
    assert_eq!(silent["state"], "unknown", "{silent:#}");

    let quiet: Vec<_> = (0..24).map(|n| (n * 5 + 3, 0.0)).collect();
    connections(&quiet);
    let quiet = idle();
    assert_eq!(quiet["state"], "idle", "{quiet:#}");
    let evidence = &quiet["evidence"][0];
    assert_eq!(evidence["value"], 0.0);
    assert!(
        evidence["signal"]
            .as_str()
            .unwrap()
            .contains("DatabaseConnections"),
        "{evidence:#}"
    );

    let partly = |text: &str| text.replace("\"Complete\"", "\"PartialData\"");
    let rule = Rule::new(Fault::Rewritten(Arc::new(partly)));
    world.proxy.add_rule(rule.call("GetMetricData"));
    let partial = idle();
    assert_eq!(partial["state"], "unknown", "{partial:#}");
    assert_eq!(partial["evidence"][0]["value"], Value::Null);

    world.proxy.clear_rules();
    world.proxy.add_rule(older());
    connections(&[(22, 3.0)]);
    let used = idle();
    assert_eq!(used["state"], "active", "{used:#}");
    assert_eq!(used["evidence"][0]["value"], 3.0);
}

/// A region that the embedded table does not cover has no prices until `sync --prices` reads the
/// price list. The next sync does not read the list again. A refusal names the missing permission.
#[test]
fn prices_come_from_the_price_list() {
    let region = "eu-central-1";
    let world = World::new();
    world.sandbox.config(&format!(
        "[[account]]\nname = \"test\"\nid = \"{}\"\nregions = [\"{region}\"]\n",
        world.account
    ));
    world.lease_without_state("shop", OWNER);
    world.create(&json!([{
        "name": "shop", "app": "checkout", "owner": OWNER, "regions": [region],
        "types": ["ec2:volume"],
    }]));
    let volume = || {
        let output = world
            .sandbox
            .jiti(&["show", "shop", "--cached", "--json"])
            .ok();
        let shown: Value = serde_json::from_str(&output.stdout).unwrap();
        shown["resources"][0].clone()
    };
    world.sandbox.jiti(&["sync"]).ok();
    assert_eq!(volume()["hourly_usd"], Value::Null);

    let denied = Rule::new(Fault::Denied).call("GetProducts");
    world.proxy.add_rule(denied);
    let refused = world.sandbox.jiti(&["sync", "--prices"]).exits(1);
    refused.says("pricing:GetProducts");
    world.proxy.clear_rules();

    let product = |usage: &str, usd: &str| {
        json!({
            "product": {
                "productFamily": "Storage",
                "attributes": { "regionCode": region, "usagetype": usage, "volumeApiName": "gp3" },
                "sku": "VY5MV3UHTXUGJS5Z",
            },
            "serviceCode": "AmazonEC2",
            "terms": { "OnDemand": { "VY5MV3UHTXUGJS5Z.JRTCKXETXF": {
                "priceDimensions": { "VY5MV3UHTXUGJS5Z.JRTCKXETXF.6YS6EN2CT7": {
                    "unit": "GB-Mo", "beginRange": "0", "endRange": "Inf",
                    "pricePerUnit": { "USD": usd },
                } },
                "offerTermCode": "JRTCKXETXF",
            } } },
            "version": "20261114042925",
            "publicationDate": "2026-11-14T04:29:25Z",
        })
        .to_string()
    };
    // One of the rows is for another product.
    let rows = [
        product("EUC1-EBS:VolumeUsage.gp3", "0.0880000000"),
        product("EUC1-EBS:VolumeUsage.gp3-Outposts", "9.0000000000"),
    ];
    let price_list = json!({ "FormatVersion": "aws_v1", "PriceList": rows });
    let answer = Rule::new(Fault::Answer(price_list.to_string()));
    world.proxy.add_rule(answer.call("GetProducts"));
    world.proxy.clear_calls();
    world.sandbox.jiti(&["sync", "--prices"]).ok();
    assert_eq!(world.proxy.count("pricing", "GetProducts"), 1);
    // 8 GB for a month of 730 hours.
    let hourly = |volume: &Value| volume["hourly_usd"].as_str().unwrap().to_owned();
    assert_eq!(hourly(&volume()), "0.0009643836");

    world.proxy.clear_rules();
    world.sandbox.jiti(&["sync"]).ok();
    assert_eq!(world.proxy.count("pricing", "GetProducts"), 1);
    assert_eq!(hourly(&volume()), "0.0009643836");
}
