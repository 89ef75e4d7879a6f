//! Rules with the forms of the Terraform examples in the documentation of conftest and of OPA.
//!
//! The facts are from open-policy-agent/conftest (`examples/hcl1` and `examples/hcl2` of 0.69)
//! and from OPA's tutorial on Terraform: packages, rule names, what the rules read, and what their
//! authors say that they find. The words are our own.

use super::*;

/// A plan as in these examples: a cluster, a listener, a rule, a disk, a bucket, a group of
/// machines, and a security group in a module.
fn plan() -> Value {
    let resources = [
        ("google_container_cluster.main", json!({"location": "eu"})),
        (
            "aws_alb_listener.web",
            json!({"port": 80, "protocol": "HTTP"}),
        ),
        (
            "aws_security_group_rule.open",
            json!({"type": "ingress", "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"]}),
        ),
        (
            "azurerm_managed_disk.data",
            json!({"encryption_settings": [{"enabled": false}]}),
        ),
        (
            "aws_s3_bucket.tagged",
            json!({"tags": {"environment": "prod", "owner": "ops"}}),
        ),
        (
            "aws_s3_bucket.untagged",
            json!({"tags": {"environment": "prod"}}),
        ),
        ("aws_autoscaling_group.workers", json!({})),
        ("aws_instance.web", json!({})),
    ];
    let change = |(address, after): &(&str, Value)| {
        let kind = address.split('.').next().unwrap();
        json!({"address": address, "mode": "managed", "type": kind,
            "change": {"actions": ["create"], "before": null, "after": after}})
    };
    json!({
        "format_version": "1.2",
        "resource_changes": resources.iter().map(change).collect::<Vec<_>>(),
        "planned_values": {"root_module": {
            "resources": [{"address": "aws_security_group.tls", "values": {"description": "TLS"}}],
            "child_modules": [{"resources": [
                {"address": "module.web.aws_security_group.this[0]",
                 "values": {"description": "for HTTP"}},
            ]}],
        }},
    })
}

fn found(texts: &[&str], plan: Value) -> Vec<String> {
    let files: Vec<_> = (0..)
        .zip(texts)
        .map(|(number, text): (u8, _)| RegoFile {
            path: format!("policy/{number}.rego"),
            text: (*text).to_owned(),
        })
        .collect();
    let input = RegoInput {
        input: plan,
        ..RegoInput::default()
    };
    let mut report = CheckReport::default();
    let limit = Duration::from_secs(20);
    let rules = RegoRules::compile(&files).unwrap();
    rules.check(&input, limit, &mut report).unwrap();
    let line = |found: Finding| format!("{} [{}] {}", found.rule, found.address, found.why);
    report.findings.into_iter().map(line).collect()
}

/// conftest's rule over the JSON of a plan: no changes of some namespaces. The old and the new
/// syntax, and the file beside it whose package is not read, because its rules need `--combine`.
#[test]
fn conftest_over_a_plan() {
    let new = r#"
        package main
        import rego.v1
        banned := ["google_iam", "google_container"]
        deny contains msg if {
            changes_banned(input.resource_changes, banned)
            msg := sprintf("the plan changes %v", [concat(" and ", banned)])
        }
        changes_banned(changes, prefixes) if {
            startswith(changes[_].type, prefixes[_])
        }
    "#;
    let old = r#"
        package main
        banned = ["google_iam", "google_container"]
        deny[msg] {
            changes_banned(input.resource_changes, banned)
            msg = sprintf("the plan changes %v", [concat(" and ", banned)])
        }
        changes_banned(changes, prefixes) {
            startswith(changes[_].type, prefixes[_])
        }
    "#;
    let empty = r#"
        package main
        import rego.v1
        deny contains sprintf("no resources in %v", [input.format_version]) if {
            count(input.resource) == 0
        }
    "#;
    let combined = r#"
        package main.gke
        import rego.v1
        deny contains "no such project" if { not is_ours }
        is_ours if { input[_].contents.provider[0].google[0].project == "ours" }
    "#;
    let expected = ["main.deny [] the plan changes google_iam and google_container"];
    assert_eq!(found(&[new, empty, combined], plan()), expected);
    assert_eq!(found(&[old, empty, combined], plan()), expected);
    let nothing = json!({"format_version": "1.2", "resource_changes": []});
    assert_eq!(
        found(&[new, empty], nothing),
        ["main.deny [] no resources in 1.2"]
    );
}

