//! The steps of the official acceptance-test harness, terraform-plugin-testing: after each apply,
//! no kind of plan finds a change; an import finds none either; and a destroy leaves nothing.

use e2e::Sandbox;
use serde_json::json;
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

/// The steps find no change where there is none: with optional arguments that are left out, null,
/// empty, set to their default, and set. `jiti_readiness` is not imported, because a measurement is
/// no object.
#[test]
fn the_steps_of_the_acceptance_harness_find_no_change() -> tfplugin::Result<()> {
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
        let mut test = sandbox.acceptance()?;
        test.apply(&text)?;
        // A second step with another version.
        let text = text.replace("version       = \"1\"", "version       = \"2\"");
        test.apply(&text)?.import(STACK, name)?;
        if test.terraform_is_at_least(1, 12)? {
            test.import_by_identity(STACK, &json!({ "name": name }))?;
        }
        test.destroy()?;
        assert_eq!(sandbox.listing(name)["phase"], "gone");
    }
    Ok(())
}
