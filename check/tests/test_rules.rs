//! Each built-in rule, on plans as Terraform writes them. The end-to-end tests make such plans.

use serde_json::{Value, json};
use stack::Policy;

use crate::plans::{check, found, plan, resource, stack};

fn tags(name: &str) -> Value {
    json!({"jiti:stack": name, "jiti:app": "shop"})
}

/// A resource carries the stack's tag, or the attribute that prevents it is named.
#[test]
fn untagged_resources_are_found() {
    let vpc = |address: &str, tags: Value, unknown: Value| {
        resource(address, json!({"tags_all": tags}), unknown)
    };
    let resources = [
        stack(),
        vpc("aws_vpc.good", tags("shop-1"), json!({})),
        vpc("aws_vpc.other", tags("shop-2"), json!({})),
        vpc("aws_vpc.none", json!({"a": "b"}), json!({})),
        vpc("aws_vpc.later", Value::Null, json!({"tags_all": true})),
        resource("aws_route.untaggable", json!({}), json!({})),
        resource("random_pet.other", json!({"tags_all": null}), json!({})),
        resource(
            "aws_ecs_service.app",
            json!({"tags_all": tags("shop-1")}),
            json!({}),
        ),
        resource(
            "aws_autoscaling_group.web",
            json!({"tag": [{"key": "jiti:stack", "value": "shop-1", "propagate_at_launch": false}]}),
            json!({}),
        ),
        resource("aws_autoscaling_group.bare", json!({"tag": []}), json!({})),
    ];
    assert_eq!(
        found("untagged", &resources, &json!({})),
        [
            "aws_autoscaling_group.bare tag: the group and its machines do not get jiti:stack: default_tags do not reach them",
            "aws_autoscaling_group.web tag[0].propagate_at_launch: the machines of the group do not get jiti:stack",
            "aws_ecs_service.app propagate_tags: its tasks do not get the service's tags",
            "aws_vpc.none aws.default_tags: the default_tags of provider \"aws\" do not have jiti:stack",
            "aws_vpc.other tags[\"jiti:stack\"]: its tag jiti:stack names the stack \"shop-2\", which is not in this plan",
            "aws_vpc.later tags_all?",
        ]
    );
}

/// A provider without default tags leaves `tags_all` unknown, and its resource untagged.
#[test]
fn a_provider_without_default_tags_is_named() {
    let vpc = resource(
        "aws_vpc.plain",
        json!({"tags": null}),
        json!({"tags_all": true}),
    );
    let mut plan = plan(&[stack(), vpc], &json!({}));
    let provider = json!({"aws.plain": {"expressions": {"region": {"constant_value": "a"}}}});
    plan["configuration"]["provider_config"] = provider;
    plan["configuration"]["root_module"]["resources"][1]["provider_config_key"] =
        json!("aws.plain");
    let report = check(&plan, &Policy::default());
    assert_eq!(report.findings.len(), 1, "{report:?}");
    assert_eq!(
        report.findings[0].why,
        "provider \"aws\" with the alias plain has no default_tags"
    );
    assert_eq!(
        report.findings[0].attribute.as_deref(),
        Some("aws.plain.default_tags")
    );
}

/// Everything that the internet can reach is found, and what is limited is not.
#[test]
fn public_endpoints_are_found() {
    let ingress = |range: &str, port: u16| {
        json!({"ingress": [{"protocol": "tcp", "from_port": port, "to_port": port,
               "cidr_blocks": [range], "ipv6_cidr_blocks": []}]})
    };
    let open = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}"#;
    let block = json!({"block_public_acls": true, "block_public_policy": false,
                       "ignore_public_acls": true, "restrict_public_buckets": true});
    let resources = [
        resource(
            "aws_security_group.open",
            ingress("0.0.0.0/0", 22),
            json!({}),
        ),
        resource(
            "aws_security_group.closed",
            ingress("10.0.0.0/8", 22),
            json!({}),
        ),
        resource(
            "aws_vpc_security_group_ingress_rule.v6",
            json!({"cidr_ipv6": "::/0", "ip_protocol": "-1"}),
            json!({}),
        ),
        resource(
            "aws_security_group_rule.out",
            json!({"type": "egress", "cidr_blocks": ["0.0.0.0/0"]}),
            json!({}),
        ),
        resource("aws_lb.inner", json!({"internal": true}), json!({})),
        resource("aws_lb.outer", json!({}), json!({"internal": true})),
        resource(
            "aws_lb.gateway",
            json!({"internal": false, "load_balancer_type": "gateway"}),
            json!({}),
        ),
        resource(
            "aws_db_instance.db",
            json!({"publicly_accessible": true}),
            json!({}),
        ),
        resource(
            "aws_lambda_function_url.f",
            json!({"authorization_type": "NONE"}),
            json!({}),
        ),
        resource("aws_s3_bucket_policy.p", json!({"policy": open}), json!({})),
        resource("aws_s3_bucket_public_access_block.b", block, json!({})),
        resource(
            "aws_s3_bucket_acl.a",
            json!({"acl": "public-read"}),
            json!({}),
        ),
        resource(
            "aws_eks_cluster.k",
            json!({"vpc_config": [{"endpoint_public_access": true, "public_access_cidrs": ["10.0.0.0/8"]}]}),
            json!({}),
        ),
    ];
    let lines = found("public_endpoint", &resources, &json!({}));
    assert_eq!(
        lines,
        [
            "aws_db_instance.db publicly_accessible: the database has a public address",
            "aws_lambda_function_url.f authorization_type: everyone can call the function",
            "aws_lb.outer internal: the load balancer has a public address",
            "aws_s3_bucket_acl.a acl: the ACL public-read opens the bucket",
            "aws_s3_bucket_policy.p policy: the policy allows every principal, without a condition",
            "aws_s3_bucket_public_access_block.b block_public_policy: block_public_policy is off, so that the bucket can be opened",
            "aws_security_group.open ingress[0].cidr_blocks: tcp port 22 is open to everyone",
            "aws_vpc_security_group_ingress_rule.v6 cidr_ipv6: all ports are open to everyone",
        ]
    );
}

