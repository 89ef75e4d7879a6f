//! `jiti check` on public Terraform configurations finds what the tests of their authors find.
//!
//! The configurations are under `configurations/`, rewritten from the facts of the originals: which
//! resources there are, with which values, and which of them the authors' tests pass or fail. The
//! real Terraform plans all of them with the real AWS provider, without any cloud.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use e2e::{Root, Sandbox};
use serde_json::Value;

/// A configuration, and what is known of it.
struct Public {
    /// The folder under `configurations/`.
    name: &'static str,
    /// The tests of the authors.
    source: &'static str,
    /// The rule of jiti with the same scope.
    rule: &'static str,
    /// The resources that the authors' tests fail.
    fails: &'static [&'static str],
    /// What the rule finds besides, or does not find, and why that is right.
    differences: &'static [Difference],
}

/// A resource on which the rule and the authors' tests differ.
enum Difference {
    /// The rule finds it, and the authors' tests pass it.
    More(&'static str, &'static str),
    /// The authors' tests fail it, and the rule does not.
    Less(&'static str, &'static str),
}

use Difference::{Less, More};

const CONFIGURATIONS: &[Public] = &[
    Public {
        name: "security_groups",
        source: "bridgecrewio/checkov: test_SecurityGroupUnrestrictedIngress22.py (CKV_AWS_24)",
        rule: "public_endpoint",
        fails: &[
            "aws_security_group.all_as_attribute",
            "aws_security_group.no_source",
            "aws_security_group.ssh_v4",
            "aws_security_group.ssh_v4_and_peers",
            "aws_security_group.ssh_v6",
            "aws_security_group_rule.ssh_v4",
            "aws_vpc_security_group_ingress_rule.ssh_v4",
        ],
        differences: &[
            More("aws_security_group.other_port", "they test port 22 only"),
            More(
                "aws_security_group.everyone_and_itself",
                "the group's own members are let in besides everyone",
            ),
            Less(
                "aws_security_group.no_source",
                "a rule without a source lets no packet in",
            ),
        ],
    },
    Public {
        name: "open_ports",
        source: "fugue/regula: ingress_anywhere_test.rego (FG_R00377)",
        rule: "public_endpoint",
        fails: &[
            "aws_security_group.all",
            "aws_security_group.around_443",
            "aws_security_group.around_80",
        ],
        differences: &[
            More("aws_security_group.exactly_443", "they allow web servers"),
            More("aws_security_group.exactly_80", "they allow web servers"),
        ],
    },
    Public {
        name: "function_urls",
        source: "bridgecrewio/checkov: test_LambdaFunctionURLAuth.py (CKV_AWS_258)",
        rule: "public_endpoint",
        fails: &["aws_lambda_function_url.open"],
        differences: &[],
    },
    Public {
        name: "kubernetes",
        source: "bridgecrewio/checkov: test_EKSPublicAccess.py (CKV_AWS_39)",
        rule: "public_endpoint",
        fails: &["aws_eks_cluster.by_default", "aws_eks_cluster.public"],
        differences: &[],
    },
    Public {
        name: "databases",
        source: "bridgecrewio/checkov: test_RDSEncryption.py (CKV_AWS_16)",
        rule: "unencrypted",
        fails: &["aws_db_instance.by_default", "aws_db_instance.off"],
        differences: &[],
    },
    Public {
        name: "topic_policies",
        source: "bridgecrewio/checkov: test_SNSTopicPolicyAnyPrincipal.py (CKV_AWS_169)",
        rule: "public_endpoint",
        fails: &[
            "aws_sns_topic_policy.any_account",
            "aws_sns_topic_policy.every_aws",
            "aws_sns_topic_policy.everyone",
            "aws_sns_topic_policy.in_a_list",
        ],
        differences: &[],
    },
    Public {
        name: "streams",
        source: "bridgecrewio/checkov: test_KinesisStreamEncryptionType.py (CKV_AWS_43)",
        rule: "unencrypted",
        fails: &["aws_kinesis_stream.by_default", "aws_kinesis_stream.off"],
        differences: &[],
    },
    Public {
        name: "disks",
        source: "bridgecrewio/checkov: test_LaunchConfigurationEBSEncryption.py (CKV_AWS_8)",
        rule: "unencrypted",
        fails: &[
            "aws_instance.no_blocks",
            "aws_instance.other_off",
            "aws_instance.root_off",
            "aws_instance.root_on_other_off",
            "aws_instance.root_unset",
            "aws_launch_configuration.off",
        ],
        differences: &[],
    },
    Public {
        name: "volumes",
        source: "fugue/regula: inputs/volume_encrypted_infra.tf (FG_R00016)",
        rule: "unencrypted",
        fails: &["aws_ebs_volume.off", "aws_ebs_volume.unset"],
        differences: &[],
    },
    Public {
        name: "warehouses",
        source: "Checkmarx/kics: redshift_publicly_accessible/test/positive_expected_result.json",
        rule: "public_endpoint",
        fails: &[
            "aws_redshift_cluster.by_default",
            "aws_redshift_cluster.public",
        ],
        differences: &[],
    },
    Public {
        name: "load_balancers",
        source: "aquasecurity/trivy-checks: elb/alb_not_public_test.rego (AWS-0053)",
        rule: "public_endpoint",
        fails: &["aws_alb.public"],
        differences: &[],
    },
];

