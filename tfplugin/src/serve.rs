//! The entry point of a provider's `main`.

use std::process::ExitCode;
use std::sync::Arc;

use crate::grpc::GrpcService;
use crate::plugin;
use crate::provider::Provider;
use crate::server::Server;

/// Runs the process as this provider until Terraform ends it, and returns the exit code for `main`.
///
/// `address` is the provider's full address, such as `registry.terraform.io/hashicorp/time`.
///
/// The runtime has one thread. Run code that computes or blocks with
/// `tokio::task::spawn_blocking`; otherwise it delays other calls and interrupts.
pub fn serve<P: Provider>(address: &str, provider: P) -> ExitCode {
    plugin::serve(address, || {
        GrpcService::new(Arc::new(Server::new(provider)))
    })
}
