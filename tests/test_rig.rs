//! What the tests of AWS stand on does what they rely on.

use e2e::Sandbox;
use e2e::moto::{self, Moto, REGIONS};
use serde_json::Value;

/// One server serves every test, and no account sees what another has.
#[test]
fn accounts_see_nothing_of_each_other() {
    let sandbox = Sandbox::new();
    let queue = |account: &str| {
        sandbox.set(moto::environment(&Moto::shared().url(), account));
        let made = r#"[{"name": "shop", "app": "checkout", "owner": "ana@example.com", "regions": ["eu-west-1"], "types": ["sqs:queue"]}]"#;
        sandbox.python("world.py", &["create", made])
    };
    let one = moto::account();
    let made = queue(&one);
    assert_eq!(
        made[0]["id"],
        format!("arn:aws:sqs:{}:{one}:shop-0-0", REGIONS[0])
    );
    let other = moto::account();
    sandbox.set(moto::environment(&Moto::shared().url(), &other));
    let listed = sandbox.python("world.py", &["list", REGIONS[0]]);
    let listed: Vec<&Value> = listed.as_array().unwrap().iter().collect();
    assert!(
        listed.iter().any(|one| one["type"] == "ec2:vpc"),
        "the default network is there: {listed:?}"
    );
    assert!(
        listed.iter().all(|one| one["type"] != "sqs:queue"),
        "{listed:?}"
    );
}
