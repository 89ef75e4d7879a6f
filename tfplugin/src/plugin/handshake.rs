//! The handshake: checks that Terraform started this process, and prints where to connect.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::environment::Environment;
use super::error::StartError;
use super::listener::Listener;
use super::tls::Security;

/// The version of the handshake line.
const CORE_VERSION: u8 = 1;
/// The major version of the provider protocol.
pub(super) const PROTOCOL_VERSION: u8 = 6;
/// The value that shows that Terraform, and not a user, started the process. It is not a secret.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Checks that Terraform started the process.
pub(super) fn check_cookie(environment: &Environment) -> Result<(), StartError> {
    if environment.cookie.as_deref() == Some(COOKIE) {
        Ok(())
    } else {
        Err(StartError::NotStartedByTerraform)
    }
}

/// Logs a warning if Terraform does not support protocol 6.
///
/// The process continues: from the version in the handshake line Terraform creates a message for
/// its user, who sees our stderr only when logging is on.
pub(super) fn check_version(environment: &Environment) {
    let offered = &environment.protocol_versions;
    if !supports_our_version(offered) {
        tracing::warn!(
            offered,
            "Terraform does not support protocol {PROTOCOL_VERSION}"
        );
    }
}

fn supports_our_version(offered: &str) -> bool {
    offered.is_empty()
        || offered
            .split(',')
            .any(|version| version.trim().parse() == Ok(PROTOCOL_VERSION))
}

/// The line that tells Terraform where to connect and which certificate to expect.
pub(super) struct Handshake {
    line: String,
}

impl Handshake {
    /// Formats the line. The listener is already bound, so Terraform can connect at once.
    pub(super) fn new(
        listener: &Listener,
        security: Option<&Security>,
        multiplexing_requested: bool,
    ) -> Self {
        let (network, address) = (listener.network(), listener.address());
        // go-plugin rejects padding.
        let certificate = security
            .map(|security| STANDARD_NO_PAD.encode(security.certificate()))
            .unwrap_or_default();
        let mut line =
            format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}");
        // A host that does not request the seventh field would read it as part of the sixth.
        if multiplexing_requested {
            line.push_str("|false");
        }
        Self { line }
    }

    /// Writes the line to stdout. It must be the first output there.
    pub(super) fn announce(&self) -> Result<(), StartError> {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{}", self.line)
            .and_then(|()| stdout.flush())
            .map_err(StartError::Announce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The versions may come in any order, and an empty list means that any version is accepted.
    #[test]
    fn versions_are_accepted_in_any_order() {
        assert!(supports_our_version("5,6"));
        assert!(supports_our_version("6, 5"));
        assert!(supports_our_version(""));
        assert!(!supports_our_version("5"));
        assert!(!supports_our_version("16,5"));
    }

    /// Without the right cookie, the process does not start.
    #[test]
    fn a_wrong_or_missing_cookie_is_an_error() {
        let with = |cookie: Option<&str>| Environment {
            cookie: cookie.map(str::to_owned),
            ..Environment::default()
        };
        assert!(check_cookie(&with(Some(COOKIE))).is_ok());
        assert!(check_cookie(&with(Some("another"))).is_err());
        assert!(check_cookie(&with(None)).is_err());
    }
}
