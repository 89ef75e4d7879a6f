//! The shared ledger: the contract of every ledger on a DynamoDB test server and on moto, and what
//! two users do with it.

#[path = "../stack/tests/ledger_contract.rs"]
mod contract;

use std::process::Stdio;
use std::time::Duration;

use aws::TableSettings;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use e2e::dynamodb::{self, DynamoServer};
use e2e::http_state::HttpState;
use e2e::teardown::{lines, stack, until};
use e2e::{Sandbox, binary};
use stack::lease::{EventKind, ResidueDetails, Strategy};
use stack::ledger::Scope;
use stack::testing::{actor, new_event, noon, registration, stack_name};
use stack::{Ledger, RunId, Seq, SqliteLedger};
use test_support::webhook::Receiver;

use self::contract::ledger_contract;

ledger_contract!(test_server, e2e::dynamodb::on_the_test_server);
ledger_contract!(moto, e2e::dynamodb::on_moto);

/// A user of the shared ledger: folders and a HOME of their own.
pub(crate) fn user(table: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let variables = [
        ("AWS_ENDPOINT_URL_DYNAMODB", DynamoServer::shared().url()),
        ("AWS_ACCESS_KEY_ID", "testing".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "testing".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("JITI_LEDGER", dynamodb::address(table)),
    ];
    sandbox.set(variables.map(|(name, value)| (name.to_owned(), value)));
    sandbox
}

/// A table with a new ledger.
pub(crate) fn table() -> String {
    let table = dynamodb::table();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = DynamoServer::shared().url();
    runtime.block_on(dynamodb::create(&server, &table));
    table
}

/// One user applies a stack. Another one, with another HOME, sees and extends it, may not tear it
/// down in a folder that only the ledger names, and tears it down by dispatch.
#[test]
fn two_users_share_a_ledger() {
    let table = table();
    let (ana, ben) = (user(&table), user(&table));
    let root = ana.root("root", &stack("shop", ""));
    root.apply().ok();
    let seen = ben.listing("shop");
    assert_eq!(seen["phase"], "ready");
    ben.jiti(&["extend", "shop", "2h"]).ok();
    assert_ne!(ana.listing("shop")["expires_at"], seen["expires_at"]);
    ben.jiti(&["teardown", "shop", "--dry-run"])
        .exits(1)
        .says("this user has no record on this machine");

    // The script stands in for a code host, which runs Terraform as ana.
    let script = ben.path("dispatch");
    let (folder, home, rc) = (&root.dir, ana.path("home"), ana.path("terraform.rc"));
    let destroy = format!(
        "#!/bin/sh\ncd {folder:?} && HOME={home:?} TF_CLI_CONFIG_FILE={rc:?} exec terraform destroy -auto-approve -input=false\n"
    );
    stack::testing::program(&script, &destroy);
    ben.config(&format!(
        "[dispatch]\ncommand = [{script:?}, \"name={{name}}\"]\n"
    ));
    let report = ben.teardown("shop", 0);
    assert_eq!(report[1]["plan"]["where"]["way"], "dispatch");
    assert_eq!(ana.listing("shop")["phase"], "gone");
    assert!(root.run(&["state", "list"]).ok().stdout.trim().is_empty());
}

/// The user who applied a stack tears it down in its folder, because of the record on this machine.
#[test]
fn the_own_folder_is_used() {
    let table = table();
    let ana = user(&table);
    let root = ana.root("root", &stack("shop", ""));
    root.apply().ok();
    let report = ana.teardown("shop", 0);
    assert_eq!(
        report.last().unwrap()["deleted"].as_array().unwrap().len(),
        3
    );
    assert_eq!(ana.listing("shop")["phase"], "gone");
}

/// Another user rebuilds a stack from its commit: the state is in an http backend, and the folder
/// of the apply is not entered.
#[test]
fn a_stack_is_rebuilt_by_another_user() {
    let table = table();
    let (ana, ben) = (user(&table), user(&table));
    let state = HttpState::start();
    let root = ana.root("root", &stack("shop", ""));
    let backend = format!(
        "terraform {{\n  backend \"http\" {{\n    address        = {url:?}\n    lock_address   = {url:?}\n    unlock_address = {url:?}\n  }}\n}}\n",
        url = state.url()
    );
    std::fs::write(root.path("backend.tf"), backend).unwrap();
    root.run(&["init", "-input=false", "-reconfigure"]).ok();
    let commit = e2e::git::commit_and_push(&ana, &root, "shop.git");
    root.apply().ok();
    let url = ana.path("shop.git").to_str().unwrap().to_owned();
    ben.config("[teardown]\nrepositories = [\"/**/shop.git\"]\n");
    let report = ben.teardown("shop", 0);
    let site = &report[1]["plan"]["where"];
    assert_eq!(
        (&site["way"], &site["commit"]),
        (&"rebuilt".into(), &commit.into())
    );
    assert_eq!(ben.listing("shop")["origin"]["repository"], url);
    assert_eq!(ben.listing("shop")["phase"], "gone");
    assert!(root.run(&["state", "list"]).ok().stdout.trim().is_empty());
}

/// Two reapers run at once on two clients: each stack is torn down once, and each warning is sent
/// once.
#[test]
fn two_reapers_share_the_work() {
    let table = table();
    let receiver = Receiver::new(Duration::ZERO);
    let ana = user(&table);
    ana.config(&format!(
        "[policy]\ngrace = \"1s\"\n{}[reaper]\n",
        receiver.config()
    ));
    let names = ["one", "two", "three", "four"];
    let roots = names.map(|name| {
        let root = ana.root(name, &stack(name, "").replace("8h", "1s"));
        root.apply().ok();
        root
    });
    until("everything is due", || {
        let report = lines(&ana.jiti(&["reap", "--json"]));
        report.last().unwrap()["would_end"]
            .as_array()
            .unwrap()
            .len()
            == names.len()
    });
    let reapers = [(), ()].map(|()| {
        let mut command = ana.command(binary("jiti"));
        command
            .args(["reap", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().unwrap()
    });
    for mut reaper in reapers {
        assert!(reaper.wait().unwrap().success());
    }
    for (name, root) in names.iter().zip(&roots) {
        let events = ana.events(name);
        let count = |kind: &str| events.iter().filter(|event| *event == kind).count();
        assert_eq!(count("teardown_started"), 1, "{name}: {events:?}");
        assert_eq!(ana.listing(name)["phase"], "gone");
        assert!(root.run(&["state", "list"]).ok().stdout.trim().is_empty());
    }
    let mut sent: Vec<String> = receiver
        .messages()
        .iter()
        .map(ToString::to_string)
        .collect();
    let all = sent.len();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), all, "a warning was sent twice");
}

/// A copy is killed at random and run again until it is done: both ledgers have the same events and
/// leases, and nothing is there twice. `JITI_COPY_EVENTS` sets the number of events.
#[test]
fn a_killed_copy_is_continued() {
    #[expect(
        clippy::disallowed_methods,
        reason = "only the environment chooses the long form of this test"
    )]
    let chosen = std::env::var("JITI_COPY_EVENTS").ok();
    let events: u64 = chosen.map_or(1_000, |text| text.parse().unwrap());
    let table = table();
    let ana = user(&table);
    let file = ana.path("old.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let from = SqliteLedger::at(&file);
    runtime.block_on(fill(&from, events));
    let to = dynamodb::address(&table);
    let (mut kills, mut pause) = (0, 100);
    loop {
        let mut command = ana.command(binary("jiti"));
        command.args(["ledger", "copy"]).arg(&file).arg(&to);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let wait = u64::from(stack::random::below(pause));
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
        // Each try may take longer, so that the copy ends.
        pause += pause / 4;
    }
    println!("killed {kills} times");
    assert!(kills > 0, "the copy was never killed");
    ana.jiti(&["ledger", "copy", file.to_str().unwrap(), &to])
        .ok()
        .says("already");
    let copied = dynamodb::ledger_at(&DynamoServer::shared().url(), &table);
    runtime.block_on(async {
        let leases = from.leases(Scope::All).await.unwrap();
        assert_eq!(copied.leases(Scope::All).await.unwrap(), leases);
        for lease in leases {
            let name = &lease.name;
            let (old, new) = (
                from.events(name, Seq::NONE).await.unwrap(),
                copied.events(name, Seq::NONE).await.unwrap(),
            );
            assert_eq!(old, new, "{name}");
        }
    });
    let config: [&str; 2] = ["doctor", "--json"];
    ana.jiti(&config)
        .says("has not changed since it was copied");
    let activity = new_event(
        noon(),
        EventKind::Activity {
            signal: "late".to_owned(),
        },
    );
    runtime.block_on(async {
        let name = stack_name("stack-0");
        let seq = from.lease(&name).await.unwrap().unwrap().last_seq();
        from.append(&name, seq, vec![activity]).await.unwrap();
    });
    ana.jiti(&config).says("is still written to");
}

