//! AWS for one test: an account of its own behind a proxy of its own, and what stands in it.

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

/// An account that no other test has, in a sandbox whose configuration names it.
pub struct World {
    pub sandbox: Sandbox,
    pub proxy: Proxy,
    pub account: String,
    own: Option<Moto>,
}

/// A resource, as the AWS SDK for Python names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
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

    /// On a server of its own: for what would keep the server of all the others busy.
    pub fn alone() -> Self {
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

    /// The server, past the proxy.
    fn moto(&self) -> &Moto {
        self.own.as_ref().unwrap_or_else(|| Moto::shared())
    }

    /// The configuration: this account with its two regions, and more.
    pub fn configure(&self, more: &str) {
        let regions = REGIONS.map(|region| format!("\"{region}\"")).join(", ");
        self.sandbox.config(&format!(
            "{more}\n[[account]]\nname = \"test\"\nid = \"{}\"\nregions = [{regions}]\n",
            self.account
        ));
    }

    /// Makes stacks, described as `world.py` wants them.
    #[track_caller]
    pub fn create(&self, stacks: &Value) -> Vec<Thing> {
        self.looking("world.py", &["create", &stacks.to_string()])
    }

    /// Makes so many of each of these (`volume`, `group`, `topic`) in each region, fast.
    #[track_caller]
    pub fn many(&self, name: &str, owner: &str, kinds: &[(&str, usize)]) -> Vec<Thing> {
        let stack = json!({ "name": name, "app": "checkout", "owner": owner }).to_string();
        let kinds = kinds.iter().map(|(kind, count)| format!("{kind}:{count}"));
        let kinds: Vec<String> = kinds.collect();
        let places = REGIONS.map(|region| format!("{region}={}", kinds.join(",")));
        self.looking("many.py", &[&stack, &places[0], &places[1]])
    }

    /// A second account, which only its own profile leads to, and both with these regions: its number.
    pub fn with_another(&self, regions: &[&str], more: &str) -> String {
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

    /// Makes so many volumes of one stack in each of these regions of an account, fast.
    #[track_caller]
    pub fn volumes(&self, account: &str, name: &str, regions: &[&str], count: usize) {
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

    /// Everything that stands in the account, in both regions.
    #[track_caller]
    pub fn list(&self) -> BTreeSet<Thing> {
        let listed = self.looking("world.py", &["list", REGIONS[0], REGIONS[1]]);
        listed.into_iter().collect()
    }

    /// A lease of the application `checkout` whose Terraform state is lost: what it made can only be found by its tags.
    #[track_caller]
    pub fn leased(&self, name: &str, owner: &str) {
        let configuration = lease(name, "").replace("ana@example.com", owner);
        let root = self.sandbox.root(name, &configuration);
        root.apply().ok();
        std::fs::remove_file(root.path("terraform.tfstate")).unwrap();
    }

    /// A lease of the application `checkout` that began so many days ago: programs read the real clock, so the ledger is
    /// told what happened then.
    #[track_caller]
    pub fn stood(&self, name: &str, days: i64) {
        let ledger = SqliteLedger::at(self.sandbox.ledger());
        let name = StackName::new(name).unwrap();
        let mut registration = registration();
        registration.terms.ttl = "30d".parse().unwrap();
        let requested = NewEvent {
            at: SystemClock.now() - SignedDuration::from_hours(24 * days),
            actor: Actor::of("ana", "laptop"),
            source: Source::Provider,
            kind: EventKind::Requested {
                registration: Box::new(registration),
            },
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime
            .block_on(ledger.append(&name, Seq::NONE, vec![requested]))
            .unwrap();
    }

    /// The day so many days ago, as bills write it.
    pub fn day(&self, ago: i64) -> String {
        let at = SystemClock.now() - SignedDuration::from_hours(24 * ago);
        at.to_string()[..10].to_owned()
    }

    /// `jiti teardown NAME --strategy sweep --yes --json`: the result, which is said last.
    #[track_caller]
    pub fn sweep(&self, name: &str, code: i32) -> Value {
        self.sweep_with(name, &[], code)
    }

    /// The same, where no resource may take longer than that.
    #[track_caller]
    pub fn sweep_within(&self, name: &str, longest: &str, code: i32) -> Value {
        self.sweep_with(name, &["--give-up-after", longest], code)
    }

    #[track_caller]
    fn sweep_with(&self, name: &str, more: &[&str], code: i32) -> Value {
        let arguments = ["teardown", name, "--strategy", "sweep", "--yes", "--json"];
        let arguments = [arguments.as_slice(), more].concat();
        let ran = self.sandbox.jiti(&arguments).exits(code);
        lines(&ran).pop().unwrap()
    }

    /// The same, not yet made: a rule of the proxy makes them when its moment has come, past the proxy.
    pub fn later(&self, calls: &Value) -> impl FnMut() + Send + 'static + use<> {
        let mut command = self.sandbox.command(moto::python());
        command
            .arg(moto::folder().join("call.py"))
            .arg(calls.to_string())
            .env("AWS_ENDPOINT_URL", self.moto().url());
        move || {
            let ran = crate::Ran::of(&mut command).ok();
            assert!(!ran.stdout.contains("\"error\""), "{}", ran.stdout);
        }
    }

    /// Calls of AWS, one after the other: what each answered, or its error's code under `error`.
    #[track_caller]
    pub fn call(&self, calls: &Value) -> Vec<Value> {
        let said = self.sandbox.python("call.py", &[&calls.to_string()]);
        said.as_array().unwrap().clone()
    }

    /// A program that looks at the server itself, past the proxy.
    #[track_caller]
    fn looking(&self, script: &str, arguments: &[&str]) -> Vec<Thing> {
        let sandbox = &self.sandbox;
        let url = ("AWS_ENDPOINT_URL".to_owned(), self.moto().url());
        let said = sandbox.python_with(script, arguments, [url]);
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let things = said.as_array().unwrap().iter();
        things
            .map(|one| Thing {
                kind: text(one, "type"),
                id: text(one, "id"),
                region: text(one, "region"),
            })
            .collect()
    }
}

/// The id of the first of a type.
#[track_caller]
pub fn id(things: &[Thing], kind: &str) -> String {
    let found = things.iter().find(|thing| thing.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind}")).id.clone()
}

/// What the residue says of the resource whose id ends so.
#[track_caller]
pub fn left<'a>(result: &'a Value, end: &str) -> &'a Value {
    let residue = result["residue"].as_array().unwrap();
    let mut found = residue
        .iter()
        .filter(|one| one["id"].as_str().unwrap().ends_with(end));
    found
        .next()
        .unwrap_or_else(|| panic!("{end} is no residue: {result:#}"))
}

/// A stack of every type in both regions.
pub fn stack(name: &str, app: &str, owner: &str) -> Value {
    json!({ "name": name, "app": app, "owner": owner, "regions": REGIONS })
}

/// The tags of a stack of the application `checkout`, as most calls take them.
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
