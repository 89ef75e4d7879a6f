//! Errors at startup, which are printed to stderr.

use std::io::Write;
use std::path::PathBuf;

/// The reason why the plugin could not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(
        "This program is a Terraform provider, and Terraform starts it. Add the provider to \
         `required_providers` and run `terraform init`. To start it yourself, for example in a \
         debugger, use --debug."
    )]
    NotStartedByTerraform,

    #[error(
        "cannot read the certificate in PLUGIN_CLIENT_CERT: {reason}. It must contain \
         one certificate in PEM form; to run without TLS, unset it or set TF_DISABLE_PLUGIN_TLS"
    )]
    ClientCertificate { reason: String },

    #[error(
        "cannot create a certificate for this process: {reason}. This is a bug; please report it"
    )]
    Certificate { reason: String },

    #[error(
        "cannot listen on a socket in {folder}: {source}. Set TMPDIR to a folder with a short \
         path in which this user can create files"
    )]
    Socket {
        folder: PathBuf,
        source: std::io::Error,
    },

    #[error(
        "cannot give the socket in {folder} to the group {group:?}: {reason}. \
         Set PLUGIN_UNIX_SOCKET_GROUP to a group that this user belongs to"
    )]
    Group {
        folder: PathBuf,
        group: String,
        reason: String,
    },

    #[error(
        "cannot listen on 127.0.0.1, ports {first} to {last}: {source}. Free one of \
         them, or widen the range from PLUGIN_MIN_PORT to PLUGIN_MAX_PORT"
    )]
    Port {
        first: u16,
        last: u16,
        source: std::io::Error,
    },

    #[error("cannot write the handshake to stdout: {0}. Start this program with stdout open")]
    Announce(std::io::Error),

    #[error("cannot listen for signals: {0}. The system is short of file descriptors or memory")]
    Signals(std::io::Error),

    #[error("cannot start the event loop: {0}. The system is short of file descriptors or memory")]
    Runtime(std::io::Error),
}

/// Writes the reason to stderr.
pub(super) fn report(error: &StartError) {
    // If stderr is closed, there is no other place for the message.
    let _ = writeln!(std::io::stderr(), "{error}");
}
