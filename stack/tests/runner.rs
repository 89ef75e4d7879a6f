//! The integration tests of this package. A test file that is not listed here is a failure.

// Marks the helpers in the module as test code for the linter.
#[cfg(test)]
mod test_fuzz;
#[cfg(test)]
mod test_inventory;
#[cfg(test)]
mod test_ledger;
#[cfg(test)]
mod test_ledger_processes;
#[cfg(test)]
mod test_scenarios;

/// Every test file in this folder is part of this binary.
#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let named = include_str!("runner.rs");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of tests") {
        let file = entry
            .expect("a file")
            .file_name()
            .into_string()
            .expect("a name");
        if let Some(module) = file
            .strip_prefix("test_")
            .and_then(|rest| rest.strip_suffix(".rs"))
        {
            found += 1;
            let line = format!("\nmod test_{module};");
            assert!(
                named.contains(&line),
                "tests/runner.rs does not declare tests/{file}"
            );
        }
    }
    assert!(found >= 2, "found only {found} test files");
}
