//! The only integration test binary of this package: it runs the real `jiti` in a sandbox per test.

#![cfg(test)]

mod fake_terraform;
mod fixtures;
mod focus_rules;
mod html_check;
mod sandbox;
mod story;

mod test_changes;
mod test_check;
mod test_completions;
mod test_cost;
mod test_dashboard_command_line;
mod test_dashboard_economics;
mod test_dashboard_keys;
mod test_dashboard_marks;
mod test_dashboard_record;
mod test_dashboard_screens;
mod test_dashboard_sleep;
mod test_dashboard_teardown;
mod test_dashboard_terminal;
mod test_dashboard_text;
mod test_dashboard_unleased;
mod test_doctor;
mod test_events;
mod test_harmless;
mod test_iam;
mod test_ls;
mod test_picture;
mod test_policy;
mod test_reap;
mod test_report;
mod test_report_focus;
mod test_several;
mod test_show;
mod test_teardown;
mod test_usage;
mod test_what_if;

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
