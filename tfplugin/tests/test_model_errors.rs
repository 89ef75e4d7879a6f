//! Compiler errors for invalid models.

/// Each error points at its cause and says what to change.
///
/// `TRYBUILD=overwrite cargo test -p tfplugin` updates the expected messages.
#[test]
fn invalid_models_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
