//! What the compiler tells the author of a model that cannot be.

/// Each mistake is told at the place where it was made, in words for a provider's author.
///
/// `TRYBUILD=overwrite cargo test -p tfplugin` writes the expected texts anew.
#[test]
fn mistakes_in_a_model_are_compile_errors_that_say_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