/// Fills a ledger with stacks of 100 events each.
async fn fill(ledger: &SqliteLedger, events: u64) {
    for stack in 0..events / 100 {
        let name = stack_name(&format!("stack-{stack}"));
        let registration = Box::new(registration());
        let mut all = vec![new_event(noon(), EventKind::Requested { registration })];
        all.extend((1..100).map(|number| {
            let signal = format!("{stack}/{number}");
            new_event(noon(), EventKind::Activity { signal })
        }));
        ledger.append(&name, Seq::NONE, all).await.unwrap();
    }
}

/// A lease that is larger than an item is stored without its snapshot, and is folded from its
/// events. An event that is larger than an item is refused, and nothing is written.
#[tokio::test]
async fn a_lease_may_be_larger_than_an_item() {
    let (ledger, ()) = dynamodb::on_the_test_server().await;
    let name = stack_name("shop");
    let registration = Box::new(registration());
    let begun = [
        EventKind::Requested { registration },
        EventKind::TeardownStarted {
            strategy: Strategy::Sweep,
            by: actor(),
            why: "expired".to_owned(),
            run: RunId::random(),
            host: "laptop".to_owned(),
            pid: 1,
        },
    ];
    let begun = begun.map(|kind| new_event(noon(), kind)).to_vec();
    let mut lease = ledger.append(&name, Seq::NONE, begun).await.unwrap();
    let left = |number: usize, bytes: usize| {
        let kind = EventKind::ResourceLeft {
            id: format!("vpc-{number}"),
            reason: "x".repeat(bytes),
            blocked_by: None,
            details: ResidueDetails::default(),
        };
        new_event(noon(), kind)
    };
    for chunk in 0..4 {
        let events = (0..20).map(|number| left(chunk * 20 + number, 10_000));
        lease = ledger
            .append(&name, lease.last_seq(), events.collect())
            .await
            .unwrap();
    }
    assert_eq!(lease.residue.len(), 80);
    let url = DynamoServer::shared().url();
    let address = ledger.location();
    let table = address.strip_prefix("dynamodb://").unwrap();
    let other = dynamodb::ledger_at(&url, table.split_once('?').unwrap().0);
    assert_eq!(other.lease(&name).await.unwrap().as_ref(), Some(&lease));
    assert_eq!(
        other.leases(Scope::Live).await.unwrap(),
        std::slice::from_ref(&lease)
    );
    let refused = other
        .append(&name, lease.last_seq(), vec![left(99, 400_000)])
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("KiB") && refused.contains("nothing was written"),
        "{refused}"
    );
    assert_eq!(other.lease(&name).await.unwrap(), Some(lease));
}

