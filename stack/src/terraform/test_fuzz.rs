//! Random input for what Terraform prints. `make fuzz` runs each for long.

use test_support::fuzz::{fuzz, kind};

use super::json_output::json_document;
use super::plan::DestroyPlan;
use super::state::State;
use super::state_lock::StateLock;
use super::stream::{deleted, diagnostics};

/// How many inputs a short run tries.
const INPUTS: u64 = 3_000;

/// Any output of `apply -json` can be read, line by line.
#[test]
fn fuzz_terraform_stream() {
    let corpus: [&[u8]; 3] = [
        br#"{"@level":"info","type":"apply_start","hook":{"resource":{"addr":"module.a.aws_x.y[\"k\"]","resource_type":"aws_x"},"action":"delete"}}
{"type":"apply_progress","hook":{"resource":{"addr":"aws_x.y[0]","resource_type":"aws_x"},"action":"delete","elapsed_seconds":12}}
{"type":"apply_complete","hook":{"resource":{"addr":"aws_x.y","resource_type":"aws_x"},"action":"delete","elapsed_seconds":1.5}}
"#,
        br#"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Error acquiring the state lock","detail":"Lock Info:\n  ID:        1\n  Path:      terraform.tfstate\n  Operation: OperationTypePlan\n  Who:       ana@laptop\n  Version:   1.11.4\n  Created:   2026-03-02 12:00:00.000000001 +0000 UTC\n","address":"aws_x.y"}}
"#,
        br#"{"type":"provision_progress","hook":{"resource":{"addr":"aws_x.y"},"provisioner":"local-exec","output":"text"}}
"#,
    ];
    fuzz("terraform-stream", &corpus, INPUTS, |input| {
        let text = String::from_utf8_lossy(input);
        let found = diagnostics(&text);
        for diagnostic in &found {
            let _ = StateLock::read(&diagnostic.whole());
        }
        format!("{} {}", deleted(&text).len(), found.len())
    });
}

/// Any output of `show -json` and `state pull` is a plan, a state or an error.
#[test]
fn fuzz_terraform_documents() {
    let corpus: [&[u8]; 2] = [
        br#"{"variables":{"region":{"value":"eu-west-1"}},"output_changes":{"x":{"before":"secret","before_sensitive":true}},"resource_changes":[{"address":"aws_x.y[\"k\"]","mode":"managed","type":"aws_x","change":{"actions":["delete"],"before":{"id":"i-1","password":"p","tags":{"jiti:stack":"a"}},"before_sensitive":{"password":true}}}]}"#,
        br#"{"version":4,"lineage":"a","serial":3,"resources":[{"module":"module.a","mode":"managed","type":"jiti_stack","name":"this","instances":[{"index_key":"k","attributes":{"name":"a"}},{"index_key":0,"attributes":{}}]}]}"#,
    ];
    fuzz("terraform-documents", &corpus, INPUTS, |input| {
        let text = String::from_utf8_lossy(input);
        let document = json_document(&text);
        let plan = match DestroyPlan::read(document) {
            Ok(plan) => format!("{} {}", plan.deletes.len(), plan.other_actions),
            Err(error) => kind(&error),
        };
        let state = match State::read(document) {
            Ok(state) => format!("{} {}", state.resources.len(), state.holds_stack("a")),
            Err(error) => kind(&error),
        };
        format!("{plan} {state}")
    });
}
