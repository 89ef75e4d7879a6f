//! End-to-end tests: the real terraform, the real binaries, real processes. They are few and slow;
//! what can be tested beside its code is tested there.

mod test_acceptance;
mod test_actions;
mod test_architecture;
mod test_aws;
mod test_aws_example;
mod test_bad_input;
mod test_bill;
mod test_bulk;
mod test_check;
mod test_check_live;
mod test_check_public;
mod test_ci_example;
mod test_cloud_control;
mod test_coverage;
mod test_dashboard;
mod test_discovery;
mod test_docs;
mod test_examples;
mod test_guides;
mod test_iam;
mod test_interrupt;
mod test_ledger_race;
mod test_migrating;
mod test_origin;
mod test_packages;
mod test_parallel;
mod test_plans;
mod test_query;
mod test_quickstart;
mod test_readiness;
mod test_reap;
mod test_rig;
mod test_secrets;
mod test_self;
mod test_self_example;
mod test_shared_ledger;
mod test_sleep;
mod test_soak;
mod test_stampede;
mod test_sweep;
mod test_sweep_faults;
mod test_sweep_foreign;
mod test_sync;
mod test_teardown;
mod test_teardown_refused;
mod test_teardown_runner;
mod test_unknown_values;

/// Every test file is listed here; a missing one would never run.
#[test]
fn every_test_file_is_listed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let runner = std::fs::read_to_string(folder.join("runner.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name
            .strip_suffix(".rs")
            .filter(|module| module.starts_with("test_"))
        {
            assert!(
                runner.contains(&format!("mod {module};")),
                "{name} is not listed in runner.rs"
            );
        }
    }
}
