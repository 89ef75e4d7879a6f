//! A provider that misbehaves on demand, as its attribute `behaviour` says. The SDK's tests run it
//! with the real Terraform, to verify that no state is lost and that errors reach the user.

mod provider;

use std::process::ExitCode;

fn main() -> ExitCode {
    tfplugin::serve("registry.terraform.io/example/faulty", provider::Faulty)
}
