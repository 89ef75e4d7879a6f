//! Benchmarks of the shared ledger against a bare client that sends the same writes and queries to
//! the same test server in the same run: appends per second, and listing 10,000 live stacks.
//! `cargo bench -p aws --no-default-features --features ledger` prints the numbers and checks none.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws::{DynamoAddress, DynamoLedger, TableSettings};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_types::SdkConfig;
use aws_types::region::Region;
use stack::lease::{EventKind, NewEvent};
use stack::ledger::Scope;
use stack::testing::{new_event, noon, registration, stack_name};
use stack::{Ledger, Seq};
use test_support::figures::record;

const LIVE: u64 = 10_000;
const ROUNDS: usize = 5;
/// The shards of a table.
const SHARDS: usize = 8;
/// About the size of an event and of a snapshot.
const EVENT_BYTES: usize = 60;
const SNAPSHOT_BYTES: usize = 300;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The test server.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Outcome<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/dynoxide/bin/dynoxide");
        if !program.exists() {
            return Err(
                "the DynamoDB test server is not installed: run `make dynamodb` once".into(),
            );
        }
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let child = Command::new(program)
            .args([
                "serve",
                "--log",
                "quiet",
                "--port",
                &address.port().to_string(),
            ])
            .stdout(Stdio::null())
            .spawn()?;
        while TcpStream::connect(address).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let url = format!("http://{address}");
        Ok(Self { child, url })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> Outcome {
    // `cargo test --all-targets` also runs this binary, without the argument that starts the long
    // runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let server = Server::start()?;
    let config = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(&server.url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "testing", "testing", None, None, "bench",
        )))
        .build();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        appends(&config, 1, 300).await?;
        appends(&config, 10, 1_000).await?;
        appends(&config, 40, 2_000).await?;
        list(&config).await
    })
}

async fn ledger(config: &SdkConfig, table: &str) -> Outcome<Arc<DynamoLedger>> {
    let address = DynamoAddress::parse(&format!("dynamodb://{table}?region=eu-west-1"))?;
    let ledger = DynamoLedger::with_config(address, config.clone());
    let settings = TableSettings {
        point_in_time_recovery: false,
        ..TableSettings::default()
    };
    ledger.create(&settings).await?;
    Ok(Arc::new(ledger))
}

fn requested() -> NewEvent {
    let registration = Box::new(registration());
    new_event(noon(), EventKind::Requested { registration })
}

fn activity() -> NewEvent {
    let signal = "touch".to_owned();
    new_event(noon(), EventKind::Activity { signal })
}

/// Concurrent writers, each waiting for the acknowledgement of every append.
async fn appends(config: &SdkConfig, writers: u64, total: u64) -> Outcome {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let table = format!("appends-{writers}-{round}");
        let ledger = ledger(config, &table).await?;
        let begun = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let ledger = Arc::clone(&ledger);
                tokio::spawn(async move {
                    let name = stack_name(&format!("writer-{writer}"));
                    let (mut seq, mut event) = (Seq::NONE, requested());
                    for _ in 0..total / writers {
                        seq = ledger.append(&name, seq, vec![event]).await?.last_seq();
                        event = activity();
                    }
                    Ok::<_, stack::LedgerError>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        ours.push(begun.elapsed().as_secs_f64());

        let client = Client::new(config);
        let begun = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let (client, table) = (client.clone(), table.clone());
                tokio::spawn(async move {
                    for number in 0..total / writers {
                        write(&client, &table, writer, number).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await?;
        }
        bare.push(begun.elapsed().as_secs_f64());
    }
    let (ours, bare) = (median(ours), median(bare));
    record(&format!("shared.appends_{writers}_ratio"), ours / bare);
    say(&format!(
        "{writers:>3} writers: {:>6.0} appends/s, bare client {:>6.0}/s, time as a ratio {:.2}",
        total as f64 / ours,
        total as f64 / bare,
        ours / bare
    ));
    Ok(())
}

/// One transaction with the same three items as an append.
async fn write(client: &Client, table: &str, writer: u64, number: u64) {
    let item = |pk: String, sk: String, bytes: usize| {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(pk)),
            ("sk".to_owned(), AttributeValue::S(sk)),
            (
                "data".to_owned(),
                AttributeValue::B(Blob::new(vec![b'x'; bytes])),
            ),
        ])
    };
    let put = |item, condition: Option<&str>| {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned));
        TransactWriteItem::builder()
            .set_put(put.build().ok())
            .build()
    };
    let new = Some("attribute_not_exists(pk)");
    let sk = format!("{number:020}");
    let sent = client
        .transact_write_items()
        .transact_items(put(
            item(format!("bare#{writer}"), sk.clone(), EVENT_BYTES),
            new,
        ))
        .transact_items(put(
            item(
                "bare-live".to_owned(),
                format!("writer-{writer}"),
                SNAPSHOT_BYTES,
            ),
            Some("attribute_exists(pk) OR attribute_not_exists(pk)"),
        ))
        .transact_items(put(
            item(format!("bare-log#{writer}"), sk, EVENT_BYTES),
            new,
        ))
        .send()
        .await;
    if let Err(error) = sent {
        say(&format!("the bare client failed: {error:?}"));
    }
}

