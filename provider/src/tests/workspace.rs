//! A folder in which tests run the provider.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use stack::lease::NewEvent;
use stack::ledger::Scope;
use stack::values::id::Seq;
use stack::{
    Actor, Clock, EventKind, Ledger, Listing, Policy, ReaperStatus, Service, Source, SqliteLedger,
    StackName, SystemClock, View,
};
use tempfile::TempDir;
use tfplugin::testing::Harness;

use crate::origin::Environment;
use crate::provider::Jiti;

/// A folder with a ledger, a config file, and root modules that share them.
pub(super) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// A workspace whose config file has the given content.
    pub(super) fn new(config: &str) -> Self {
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        workspace.set_config(config);
        workspace
    }

    pub(super) fn set_config(&self, config: &str) {
        std::fs::write(self.folder.path().join("config.toml"), config).unwrap();
    }

    /// Starts and configures a provider process, as each Terraform command does.
    pub(super) async fn provider(&self) -> Harness<Jiti> {
        self.provider_in("root").await
    }

    /// Starts and configures a provider process in the given root module.
    pub(super) async fn provider_in(&self, root: &str) -> Harness<Jiti> {
        self.start(root, false).await
    }

    /// Starts and configures a provider process as a teardown by jiti does.
    pub(super) async fn provider_of_a_teardown(&self) -> Harness<Jiti> {
        self.start("root", true).await
    }

    async fn start(&self, root: &str, tears_down: bool) -> Harness<Jiti> {
        let harness = self.unconfigured(root, tears_down);
        assert_eq!(harness.configure(provider_block()).await, Ok(Vec::new()));
        harness
    }

    /// Starts and configures a provider process whose `PATH` has a folder with this program.
    pub(super) async fn provider_with_program(&self, name: &str, script: &str) -> Harness<Jiti> {
        let folder = self.folder.path().join("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join(name);
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let harness = self.unconfigured_with_path("root", false, vec![folder]);
        assert_eq!(harness.configure(provider_block()).await, Ok(Vec::new()));
        harness
    }

    /// The path of a file in the workspace.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a provider process in the given root module, without configuring it.
    pub(super) fn unconfigured(&self, root: &str, tears_down: bool) -> Harness<Jiti> {
        self.unconfigured_with_path(root, tears_down, Vec::new())
    }

    fn unconfigured_with_path(
        &self,
        root: &str,
        tears_down: bool,
        path: Vec<PathBuf>,
    ) -> Harness<Jiti> {
        let directory = self.folder.path().join(root);
        std::fs::create_dir_all(&directory).unwrap();
        Harness::new(Jiti::new(Environment {
            directory,
            user: "ana".to_owned(),
            tears_down,
            path,
            ..Environment::default()
        }))
    }

    pub(super) fn has_ledger(&self) -> bool {
        self.folder.path().join("ledger.db").exists()
    }

    /// Deletes the ledger.
    pub(super) fn lose_ledger(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let path = self.folder.path().join(format!("ledger.db{suffix}"));
            let _ = std::fs::remove_file(path);
        }
        assert!(!self.has_ledger());
    }

    /// The stack as `jiti ls --all --json` lists it.
    pub(super) async fn listing(&self, name: &str) -> Json {
        let leases = self.ledger().leases(Scope::All).await.unwrap();
        let lease = leases
            .iter()
            .find(|lease| lease.name.to_string() == name)
            .unwrap_or_else(|| panic!("the ledger has no stack {name}"));
        let view = View::new(
            SystemClock.now(),
            Policy::default(),
            ReaperStatus::default(),
        );
        serde_json::to_value(Listing::new(lease, &view)).unwrap()
    }

    /// The kinds of the stack's events, oldest first.
    pub(super) async fn events(&self, name: &str) -> Vec<String> {
        let name = StackName::new(name).unwrap();
        let events = self.ledger().events(&name, Seq::NONE).await.unwrap();
        events
            .iter()
            .map(|event| event.kind.name().to_owned())
            .collect()
    }

    /// Appends an event that another process writes.
    pub(super) async fn happens(&self, name: &str, kind: EventKind) {
        let name = StackName::new(name).unwrap();
        let lease = self.ledger().lease(&name).await.unwrap().unwrap();
        let event = NewEvent {
            at: SystemClock.now(),
            actor: Actor::from_names("ana", "laptop"),
            source: Source::Cli,
            kind,
        };
        let ledger = self.ledger();
        ledger
            .append(&name, lease.last_seq(), vec![event])
            .await
            .unwrap();
    }

    /// Pushes a policy into the ledger, which is created if it does not exist.
    pub(super) async fn push_policy(&self, text: &str) {
        let service = Service::new(
            Arc::new(self.ledger()),
            Arc::new(SystemClock),
            Arc::default(),
            Actor::from_names("ben", "desk"),
            Source::Cli,
        );
        service.push_policy(text).await.unwrap();
    }

    /// Replaces the ledger by a file that is not one.
    pub(super) fn damage_ledger(&self) {
        self.lose_ledger();
        std::fs::write(self.folder.path().join("ledger.db"), "notes\n").unwrap();
    }

    fn ledger(&self) -> SqliteLedger {
        SqliteLedger::at(self.folder.path().join("ledger.db"))
    }
}

/// The provider block of every root module in a workspace, which sets every attribute.
pub(super) fn provider_block() -> Json {
    json!({"ledger": "../ledger.db", "config": "../config.toml"})
}

/// A valid configuration of `jiti_stack`, with attributes added or replaced. Null removes one.
pub(super) fn stack(changes: Json) -> Json {
    let mut stack = json!({
        "name": "checkout-pr-1", "app": "checkout", "version": "1", "owner": "ana@example.com", "ttl": "8h",
    });
    if let (Some(stack), Json::Object(changes)) = (stack.as_object_mut(), changes) {
        stack.extend(changes);
    }
    stack
}
