//! The rules over resources that exist, as discovery describes them.

use check::{CheckReport, LiveContext, LiveFiles, RegoFile, RegoInput, RegoRules, check_live};
use stack::cloud::{Confirmation, Observed, Place, Resource, ResourceId, Unchecked};
use stack::lease::{EventKind, Lease};
use stack::testing::{new_event, noon, registration, stack_name};
use stack::{Policy, Seq};

fn lease() -> Lease {
    let begin = EventKind::Requested {
        registration: Box::new(registration()),
    };
    let event = new_event(noon(), begin).into_event(stack_name("checkout-1"), Seq(1));
    Lease::apply(None, &event).unwrap()
}

fn place() -> Place {
    Place {
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
    }
}

/// A confirmed resource with the tag, of which every fact is known and good.
fn good(id: &str, kind: &str) -> Resource {
    let mut resource = Resource::named(ResourceId(id.to_owned()), kind, place());
    resource.confirmation = Confirmation::Confirmed;
    resource
        .tags
        .insert("jiti:stack".to_owned(), "checkout-1".to_owned());
    resource.governance.public = Observed::Known(Vec::new());
    resource.governance.encrypted = Observed::Known(true);
    resource.governance.protected = Observed::Known(false);
    resource
}

fn report(resources: &[Resource], policy: &Policy, unchecked: &[Unchecked]) -> CheckReport {
    let resources: Vec<&Resource> = resources.iter().collect();
    check_live(&LiveContext {
        lease: &lease(),
        resources: &resources,
        unchecked,
        policy,
    })
}

fn lines(report: &CheckReport) -> Vec<String> {
    let findings = report.findings.iter();
    let line = |one: &check::Finding| {
        let severity = one.severity.as_str();
        format!("{severity} {} {}: {}", one.rule, one.address, one.why)
    };
    findings.map(line).collect()
}

/// The rules that are undecided for one resource.
fn undecided(report: &CheckReport, address: &str) -> Vec<String> {
    let open = report
        .undecided
        .iter()
        .filter(|open| open.address == address);
    open.map(|open| open.rule.clone()).collect()
}

/// Each rule finds what discovery knows, and every finding names its stack.
#[test]
fn known_facts_are_findings() {
    let mut group = good("sg-1", "ec2:security-group");
    group.governance.public = Observed::Known(vec!["tcp port 22 is open to everyone".to_owned()]);
    // The rule is in the group, which says what it opens.
    let mut rule = good("sgr-1", "ec2:security-group-rule");
    rule.uses = vec![group.id.clone()];
    rule.governance.public = group.governance.public.clone();
    let mut volume = good("vol-1", "ec2:volume");
    volume.governance.encrypted = Observed::Known(false);
    volume.owner = Some(ResourceId("i-1".to_owned()));
    volume.unpriced = vec!["its storage".to_owned()];
    volume.tags.clear();
    let mut database = good("db-1", "rds:db");
    database.protection = Some("DeletionProtection".to_owned());
    database.governance.protected = Observed::Known(true);
    let mut key = good("key-1", "kms:key");
    key.outlives = Some("the key, for 30 days".to_owned());
    let all = [group, rule, volume, database, key];
    let policy = Policy {
        max_ttl: "1h".parse().ok(),
        ..Policy::default()
    };
    let report = report(&all, &policy, &[]);
    let ttl = lease().terms.ttl;
    assert_eq!(
        lines(&report),
        [
            &format!("error long_lease : the lease is {ttl}, and the policy's max_ttl is 1h"),
            "error undeletable db-1: its deletion protection is on (DeletionProtection)",
            "warning name_kept key-1: its deletion leaves the key, for 30 days",
            "error public_endpoint sg-1: tcp port 22 is open to everyone",
            "error unencrypted vol-1: what it stores is not encrypted",
            "warning untagged vol-1: it belongs to i-1 and does not carry jiti:stack itself",
        ]
    );
    assert_eq!(report.resources, 5);
    let stacks = report.findings.iter().map(|one| one.stack.as_deref());
    assert!(stacks.into_iter().all(|stack| stack == Some("checkout-1")));
}

/// What discovery does not know is undecided, with the reason, and never a pass.
#[test]
fn unknown_facts_are_undecided() {
    let unread = || Observed::Unknown("discovery does not read its policy".to_owned());
    let mut topic = good("topic-1", "sns:topic");
    topic.governance.public = unread();
    topic.governance.encrypted = Observed::Unknown("it was not read".to_owned());
    let unknown = Resource::named(ResourceId("cat-1".to_owned()), "quantum:cat", place());
    let bucket = good("bucket-1", "s3:bucket");
    let secret = good("secret-1", "secretsmanager:secret");
    let gap = Unchecked {
        place: place(),
        kind: Some("rds".to_owned()),
        reason: "AccessDenied".to_owned(),
        credentials: false,
    };
    let policy = Policy {
        max_hourly_usd: "1".parse().ok(),
        ..Policy::default()
    };
    let report = report(&[topic, unknown, bucket, secret], &policy, &[gap]);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(
        undecided(&report, "topic-1"),
        ["public_endpoint", "unencrypted"]
    );
    let every = ["public_endpoint", "undeletable", "unencrypted"];
    assert_eq!(undecided(&report, "cat-1"), every);
    assert_eq!(undecided(&report, "bucket-1"), ["undeletable"]);
    assert_eq!(undecided(&report, "secret-1"), ["name_kept"]);
    let whole = ["over_budget", "several_stacks", "untagged"];
    assert_eq!(undecided(&report, ""), whole);
    assert_eq!(
        undecided(&report, "rds in 123456789012/eu-west-1"),
        ["discovery"]
    );
    let reasons = report.undecided.iter().map(|open| open.why.as_str());
    assert!(
        reasons
            .into_iter()
            .any(|why| why == "discovery does not read its policy")
    );
}

/// Rules in Rego read the resources and the lease; those that read a plan are named, not evaluated.
#[test]
fn rego_reads_resources() {
    let file = |path: &str, text: &str| RegoFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let live = "package jiti\n\ndeny contains msg if {\n  some r in input.resources\n  \
                r.type == \"ec2:volume\"\n  data.stack.name == \"checkout-1\"\n  \
                msg := sprintf(\"%s: no volumes\", [r.id])\n}\n";
    let plan = "package main\n\ndeny contains \"no\" if { not input.resource_changes }\n";
    let files = LiveFiles::of(vec![file("live.rego", live), file("plan.rego", plan)]);
    let (lease, volume) = (lease(), good("vol-1", "ec2:volume"));
    let resources = [&volume];
    let context = LiveContext {
        lease: &lease,
        resources: &resources,
        unchecked: &[],
        policy: &Policy::default(),
    };
    let mut report = CheckReport::default();
    let rules = RegoRules::compile(&files.files).unwrap();
    let limit = std::time::Duration::from_secs(10);
    let input = RegoInput::live(&context);
    rules.check(&input, limit, &mut report).unwrap();
    files.note("checkout-1", &mut report);
    assert_eq!(lines(&report), ["error jiti.deny vol-1: vol-1: no volumes"]);
    assert_eq!(report.undecided[0].rule, "plan.rego");
}
