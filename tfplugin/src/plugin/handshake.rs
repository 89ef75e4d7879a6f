//! The handshake: who started this process, and the one line that tells them where to connect.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::environment::Environment;
use super::error::StartError;
use super::listener::Listener;
use super::tls::Security;

/// The version of the handshake line itself.
const CORE_VERSION: u8 = 1;
/// The major version of the provider protocol.
pub(super) const PROTOCOL_VERSION: u8 = 6;
/// What Terraform sets to tell a plugin that it is not being run by a person. Not a secret.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Refuses to go on for anybody but a host of Terraform plugins.
pub(super) fn check_cookie(environment: &Environment) -> Result<(), StartError> {
    if environment.cookie.as_deref() == Some(COOKIE) {
        Ok(())
    } else {
        Err(StartError::NotStartedByTerraform)
    }
}

/// Says in the log when the host does not speak protocol 6.
///
/// The process goes on nevertheless: from the version in the handshake line Terraform makes a
/// message that its user gets to see, whereas our stderr shows only when logging is on.
pub(super) fn check_version(environment: &Environment) {
    let offered = &environment.protocol_versions;
    if !speaks_our_version(offered) {
        tracing::warn!(
            offered,
            "the host does not speak protocol {PROTOCOL_VERSION}"
        );
    }
}

fn speaks_our_version(offered: &str) -> bool {
    offered.is_empty()
        || offered
            .split(',')
            .any(|version| version.trim().parse() == Ok(PROTOCOL_VERSION))
}

/// The line that tells the host where to connect and by which certificate to know us.
pub(super) struct Handshake {
    line: String,
}

impl Handshake {
    /// Words the line for a listener that is already bound, so that the host may connect as soon as
    /// it has read it.
    pub(super) fn new(
        listener: &Listener,
        security: Option<&Security>,
        multiplexing_wanted: bool,
    ) -> Self {
        let (network, address) = (listener.network(), listener.address());
        // go-plugin refuses padding.
        let certificate = security
            .map(|security| STANDARD_NO_PAD.encode(security.certificate()))
            .unwrap_or_default();
        let mut line =
            format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}");
        // Hosts that do not ask for a seventh field take it for a part of the sixth.
        if multiplexing_wanted {
            line.push_str("|false");
        }
        Self { line }
    }

    /// Writes the line to stdout. Nothing may be written there before it.
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

    #[test]
    fn versions_come_in_any_order_and_silence_is_consent() {
        assert!(speaks_our_version("5,6"));
        assert!(speaks_our_version("6, 5"));
        assert!(speaks_our_version(""));
        assert!(!speaks_our_version("5"));
        assert!(!speaks_our_version("16,5"));
    }

    #[test]
    fn only_the_cookie_lets_the_process_go_on() {
        let with = |cookie: Option<&str>| Environment {
            cookie: cookie.map(str::to_owned),
            ..Environment::default()
        };
        assert!(check_cookie(&with(Some(COOKIE))).is_ok());
        assert!(check_cookie(&with(Some("another"))).is_err());
        assert!(check_cookie(&with(None)).is_err());
    }
}
