//! A provider that misbehaves on demand: `behaviour` says how. The SDK's own tests run it against
//! a real Terraform, to see that nothing is lost and that the person is told.

mod provider;

use std::process::ExitCode;

fn main() -> ExitCode {
    tfplugin::serve("registry.terraform.io/example/faulty", provider::Faulty)
}
