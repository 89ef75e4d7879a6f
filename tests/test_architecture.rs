//! The invariants of docs/dev/architecture.md that a test can enforce.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use e2e::source::{self, SourceFile, project};
use serde_json::Value;

/// The packages that are shipped.
const PACKAGES: [&str; 7] = [
    "stack",
    "check",
    "aws",
    "tfplugin",
    "tfplugin/macros",
    "provider",
    "tui",
];

/// Packages depend on each other only as the architecture page draws it.
#[test]
fn arrows_go_one_way() {
    let allowed = [
        ("aws", "test-support"),
        ("aws", "stack"),
        ("check", "stack"),
        ("check", "test-support"),
        // The end-to-end tests write past events into a ledger.
        ("e2e", "aws"),
        ("e2e", "stack"),
        ("e2e", "test-support"),
        // They make calls that the Terraform on PATH does not make, and run acceptance tests.
        ("e2e", "tfplugin"),
        ("provider", "test-support"),
        ("provider", "stack"),
        ("provider", "aws"),
        ("provider", "tfplugin"),
        ("stack", "test-support"),
        ("tfplugin", "test-support"),
        ("tfplugin", "tfplugin-macros"),
        ("tui", "aws"),
        ("tui", "check"),
        ("tui", "test-support"),
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
        "packages are missing: {ours:?}"
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

/// The domain depends on no network, terminal or Terraform crate.
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
    assert!(tree.len() > 10, "cargo tree printed too little: {tree:?}");
    for line in tree {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(!forbidden.contains(&name), "stack depends on {name}");
    }
}

/// Whichever tests are selected, the generated clients and the crates below them have the same
/// features. Otherwise cargo compiles them again for each selection, for several minutes.
#[test]
fn the_clients_are_built_once() {
    // Cargo counts the dependencies of macros separately, because they are built for the host.
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
    assert!(
        below.len() > 100,
        "cargo tree printed too little: {below:?}"
    );
    let of = |selection: &[&str]| -> BTreeSet<String> {
        let lines = features(selection).into_iter();
        lines
            .filter(|line| {
                line.split_once('|')
                    .is_some_and(|(package, _)| below.contains(package))
            })
            .collect()
    };
    let tests = ["-e", "normal,build,dev"];
    let select = |selection: &[&str]| of(&[selection, &tests].concat());
    let all = select(&["--workspace", "--all-features"]);
    let packages = ["aws", "e2e", "provider", "stack", "tfplugin", "tui"];
    let alone = packages.map(|package| ["-p", package, "--all-features"]);
    let mut selections: Vec<&[&str]> = alone.iter().map(<[_; 3]>::as_slice).collect();
    selections.extend([&["--workspace"][..], &["-p", "tui"]]);
    for selection in selections {
        let selected = select(selection);
        let other: Vec<_> = selected.difference(&all).collect();
        assert!(
            other.is_empty(),
            "{selection:?}: other features than in the whole workspace; \
             add those to tests/shared/Cargo.toml: {other:#?}"
        );
    }
}

/// The shipped binaries have none of the features that only tests need.
#[test]
fn binaries_have_no_test_features() {
    let tree = features(&["-p", "tui", "-p", "provider", "-e", "normal,build"]);
    assert!(tree.iter().any(|line| line.starts_with("tokio ")));
    for line in tree {
        let test = line.starts_with("tokio ") && line.contains("test-util");
        assert!(!test && !line.starts_with("test-support "), "{line}");
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

/// Only the clock reads the time, apart from the SDK, which stamps its log lines.
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

/// Only the binaries read the environment, apart from the SDK's plugin module.
#[test]
fn libraries_read_no_environment() {
    expect_only(
        &["env::var", "env::vars"],
        &[
            "tfplugin/src/plugin/",
            "tfplugin/src/plugin.rs",
            "tfplugin/src/testing/acceptance/",
            "provider/src/",
            "tui/src/",
        ],
    );
}

/// The provider's standard output is reserved for the handshake, and libraries print nothing.
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

/// Only the SQLite stores contain SQL.
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

/// The compiler refuses `unsafe` in every package: in those that users get by the workspace's
/// lints, in the others by their own.
#[test]
fn no_package_has_unsafe_code() {
    let forbids = "unsafe_code = \"forbid\"";
    let workspace = std::fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let lints = workspace.split("[workspace.lints.rust]").nth(1).unwrap();
    assert!(lints.trim_start().starts_with(forbids));
    let packages = metadata()["packages"].as_array().unwrap().clone();
    assert!(packages.len() >= 8, "{packages:?}");
    for package in packages {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest = std::fs::read_to_string(path).unwrap();
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert!(inherits || manifest.contains(forbids), "{path}");
    }
}

/// No lint is disabled for a whole file, because that would hide the next mistake too.
#[test]
fn no_lint_is_switched_off_for_a_file() {
    expect_only(&["#![allow(", "#![expect("], &[]);
}

/// Builds without the feature `aws` compile, because two files name the package: one for the cloud,
/// one for the ledger.
#[test]
fn only_two_files_of_tui_name_aws() {
    let named = ["tui/src/cloud_provider.rs", "tui/src/ledger_store.rs"];
    for file in sources(&["tui"]) {
        if !named.contains(&file.name.as_str()) {
            expect_no_word(&file, &[" aws::", "(aws::"]);
        }
    }
}

/// The dashboard imports no command of the command line.
#[test]
fn the_dashboard_imports_no_command() {
    for file in sources(&["tui/src/dashboard"]) {
        for path in file.imports() {
            assert!(!path.starts_with("cli::commands"), "{}: {path}", file.name);
        }
    }
    expect_none("tui/src/dashboard", &["cli::commands"]);
}

/// The use cases of the domain are layered: of two folders at most one imports the other.
#[test]
fn no_two_use_cases_import_each_other() {
    let mut arrows = BTreeSet::new();
    for file in sources(&["stack/src/service"]) {
        let from = file.name.split('/').nth(3).unwrap().trim_end_matches(".rs");
        for path in file.imports() {
            let to = path.strip_prefix("service::");
            let to = to.and_then(|path| path.split("::").next());
            let folder = |name: &&str| project().join("stack/src/service").join(name).is_dir();
            if let Some(to) = to.filter(folder).filter(|to| *to != from) {
                arrows.insert((from.to_owned(), to.to_owned()));
            }
        }
    }
    let mutual: Vec<_> = arrows
        .iter()
        .filter(|(from, to)| from < to && arrows.contains(&(to.clone(), from.clone())))
        .collect();
    assert!(mutual.is_empty(), "{mutual:?}");
}

/// The domain names no AWS service. Facts about one come from `aws`, as fields of the resource.
#[test]
fn the_domain_names_no_service_of_aws() {
    let services = [
        "autoscaling",
        "cloudformation",
        "cloudfront",
        "ec2",
        "ecs",
        "eks",
        "elasticache",
        "elasticloadbalancing",
        "iam",
        "kms",
        "lambda",
        "rds",
        "redshift",
        "route53",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
    ];
    let mut named = Vec::new();
    for file in sources(&["stack"]) {
        // The fixtures of tests are made of real types, and the types of backends are Terraform's
        // own words.
        let is_apart = file.name == "stack/src/lease/backend.rs";
        if is_apart || file.name.starts_with("stack/src/testing") {
            continue;
        }
        for (number, line) in file.code() {
            let line = line.to_lowercase();
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            if let Some(service) = words.find(|word| services.contains(word)) {
                named.push(format!("{}:{number}: {service}", file.name));
            }
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}

/// No two public types of a package share a name, except `Arguments`, which each command has for
/// the command line's parser.
#[test]
fn no_two_public_types_of_a_package_share_a_name() {
    for package in PACKAGES {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in sources(&[package]) {
            for name in file.public_types() {
                assert_ne!(name, "This", "{}: name the type for what it is", file.name);
                places
                    .entry(name.to_owned())
                    .or_default()
                    .push(file.name.clone());
            }
        }
        places.retain(|name, files| files.len() > 1 && name != "Arguments");
        assert!(places.is_empty(), "{package}: {places:#?}");
    }
}

/// Comments are at most 100 columns wide. rustfmt does not wrap them.
#[test]
fn comments_are_at_most_100_columns_wide() {
    let folders = [PACKAGES.as_slice(), &["tests"]].concat();
    let mut wide = Vec::new();
    for file in source::files(&folders) {
        for (number, line) in file.lines() {
            if line.trim_start().starts_with("//") && line.chars().count() > 100 {
                wide.push(format!("{}:{number}", file.name));
            }
        }
    }
    assert!(wide.is_empty(), "{}: {wide:#?}", wide.len());
}

/// No view takes the model as mutable: a view draws it and changes nothing.
#[test]
fn views_do_not_change_the_model() {
    expect_none("tui/src/dashboard/view", &["&mut Model"]);
}

/// Imports are resolved in every form that the code uses.
#[test]
fn imports_are_absolute() {
    let text = "use crate::{lease::Lease, service::{open, teardown::{Plan, self}}};\n\
                pub use super::super::teardown::\n    Step;\nuse super::order::Order;\n\
                use std::fmt; // use crate::comment;\n";
    let file = SourceFile::new("stack/src/service/sweep/plan.rs", text.to_owned());
    let expected = [
        "lease::Lease",
        "service::open",
        "service::teardown::Plan",
        "service::teardown::self",
        "service::teardown::Step",
        "service::sweep::order::Order",
    ];
    assert_eq!(file.imports(), expected);
}

/// Public types are listed whatever their scope, without type parameters and without test code.
#[test]
fn public_types_are_named() {
    let text = "pub struct Money<'a>(i64);\npub(crate) enum Kind {}\nstruct Private;\n\
                pub(in crate::x) type Alias = u8;\npub trait Price: Sized {}\n\
                #[cfg(test)]\nmod tests { pub struct InTests; }\n";
    let file = SourceFile::new("stack/src/money.rs", text.to_owned());
    assert_eq!(file.public_types(), ["Money", "Kind", "Alias", "Price"]);
}

/// Asserts that these words occur only in the given places. Comments do not count.
#[track_caller]
fn expect_only(words: &[&str], places: &[&str]) {
    let files = sources(&PACKAGES);
    assert!(files.len() > 30, "only {} source files", files.len());
    for file in files {
        if !places.iter().any(|place| file.name.starts_with(place)) {
            expect_no_word(&file, words);
        }
    }
}

/// Asserts that these words occur nowhere below a folder.
#[track_caller]
fn expect_none(folder: &str, words: &[&str]) {
    let files = sources(&[folder]);
    assert!(!files.is_empty(), "{folder} is empty");
    for file in files {
        expect_no_word(&file, words);
    }
}

#[track_caller]
fn expect_no_word(file: &SourceFile, words: &[&str]) {
    for (number, line) in file.code() {
        for word in words {
            let name = &file.name;
            assert!(
                !line.contains(word),
                "{name}:{number}: {word} does not belong here"
            );
        }
    }
}

/// Every file of shipped code below these folders. For a package, that is its `src`.
fn sources(folders: &[&str]) -> Vec<SourceFile> {
    let folder = |folder: &&str| match PACKAGES.contains(folder) {
        true => format!("{folder}/src"),
        false => (*folder).to_owned(),
    };
    let folders: Vec<String> = folders.iter().map(folder).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let mut files = source::files(&folders);
    files.retain(|file| !file.is_test());
    files
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
