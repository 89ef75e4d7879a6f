//! A stack that changes its own lease with the policy of `jiti iam self`, and no other.
//!
//! The policy rests on condition keys of DynamoDB, which no test server checks: a proxy in front of
//! one does.

use aws::{DynamoAddress, DynamoLedger, OwnPartitions, PolicyDocument, PolicyScope};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use e2e::dynamo_guard::DynamoGuard;
use e2e::dynamodb::{self, DynamoServer};
use e2e::teardown::stack;
use e2e::{Sandbox, lease};
use serde_json::{Value, json};
use stack::lease::{EventKind, Strategy};
use stack::ledger::{Cursor, Scope};
use stack::pool::{PoolEvent, PoolEventKind};
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::testing::{actor, new_event, noon, registration, stack_name};
use stack::{Ledger, LedgerError, PoolName, RunId, Seq, StackName};

use crate::test_shared_ledger::{table, user};

/// The number of shards of a new table.
const SHARDS: usize = 8;

/// A user whose requests to the ledger go through the guard. `token` is a session token: the guard
/// knows its holder by it.
fn behind(guard: &DynamoGuard, table: &str, token: Option<&str>) -> Sandbox {
    let user = user(table);
    user.set([("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), guard.url())]);
    if let Some(token) = token {
        user.set([("AWS_SESSION_TOKEN".to_owned(), token.to_owned())]);
    }
    user
}

/// The policy that `jiti iam self` prints.
fn policy(user: &Sandbox, stack: &str) -> Value {
    let printed = user.jiti(&["iam", "self", stack]).ok();
    serde_json::from_str(&printed.stdout).unwrap()
}

/// The shard of a stack.
fn shard(stack: &str) -> String {
    OwnPartitions::new(&stack_name(stack), SHARDS).log
}

/// A name with the same shard as this one, or with another one.
fn neighbour(stack: &str, is_same: bool) -> String {
    let mut names = (1..).map(|number| format!("other-{number}"));
    let fits = |name: &String| (shard(name) == shard(stack)) == is_same;
    names.find(fits).unwrap()
}

/// The command prints the policy for the partitions of the table, also before the stack exists. It
/// needs a shared ledger that exists.
#[test]
fn the_command_prints_the_policy() {
    let table = table();
    let ana = user(&table);
    let address = DynamoAddress::parse(&dynamodb::address(&table)).unwrap();
    let scope = PolicyScope {
        ledger: Some(&address),
        accounts: &[],
    };
    let own = OwnPartitions::new(&stack_name("shop"), SHARDS);
    let expected = serde_json::to_value(PolicyDocument::of_stack(&own, &scope)).unwrap();
    assert_eq!(policy(&ana, "shop"), expected);
    ana.jiti(&["iam", "self", "shop"])
        .ok()
        .says("about 1 in 8 other stacks");
    ana.set([("JITI_LEDGER".to_owned(), dynamodb::address("missing"))]);
    ana.jiti(&["iam", "self", "shop"]).exits(1);
}

/// The programs inside of a stack report phases and use, extend the lease, and tear the stack down
/// by dispatch, with nothing but the policy. The team's policy has limits that other stacks share.
/// Every change of another stack is refused, whether it has the same shard or not.
#[test]
fn a_stack_changes_itself_and_no_other() {
    let table = table();
    let guard = DynamoGuard::new(DynamoServer::shared().address());
    let (ana, inside) = (
        behind(&guard, &table, None),
        behind(&guard, &table, Some("inside")),
    );
    let limits = ana.path("policy.toml");
    std::fs::write(
        &limits,
        "[policy]\nmax_ttl = \"2d\"\nmax_live_per_owner = 9\nmax_concurrent_inits = 3\n",
    )
    .unwrap();
    ana.jiti(&["policy", "push", limits.to_str().unwrap()]).ok();
    guard.restrict("inside", policy(&ana, "shop"));

    let others = [neighbour("shop", true), neighbour("shop", false)];
    let waits = "ready_timeout = \"1h\"";
    // The stack itself last, so that it is in the queue of inits.
    let roots = [
        ana.root("near", &lease(&others[0], waits)),
        ana.root("far", &lease(&others[1], waits)),
        ana.root("shop", &lease("shop", waits)),
    ];
    for root in &roots {
        root.apply().ok();
    }
    let before = ana.listing("shop");
    assert_eq!(before["phase"], "provisioning");

    let commands: [&[&str]; 5] = [
        &["mark", "NAME", "worker", "start", "--json"],
        &["mark", "NAME", "worker", "done"],
        &["mark", "NAME", "ready", "--json"],
        &["touch", "NAME", "--json"],
        &["extend", "NAME", "2h", "--json"],
    ];
    let named = |command: &[&str], name: &str| -> Vec<String> {
        let words = command.iter().map(|word| word.replace("NAME", name));
        words.collect()
    };
    let run = |command: &[&str], name: &str| {
        let words = named(command, name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        inside.jiti(&words)
    };
    for command in commands {
        run(command, "shop").ok();
    }
    let after = ana.listing("shop");
    assert_eq!(after["phase"], "ready");
    assert_ne!(after["expires_at"], before["expires_at"]);
    // The only thing that it may not do is to leave the queue of inits. The next reader of the
    // queue sees that the stack is ready.
    assert_eq!(guard.denied(), ["dynamodb:PutItem stream#pool:inits"]);
    let limit = run(&["extend", "NAME", "30d"], "shop").exits(3);
    assert!(limit.stderr.contains("max_ttl"), "{limit:?}");

    dispatch_to(&inside, &ana, &roots[2].dir);
    for other in &others {
        let events = ana.events(other);
        for command in commands {
            run(command, other).exits(1).says("dynamodb:");
        }
        run(&["teardown", "NAME", "--yes"], other)
            .exits(1)
            .says("dynamodb:");
        assert_eq!(ana.events(other), events, "{other}");
    }
    for command in [&["ls"][..], &["events"], &["reap", "--yes"]] {
        assert_ne!(inside.jiti(command).code, Some(0), "{command:?}");
    }

    let report = inside.teardown("shop", 0);
    assert_eq!(report[1]["plan"]["where"]["way"], "dispatch");
    assert_eq!(ana.listing("shop")["phase"], "gone");
    assert!(inside.teardown("shop", 0).last().unwrap()["deleted"] == json!([]));
}

/// A teardown through Terraform in the stack's own folder needs no more of the ledger: the provider
/// releases the stack, and the command records that it is gone.
#[test]
fn a_stack_ends_itself_through_terraform() {
    let table = table();
    let guard = DynamoGuard::new(DynamoServer::shared().address());
    let inside = behind(&guard, &table, None);
    let root = inside.root("root", &stack("shop", ""));
    root.apply().ok();
    guard.restrict("inside", policy(&inside, "shop"));
    inside.set([("AWS_SESSION_TOKEN".to_owned(), "inside".to_owned())]);
    let report = inside.teardown("shop", 0);
    let deleted = &report.last().unwrap()["deleted"];
    assert_eq!(deleted.as_array().unwrap().len(), 3);
    assert!(root.run(&["state", "list"]).ok().stdout.trim().is_empty());
    let ledger = dynamodb::ledger_at(&guard.url(), &table);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lease = runtime.block_on(ledger.lease(&stack_name("shop")));
    assert!(!lease.unwrap().unwrap().is_live());
    assert_eq!(guard.denied(), Vec::<String>::new());
}

/// The policy has nothing that the commands do not need: without any action or any partition of
/// it, a stack can no longer be changed to its end.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_has_no_more_than_is_needed() {
    let table = dynamodb::table();
    let guard = DynamoGuard::new(DynamoServer::shared().address());
    dynamodb::create(&guard.url(), &table).await;
    let whole = policy_of(&table, "shop-0");
    guard.restrict("shop-0", whole.clone());
    life(&guard, &table, "shop-0").await.unwrap();
    let places = removable(&whole);
    assert_eq!(places.len(), 13, "{places:?}");
    for (number, place) in (1..).zip(places) {
        let name = format!("shop-{number}");
        let mut policy = policy_of(&table, &name);
        let removed = policy.pointer_mut(&place.list).unwrap();
        let removed = removed.as_array_mut().unwrap().remove(place.index);
        guard.restrict(&name, policy);
        match life(&guard, &table, &name).await {
            Err(LedgerError::ActionDenied { .. }) => {}
            other => panic!("without {removed}: {other:?}"),
        }
    }
}

/// What the policy keeps from a stack: lists, the log's contents, other stacks, and every stream.
#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_the_ledger_is_out_of_reach() {
    let table = dynamodb::table();
    let guard = DynamoGuard::new(DynamoServer::shared().address());
    let root = dynamodb::create(&guard.url(), &table).await;
    let (near, far) = (neighbour("shop", true), neighbour("shop", false));
    for name in ["shop", &near, &far] {
        register(&root, &stack_name(name)).await;
    }
    guard.restrict("shop", policy_of(&table, "shop"));
    let own = ledger_of(&guard, &table, "shop");
    let (near, far) = (stack_name(&near), stack_name(&far));
    let touch = || vec![new_event(noon(), touched())];
    let (seq, at, actor) = (Seq::NONE, noon(), actor());
    let resumed = ReaperEvent {
        seq,
        at,
        actor: actor.clone(),
        kind: ReaperEventKind::Resumed,
    };
    let left = PoolEvent {
        seq,
        at,
        actor,
        kind: PoolEventKind::Left {
            stack: near.clone(),
        },
    };
    let denied = [
        own.leases(Scope::Live).await.err(),
        own.leases(Scope::All).await.err(),
        own.log(&Cursor::start(), 10).await.err(),
        own.end().await.err(),
        own.lease(&far).await.err(),
        own.events(&near, Seq::NONE).await.err(),
        own.append(&near, Seq(1), touch()).await.err(),
        own.append(&far, Seq(1), touch()).await.err(),
        own.append_reaper(Seq::NONE, vec![resumed]).await.err(),
        own.append_pool(&PoolName::inits(), Seq::NONE, vec![left])
            .await
            .err(),
        own.pools().await.err(),
        own.pool_events(&PoolName::inits(), Seq::NONE).await.err(),
        own.settings_events(Seq::NONE).await.err(),
    ];
    for (number, error) in denied.into_iter().enumerate() {
        let is_denied = matches!(error, Some(LedgerError::ActionDenied { .. }));
        assert!(is_denied, "call {number}: {error:?}");
    }
    // The snapshot of a stack of the same shard is in a partition that the stack must read:
    // DynamoDB has no condition on the sort key. The guide says so.
    assert!(own.lease(&near).await.unwrap().is_some());
}

/// Lets a user's teardowns start a command, which destroys the folder as another user. It stands in
/// for a code host.
fn dispatch_to(user: &Sandbox, other: &Sandbox, folder: &std::path::Path) {
    let script = user.path("dispatch");
    let (home, rc) = (other.path("home"), other.path("terraform.rc"));
    let destroy = format!(
        "#!/bin/sh\nunset AWS_SESSION_TOKEN\ncd {folder:?} && HOME={home:?} TF_CLI_CONFIG_FILE={rc:?} exec terraform destroy -auto-approve -input=false\n"
    );
    stack::testing::program(&script, &destroy);
    user.config(&format!(
        "[dispatch]\ncommand = [{script:?}, \"name={{name}}\"]\n"
    ));
}

fn policy_of(table: &str, stack: &str) -> Value {
    let address = DynamoAddress::parse(&dynamodb::address(table)).unwrap();
    let scope = PolicyScope {
        ledger: Some(&address),
        accounts: &[],
    };
    let own = OwnPartitions::new(&stack_name(stack), SHARDS);
    serde_json::to_value(PolicyDocument::of_stack(&own, &scope)).unwrap()
}

/// The ledger with the credentials of a stack.
fn ledger_of(guard: &DynamoGuard, table: &str, stack: &str) -> DynamoLedger {
    let token = Some(stack.to_owned());
    let credentials = Credentials::new("testing", "testing", token, None, "test");
    let config = dynamodb::sdk_config(&guard.url())
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let address = DynamoAddress::parse(&dynamodb::address(table)).unwrap();
    DynamoLedger::with_config(address, config)
}

async fn register(ledger: &DynamoLedger, stack: &StackName) {
    let requested = EventKind::Requested {
        registration: Box::new(registration()),
    };
    let requested = vec![new_event(noon(), requested)];
    ledger.append(stack, Seq::NONE, requested).await.unwrap();
}

fn touched() -> EventKind {
    EventKind::Activity {
        signal: "touch".to_owned(),
    }
}

/// What the commands ask of the ledger from the registration of a stack to its end, with the
/// credentials of the stack. The first error ends it.
async fn life(guard: &DynamoGuard, table: &str, name: &str) -> Result<(), LedgerError> {
    let stack = stack_name(name);
    let root = dynamodb::ledger_at(&guard.url(), table);
    register(&root, &stack).await;
    let own = ledger_of(guard, table, name);
    let append = async |kind| {
        let after = own.lease(&stack).await?.unwrap().last_seq();
        own.append(&stack, after, vec![new_event(noon(), kind)])
            .await
    };
    // The policy, and what a listing shows.
    own.settings().await?;
    own.reaper().await?;
    append(touched()).await?;
    // A lost race: another process has appended meanwhile.
    own.lease(&stack).await?;
    let other = vec![new_event(noon(), touched())];
    root.append(&stack, Seq(2), other.clone()).await.unwrap();
    match own.append(&stack, Seq(2), other).await {
        Err(error) if error.is_raced() => {}
        other => return other.map(|_| ()),
    }
    own.events(&stack, Seq::NONE).await?;
    append(EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: actor(),
        why: "the queue is empty".to_owned(),
        run: RunId::random(),
        host: "worker".to_owned(),
        pid: 1,
    })
    .await?;
    append(EventKind::Released).await?;
    append(EventKind::Gone).await?;
    assert!(!own.lease(&stack).await?.unwrap().is_live());
    Ok(())
}

/// A value of a list in a policy.
#[derive(Debug)]
struct Place {
    list: String,
    index: usize,
}

/// Each action and each partition. A statement of one action is removed with the action.
fn removable(policy: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    for number in 0..policy["Statement"].as_array().unwrap().len() {
        let keys = "Condition/ForAllValues:StringEquals/dynamodb:LeadingKeys";
        for (part, least) in [("Action", 1), (keys, 2)] {
            let list = format!("/Statement/{number}/{part}");
            let count = policy.pointer(&list).unwrap().as_array().unwrap().len();
            if count >= least {
                places.extend((0..count).map(|index| Place {
                    list: list.clone(),
                    index,
                }));
            }
        }
    }
    places
}
