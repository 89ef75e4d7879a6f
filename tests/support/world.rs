//! AWS for one test: an account of its own behind a proxy of its own, and what stands in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::moto::{self, Moto, REGIONS};
use crate::proxy::Proxy;
use crate::sandbox::Sandbox;

/// An account that no other test has, in a sandbox whose configuration names it.
pub struct World {
    pub sandbox: Sandbox,
    pub proxy: Proxy,
    pub account: String,
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
        let world = Self {
            sandbox: Sandbox::new(),
            proxy: Proxy::new(Moto::shared().address()),
            account: moto::account(),
        };
        world
            .sandbox
            .set(moto::environment(&world.proxy.url(), &world.account));
        world.configure("");
        world
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

    /// Everything that stands in the account, in both regions.
    #[track_caller]
    pub fn list(&self) -> BTreeSet<Thing> {
        let listed = self.looking("world.py", &["list", REGIONS[0], REGIONS[1]]);
        listed.into_iter().collect()
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
        let url = ("AWS_ENDPOINT_URL".to_owned(), Moto::shared().url());
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

/// A stack of every type in both regions.
pub fn stack(name: &str, app: &str, owner: &str) -> Value {
    json!({ "name": name, "app": app, "owner": owner, "regions": REGIONS })
}
