//! Compiler errors for invalid models.

use std::process::Command;

/// Each error points at its cause and says what to change.
///
/// The lint targets compile with clippy-driver, which prints full paths. An author sees what rustc
/// prints, so a process without that wrapper compiles the models.
#[test]
fn invalid_models_do_not_compile() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("test_model_errors::compile_the_invalid_models")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The process that `invalid_models_do_not_compile` starts.
///
/// `TRYBUILD=overwrite cargo test -p tfplugin invalid_models` updates the expected messages.
#[test]
#[ignore = "invalid_models_do_not_compile starts it"]
fn compile_the_invalid_models() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
