//! The only integration test binary of this package.

#![cfg(test)]

mod plans;

mod test_arbitrary;
mod test_fuzz;
mod test_live;
mod test_rules;
mod test_sarif;

/// A file that is not listed here would never run.
#[test]
fn every_test_file_is_listed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let runner = std::fs::read_to_string(folder.join("runner.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name
            .strip_suffix(".rs")
            .filter(|module| *module != "runner")
        {
            assert!(
                runner.contains(&format!("\nmod {module};")),
                "{name} is not listed in runner.rs"
            );
        }
    }
}
