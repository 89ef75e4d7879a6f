//! Several concurrent Terraform runs with one ledger.

use e2e::Sandbox;

/// Four concurrent runs of 250 stacks each into one new ledger lose nothing, hit no lock, and write
/// every event once.
#[test]
fn four_runs_of_250_stacks() {
    let sandbox = Sandbox::new();
    let roots: Vec<_> = (0..4)
        .map(|run| {
            sandbox.root(
                &format!("root-{run}"),
                &format!(
                    r#"
provider "jiti" {{}}

resource "jiti_stack" "this" {{
  count   = 250
  name    = "run-{run}-stack-${{count.index}}"
  app     = "checkout"
  version = "1"
  owner   = "team-{run}"
  ttl     = "8h"
}}
"#
                ),
            )
        })
        .collect();
    let running: Vec<_> = roots
        .iter()
        .map(|root| root.spawn(&["apply", "-auto-approve", "-input=false"]))
        .collect();
    for run in running {
        let output = run.wait().ok();
        assert!(!output.text().contains("locked"), "{}", output.text());
    }
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&sandbox.jiti(&["ls", "--json"]).ok().stdout).unwrap();
    assert_eq!(rows.len(), 1_000);
    let events: Vec<serde_json::Value> =
        serde_json::from_str(&sandbox.jiti(&["events", "--json"]).ok().stdout).unwrap();
    for kind in ["requested", "recorded"] {
        let mut stacks: Vec<_> = events
            .iter()
            .filter(|event| event["kind"] == kind)
            .map(|event| event["stack"].as_str().unwrap())
            .collect();
        assert_eq!(stacks.len(), 1_000, "{kind}");
        stacks.sort_unstable();
        stacks.dedup();
        assert_eq!(stacks.len(), 1_000, "every stack has one `{kind}` event");
    }
}
