//! AWS for one test: an account, a proxy in front of it, and the resources in it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use stack::lease::NewEvent;
use stack::testing::registration;
use stack::{Actor, Clock, EventKind, Ledger, Seq, Source, SqliteLedger, StackName, SystemClock};

use crate::moto::{self, Moto, REGIONS};
use crate::proxy::Proxy;
use crate::sandbox::Sandbox;
use crate::teardown::lines;
use crate::terraform::lease;

/// An account that no other test uses, in a sandbox whose configuration names it.
pub struct World {
    pub sandbox: Sandbox,
    pub proxy: Proxy,
    pub account: String,
    own: Option<Moto>,
}

/// A resource as the AWS SDK for Python lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloudResource {
    pub kind: String,
    pub id: String,
    pub region: String,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    pub fn new() -> Self {
        Self::on(None)
    }

    /// A world with its own server, for tests that would keep the shared server busy.
    pub fn with_own_server() -> Self {
        Self::on(Some(Moto::start()))
    }

    fn on(own: Option<Moto>) -> Self {
        let moto = own.as_ref().unwrap_or_else(|| Moto::shared());
        let world = Self {
            sandbox: Sandbox::new(),
            proxy: Proxy::new(moto.address()),
            account: moto::account(),
            own,
        };
        world
            .sandbox
            .set(moto::environment(&world.proxy.url(), &world.account));
        world.configure("");
        world
    }

    /// The server behind the proxy.
    fn moto(&self) -> &Moto {
        self.own.as_ref().unwrap_or_else(|| Moto::shared())
    }

    /// Writes a configuration with this account, its two regions, and `more`.
    pub fn configure(&self, more: &str) {
        let regions = REGIONS.map(|region| format!("\"{region}\"")).join(", ");
        self.sandbox.config(&format!(
            "{more}\n[[account]]\nname = \"test\"\nid = \"{}\"\nregions = [{regions}]\n",
            self.account
        ));
    }

    /// Creates the resources of stacks, which `world.py` describes.
    #[track_caller]
    pub fn create(&self, stacks: &Value) -> Vec<CloudResource> {
        self.run_past_proxy("world.py", &["create", &stacks.to_string()])
    }

    /// Quickly creates this many of each kind (`volume`, `group`, `topic`) in each region.
    #[track_caller]
    pub fn create_many(
        &self,
        name: &str,
        owner: &str,
        kinds: &[(&str, usize)],
    ) -> Vec<CloudResource> {
        let stack = json!({ "name": name, "app": "checkout", "owner": owner }).to_string();
        let kinds = kinds.iter().map(|(kind, count)| format!("{kind}:{count}"));
        let kinds: Vec<String> = kinds.collect();
        let places = REGIONS.map(|region| format!("{region}={}", kinds.join(",")));
        self.run_past_proxy("many.py", &[&stack, &places[0], &places[1]])
    }

    /// Configures a second account with these regions, reachable only through its own profile, and
    /// returns its number. The first account gets the same regions.
    pub fn configure_two_accounts(&self, regions: &[&str], more: &str) -> String {
        let another = moto::account();
        let regions = regions.iter().map(|region| format!("\"{region}\""));
        let regions = regions.collect::<Vec<_>>().join(", ");
        let (mut config, mut profiles) = (more.to_owned(), String::new());
        for (name, id) in [("test", &self.account), ("another", &another)] {
            config += &format!(
                "\n[[account]]\nname = \"{name}\"\nid = \"{id}\"\nprofile = \"{name}\"\nregions = [{regions}]\n"
            );
            profiles +=
                &format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = testing\n\n");
        }
        self.sandbox.config(&config);
        let folder = self.sandbox.path("home/.aws");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("credentials"), profiles).unwrap();
        another
    }

    /// Quickly creates this many volumes of one stack in each of these regions of an account.
    #[track_caller]
    pub fn create_volumes(&self, account: &str, name: &str, regions: &[&str], count: usize) {
        let stack = json!({ "name": name, "app": "checkout", "owner": "ana@example.com" });
        let places = regions
            .iter()
            .map(|region| format!("{region}=volume:{count}"));
        let arguments: Vec<String> = std::iter::once(stack.to_string()).chain(places).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let url = ("AWS_ENDPOINT_URL".to_owned(), self.moto().url());
        let key = ("AWS_ACCESS_KEY_ID".to_owned(), account.to_owned());
        self.sandbox.python_with("many.py", &arguments, [url, key]);
    }

    /// Every resource in the account, in both regions.
    #[track_caller]
    pub fn list(&self) -> BTreeSet<CloudResource> {
        let listed = self.run_past_proxy("world.py", &["list", REGIONS[0], REGIONS[1]]);
        listed.into_iter().collect()
    }

    /// Creates resources of the types that jiti deletes through Cloud Control, as
    /// `cloud_control_world.py` describes them.
    #[track_caller]
    pub fn create_with_cloud_control(&self, stacks: &Value) {
        self.run_past_proxy("cloud_control_world.py", &["create", &stacks.to_string()]);
    }

    /// Every resource in both regions of these types, or of all those types if there are none, by
    /// the identifier that Cloud Control has.
    #[track_caller]
    pub fn list_with_cloud_control(&self, types: &[&str]) -> BTreeSet<CloudResource> {
        let arguments = [&["list", REGIONS[0], REGIONS[1]], types].concat();
        let listed = self.run_past_proxy("cloud_control_world.py", &arguments);
        listed.into_iter().collect()
    }

    /// Leases a stack of the application `checkout` and loses its Terraform state, so that its
    /// resources can only be found by tags.
    #[track_caller]
    pub fn lease_without_state(&self, name: &str, owner: &str) {
        let configuration = lease(name, "").replace("ana@example.com", owner);
        let root = self.sandbox.root(name, &configuration);
        root.apply().ok();
        std::fs::remove_file(root.path("terraform.tfstate")).unwrap();
    }

    /// Leases a stack of the application `checkout` that began this many days ago. It writes the
    /// event into the ledger, because programs read the real clock.
    #[track_caller]
    pub fn lease_begun(&self, name: &str, days: i64) {
        let ledger = SqliteLedger::at(self.sandbox.ledger());
        let name = StackName::new(name).unwrap();
        let mut registration = registration();
        registration.terms.ttl = "30d".parse().unwrap();
        let requested = NewEvent {
            at: SystemClock.now() - SignedDuration::from_hours(24 * days),
            actor: Actor::from_names("ana", "laptop"),
            source: Source::Provider,
            kind: EventKind::Requested {
                registration: Box::new(registration),
            },
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let earlier = runtime.block_on(ledger.lease(&name)).unwrap();
        let after = earlier.map_or(Seq::NONE, |lease| lease.last_seq());
        runtime
            .block_on(ledger.append(&name, after, vec![requested]))
            .unwrap();
    }

    /// The date this many days ago, in the format of bills.
    pub fn day(&self, ago: i64) -> String {
        let at = SystemClock.now() - SignedDuration::from_hours(24 * ago);
        at.to_string()[..10].to_owned()
    }

    /// Runs `jiti teardown NAME --strategy sweep --yes --json`, and returns the result, its last
    /// line.
    #[track_caller]
    pub fn sweep(&self, name: &str, code: i32) -> Value {
        self.sweep_with(name, &[], code)
    }

    /// Like [`World::sweep`], with a longest time for each resource.
    #[track_caller]
    pub fn sweep_within(&self, name: &str, longest: &str, code: i32) -> Value {
        self.sweep_with(name, &["--give-up-after", longest], code)
    }

    #[track_caller]
    fn sweep_with(&self, name: &str, more: &[&str], code: i32) -> Value {
        let arguments = ["teardown", name, "--strategy", "sweep", "--yes", "--json"];
        let arguments = [arguments.as_slice(), more].concat();
        let output = self.sandbox.jiti(&arguments).exits(code);
        lines(&output).pop().unwrap()
    }

    /// Calls of AWS for a rule of the proxy to make later, past the proxy.
    pub fn deferred(&self, calls: &Value) -> impl FnMut() + Send + 'static + use<> {
        let mut command = self.sandbox.command(moto::python());
        command
            .arg(moto::folder().join("call.py"))
            .arg(calls.to_string())
            .env("AWS_ENDPOINT_URL", self.moto().url());
        move || {
            let output = crate::CommandOutput::of(&mut command).ok();
            assert!(!output.stdout.contains("\"error\""), "{}", output.stdout);
        }
    }

    /// Makes calls of AWS in order, and returns each answer, or its error code under `error`.
    #[track_caller]
    pub fn call(&self, calls: &Value) -> Vec<Value> {
        let answers = self.sandbox.python("call.py", &[&calls.to_string()]);
        answers.as_array().unwrap().clone()
    }

    /// Runs a program that calls the server past the proxy, and returns the resources that it
    /// prints.
    #[track_caller]
    fn run_past_proxy(&self, script: &str, arguments: &[&str]) -> Vec<CloudResource> {
        let sandbox = &self.sandbox;
        let url = ("AWS_ENDPOINT_URL".to_owned(), self.moto().url());
        let printed = sandbox.python_with(script, arguments, [url]);
        let text = |resource: &Value, name: &str| resource[name].as_str().unwrap().to_owned();
        let resources = printed.as_array().unwrap().iter();
        resources
            .map(|resource| CloudResource {
                kind: text(resource, "type"),
                id: text(resource, "id"),
                region: text(resource, "region"),
            })
            .collect()
    }
}

/// The id of the first resource of a type.
#[track_caller]
pub fn id(things: &[CloudResource], kind: &str) -> String {
    let found = things.iter().find(|thing| thing.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind}")).id.clone()
}

/// The residue entry of the resource whose id ends with this.
#[track_caller]
pub fn left<'a>(result: &'a Value, end: &str) -> &'a Value {
    let residue = result["residue"].as_array().unwrap();
    let mut found = residue
        .iter()
        .filter(|one| one["id"].as_str().unwrap().ends_with(end));
    found
        .next()
        .unwrap_or_else(|| panic!("no residue entry for {end}: {result:#}"))
}

/// A stack with resources of every type in both regions.
pub fn stack(name: &str, app: &str, owner: &str) -> Value {
    json!({ "name": name, "app": app, "owner": owner, "regions": REGIONS })
}

/// The tags of a stack of the application `checkout`, in the format of most calls.
pub fn tags(name: &str, owner: &str) -> Value {
    let tags = [
        ("jiti:stack", name),
        ("jiti:app", "checkout"),
        ("jiti:owner", owner),
    ];
    tags.map(|(key, value)| json!({ "Key": key, "Value": value }))
        .to_vec()
        .into()
}
