//! The examples that need no cloud.

use std::path::{Path, PathBuf};

use e2e::{Root, Sandbox};
use test_support::http::{Answer, Server};

/// Each configuration of an example except the quick start is applied, has an empty plan without
/// and with a refresh, and is destroyed.
#[test]
fn every_example_is_applied() {
    let examples = folder();
    let mut files = Vec::new();
    for kind in ["provider", "resources", "data-sources", "functions"] {
        collect(&examples.join(kind), "tf", &mut files);
    }
    files.retain(|file| file.file_name().unwrap() != "terraform.tf");
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
        let arguments = [
            "plan",
            "-input=false",
            "-refresh=false",
            "-detailed-exitcode",
        ];
        root.run(&arguments).exits(0);
        root.plan_is_empty();
        root.destroy().ok();
    }
}

/// `terraform test` passes in each folder of an example that needs no cloud.
#[test]
fn every_example_passes_its_tests() {
    let mut files = Vec::new();
    collect(&folder(), "hcl", &mut files);
    files.retain(|file| !file.starts_with(folder().join("aws")));
    files.retain(|file| file.to_string_lossy().ends_with(".tftest.hcl"));
    assert!(files.len() >= 12, "{files:?}");
    for file in files {
        let sandbox = Sandbox::new();
        passes_its_test(&sandbox, file.parent().unwrap(), &[]);
    }
}

/// Runs `terraform test` with these arguments in a copy of the examples.
pub(crate) fn passes_its_test(sandbox: &Sandbox, example: &Path, arguments: &[&str]) {
    let examples = folder();
    copy(&examples, &sandbox.path("examples"));
    let within = example.strip_prefix(&examples).unwrap();
    let root = Root::existing(sandbox, &Path::new("examples").join(within));
    root.run(&["init", "-input=false", "-backend=false"]).ok();
    let arguments = [&["test"], arguments].concat();
    let output = root.run(&arguments).ok();
    assert!(
        output.stdout.contains(" 0 failed."),
        "{}: {}",
        within.display(),
        output.stdout
    );
}

/// The folder of the examples.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, files);
        } else if path.ends_with("import/by-identity.tf") {
            // It needs Terraform 1.12 and a resource; the test of queries imports by identity.
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

/// Copies a folder, without what `terraform init` and a quick start leave in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        let made = [".terraform", ".terraform.lock.hcl", "terraform.tfstate"];
        if made.iter().any(|made| name == *made) || name.to_string_lossy().ends_with(".tfvars") {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// The URL of a server that answers 200 for as long as the test runs.
pub(crate) fn server() -> String {
    Server::start(|_| Answer::text(200, "ok")).url("/healthz")
}