/// The provider with tags of a stack, and without a cloud.
const PROVIDER: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  default_tags { tags = { "jiti:stack" = "public" } }
}
"#;

/// Of each configuration, the rule finds what the tests of the authors find. Where it differs, the
/// table says why, and a difference that is no longer one fails the test too.
#[test]
fn public_configurations_have_the_findings_of_their_authors() {
    let sandbox = Sandbox::new();
    sandbox.with_aws_provider();
    let folder = sandbox.path("public");
    let mut main = PROVIDER.to_owned();
    for public in CONFIGURATIONS {
        let name = public.name;
        copy(&configurations().join(name), &folder.join(name));
        write!(
            main,
            "\nmodule \"{name}\" {{\n  source = \"./{name}\"\n}}\n"
        )
        .unwrap();
    }
    std::fs::write(folder.join("main.tf"), main).unwrap();
    Root::existing(&sandbox, Path::new("public"))
        .run(&["init", "-input=false"])
        .ok();
    let said = sandbox.jiti(&["check", "public", "--json"]).exits(3);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let untagged = |finding: &&Value| finding["rule"] == "untagged";
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(
        findings.iter().filter(untagged).collect::<Vec<_>>(),
        Vec::<&Value>::new()
    );
    for public in CONFIGURATIONS {
        let prefix = format!("module.{}.", public.name);
        let of_rule = findings.iter().filter(|one| one["rule"] == public.rule);
        let found: BTreeSet<&str> = of_rule
            .filter_map(|one| one["address"].as_str()?.strip_prefix(&prefix))
            .collect();
        let expected = expected(public);
        assert_eq!(found, expected, "{}: {}", public.name, public.source);
    }
}

/// What the authors' tests fail, with the differences.
fn expected(public: &Public) -> BTreeSet<&'static str> {
    let mut expected: BTreeSet<&str> = public.fails.iter().copied().collect();
    for difference in public.differences {
        match difference {
            More(address, why) => {
                assert!(
                    expected.insert(address),
                    "{address} is no difference: {why}"
                );
            }
            Less(address, why) => {
                assert!(
                    expected.remove(address),
                    "{address} is no difference: {why}"
                );
            }
        }
    }
    expected
}

/// Every configuration is in the table.
#[test]
fn every_public_configuration_is_checked() {
    let listed: BTreeSet<&str> = CONFIGURATIONS.iter().map(|public| public.name).collect();
    let folders = std::fs::read_dir(configurations()).unwrap();
    let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.collect();
    assert_eq!(
        names.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        listed
    );
    assert!(listed.len() >= 10, "{listed:?}");
}

fn configurations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configurations")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
