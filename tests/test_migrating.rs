//! The configurations of the guide to migrating, which were mapped from public configurations of
//! other tools: each loads, and its limits are those that the guide names.

use e2e::guide::{CodeBlock, code_blocks};
use e2e::source::project;
use e2e::world::World;
use e2e::{Root, Sandbox};
use serde_json::Value;

/// The blocks of the guide that are files.
fn files() -> Vec<CodeBlock> {
    let mut blocks = code_blocks(&project().join("docs/guides/migrating.md"));
    blocks.retain(|block| block.file().is_some());
    blocks
}

/// A file of the guide.
fn file(name: &str) -> String {
    let block = files().into_iter().find(|block| block.file() == Some(name));
    block.unwrap_or_else(|| panic!("no {name}")).text
}

/// A user with the policy of this configuration of the guide, and without its account.
fn user(configuration: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let text = file(configuration);
    let policy = text.split("[[account]]").next().unwrap();
    sandbox.config(policy);
    sandbox
}

/// A stack of this owner, with more arguments.
fn stack(name: &str, owner: &str, more: &str) -> String {
    format!(
        "provider \"jiti\" {{}}\n\nresource \"jiti_stack\" \"this\" {{\n  name    = \"{name}\"\n  \
         app     = \"shop\"\n  version = \"1\"\n  owner   = \"{owner}\"\n{more}\n}}\n"
    )
}

/// Every mapped configuration is valid, also with its account: `jiti doctor` finds nothing broken
/// in it, and the reaper's preview runs.
#[test]
fn every_mapped_configuration_loads() {
    let configurations: Vec<_> = files()
        .into_iter()
        .filter(|block| block.language == "toml")
        .collect();
    assert_eq!(configurations.len(), 5, "{configurations:?}");
    for block in configurations {
        let world = World::new();
        let text = block.text.replace("123456789012", &world.account);
        world.sandbox.config(&text);
        world
            .sandbox
            .root("root", &stack("kept", "ana@example.com", LEASE))
            .apply()
            .ok();
        let preview = world.sandbox.jiti(&["reap", "--json"]).ok();
        assert!(!preview.stdout.contains("\"kept\""), "{preview:?}");
        let found = world.sandbox.jiti(&["doctor", "--json"]);
        let found: Value = serde_json::from_str(&found.stdout).unwrap();
        let broken = found.as_array().unwrap().iter();
        let broken: Vec<_> = broken.filter(|one| one["verdict"] == "broken").collect();
        assert!(broken.is_empty(), "{:?}: {broken:#?}", block.file());
    }
}

/// A lease that every mapped policy allows.
const LEASE: &str = "  ttl     = \"8h\"\n  labels  = { CostCenter = \"42\", Project = \"shop\" }";

/// env0: the default TTL, the longest TTL, and the number of environments of a user.
#[test]
fn the_limits_of_env0() {
    let sandbox = user("env0.toml");
    let root = sandbox.root("one", &stack("one", "ana@example.com", ""));
    root.apply().ok();
    assert_eq!(life(&sandbox, "one"), 3 * 24 * 3600);
    let long = sandbox.root("long", &stack("long", "ana@example.com", "  ttl = \"8d\""));
    long.plan().exits(1).says("max_ttl");
    let week = stack("two", "ana@example.com", "  ttl = \"1w\"");
    sandbox.root("two", &week).apply().ok();
    let third = sandbox.root("three", &stack("three", "ana@example.com", ""));
    third.apply().exits(1).says("max_live_per_owner");
    let other = sandbox.root("other", &stack("other", "ben@example.com", ""));
    other.apply().ok();
    let protected = sandbox.root("kept", &stack("prod-1", "eva@example.com", ""));
    protected.apply().ok();
    sandbox.jiti(&["teardown", "prod-1", "--yes"]).exits(3);
}

/// cloud-nuke: no stack is older than 24 hours, and whole stacks may be protected.
#[test]
fn the_limits_of_cloud_nuke() {
    let sandbox = user("cloud-nuke.toml");
    let day = sandbox.root("day", &stack("day", "ana@example.com", ""));
    day.apply().ok();
    assert_eq!(life(&sandbox, "day"), 24 * 3600);
    sandbox.jiti(&["extend", "day", "1h"]).exits(3);
    let kept = stack("houston-1", "ana@example.com", "");
    sandbox.root("kept", &kept).apply().ok();
    sandbox.jiti(&["teardown", "houston-1", "--yes"]).exits(3);
}

