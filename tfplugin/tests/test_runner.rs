//! `runner.rs` lists all files of its folder.

use std::collections::BTreeSet;

#[test]
fn every_test_file_is_a_module_of_the_runner() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("the folder of this file can be read")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned()))
        .filter(|name| name != "runner")
        .collect();
    let runner = std::fs::read_to_string(folder.join("runner.rs")).expect("runner.rs can be read");
    let modules: BTreeSet<String> = runner
        .lines()
        .filter_map(|line| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned()))
        .collect();

    assert_eq!(
        files, modules,
        "tests/runner.rs and the files in its folder differ: a file that is not a module never runs"
    );
}
