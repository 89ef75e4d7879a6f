//! The steps of the official acceptance-test harness, terraform-plugin-testing: after each apply,
//! no kind of plan finds a change; an import finds none either; and a destroy leaves nothing.

use e2e::{Root, Sandbox};
use serde_json::Value;
use test_support::http::{Answer, Server};

const STACK: &str = "jiti_stack.this";

/// A stack and its readiness, with these optional arguments.
fn configuration(name: &str, stack: &str, readiness: &str) -> String {
    format!(
        r#"
provider "jiti" {{}}

resource "jiti_stack" "this" {{
  name          = "{name}"
  app           = "checkout"
  version       = "1"
  owner         = "ana@example.com"
  {stack}
}}

resource "jiti_readiness" "this" {{
  stack = jiti_stack.this.id
  exec  = [{{ command = ["true"] }}]
  {readiness}
}}

output "tags" {{ value = jiti_stack.this.tags }}
output "ready_at" {{ value = jiti_readiness.this.ready_at }}
"#
    )
}

/// A step with a configuration: refresh, plan without a refresh, apply, and then three kinds of
/// plan that must be empty.
fn config_step(root: &Root<'_>, configuration: &str) {
    root.write(configuration);
    root.run(&["refresh", "-input=false"]).ok();
    root.run(&["plan", "-input=false", "-refresh=false", "-out=step"])
        .ok();
    root.run(&["apply", "-input=false", "step"]).ok();
    root.plan_is_empty();
    let arguments = [
        "plan",
        "-input=false",
        "-refresh=false",
        "-detailed-exitcode",
    ];
    root.run(&arguments).exits(0).says("No changes.");
}

/// A step that imports the stack by command, into the empty state of another folder, and compares
/// the state with the applied one. The plan of the stack is then empty.
fn import_command_step(sandbox: &Sandbox, applied: &Root<'_>, name: &str, configuration: &str) {
    let root = sandbox.root(&format!("{name}-import-command"), configuration);
    root.run(&["import", "-input=false", STACK, name]).ok();
    let (imported, applied) = (root.attributes(STACK), applied.attributes(STACK));
    assert_eq!(imported, applied, "{name}");
    assert_eq!(root.planned_actions(STACK), ["no-op"]);
}

/// A step that plans an import block with the id. The plan must import and change nothing.
fn import_block_step(sandbox: &Sandbox, name: &str, configuration: &str) {
    let block = format!("import {{\n  to = {STACK}\n  id = \"{name}\"\n}}\n");
    let folder = format!("{name}-import-block");
    let root = sandbox.root(&folder, &(configuration.to_owned() + &block));
    let plan = root.plan_json();
    let changes = plan["resource_changes"].as_array().unwrap();
    let change = changes.iter().find(|change| change["address"] == STACK);
    let change: &Value = &change.unwrap()["change"];
    assert_eq!(change["actions"], serde_json::json!(["no-op"]), "{change}");
    assert_eq!(change["importing"]["id"], name, "{change}");
    root.plan().says("1 to import");
}

/// The end: a destroy, after which the state is empty and the stack is gone.
fn destroy_step(sandbox: &Sandbox, root: &Root<'_>, name: &str) {
    root.destroy().ok();
    let state: Value = serde_json::from_str(&root.run(&["show", "-json"]).ok().stdout).unwrap();
    assert!(state.get("values").is_none(), "{state}");
    assert_eq!(sandbox.listing(name)["phase"], "gone");
}

/// The steps find no change where there is none: with optional arguments that are left out, null,
/// empty, set to their default, and set. The provider has no resource identity, so there is no step
/// that imports by one, and `jiti_readiness` is not imported, because a measurement is no object.
#[test]
fn the_steps_of_the_acceptance_harness_find_no_change() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\ndefault_ttl = \"8h\"\n");
    let server = Server::start(|_| Answer::text(200, "ok"));
    let url = server.url("/healthz");
    let address = format!("127.0.0.1:{}", server.port());
    let set = format!(
        r#"ttl           = "480m"
  renew_on      = "never"
  idle_after    = "120m"
  ready_timeout = "900s"
  hourly_cost   = 0.10
  labels        = {{ team = "a", empty = "" }}
  preflight     = {{ http = [{{ url = "{url}" }}, {{ url = "{url}", status = 200 }}], tcp = [{{ address = "{address}" }}], exec = [{{ command = ["true"] }}] }}
  teardown      = {{ variables = {{ region = "eu-west-1" }}, var_files = ["dev.tfvars"] }}"#
    );
    let readiness = format!(
        r#"triggers   = {{ version = jiti_stack.this.version }}
  http       = [{{ url = "{url}?token=abc", status = 200 }}]
  tcp        = [{{ address = "{address}" }}]
  timeout    = "30s"
  on_timeout = "warn""#
    );
    let null = "ttl = null\n  renew_on = null\n  idle_after = null\n  hourly_cost = null\n  labels = null\n  preflight = null\n  teardown = null";
    let nested_empty = "teardown = { variables = {}, var_files = [] }\n  preflight = { http = [], tcp = [], exec = [] }\n  ready_timeout = \"15m\"";
    for (name, stack, readiness) in [
        ("unset", "", ""),
        (
            "null",
            null,
            "http = null\n  triggers = null\n  timeout = null",
        ),
        (
            "empty",
            "labels = {}\n  preflight = {}\n  teardown = {}",
            "triggers = {}\n  http = []\n  tcp = []",
        ),
        ("nested-empty", nested_empty, ""),
        (
            "default",
            "renew_on = \"version\"\n  hourly_cost = 0",
            "on_timeout = \"fail\"",
        ),
        ("set", set.as_str(), readiness.as_str()),
    ] {
        let text = configuration(name, stack, readiness);
        let root = sandbox.root(name, &text);
        config_step(&root, &text);
        // A second step with another version.
        let text = text.replace("version       = \"1\"", "version       = \"2\"");
        config_step(&root, &text);
        import_command_step(&sandbox, &root, name, &text);
        import_block_step(&sandbox, name, &text);
        destroy_step(&sandbox, &root, name);
    }
}