/// aws-nuke: an owner of another form is refused at plan.
#[test]
fn the_limits_of_aws_nuke() {
    let sandbox = user("aws-nuke.toml");
    let wrong = sandbox.root("wrong", &stack("wrong", "someone", LEASE));
    wrong.plan().exits(1).says("owner");
    sandbox
        .root("right", &stack("right", "ana@example.com", LEASE))
        .plan()
        .exits(2);
}

/// Cloud Custodian: what would be marked for its missing tags cannot be created.
#[test]
fn the_limits_of_custodian() {
    let sandbox = user("custodian.toml");
    let untagged = stack(
        "untagged",
        "ana@example.com",
        "  labels = { Project = \"shop\" }",
    );
    let untagged = sandbox.root("untagged", &untagged);
    untagged.plan().exits(1).says("CostCenter");
    let root = sandbox.root("tagged", &stack("tagged", "ana@example.com", LEASE));
    root.apply().ok();
    let listing = sandbox.listing("tagged");
    assert_eq!(listing["labels"]["CostCenter"], "42");
}

/// Instance Scheduler: within the hours of the schedule, the budget lets no stack end.
#[test]
fn the_hours_of_the_scheduler() {
    let text = file("scheduler.toml");
    let config = stack::Config::parse(&text, std::path::Path::new("scheduler.toml")).unwrap();
    let budget = &config.reaper.budgets[0];
    for (time, is_closed) in [
        // A Tuesday in summer time, one hour ahead of UTC.
        ("2026-06-02T07:59:00Z", false),
        ("2026-06-02T08:00:00Z", true),
        ("2026-06-02T15:59:00Z", true),
        ("2026-06-02T16:00:00Z", false),
        // A Tuesday in winter, and a Saturday.
        ("2026-12-01T09:30:00Z", true),
        ("2026-12-05T12:00:00Z", false),
    ] {
        assert_eq!(
            budget.is_in_force(time.parse().unwrap()),
            is_closed,
            "{time}"
        );
    }
}

/// HCP Terraform: a new version renews the lease, and an apply without one does not.
#[test]
fn the_renewal_of_hcp() {
    let sandbox = Sandbox::new();
    let text = format!("provider \"jiti\" {{}}\n{}", file("hcp.tf"));
    let root = sandbox.root("root", &text);
    root.apply().ok();
    assert_eq!(life(&sandbox, "team-azure"), 6 * 3600);
    let before = sandbox.listing("team-azure")["expires_at"].clone();
    root.apply().ok();
    assert_eq!(sandbox.listing("team-azure")["expires_at"], before);
    root.write(&text.replace("version  = \"1\"", "version  = \"2\""));
    root.apply().ok();
    assert_ne!(sandbox.listing("team-azure")["expires_at"], before);
}

/// Particle Cloud Framework: its example is applied, checked and torn down, and nothing is left.
#[test]
fn the_pcf_stack_is_applied_and_torn_down() {
    let world = World::new();
    world.sandbox.with_aws_provider();
    let before = world.list();
    let folder = world.sandbox.path("pcf");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("main.tf"), file("pcf.tf")).unwrap();
    let url = world.proxy.url();
    let endpoints = ["ec2", "iam", "sts"].map(|service| format!("    {service} = {url:?}\n"));
    // moto in place of AWS.
    let moto = format!(
        "provider \"aws\" {{\n  skip_credentials_validation = true\n  endpoints {{\n{}  }}\n}}\n",
        endpoints.concat()
    );
    std::fs::write(folder.join("moto_override.tf"), moto).unwrap();
    let root = Root::existing(&world.sandbox, std::path::Path::new("pcf"));
    root.run(&["init", "-input=false"]).ok();
    root.run(&["validate"]).ok();
    let checked = world.sandbox.jiti(&["check", "pcf", "--json"]).exits(3);
    for rule in ["public_endpoint", "unencrypted"] {
        assert!(checked.stdout.contains(rule), "{rule}: {checked:?}");
    }
    assert!(!checked.stdout.contains("\"untagged\""), "{checked:?}");
    root.apply().ok();
    root.plan().exits(0).says("No changes.");
    let report = world.sandbox.teardown("pcf-jit-example", 0);
    let residue = &report.last().unwrap()["residue"];
    assert_eq!(residue.as_array().map(Vec::len), Some(0), "{report:?}");
    assert_eq!(world.list(), before);
}

/// The seconds from the creation of a stack to its expiry.
fn life(sandbox: &Sandbox, name: &str) -> i64 {
    let listing = sandbox.listing(name);
    let time =
        |field: &str| -> jiff::Timestamp { listing[field].as_str().unwrap().parse().unwrap() };
    let life = time("expires_at").duration_since(time("created_at"));
    life.as_secs()
}