/// A table of another program is not a ledger, and is not changed. A newer ledger is refused.
#[tokio::test]
async fn other_tables_are_refused() {
    let url = DynamoServer::shared().url();
    let client = aws_sdk_dynamodb::Client::new(&dynamodb::sdk_config(&url));
    let (ledger, ()) = dynamodb::on_the_test_server().await;
    let address = ledger.location();
    let table = address.strip_prefix("dynamodb://").unwrap();
    let table = table.split_once('?').unwrap().0;
    let update = |value: &str| {
        client
            .update_item()
            .table_name(table)
            .key("pk", AttributeValue::S("ledger".to_owned()))
            .key("sk", AttributeValue::S("ledger".to_owned()))
            .update_expression("SET #format = :format")
            .expression_attribute_names("#format", "format")
            .expression_attribute_values(":format", AttributeValue::N(value.to_owned()))
            .send()
    };
    update("2").await.unwrap();
    let newer = dynamodb::ledger_at(&url, table)
        .leases(Scope::Live)
        .await
        .unwrap_err();
    assert!(
        newer
            .to_string()
            .contains("newer version of jiti (format 2"),
        "{newer}"
    );

    let foreign = dynamodb::table();
    let key = |name: &str, kind| {
        let element = KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind);
        element.build().unwrap()
    };
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    client
        .create_table()
        .table_name(&foreign)
        .key_schema(key("id", KeyType::Hash))
        .attribute_definitions(attribute.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    let ledger = dynamodb::ledger_at(&url, &foreign);
    for error in [
        ledger.leases(Scope::Live).await.unwrap_err(),
        ledger.create(&TableSettings::default()).await.unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("is not a jiti ledger"),
            "{error}"
        );
    }
    let missing = dynamodb::ledger_at(&url, "no-such-table")
        .id()
        .await
        .unwrap_err();
    assert!(
        missing.to_string().contains("jiti ledger init"),
        "{missing}"
    );
}