/// Data without encryption is found: what is off, and what the account's default decides.
#[test]
fn missing_encryption_is_found() {
    let resources = [
        resource("aws_ebs_volume.on", json!({"encrypted": true}), json!({})),
        resource("aws_ebs_volume.off", json!({"encrypted": false}), json!({})),
        resource(
            "aws_ebs_volume.unset",
            json!({}),
            json!({"encrypted": true}),
        ),
        resource(
            "aws_ebs_volume.later",
            json!({}),
            json!({"encrypted": true}),
        ),
        resource(
            "aws_instance.web",
            json!({}),
            json!({"root_block_device": true, "ebs_block_device": true}),
        ),
        resource(
            "aws_rds_cluster.serverless",
            json!({"engine_mode": "serverless"}),
            json!({"storage_encrypted": true}),
        ),
        resource(
            "aws_sns_topic.plain",
            json!({"kms_master_key_id": null}),
            json!({}),
        ),
        resource(
            "aws_sns_topic.keyed",
            json!({}),
            json!({"kms_master_key_id": true}),
        ),
        resource(
            "aws_sqs_queue.default",
            json!({}),
            json!({"sqs_managed_sse_enabled": true}),
        ),
        resource(
            "aws_sqs_queue.off",
            json!({"sqs_managed_sse_enabled": false}),
            json!({}),
        ),
        resource(
            "aws_kinesis_stream.s",
            json!({"encryption_type": "NONE"}),
            json!({}),
        ),
        resource(
            "aws_opensearch_domain.d",
            json!({"encrypt_at_rest": [], "vpc_options": [{}]}),
            json!({}),
        ),
    ];
    let expressions = json!({
        "aws_ebs_volume.later": {"encrypted": {"references": ["var.encrypted"]}},
        "aws_sns_topic.keyed": {"kms_master_key_id": {"references": ["aws_kms_key.k"]}},
    });
    let not_set = "the encryption is not set, and is off unless the account's default is on";
    assert_eq!(
        found("unencrypted", &resources, &expressions),
        [
            "aws_ebs_volume.off encrypted: the data is not encrypted".to_owned(),
            format!("aws_ebs_volume.unset encrypted: {not_set}"),
            format!("aws_instance.web root_block_device.encrypted: {not_set}"),
            "aws_kinesis_stream.s encryption_type: the data of the stream is not encrypted"
                .to_owned(),
            "aws_opensearch_domain.d encrypt_at_rest.enabled: the data is not encrypted".to_owned(),
            "aws_sns_topic.plain kms_master_key_id: the messages are not encrypted".to_owned(),
            "aws_sqs_queue.off kms_master_key_id: the messages are not encrypted".to_owned(),
            "aws_ebs_volume.later encrypted?".to_owned(),
        ]
    );
}

/// Protections, retain policies and containers that must be empty are found.
#[test]
fn undeletable_resources_are_found() {
    let resources = [
        resource(
            "aws_db_instance.a",
            json!({"deletion_protection": true, "skip_final_snapshot": true}),
            json!({}),
        ),
        resource(
            "aws_db_instance.b",
            json!({"deletion_protection": false, "skip_final_snapshot": false}),
            json!({}),
        ),
        resource(
            "aws_db_instance.c",
            json!({"skip_final_snapshot": false, "final_snapshot_identifier": "last"}),
            json!({}),
        ),
        resource(
            "aws_s3_bucket.full",
            json!({"force_destroy": false}),
            json!({}),
        ),
        resource(
            "aws_s3_bucket.ok",
            json!({"force_destroy": true}),
            json!({}),
        ),
        resource(
            "aws_cloudwatch_log_group.kept",
            json!({"skip_destroy": true}),
            json!({}),
        ),
        resource(
            "aws_cognito_user_pool.p",
            json!({"deletion_protection": "ACTIVE"}),
            json!({}),
        ),
    ];
    assert_eq!(
        found("undeletable", &resources, &json!({})),
        [
            "aws_cloudwatch_log_group.kept skip_destroy: Terraform forgets the resource and does not delete it",
            "aws_cognito_user_pool.p deletion_protection: deletion_protection is ACTIVE",
            "aws_db_instance.a deletion_protection: the deletion protection is on",
            "aws_db_instance.b skip_final_snapshot: Terraform refuses to delete it without a name for its final snapshot",
            "aws_s3_bucket.full force_destroy: the deletion fails if the resource has objects",
        ]
    );
}

