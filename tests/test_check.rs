//! `jiti check` over plans that the real Terraform makes with the real AWS provider, without any
//! cloud.

use e2e::{Root, Sandbox};
use serde_json::Value;

/// The provider blocks: one with the stack's tags, and one without. Neither calls AWS.
const PROVIDERS: &str = r#"
terraform {
  required_providers {
    aws  = { source = "hashicorp/aws" }
    jiti = { source = "jiti-dev/jiti" }
  }
}

provider "jiti" {}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  default_tags { tags = jiti_stack.this.tags }
}

provider "aws" {
  alias                       = "untagged"
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

resource "jiti_stack" "this" {
  name    = "shop-pr-1"
  app     = "shop"
  version = "1"
  owner   = "ana@example.com"
  ttl     = "8h"
}
"#;

fn root<'a>(sandbox: &'a Sandbox, name: &str, resources: &str) -> Root<'a> {
    let folder = sandbox.path(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("main.tf"), format!("{PROVIDERS}{resources}")).unwrap();
    Root::existing(sandbox, std::path::Path::new(name))
}

/// `RULE ADDRESS ATTRIBUTE` of each finding in the JSON output.
fn found(json: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(json).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    findings
        .map(|one| {
            format!(
                "{} {} {}",
                text(one, "rule"),
                text(one, "address"),
                text(one, "attribute")
            )
        })
        .collect()
}

/// A folder is initialised, planned and checked. The findings are what the planned resources would
/// be, the exit code is 3, and the plan is deleted.
#[test]
fn a_folder_is_planned_and_checked() {
    let sandbox = Sandbox::new();
    sandbox.with_aws_provider();
    sandbox.config("[policy]\nmax_hourly_usd = \"0.30\"\n");
    root(
        &sandbox,
        "shop",
        r#"
resource "aws_vpc" "tagged" { cidr_block = "10.0.0.0/16" }

resource "aws_vpc" "plain" {
  provider   = aws.untagged
  cidr_block = "10.1.0.0/16"
}

resource "aws_security_group" "web" {
  vpc_id = aws_vpc.tagged.id
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "web" {
  ami           = "ami-12345678"
  instance_type = "m5.2xlarge"
  root_block_device {
    encrypted   = true
    volume_size = 8
    volume_type = "gp3"
  }
}

resource "aws_db_instance" "db" {
  instance_class            = "db.t4g.micro"
  engine                    = "postgres"
  allocated_storage         = 20
  username                  = "shop"
  password                  = "a-long-enough-word"
  deletion_protection       = true
  publicly_accessible       = true
  final_snapshot_identifier = "shop-last"
}

resource "aws_secretsmanager_secret" "key" { name = "shop/key" }

resource "aws_autoscaling_group" "workers" {
  min_size           = 1
  max_size           = 2
  availability_zones = ["us-east-1a"]
  launch_template { id = aws_launch_template.worker.id }
}

resource "aws_launch_template" "worker" {
  name_prefix   = "worker"
  image_id      = "ami-12345678"
  instance_type = "t3.micro"
}
"#,
    );
    let said = sandbox.jiti(&["check", "shop", "--json"]).exits(3);
    assert_eq!(
        found(&said.stdout),
        [
            "untagged aws_autoscaling_group.workers tag",
            "name_kept aws_db_instance.db final_snapshot_identifier",
            "public_endpoint aws_db_instance.db publicly_accessible",
            "undeletable aws_db_instance.db deletion_protection",
            "unencrypted aws_db_instance.db storage_encrypted",
            "name_kept aws_secretsmanager_secret.key recovery_window_in_days",
            "public_endpoint aws_security_group.web ingress[0].cidr_blocks",
            "untagged aws_vpc.plain aws.untagged.default_tags",
            "over_budget jiti_stack.this max_hourly_usd",
        ]
    );
    // The table has a line for each, and a plan as a file has the same findings.
    let table = sandbox.jiti(&["check", "shop"]).exits(3);
    assert!(
        table.stdout.contains("tcp port 22 is open to everyone"),
        "{table:#?}"
    );
    let existing = Root::existing(&sandbox, std::path::Path::new("shop"));
    let plan = existing.plan_json();
    std::fs::write(sandbox.path("plan.json"), plan.to_string()).unwrap();
    let from_file = sandbox.jiti(&["check", "plan.json", "--json"]).exits(3);
    assert_eq!(found(&from_file.stdout), found(&said.stdout));
    let sarif = sandbox.jiti(&["check", "plan.json", "--sarif"]).exits(3);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 9);
    // Rules of the user's own count too, and one that does not compile is no pass.
    let rule = "package jiti\n\ndeny contains msg if {\n  some c in input.resource_changes\n  \
                c.type == \"aws_instance\"\n  msg := sprintf(\"%s: no machines\", [c.address])\n}\n";
    std::fs::write(sandbox.path("own.rego"), rule).unwrap();
    let own = sandbox
        .jiti(&["check", "plan.json", "--rules", "own.rego", "--json"])
        .exits(3);
    assert!(found(&own.stdout).contains(&"jiti.deny aws_instance.web ".to_owned()));
    std::fs::write(
        sandbox.path("own.rego"),
        "package jiti\n\ndeny contains msg if {\n",
    )
    .unwrap();
    sandbox
        .jiti(&["check", "plan.json", "--rules", "own.rego"])
        .exits(1)
        .says("own.rego:4:1: ");
}

/// A plan without a finding exits 0; a folder that cannot be planned, and what is no plan, exit 1.
#[test]
fn exit_codes_say_what_happened() {
    let sandbox = Sandbox::new();
    sandbox.with_aws_provider();
    let good = root(
        &sandbox,
        "good",
        "resource \"aws_vpc\" \"a\" { cidr_block = \"10.0.0.0/16\" }\n",
    );
    sandbox.jiti(&["check", "good"]).exits(0).says("no finding");
    let plan = good.plan_json().to_string();
    std::fs::write(sandbox.path("plan.json"), plan).unwrap();
    let missing = "variable \"size\" {}\nresource \"aws_vpc\" \"a\" { cidr_block = var.size }\n";
    root(&sandbox, "good", missing);
    sandbox
        .jiti(&["check", "good"])
        .exits(1)
        .says("no value for the variables size");
    std::fs::write(sandbox.path("size.tfvars"), "size = \"10.0.0.0/16\"\n").unwrap();
    let file = sandbox.path("size.tfvars");
    sandbox
        .jiti(&["check", "good", "--var-file", file.to_str().unwrap()])
        .exits(0);
    sandbox
        .jiti(&["check", "good/plan"])
        .exits(1)
        .says("terraform show -json");
    sandbox.jiti(&["check", "nowhere.json"]).exits(1);
    sandbox
        .jiti(&["check", "plan.json", "--var-file", "a"])
        .exits(2);
}
