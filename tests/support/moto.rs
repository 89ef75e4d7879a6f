//! AWS without AWS: one moto server on loopback for the whole test binary, and an account for each
//! test.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sandbox::Sandbox;

/// The regions of every configured account.
pub const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// A moto server. It ends when its standard input closes: when this value is dropped, or when the
/// process that owns it dies.
pub struct Moto {
    child: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts a server on a free port, and returns when it answers.
    pub fn start() -> Self {
        let mut child = Command::new(python())
            .arg(folder().join("moto_server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().expect("moto prints its port");
        Self {
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        }
    }

    /// The server that all tests of this binary share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Moto> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An account number that no other test has.
pub fn account() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(200_000_000_001);
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

/// The environment of a process that calls AWS as this account. The access key tells the server the
/// account.
pub fn environment(url: &str, account: &str) -> [(String, String); 5] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_REGION", REGIONS[0]),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The Python interpreter that `make python` installs.
pub fn python() -> PathBuf {
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/../.local/python/bin/python");
    let made = PathBuf::from(made);
    assert!(
        made.exists(),
        "the Python packages of the tests are not installed: run `make python` once, or `make test`"
    );
    made
}

/// The folder of the Python programs.
pub fn folder() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/python").into()
}

impl Sandbox {
    /// Runs a program of tests/python with this sandbox's environment, and returns the JSON that it
    /// prints.
    #[track_caller]
    pub fn python(&self, script: &str, arguments: &[&str]) -> serde_json::Value {
        self.python_with(script, arguments, [])
    }

    /// Like [`Sandbox::python`], with additional environment variables.
    #[track_caller]
    pub fn python_with(
        &self,
        script: &str,
        arguments: &[&str],
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> serde_json::Value {
        let mut command = self.command(python());
        command
            .arg(folder().join(script))
            .args(arguments)
            .envs(variables);
        let output = crate::CommandOutput::of(&mut command).ok();
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{script}: {error}: {}", output.stdout))
    }
}
