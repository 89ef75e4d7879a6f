//! A sweep of types that jiti reads and deletes through the Cloud Control API.

use std::collections::BTreeSet;

use e2e::moto::REGIONS;
use e2e::proxy::{Fault, Rule};
use e2e::world::{CloudResource, World, left, tags};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// A stack has one resource of each type in two regions. Each has a twin, which belongs to another
/// stack in one region and to none in the other. A sweep deletes all of the stack's resources and
/// none of the twins.
#[test]
fn every_type_is_deleted_and_no_twin() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let twins = json!([
        { "name": "blog", "app": "checkout", "owner": OWNER, "regions": [REGIONS[0]] },
        { "name": "plain", "app": "", "owner": "", "regions": [REGIONS[1]], "tags": {} },
    ]);
    world.create_with_cloud_control(&twins);
    let before = world.list_with_cloud_control(&[]);
    world.create_with_cloud_control(&of_stack(&REGIONS, &[]));
    let made: BTreeSet<CloudResource> = world.list_with_cloud_control(&[]);
    let made: Vec<&CloudResource> = made.difference(&before).collect();
    let types: BTreeSet<&str> = made.iter().map(|one| one.kind.as_str()).collect();
    assert!(types.len() >= 60, "{}: {types:?}", types.len());
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]), "{result:#}");
    let after = world.list_with_cloud_control(&[]);
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "the sweep also deleted {lost:#?}");
    let remaining: Vec<_> = after.difference(&before).collect();
    assert!(remaining.is_empty(), "the sweep left {remaining:#?}");
    assert_eq!(world.sandbox.listing("shop")["phase"], "gone");
}

/// A stack of the application `checkout` in these regions, with these types or all.
fn of_stack(regions: &[&str], types: &[&str]) -> Value {
    let mut stack =
        json!({ "name": "shop", "app": "checkout", "owner": OWNER, "regions": regions });
    if !types.is_empty() {
        stack["types"] = json!(types);
    }
    json!([stack])
}

/// An answer of `GetResourceRequestStatus` or `DeleteResource` about a failed request.
fn failed(code: &str, message: &str) -> Fault {
    let mut event = event("a-token-of-the-test", "FAILED", message);
    event["ProgressEvent"]["ErrorCode"] = json!(code);
    Fault::Answer(event.to_string())
}

fn event(token: &str, status: &str, message: &str) -> Value {
    json!({ "ProgressEvent": {
        "RequestToken": token, "Operation": "DELETE", "OperationStatus": status, "StatusMessage": message,
    } })
}

/// The call that creates a repository of the stack.
fn repository(name: &str) -> Value {
    let arguments = json!({ "repositoryName": name, "tags": tags("shop", OWNER) });
    json!(["ecr", REGIONS[0], "create_repository", arguments])
}

/// Every error of a handler and of the API leaves its resource as residue with its reason, or is
/// retried until the deletion succeeds. A second sweep finishes.
#[test]
fn every_error_has_its_outcome() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let before = world.list_with_cloud_control(&["AWS::ECR::Repository"]);
    let names = |prefix: &str, count: usize| -> Vec<String> {
        (0..count).map(|n| format!("{prefix}-{n}")).collect()
    };
    // Errors that a retry does not overcome, and the text that the residue has.
    let left_ones = [
        ("NotUpdatable", "it may not be changed", "NotUpdatable"),
        ("InvalidRequest", "it is invalid", "InvalidRequest"),
        ("AccessDenied", "no permission", "AccessDenied"),
        (
            "UnauthorizedTaggingOperation",
            "no tags",
            "UnauthorizedTaggingOperation",
        ),
        ("ServiceLimitExceeded", "too many", "ServiceLimitExceeded"),
        (
            "GeneralServiceException",
            "it still contains images",
            "--force",
        ),
    ];
    let retried_ones = [
        "ResourceConflict",
        "Throttling",
        "NotStabilized",
        "ServiceInternalError",
        "ServiceTimeout",
        "NetworkFailure",
        "InternalFailure",
    ];
    let exceptions = [
        "ConcurrentOperationException",
        "ThrottlingException",
        "ServiceInternalErrorException",
        "HandlerInternalFailureException",
        "NotStabilizedException",
    ];
    let (left_names, retried) = (
        names("left", left_ones.len()),
        names("tried", retried_ones.len()),
    );
    let refused = names("refused", exceptions.len());
    let all: Vec<Value> = left_names
        .iter()
        .chain(&retried)
        .chain(&refused)
        .map(|name| repository(name))
        .collect();
    world.call(&json!(all));
    for (name, (code, message, _)) in left_names.iter().zip(&left_ones) {
        let rule = Rule::new(failed(code, message)).call("DeleteResource");
        world.proxy.add_rule(rule.about(format!("\"{name}\"")));
    }
    for (name, code) in retried.iter().zip(retried_ones) {
        let rule = Rule::new(failed(code, "it will work later")).call("DeleteResource");
        world
            .proxy
            .add_rule(rule.about(format!("\"{name}\"")).times(1));
    }
    for (name, code) in refused.iter().zip(exceptions) {
        let rule = Rule::new(Fault::Error(400, code)).call("DeleteResource");
        world
            .proxy
            .add_rule(rule.about(format!("\"{name}\"")).times(2));
    }
    let result = world.sweep_within("shop", "40s", 4);
    for (name, (_, _, text)) in left_names.iter().zip(&left_ones) {
        let left = left(&result, name);
        let reason = left["reason"].as_str().unwrap();
        assert!(reason.contains(text), "{left:#}");
    }
    let residue = result["residue"].as_array().unwrap();
    assert_eq!(residue.len(), left_ones.len(), "{result:#}");
    world.proxy.clear_rules();
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]), "{result:#}");
    assert_eq!(
        world.list_with_cloud_control(&["AWS::ECR::Repository"]),
        before
    );
}

