//! DynamoDB without AWS: one test server on loopback for the whole test binary, and a table for
//! each test. The server keeps its tables in SQLite, so its transactions are atomic under
//! concurrency.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws::{DynamoAddress, DynamoLedger, TableSettings};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::moto::Moto;

/// The region of every table.
pub const REGION: &str = "eu-west-1";

/// A DynamoDB test server, and the shell that watches over it.
pub struct DynamoServer {
    child: Child,
    address: SocketAddr,
}

impl DynamoServer {
    /// Starts a server on a free port, and returns when it answers.
    pub fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        // The shell ends the server when its standard input closes: when this value is dropped, or
        // when this process dies.
        let script = r#""$0" serve --log quiet --port "$1" & cat; kill -9 $!"#;
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(program())
            .arg(address.port().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let since = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the DynamoDB test server has ended"
            );
            assert!(
                since.elapsed() < Duration::from_secs(30),
                "the DynamoDB test server is silent"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, address }
    }

    /// The server that all tests of this binary share. It ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<DynamoServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for DynamoServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The server's program, which `tests/dynamodb/prepare.sh` installs.
fn program() -> PathBuf {
    let made = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../.local/dynoxide/bin/dynoxide"
    );
    let made = PathBuf::from(made);
    assert!(
        made.exists(),
        "the DynamoDB test server is not installed: run tests/dynamodb/prepare.sh once, or `make test`"
    );
    made
}

/// The name of a table that no other test has.
pub fn table() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("jiti-ledger-{}-{number}", std::process::id())
}

/// The address of a ledger in this table.
pub fn address(table: &str) -> String {
    format!("dynamodb://{table}?region={REGION}")
}

/// The SDK's configuration for a server at this URL.
pub fn sdk_config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("testing", "testing", None, None, "test");
    SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// The ledger in a table behind this URL.
pub fn ledger_at(url: &str, table: &str) -> DynamoLedger {
    let address = DynamoAddress::parse(&address(table)).unwrap();
    DynamoLedger::with_config(address, sdk_config(url))
}

/// A new ledger in a table of its own behind this URL. The test server has no backups, which
/// DynamoDB has.
pub async fn new_ledger(url: &str) -> DynamoLedger {
    create(url, &table()).await
}

/// A new ledger in this table behind this URL.
pub async fn create(url: &str, table: &str) -> DynamoLedger {
    let ledger = ledger_at(url, table);
    let settings = TableSettings {
        point_in_time_recovery: false,
        ..TableSettings::default()
    };
    ledger.create(&settings).await.unwrap();
    ledger
}

/// A new ledger on the shared test server.
pub async fn on_the_test_server() -> (DynamoLedger, ()) {
    (new_ledger(&DynamoServer::shared().url()).await, ())
}

/// A new ledger on moto.
pub async fn on_moto() -> (DynamoLedger, ()) {
    (new_ledger(&Moto::shared().url()).await, ())
}
