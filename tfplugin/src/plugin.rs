//! Runs a server as a Terraform plugin process: handshake, connections, signals and logs.
//!
//! ```text
//!  environment ─> handshake ─┐ cookie, version         one line on stdout ─┐
//!                            v                                             v
//!  listener ─> tls ─> connection ─> gRPC ┬─ Provider, through calls   <── Terraform
//!  private socket     one task each      └─ controller: Shutdown, stdio, broker
//!                                                 │
//!  signal, orphan ──────────────────────> shutdown: cancel calls, shutdown hook, exit code 0
//! ```
//!
//! In this crate, only this folder reads the environment and the time, and writes to stdout and
//! stderr.

mod calls;
mod connection;
mod controller;
mod environment;
mod error;
mod handshake;
mod listener;
mod log;
mod orphan;
mod panic;
mod reattach;
mod shutdown;
mod signal;
mod tls;

use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use self::calls::Calls;
use self::connection::Connections;
use self::environment::Environment;
use self::error::StartError;
use self::handshake::Handshake;
use self::listener::Listener;
use self::shutdown::Shutdown;
use self::signal::Signals;
use crate::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::proto::tfplugin6::provider_server::{Provider, ProviderServer};

#[cfg(feature = "testing")]
pub use self::connection::ConnectionId;

/// The maximum size of a message in bytes, in both directions. A large state or schema is one
/// message; Terraform's own SDKs have the same limit.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// A server that the plugin process can stop and shut down.
pub trait Service: Provider {
    /// Cancels the calls in flight, as the `StopProvider` call does, and returns at once.
    ///
    /// The process calls this when Terraform is gone, or when it receives a termination signal.
    /// Calls may still arrive afterwards.
    fn stop(&self);

    /// Runs once before the process exits, after the calls in flight have ended or timed out. The
    /// process waits about one second for it.
    fn shutdown(&self, ending: Ending) -> impl Future<Output = ()> + Send;
}

/// How a provider process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Terraform requested the shutdown after an uninterrupted run. Its state has all changes.
    Finished,
    /// The run was interrupted, Terraform is gone, or a signal ended the process. Terraform's state
    /// may lack changes.
    Abandoned,
}

/// Runs the process as a plugin until Terraform ends it, and returns the exit code for `main`.
///
/// `address` is the provider's full address, such as `registry.terraform.io/hashicorp/time`. It
/// names the provider in logs and in the debugger settings. `make` builds the server inside the
/// runtime, after the handshake, so that it runs while Terraform connects.
///
/// With the argument `--debug`, a developer starts the process. It prints the setting that makes
/// Terraform attach to it.
pub fn serve<S: Service>(address: &str, make: impl FnOnce() -> S) -> ExitCode {
    let environment = Environment::read();
    panic::report_to_terraform();
    log::install(address, &environment.log);
    match run(address, &environment, make) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error::report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run<S: Service>(
    address: &str,
    environment: &Environment,
    make: impl FnOnce() -> S,
) -> Result<(), StartError> {
    if !environment.debug {
        handshake::check_cookie(environment)?;
        handshake::check_version(environment);
    }
    // One thread is enough, because a provider mostly waits. Code that computes or blocks belongs
    // on `spawn_blocking`.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    let outcome = runtime.block_on(serve_until_shutdown(address, environment, make));
    // Blocking tasks that ignore their cancellation must not delay the exit.
    runtime.shutdown_background();
    outcome
}

async fn serve_until_shutdown<S: Service>(
    address: &str,
    environment: &Environment,
    make: impl FnOnce() -> S,
) -> Result<(), StartError> {
    // Before the handshake, so that no signal kills the process by default.
    let signals = Signals::listen().map_err(StartError::Signals)?;
    let security = match &environment.client_certificate {
        Some(pem) if !environment.debug => Some(tls::Security::with_client(pem)?),
        _ => None,
    };
    let listener = Listener::bind(&environment.listen, security.is_some())?;
    if environment.debug {
        reattach::announce(address, &listener)?;
    } else {
        Handshake::new(
            &listener,
            security.as_ref(),
            environment.multiplexing_requested,
        )
        .announce()?;
    }

    let service = Arc::new(make());
    let calls = Calls::default();
    let requested = CancellationToken::new();
    let closing = CancellationToken::new();
    let connections = Connections::accept(listener, security);
    let clients = connections.clients();
    let server = tokio::spawn(
        Server::builder()
            .add_service(
                calls.track(
                    ProviderServer::from_arc(Arc::clone(&service))
                        .max_decoding_message_size(MAX_MESSAGE_BYTES)
                        .max_encoding_message_size(MAX_MESSAGE_BYTES),
                ),
            )
            .add_service(GrpcControllerServer::new(controller::Controller::new(
                requested.clone(),
            )))
            .add_service(GrpcStdioServer::new(controller::Stdio::new(
                closing.clone(),
            )))
            .add_service(GrpcBrokerServer::new(controller::Broker::new(
                closing.clone(),
            )))
            .serve_with_incoming_shutdown(connections, closing.clone().cancelled_owned()),
    );

    let shutdown = Shutdown {
        service,
        calls,
        closing,
        server,
    };
    let (ending, reason) = shutdown
        .wait(environment.debug, signals, requested, clients)
        .await;
    shutdown.run(ending, reason).await;
    Ok(())
}
