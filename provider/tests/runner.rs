//! The provider's binary, as the operating system starts it.

use std::process::Command;

/// Without Terraform's cookie the binary explains that it is a plugin, and fails.
#[test]
fn a_user_who_starts_the_plugin_is_told_what_it_is() {
    let binary = env!("CARGO_BIN_EXE_terraform-provider-jiti");
    let output = Command::new(binary).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("plugin"), "{message}");
}