/// Every status of a request has its outcome. jiti asks again about one that Cloud Control works
/// on. It repeats one that fails, and one that Cloud Control no longer knows while the resource
/// exists. One that a person cancels is residue.
#[test]
fn every_status_has_its_outcome() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let names = ["worked-on", "cancelled", "forgotten"];
    world.call(&json!(names.map(repository)));
    for name in names {
        let begun = event(&format!("token-{name}"), "PENDING", "");
        let rule = Rule::new(Fault::Answer(begun.to_string())).call("DeleteResource");
        world
            .proxy
            .add_rule(rule.about(format!("\"{name}\"")).times(1));
    }
    let status = |name: &str, fault: Fault| {
        let rule = Rule::new(fault).call("GetResourceRequestStatus");
        world
            .proxy
            .add_rule(rule.about(format!("token-{name}")).times(1));
    };
    for one in ["PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS"] {
        let event = event("token-worked-on", one, "");
        status("worked-on", Fault::Answer(event.to_string()));
    }
    status("worked-on", failed("NotStabilized", "it takes longer"));
    let cancelled = event("token-cancelled", "CANCEL_COMPLETE", "ana cancelled it");
    status("cancelled", Fault::Answer(cancelled.to_string()));
    let unknown = Fault::Error(400, "RequestTokenNotFoundException");
    status("forgotten", unknown);
    let result = world.sweep_within("shop", "40s", 4);
    let left = left(&result, "repository/cancelled");
    let reason = left["reason"].as_str().unwrap();
    assert!(reason.contains("ana cancelled it"), "{left:#}");
    assert_eq!(result["residue"].as_array().unwrap().len(), 1, "{result:#}");
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]), "{result:#}");
    let after = world.list_with_cloud_control(&["AWS::ECR::Repository"]);
    assert!(after.is_empty(), "{after:#?}");
}