/// Listing live stacks.
async fn list(config: &SdkConfig) -> Outcome {
    let ledger = ledger(config, "listing").await?;
    let names: Vec<_> = (0..LIVE).map(|number| format!("app-pr-{number}")).collect();
    for names in names.chunks(200) {
        let appends = names.iter().map(|name| {
            let (ledger, name) = (Arc::clone(&ledger), stack_name(name));
            tokio::spawn(async move { ledger.append(&name, Seq::NONE, vec![requested()]).await })
        });
        for append in appends.collect::<Vec<_>>() {
            append.await??;
        }
    }
    let client = Client::new(config);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let (mut requests, mut pages) = (0, 0);
    for _ in 0..ROUNDS {
        let before = ledger.usage().map_or(0, |usage| usage.requests);
        let begun = Instant::now();
        let listed = ledger.leases(Scope::Live).await?.len() as u64;
        ours.push(begun.elapsed().as_secs_f64());
        requests = ledger.usage().map_or(0, |usage| usage.requests) - before;
        assert_eq!(listed, LIVE);

        let begun = Instant::now();
        let queries = (0..SHARDS).map(|shard| query(&client, format!("live#{shard:02}")));
        let found: Vec<(usize, u64)> = futures_util::future::join_all(queries).await;
        bare.push(begun.elapsed().as_secs_f64());
        let (found, queried): (Vec<usize>, Vec<u64>) = found.into_iter().unzip();
        assert_eq!(found.iter().sum::<usize>() as u64, LIVE);
        pages = queried.iter().sum();
    }
    let (ours, bare) = (median(ours), median(bare));
    record("shared.list_ratio", ours / bare);
    record("shared.list_more_requests", requests as f64 - pages as f64);
    say(&format!(
        "listing {LIVE} live stacks: {:.0} ms in {requests} requests, bare client {:.0} ms, ratio {:.2}",
        ours * 1000.0,
        bare * 1000.0,
        ours / bare
    ));
    Ok(())
}

/// The number of items in a partition, read page by page, and the number of pages.
async fn query(client: &Client, pk: String) -> (usize, u64) {
    let (mut count, mut pages, mut from) = (0, 0, None);
    loop {
        let page = client
            .query()
            .table_name("listing")
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .consistent_read(true)
            .set_exclusive_start_key(from)
            .send()
            .await;
        let Ok(page) = page else { return (0, pages) };
        count += page.items().len();
        pages += 1;
        match page.last_evaluated_key {
            Some(key) => from = Some(key),
            None => return (count, pages),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn say(line: &str) {
    println!("{line}");
}
