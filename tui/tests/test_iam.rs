//! `jiti iam look|apply|operate`, and what `jiti iam self` needs no ledger for

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const LEDGER: &str = "dynamodb://jiti-ledger?region=eu-west-1";

const ACCOUNT: &str = "[[account]]\nname = \"sandbox\"\nid = \"123456789012\"\n\
                       regions = [\"eu-west-1\"]\n";

/// The policy goes to standard output, with and without `--json`; what it is for goes to standard
/// error.
#[test]
fn apply_prints_the_ledger_alone() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["iam", "apply", "--ledger", LEDGER]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "JitiLedger",
          "Effect": "Allow",
          "Action": [
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query"
          ],
          "Resource": [
            "arn:aws:dynamodb:eu-west-1:*:table/jiti-ledger"
          ]
        }
      ]
    }
    "#);
    insta::assert_snapshot!(ran.stderr, @"apply: for the provider, for example in CI. It allows reading and writing the ledger. Terraform needs its own permissions for the resources of the stack.");
    let with_option = sandbox.run(&["iam", "apply", "--ledger", LEDGER, "--json"]);
    assert_eq!(with_option.exits(0).stdout, ran.stdout);
    assert!(
        !sandbox.path("home/.local").exists(),
        "the command writes nothing"
    );
}

/// The accounts and the regions of the configuration narrow the policies. A policy that is too long
/// for a managed policy says where it fits.
#[test]
fn the_configured_accounts_narrow_the_policy() {
    let sandbox = Sandbox::new();
    sandbox.config(ACCOUNT);
    let look = sandbox.run(&["iam", "look", "--ledger", LEDGER]).exits(0);
    insta::assert_snapshot!(look.stderr, @"look: for people and programs that only read. It allows ls, show, cost, report, sync, the dashboard, and the plan of a sweep.");
    let table = json!(["arn:aws:dynamodb:eu-west-1:123456789012:table/jiti-ledger"]);
    let statement = |document: &Value, sid: &str| {
        let statements = document["Statement"].as_array().unwrap().iter();
        let mut found = statements.filter(|statement| statement["Sid"] == sid);
        found.next().unwrap_or_else(|| panic!("no {sid}")).clone()
    };
    let look = look.json();
    assert_eq!(look["Version"], "2012-10-17");
    assert_eq!(statement(&look, "JitiLedger")["Resource"], table);
    assert_eq!(
        statement(&look, "JitiLedger")["Action"],
        json!(["dynamodb:GetItem", "dynamodb:Query"])
    );
    let any = statement(&look, "JitiReadAny");
    assert_eq!(any["Resource"], json!(["*"]));
    assert_eq!(
        any["Condition"],
        json!({ "StringEquals": { "aws:RequestedRegion": ["eu-west-1"] } })
    );
    let operate = sandbox
        .run(&["iam", "operate", "--ledger", LEDGER])
        .exits(0);
    insta::assert_snapshot!(operate.stderr, @r#"
    operate: for the reaper, and for people who act. It allows what look and apply allow, and to sweep, sleep and wake. A teardown through Terraform also needs the permissions to destroy the resources of the stack.
    The policy has 9,306 characters without white space. A managed policy may have 6,144: use it as an inline policy of a role, which may have 10,240.
    "#);
    let buckets = statement(&operate.json(), "JitiChangeBuckets");
    assert_eq!(buckets["Resource"], json!(["arn:aws:s3:::*"]));
}

/// With a ledger in a file, no policy has a table. `apply` then allows nothing, and says so.
#[test]
fn a_ledger_in_a_file() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["iam", "apply"]).exits(0);
    assert_eq!(
        ran.json(),
        json!({ "Version": "2012-10-17", "Statement": [] })
    );
    insta::assert_snapshot!(ran.stderr, @r#"
    apply: for the provider, for example in CI. It allows reading and writing the ledger. Terraform needs its own permissions for the resources of the stack.
    The ledger $WORLD/home/.local/share/jiti/ledger.db is a file, so the policy names no table. A shared ledger has an address like dynamodb://TABLE?region=REGION: set it with --ledger or JITI_LEDGER.
    The policy allows nothing, and AWS refuses such a policy: attach none.
    "#);
    let ran = sandbox.run(&["iam", "look"]).exits(0);
    assert!(!ran.stdout.contains(":table/"), "{ran:?}");
    insta::assert_snapshot!(ran.stderr, @r#"
    look: for people and programs that only read. It allows ls, show, cost, report, sync, the dashboard, and the plan of a sweep.
    The ledger $WORLD/home/.local/share/jiti/ledger.db is a file, so the policy names no table. A shared ledger has an address like dynamodb://TABLE?region=REGION: set it with --ledger or JITI_LEDGER.
    No account is configured, so the policy has * in the place of accounts and regions: add [[account]] to the configuration.
    "#);
}

/// A stack with a ledger in a file needs no policy.
#[test]
fn a_stack_with_a_ledger_in_a_file() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["iam", "self", "checkout-pr-412"]).exits(0);
    assert_eq!(
        ran.json(),
        json!({ "Version": "2012-10-17", "Statement": [] })
    );
    insta::assert_snapshot!(ran.stderr, @r"
    self: for the programs inside of checkout-pr-412. It allows mark, touch, extend and teardown of this stack. A teardown also needs the permissions to dispatch it, or to destroy the resources of the stack.
    The ledger $WORLD/home/.local/share/jiti/ledger.db is a file, so the policy names no table. A shared ledger has an address like dynamodb://TABLE?region=REGION: set it with --ledger or JITI_LEDGER.
    The policy allows nothing, and AWS refuses such a policy: attach none.
    ");
    assert!(
        !sandbox.path("home/.local").exists(),
        "the command writes nothing"
    );
}

/// Only `self` takes a name, and it needs one.
#[test]
fn the_name_belongs_to_self() {
    let sandbox = Sandbox::new();
    for wrong in [
        &["iam", "self"][..],
        &["iam", "look", "checkout-pr-412"],
        &["iam", "self", "checkout-pr-412", "--types"],
        &["iam", "self", "no*name"],
    ] {
        sandbox.run(wrong).exits(2);
    }
}

/// An unknown role is wrong usage, and the error names the roles.
#[test]
fn an_unknown_role() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["iam", "root"]).exits(2);
    for role in ["look", "apply", "operate", "self"] {
        assert!(ran.stderr.contains(role), "{ran:?}");
    }
    sandbox
        .run(&["iam", "look", "--ledger", "s3://bucket"])
        .exits(1);
}
