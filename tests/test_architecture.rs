//! The invariants of docs/dev/architecture.md that a test can hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Dependencies between our packages go one way, as the architecture page draws them.
#[test]
fn arrows_go_one_way() {
    let allowed = [
        ("aws", "stack"),
        // The end-to-end tests write into a ledger what happened long ago.
        ("e2e", "stack"),
        ("provider", "stack"),
        ("provider", "tfplugin"),
        ("tfplugin", "tfplugin-macros"),
        ("tui", "aws"),
        ("tui", "stack"),
    ];
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert!(
        ours.contains("stack") && ours.contains("tfplugin"),
        "the packages are {ours:?}"
    );
    let mut arrows = BTreeSet::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let (from, to) = (
                package["name"].as_str().unwrap(),
                dependency["name"].as_str().unwrap(),
            );
            if ours.contains(to) && from != to {
                arrows.insert((from, to));
            }
        }
    }
    assert_eq!(arrows, BTreeSet::from(allowed));
}

/// The domain knows no network, no terminal, no Terraform.
#[test]
fn stack_depends_on_no_network_and_no_terminal() {
    let forbidden = [
        "hyper",
        "reqwest",
        "tonic",
        "crossterm",
        "ratatui",
        "clap",
        "comfy-table",
        "tfplugin",
        "prost",
    ];
    let tree = features(&["-p", "stack", "-e", "normal"]);
    assert!(tree.len() > 10, "cargo tree said too little: {tree:?}");
    for line in tree {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(!forbidden.contains(&name), "stack depends on {name}");
    }
}

/// Whatever is built of the workspace, the generated clients and what they stand on have the same features: else they
/// are compiled again for each selection of packages, a quarter of an hour each time.
#[test]
fn the_clients_are_built_once() {
    // What a macro stands on is built for the machine that builds, and counted apart by cargo.
    let apart = ["syn"];
    let below: BTreeSet<String> = features(&[
        "-p",
        "aws-sdk-s3",
        "-p",
        "aws-config",
        "-p",
        "mio",
        "-e",
        "normal,build",
    ])
    .into_iter()
    .filter_map(|line| Some(line.split_once('|')?.0.to_owned()))
    .filter(|package| !apart.contains(&package.split(' ').next().unwrap()))
    .collect();
    assert!(below.len() > 100, "cargo tree said too little: {below:?}");
    let of = |selection: &[&str]| -> BTreeSet<String> {
        let lines = features(selection).into_iter();
        lines
            .filter(|line| {
                line.split_once('|')
                    .is_some_and(|(package, _)| below.contains(package))
            })
            .collect()
    };
    let all = of(&["--workspace", "--all-features", "-e", "normal,build,dev"]);
    for selection in [
        &["-p", "aws", "-e", "normal,build"][..],
        &["-p", "tui", "-e", "normal,build,dev"],
        &["--workspace", "-e", "normal,build"],
    ] {
        let own = of(selection);
        let other: Vec<_> = own.difference(&all).collect();
        assert!(
            other.is_empty(),
            "{selection:?}: other features than in the whole workspace; add those to aws/Cargo.toml: {other:#?}"
        );
    }
}

/// `name version|features` of every package in a selection.
fn features(selection: &[&str]) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--prefix",
            "none",
            "--format",
            "{p}|{f}",
        ])
        .args(selection)
        .current_dir(project())
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let text = String::from_utf8(tree.stdout).unwrap();
    text.lines()
        .map(|line| line.replace(" (proc-macro)", "").replace(" (*)", ""))
        .collect()
}

/// Only the clock reads the time; the SDK stamps its log lines where it meets the process.
#[test]
fn only_the_clock_reads_the_time() {
    let words = [
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Utc::now",
    ];
    expect_only(&words, &["stack/src/clock.rs", "tfplugin/src/plugin/"]);
}

/// Only the binaries, and the SDK where it meets the process, read the environment.
#[test]
fn libraries_read_no_environment() {
    expect_only(
        &["env::var", "env::vars"],
        &[
            "tfplugin/src/plugin/",
            "tfplugin/src/plugin.rs",
            "provider/src/",
            "tui/src/",
        ],
    );
}

/// Standard output belongs to the handshake in the provider, and to nobody in a library.
#[test]
fn libraries_and_the_provider_print_nothing() {
    expect_only(
        &["println!(", "print!(", "stdout()"],
        &["tfplugin/src/plugin/", "tfplugin/src/plugin.rs", "tui/src/"],
    );
}

/// Only the gRPC layer and the plugin process name a protobuf type.
#[test]
fn only_grpc_and_plugin_name_protobuf_types() {
    expect_only(
        &["tfplugin6::", "crate::proto", "prost::"],
        &[
            "tfplugin/src/grpc/",
            "tfplugin/src/grpc.rs",
            "tfplugin/src/internals.rs",
            "tfplugin/src/proto/",
            "tfplugin/src/plugin/",
            "tfplugin/src/plugin.rs",
        ],
    );
}

/// Only the SQLite stores hold SQL.
#[test]
fn only_the_stores_hold_sql() {
    expect_only(
        &["SELECT ", "INSERT INTO", "rusqlite"],
        &[
            "stack/src/sqlite",
            "stack/src/ledger/sqlite",
            "stack/src/inventory/sqlite",
        ],
    );
}

/// A lint that is switched off for a whole file hides the next mistake too.
#[test]
fn no_lint_is_switched_off_for_a_file() {
    expect_only(&["#![allow(", "#![expect("], &[]);
}

/// The words stand in no source file outside the given places; comments do not count.
#[track_caller]
fn expect_only(words: &[&str], places: &[&str]) {
    let mut seen = 0;
    for file in sources() {
        let name = file
            .strip_prefix(project())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        seen += 1;
        if places.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        // What follows the first test module of a file is test code, which may do as it likes.
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap();
            for word in words {
                assert!(
                    !line.contains(word),
                    "{name}:{}: {word} does not belong here",
                    number + 1
                );
            }
        }
    }
    assert!(seen > 30, "only {seen} source files were found");
}

/// Every source file of the packages, generated code left out.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for package in ["stack", "tfplugin", "tfplugin/macros", "provider", "tui"] {
        collect(&project().join(package).join("src"), &mut files);
    }
    files.retain(|file| !file.starts_with(project().join("tfplugin/src/proto")));
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