/// conftest's rules over parsed HCL read `input.resource`, which the planned values stand for.
#[test]
fn conftest_over_a_configuration() {
    let rules = r#"
        package main
        import rego.v1

        has(object, name) if { object[name] }

        deny contains msg if {
            some name
            some listener in input.resource.aws_alb_listener[name]
            listener.protocol == "HTTP"
            msg = sprintf("listener `%v` has no TLS", [name])
        }

        deny contains msg if {
            some name
            some rule in input.resource.aws_security_group_rule[name]
            rule.type == "ingress"
            contains(rule.cidr_blocks[_], "0.0.0.0/0")
            msg = sprintf("rule `%v` is open", [name])
        }

        deny contains msg if {
            some name
            some disk in input.resource.azurerm_managed_disk[name]
            has(disk, "encryption_settings")
            not disk.encryption_settings.enabled
            msg = sprintf("disk `%v` is not encrypted", [name])
        }

        required := {"environment", "owner"}
        missing(resource) := {tag | tag := required[_]; not resource.tags[tag]}

        deny contains msg if {
            some kind, name
            some resource in input.resource[kind][name]
            startswith(kind, "aws_s3")
            count(missing(resource)) > 0
            msg = sprintf("%q named %q has no %v", [kind, name, missing(resource)])
        }
    "#;
    assert_eq!(
        found(&[rules], plan()),
        [
            "main.deny [] \"aws_s3_bucket\" named \"untagged\" has no {\"owner\"}",
            "main.deny [] disk `data` is not encrypted",
            "main.deny [] listener `web` has no TLS",
            "main.deny [] rule `open` is open",
        ]
    );
}

/// OPA's first tutorial scores a plan: 10 for a new group and 1 for a new machine, 30 allowed.
#[test]
fn opa_scores_a_plan() {
    let rules = r#"
        package terraform.analysis
        import input as tfplan

        limit = 30
        weights = {
            "aws_autoscaling_group": {"delete": 100, "create": 10, "modify": 1},
            "aws_instance": {"delete": 10, "create": 1, "modify": 1}
        }
        kinds = {"aws_autoscaling_group", "aws_instance", "aws_iam"}

        default authz = false
        authz {
            score < limit
            not touches_iam
        }

        score = total {
            parts := [part |
                some kind
                weight := weights[kind];
                gone := weight["delete"] * deletes[kind];
                made := weight["create"] * creates[kind];
                part := gone + made
            ]
            total := sum(parts)
        }

        touches_iam { count(of_kind["aws_iam"]) > 0 }

        of_kind[kind] = all {
            some kind
            kinds[kind]
            all := [change | change := tfplan.resource_changes[_]; change.type == kind]
        }

        creates[kind] = number {
            some kind
            kinds[kind]
            all := of_kind[kind]
            matching := [change | change := all[_]; change.change.actions[_] == "create"]
            number := count(matching)
        }

        deletes[kind] = number {
            some kind
            kinds[kind]
            all := of_kind[kind]
            matching := [change | change := all[_]; change.change.actions[_] == "delete"]
            number := count(matching)
        }
    "#;
    assert_eq!(found(&[rules], plan()), [""; 0]);
    let mut large = plan();
    let changes = large["resource_changes"].as_array_mut().unwrap();
    let group = changes[6].clone();
    changes.extend([group.clone(), group]);
    assert_eq!(
        found(&[rules], large),
        ["terraform.analysis.authz [] the decision authz is false"]
    );
}

/// OPA's second tutorial walks through the planned values of all modules.
#[test]
fn opa_walks_through_modules() {
    let rules = r#"
        package terraform.module

        deny[msg] {
            text := planned[r].values.description
            contains(text, "HTTP")
            msg = sprintf("a security group for HTTP: %v", [r.address])
        }

        planned := { r |
            some path, value
            walk(input.planned_values, [path, value])
            rs := of_module(path, value)
            r := rs[_]
        }

        of_module(path, value) = rs {
            from_end(path, 1) == "resources"
            from_end(path, 2) == "root_module"
            rs := value
        }

        of_module(path, value) = rs {
            from_end(path, 1) == "resources"
            from_end(path, 3) == "child_modules"
            rs := value
        }

        from_end(path, index) = value {
            value := path[count(path) - index]
        }
    "#;
    assert_eq!(
        found(&[rules], plan()),
        [
            "terraform.module.deny [] a security group for HTTP: module.web.aws_security_group.this[0]"
        ]
    );
}
