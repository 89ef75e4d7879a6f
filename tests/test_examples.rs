//! The examples that need no cloud.

use std::path::{Path, PathBuf};

use e2e::Sandbox;
use test_support::http::{Answer, Server};

/// Each file under `examples/` except the quick start is applied, has an empty plan, and is
/// destroyed.
#[test]
fn every_example_is_applied() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut files = Vec::new();
    for kind in ["provider", "resources", "data-sources", "functions"] {
        collect(&examples.join(kind), &mut files);
    }
    assert!(files.len() >= 8, "{files:?}");
    let url = server();
    for file in files {
        let sandbox = Sandbox::new();
        // The stack that the data sources read.
        let stack =
            std::fs::read_to_string(examples.join("resources/jiti_stack/resource.tf")).unwrap();
        if file.starts_with(examples.join("data-sources")) {
            sandbox.root("before", &stack).apply().ok();
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let root = sandbox.root("root", "");
        if text.contains("required_providers") {
            std::fs::remove_file(root.path("terraform.tf")).unwrap();
        }
        if text.contains("variable \"url\"") {
            std::fs::write(root.path("url.auto.tfvars"), format!("url = \"{url}\"\n")).unwrap();
        }
        root.write(&text);
        root.apply().ok();
        root.plan_is_empty();
        root.destroy().ok();
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            files.push(path);
        }
    }
}

/// The URL of a server that answers 200 for as long as the test runs.
pub(crate) fn server() -> String {
    Server::start(|_| Answer::text(200, "ok")).url("/healthz")
}