/// Names that stay taken are found, and names that the apply chooses are not.
#[test]
fn kept_names_are_found() {
    let resources = [
        stack(),
        resource(
            "aws_secretsmanager_secret.kept",
            json!({"name": "db", "recovery_window_in_days": 30}),
            json!({}),
        ),
        resource(
            "aws_secretsmanager_secret.free",
            json!({"name": "db", "recovery_window_in_days": 0}),
            json!({}),
        ),
        resource(
            "aws_secretsmanager_secret.prefixed",
            json!({"name_prefix": "db", "recovery_window_in_days": 30}),
            json!({"name": true}),
        ),
        resource(
            "aws_rds_cluster.c",
            json!({"skip_final_snapshot": false, "final_snapshot_identifier": "last"}),
            json!({}),
        ),
        resource(
            "aws_sqs_queue.fixed",
            json!({"name": "jobs"}),
            json!({"name_prefix": true}),
        ),
        resource(
            "aws_sqs_queue.own",
            json!({"name": "shop-1-jobs"}),
            json!({"name_prefix": true}),
        ),
    ];
    assert_eq!(
        found("name_kept", &resources, &json!({})),
        [
            "aws_rds_cluster.c final_snapshot_identifier: the final snapshot \"last\" stays, and the next deletion cannot take one of the same name",
            "aws_secretsmanager_secret.kept recovery_window_in_days: a deleted secret keeps its name for 30 days",
            "aws_sqs_queue.fixed name: SQS refuses a queue of the same name for 60 seconds after the deletion",
        ]
    );
}

/// A second stack in a root module is found, and a lease that the policy does not allow.
#[test]
fn stacks_and_leases_are_checked() {
    let other = resource(
        "jiti_stack.other",
        json!({"name": "b", "ttl": "9d"}),
        json!({}),
    );
    let policy = Policy {
        max_ttl: "7d".parse().ok(),
        ..Policy::default()
    };
    let report = check(&plan(&[stack(), other], &json!({})), &policy);
    let lines: Vec<_> = report
        .findings
        .iter()
        .map(|f| format!("{} {}", f.rule, f.why))
        .collect();
    assert_eq!(
        lines,
        [
            "long_lease the lease is 9d, and the policy's max_ttl is 7d",
            "several_stacks jiti_stack.this is in the same root module",
        ]
    );
}

/// The plan's rate is compared with the policy; what has no price is named, and never free.
#[test]
fn the_rate_is_compared_with_the_policy() {
    let policy = |max: &str| Policy {
        max_hourly_usd: max.parse().ok(),
        ..Policy::default()
    };
    let group = resource(
        "aws_autoscaling_group.g",
        json!({"desired_capacity": 3, "tag": [{"key": "jiti:stack", "propagate_at_launch": true}]}),
        json!({}),
    );
    let template = resource(
        "aws_launch_template.t",
        json!({"instance_type": "m5.large", "tags_all": tags("shop-1")}),
        json!({}),
    );
    let volume = resource(
        "aws_ebs_volume.v",
        json!({"size": 2, "type": "gp3", "encrypted": true, "tags_all": tags("shop-1")}),
        json!({}),
    );
    let expressions = json!({"aws_autoscaling_group.g":
        {"launch_template": [{"id": {"references": ["aws_launch_template.t.id", "aws_launch_template.t"]}}]}});
    let known = [stack(), group, template, volume];
    let report = check(&plan(&known, &expressions), &policy("4.99"));
    assert_eq!(
        report.findings[0].why,
        "the plan costs $5.00 per hour at list prices of 2026-11-01, and the policy allows $4.99"
    );
    assert_eq!(report.findings[0].address, "jiti_stack.this");
    assert_eq!(
        check(&plan(&known, &expressions), &policy("5")).findings,
        []
    );
    let cluster = resource("aws_msk_cluster.k", json!({}), json!({}));
    let mut unpriced = plan(&[stack(), cluster], &json!({}));
    unpriced["configuration"]["provider_config"]["aws"]["expressions"]["region"] = json!({});
    let report = check(&unpriced, &policy("5"));
    assert_eq!(report.undecided.len(), 1, "{report:?}");
    let why = &report.undecided[0].why;
    assert!(
        why.contains("without a price: aws_msk_cluster in an unknown region"),
        "{why}"
    );
}
