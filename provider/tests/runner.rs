//! The provider's binary, as the operating system starts it.

use std::process::Command;

/// Without Terraform's cookie, the binary explains that it is a Terraform provider, and fails.
#[test]
fn a_start_without_terraform_explains_itself() {
    let binary = env!("CARGO_BIN_EXE_terraform-provider-jiti");
    let output = Command::new(binary).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("Terraform provider"), "{message}");
}