/// A deletion that never ends is residue after its time, and so is a resource whose tags moved
/// between the plan and the delete. A type that Cloud Control does not know in this region is not
/// taken for a deleted resource.
#[test]
fn endless_deletions_and_moved_tags() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let region = REGIONS[0];
    let types = [
        "AWS::ECR::Repository",
        "AWS::Events::EventBus",
        "AWS::Athena::WorkGroup",
        "AWS::Scheduler::ScheduleGroup",
    ];
    let before = world.list_with_cloud_control(&types);
    world.create_with_cloud_control(&of_stack(&[region], &types));
    // The repository's deletion never ends.
    let endless = json!({ "ProgressEvent": {
        "RequestToken": "endless", "Operation": "DELETE", "OperationStatus": "IN_PROGRESS",
    } });
    let answer = Fault::Answer(endless.to_string());
    let rule = Rule::new(answer).call("DeleteResource");
    world.proxy.add_rule(rule.about("AWS::ECR::Repository"));
    let answer = Fault::Answer(endless.to_string());
    let rule = Rule::new(answer).call("GetResourceRequestStatus");
    world.proxy.add_rule(rule.about("endless"));
    // The bus moves to another stack after the plan.
    let bus = format!("arn:aws:events:{region}:{}:event-bus/shop", world.account);
    let retag = json!([["events", region, "tag_resource", {
        "ResourceARN": bus, "Tags": [{ "Key": "jiti:stack", "Value": "blog" }],
    }]]);
    let moves = Fault::First(Box::new(world.deferred(&retag)));
    let rule = Rule::new(moves)
        .call("GetResource")
        .about("AWS::Events::EventBus");
    world.proxy.add_rule(rule.after(1).times(1));
    // Cloud Control does not have the group's type here.
    let unknown = Fault::Error(400, "TypeNotFoundException");
    let rule = Rule::new(unknown).call("GetResource");
    world
        .proxy
        .add_rule(rule.about("AWS::Scheduler::ScheduleGroup"));
    let result = world.sweep_within("shop", "8s", 4);
    let expected = [
        ("repository/team/shop", "not through after"),
        ("event-bus/shop", "its tags changed since the plan"),
        ("schedule-group/shop", "TypeNotFoundException"),
    ];
    for (end, text) in expected {
        let left = left(&result, end);
        assert!(left["reason"].as_str().unwrap().contains(text), "{left:#}");
    }
    world.proxy.clear_rules();
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]), "{result:#}");
    // The bus belongs to the other stack now.
    let after = world.list_with_cloud_control(&types);
    let left: Vec<_> = after
        .difference(&before)
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(left, ["shop"]);
}

/// Expired credentials pause the sweep with one error, and a second one finishes.
#[test]
fn expired_credentials_pause_the_sweep() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let types = ["AWS::ECR::Repository", "AWS::Events::EventBus"];
    world.create_with_cloud_control(&of_stack(&REGIONS, &types));
    let rule = Rule::new(Fault::Expired).service("cloudcontrolapi");
    world.proxy.add_rule(rule.call("DeleteResource"));
    let result = world.sweep("shop", 4);
    let residue = result["residue"].as_array().unwrap();
    let paused = residue.iter().filter(|one| {
        let reason = one["reason"].as_str().unwrap();
        reason.contains("the credentials are no longer valid")
    });
    assert_eq!(paused.count(), 1, "{result:#}");
    world.proxy.clear_rules();
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]), "{result:#}");
}

/// A distribution is disabled before it is deleted, a zone loses its records first, and a user pool
/// with deletion protection stays.
#[test]
fn what_has_to_precede_a_deletion() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let region = REGIONS[1];
    let types = [
        "AWS::CloudFront::Distribution",
        "AWS::Route53::HostedZone",
        "AWS::EFS::FileSystem",
        "AWS::Cognito::UserPool",
    ];
    world.create_with_cloud_control(&of_stack(&[region], &types));
    let listed = world.list_with_cloud_control(&types);
    let pool = listed
        .iter()
        .find(|one| one.kind == "AWS::Cognito::UserPool")
        .unwrap();
    let protect = |on: &str| {
        // The call removes the tags that it does not name.
        let tags = json!({ "jiti:stack": "shop", "jiti:app": "checkout", "jiti:owner": OWNER });
        let arguments =
            json!({ "UserPoolId": pool.id, "DeletionProtection": on, "UserPoolTags": tags });
        world.call(&json!([[
            "cognito-idp",
            region,
            "update_user_pool",
            arguments
        ]]));
    };
    protect("ACTIVE");
    let result = world.sweep("shop", 4);
    let residue = result["residue"].as_array().unwrap();
    assert_eq!(residue.len(), 1, "{result:#}");
    let reason = residue[0]["reason"].as_str().unwrap();
    assert!(reason.contains("DeletionProtection is on"), "{reason}");
    let deleted = result["deleted"].as_array().unwrap();
    let place = |kind: &str| {
        let found = deleted.iter().position(|one| one["type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}: {result:#}"))
    };
    assert!(place("route53:recordset") < place("route53:hostedzone"));
    assert!(place("elasticfilesystem:mount-target") < place("elasticfilesystem:file-system"));
    assert_eq!(world.proxy.count("cloudcontrolapi", "UpdateResource"), 1);
    place("cloudfront:distribution");
    let system = &deleted[place("elasticfilesystem:file-system")];
    assert_eq!(system["outlives"], "backups in AWS Backup");
    protect("INACTIVE");
    assert_eq!(world.sweep("shop", 0)["residue"], json!([]));
}
