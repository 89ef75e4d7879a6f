//! terraform-provider-jiti: leases and readiness for just-in-time stacks.

mod actions;
mod checks;
mod client;
mod command_guard;
mod data_sources;
mod diag;
mod functions;
mod ledger;
mod listing_filter;
mod origin;
mod preflight;
mod provider;
mod resources;
mod seconds;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

/// The provider's address in the Terraform Registry.
const ADDRESS: &str = "registry.terraform.io/jiti-dev/jiti";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(command_guard::ARGUMENT) => command_guard::run(&arguments[1..]),
        _ => tfplugin::serve(
            ADDRESS,
            provider::Jiti::new(origin::Environment::of_this_process()),
        ),
    }
}
