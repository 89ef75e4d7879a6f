//! Why a plugin could not start, said to whoever started it.

use std::io::Write;
use std::path::PathBuf;

/// Why the process ends without having served.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(
        "This program is a Terraform provider. Terraform starts it by itself: name the provider \
         in `required_providers` and run `terraform init`. To attach Terraform to a provider that \
         you start yourself, for example in a debugger, start it with --debug."
    )]
    NotStartedByTerraform,

    #[error(
        "cannot read the certificate in PLUGIN_CLIENT_CERT: {reason}. It must be one \
         certificate in PEM; unset it, or set TF_DISABLE_PLUGIN_TLS for Terraform, to go without TLS"
    )]
    ClientCertificate { reason: String },

    #[error(
        "cannot make a certificate for this process: {reason}. This is a defect; please report it"
    )]
    Certificate { reason: String },

    #[error(
        "cannot listen on a socket in {folder}: {source}. Let TMPDIR name a folder with a \
         short path in which this user may make files"
    )]
    Socket {
        folder: PathBuf,
        source: std::io::Error,
    },

    #[error(
        "cannot give the socket in {folder} to the group {group:?}: {reason}. \
         PLUGIN_UNIX_SOCKET_GROUP must name a group of this user"
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

    #[error("cannot tell on stdout where to connect: {0}. Start this program with stdout open")]
    Announce(std::io::Error),

    #[error("cannot listen for signals: {0}. The system is short of file descriptors or memory")]
    Signals(std::io::Error),

    #[error("cannot start the event loop: {0}. The system is short of file descriptors or memory")]
    Runtime(std::io::Error),
}

/// Writes the reason to stderr, where there is nobody else to tell.
pub(super) fn explain(error: &StartError) {
    // Nothing more can be done about a stderr that is closed.
    let _ = writeln!(std::io::stderr(), "{error}");
}
