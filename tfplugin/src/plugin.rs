//! Runs a server of the protocol as a Terraform plugin: where the SDK meets the process, the
//! terminal and the wire.
//!
//! ```text
//!  environment ─> handshake ─┐ cookie, version         one line on stdout ─┐
//!                            v                                             v
//!  listener ─> tls ─> connection ─> gRPC ┬─ Provider, through calls   <── Terraform
//!  private socket     one task each      └─ controller: Shutdown, stdio, broker
//!                                                 │
//!  signal, orphan ──────────────────────> end: stop, unwind, shutdown hook, exit code 0
//! ```
//!
//! Only this folder reads the environment, writes to stdout and stderr, and stamps log lines with
//! the time.

mod calls;
mod connection;
mod controller;
mod end;
mod environment;
mod error;
mod handshake;
mod listener;
mod log;
mod orphan;
mod panic;
mod reattach;
mod signal;
mod tls;

use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use self::calls::Calls;
use self::connection::Connections;
use self::end::End;
use self::environment::Environment;
use self::error::StartError;
use self::handshake::Handshake;
use self::listener::Listener;
use self::signal::Signals;
use crate::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::proto::tfplugin6::provider_server::{Provider, ProviderServer};

pub use self::connection::ConnectionId;

/// Large states and schemas travel in one message; Terraform's own SDKs allow the same, in both
/// directions.
const LARGEST_MESSAGE: usize = 256 << 20;

/// What a server of the protocol does when the process is asked to stop or to end.
pub trait Service: Provider {
    /// Cancels the calls in flight, as the `StopProvider` call does, and returns at once.
    ///
    /// Called when nobody is left to ask for it: Terraform is gone, or somebody wants this process
    /// to end. Calls may still come afterwards.
    fn stop(&self);

    /// Called once, before the process ends, when no call is in flight any more or the wait for
    /// them has been long enough. The process does not wait for it longer than about a second.
    fn shutdown(&self, ending: Ending) -> impl Future<Output = ()> + Send;
}

/// What brought the end of a process about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Terraform asked for it, after a run that nobody interrupted: what was done is in its state.
    Finished,
    /// Somebody interrupted the run, Terraform is gone, or a signal ended the process: whether
    /// Terraform's state tells what was done is not known.
    Abandoned,
}

/// Runs the process as a plugin until Terraform ends it, and returns the exit code for `main`.
///
/// `address` is the provider's full address, such as `registry.terraform.io/hashicorp/time`; it
/// names the provider in logs and to debuggers. `make` builds the server inside the runtime, after
/// Terraform has been told where to connect, so that its work and Terraform's overlap.
///
/// With `--debug` among the arguments the process waits for Terraform instead of being started by
/// it, and prints what to set for Terraform to find it.
pub fn serve<S: Service>(address: &str, make: impl FnOnce() -> S) -> ExitCode {
    let environment = Environment::read();
    panic::report_to_terraform();
    log::install(address, &environment.log);
    match run(address, &environment, make) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error::explain(&error);
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
    // One thread: the work of a provider is waiting. Whatever computes or blocks belongs on
    // `spawn_blocking`.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    let outcome = runtime.block_on(serve_until_the_end(address, environment, make));
    // Work on blocking threads that did not heed its cancellation must not hold up the end of the
    // process.
    runtime.shutdown_background();
    outcome
}

async fn serve_until_the_end<S: Service>(
    address: &str,
    environment: &Environment,
    make: impl FnOnce() -> S,
) -> Result<(), StartError> {
    // Before anybody knows of this process, so that no signal meets the default of dying.
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
            environment.multiplexing_wanted,
        )
        .announce()?;
    }

    let service = Arc::new(make());
    let calls = Calls::default();
    let wanted = CancellationToken::new();
    let closing = CancellationToken::new();
    let connections = Connections::accept(listener, security);
    let clients = connections.clients();
    let server = tokio::spawn(
        Server::builder()
            .add_service(
                calls.track(
                    ProviderServer::from_arc(Arc::clone(&service))
                        .max_decoding_message_size(LARGEST_MESSAGE)
                        .max_encoding_message_size(LARGEST_MESSAGE),
                ),
            )
            .add_service(GrpcControllerServer::new(controller::Controller::new(
                wanted.clone(),
            )))
            .add_service(GrpcStdioServer::new(controller::Stdio::new(
                closing.clone(),
            )))
            .add_service(GrpcBrokerServer::new(controller::Broker::new(
                closing.clone(),
            )))
            .serve_with_incoming_shutdown(connections, closing.clone().cancelled_owned()),
    );

    let end = End {
        service,
        calls,
        closing,
        server,
    };
    let (ending, why) = end.wait(environment.debug, signals, wanted, clients).await;
    end.wind_down(ending, why).await;
    Ok(())
}
