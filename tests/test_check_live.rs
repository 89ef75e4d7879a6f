//! `jiti check --live`, and what a sync and the reaper make of a stack that breaks a rule, on moto.

use std::time::Duration;

use e2e::moto::REGIONS;
use e2e::teardown::{lines, stack, until};
use e2e::world::{World, id};
use serde_json::{Value, json};
use test_support::webhook::Receiver;

/// The account, the webhook and what the check does.
fn configure(world: &World, receiver: &Receiver, check: &str) {
    world.configure(&format!("{}[check]\n{check}\n", receiver.config()));
}

fn flags(world: &World) -> Vec<String> {
    let listing = world.sandbox.listing("shop");
    let flags = listing["flags"].as_array().unwrap().iter();
    flags
        .map(|flag| flag.as_str().unwrap().to_owned())
        .collect()
}

/// The events about rules.
fn events(world: &World) -> Vec<String> {
    let about = ["noncompliant", "compliant", "warned"];
    let events = world.sandbox.events("shop").into_iter();
    events
        .filter(|kind| about.contains(&kind.as_str()))
        .collect()
}

/// Opens or closes port 22 of a group to everyone.
fn port_22(world: &World, group: &str, operation: &str) {
    let permission = json!([{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }],
    }]);
    let arguments = json!({ "GroupId": group, "IpPermissions": permission });
    let answers = world.call(&json!([["ec2", REGIONS[0], operation, arguments]]));
    assert_eq!(answers[0]["error"], Value::Null, "{answers:?}");
}

/// The stacks that a run of the reaper would end now.
fn would_end(world: &World) -> Value {
    let report = lines(&world.sandbox.jiti(&["reap", "--json"]));
    report.last().unwrap()["would_end"].clone()
}

/// A public security group appears. The check names it with its stack, and says what discovery
/// cannot decide. A sync records it, and the stack has the flag until the port is closed. The stack
/// is due only where the configuration says so, after the warning and the grace.
#[test]
fn a_public_group_makes_a_stack_noncompliant() {
    let (world, receiver) = (World::new(), Receiver::new(Duration::ZERO));
    configure(&world, &receiver, "noncompliant = \"flag\"");
    world.sandbox.root("shop", &stack("shop", "")).apply().ok();
    let made = world.create(&json!([{
        "name": "shop", "app": "checkout", "owner": "ana@example.com", "regions": [REGIONS[0]],
        "types": ["ec2:vpc", "ec2:subnet", "ec2:security-group", "ec2:volume", "sns:topic"],
    }]));
    let group = id(&made, "ec2:security-group");
    world.sandbox.jiti(&["sync"]).ok();
    let closed = check(&world, 3);
    // The test's volume is not encrypted; nothing is public yet.
    assert_eq!(rules(&closed), ["unencrypted"]);
    let open = closed["undecided"].as_array().unwrap().iter();
    let topics = open.filter(|one| one["address"].as_str().unwrap().contains(":sns:"));
    let topics: Vec<&Value> = topics.map(|one| &one["rule"]).collect();
    assert_eq!(topics, ["public_endpoint", "unencrypted"], "never a pass");
    assert_eq!(events(&world), ["noncompliant"]);

    port_22(&world, &group, "authorize_security_group_ingress");
    world.sandbox.jiti(&["sync"]).ok();
    let report = check(&world, 3);
    assert_eq!(rules(&report), ["public_endpoint", "unencrypted"]);
    let finding = &report["findings"][0];
    assert!(
        finding["address"].as_str().unwrap().ends_with(&group),
        "{finding:#}"
    );
    assert_eq!(
        (&finding["stack"], &finding["why"]),
        (&json!("shop"), &json!("tcp port 22 is open to everyone"))
    );
    let table = world.sandbox.jiti(&["check", "--live"]).exits(3);
    assert!(
        table.stdout.contains(&format!("shop {group}")),
        "{table:#?}"
    );
    assert!(table.stdout.contains("Not checked: "), "{table:#?}");
    world.sandbox.jiti(&["check", "--live", "shops"]).exits(1);

    assert!(flags(&world).contains(&"noncompliant".to_owned()));
    assert_eq!(events(&world), ["noncompliant", "noncompliant"]);
    let event = world.sandbox.event("shop", "noncompliant").unwrap();
    assert!(event["findings"].is_array(), "{event:#}");
    let listing = world.sandbox.listing("shop");
    let broken = listing["noncompliance"]["findings"].as_array().unwrap();
    assert_eq!(broken[0]["rule"], "public_endpoint");
    world
        .sandbox
        .jiti(&["show", "shop"])
        .ok()
        .says("Broken rules");

    // With the flag only, nothing follows.
    world.sandbox.jiti(&["reap", "--yes"]).ok();
    assert_eq!(receiver.kinds(), [""; 0]);
    // The warning comes first, and the stack lives through the grace.
    configure(&world, &receiver, "noncompliant = \"due\"\ngrace = \"1h\"");
    world.sandbox.jiti(&["reap", "--yes"]).ok();
    assert_eq!(receiver.kinds(), ["shop noncompliant"]);
    let text = receiver.messages()[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("jiti check --live shop"), "{text}");
    assert_eq!(events(&world).last().unwrap(), "warned");
    assert_eq!(would_end(&world), json!([]));
    configure(&world, &receiver, "noncompliant = \"due\"\ngrace = \"1s\"");
    until("the stack is due", || would_end(&world) == json!(["shop"]));

    // Closed again, and without the volume, the stack breaks no rule.
    port_22(&world, &group, "revoke_security_group_ingress");
    let volume = id(&made, "ec2:volume");
    let delete = json!([["ec2", REGIONS[0], "delete_volume", { "VolumeId": volume }]]);
    world.call(&delete);
    world.sandbox.jiti(&["sync"]).ok();
    assert_eq!(events(&world).last().unwrap(), "compliant");
    assert!(!flags(&world).contains(&"noncompliant".to_owned()));
    assert_eq!(would_end(&world), json!([]));
    world.sandbox.jiti(&["check", "--live", "shop"]).ok();
}

fn check(world: &World, code: i32) -> Value {
    let said = world.sandbox.jiti(&["check", "--live", "shop", "--json"]);
    serde_json::from_str(&said.exits(code).stdout).unwrap()
}

/// The rules that fail the check.
fn rules(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let errors = findings.filter(|finding| finding["severity"] == "error");
    errors
        .map(|one| one["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// Without an account, nothing is discovered, which is no pass.
#[test]
fn without_an_account_nothing_is_checked() {
    let sandbox = e2e::Sandbox::new();
    sandbox.root("shop", &stack("shop", "")).apply().ok();
    sandbox
        .jiti(&["check", "--live"])
        .exits(1)
        .says("no account is configured");
}
