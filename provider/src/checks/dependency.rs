//! The dependency that a check tries, as the circuit breaker of `preflight` knows it, and whether a
//! failed attempt says that the dependency itself fails.

use reqwest::{StatusCode, Url};
use stack::{DependencyName, process};

use super::CheckKind;
use super::secrets;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckFailure {
    /// The reason, for the user who applies.
    pub(crate) reason: String,
    /// The reason without any text of the dependency, if the dependency fails, and so would for
    /// every other stack. `None` if the check itself may be wrong: a command, a token, a path.
    pub(crate) outage: Option<String>,
}

impl CheckFailure {
    /// The dependency fails.
    pub(super) fn outage(reason: String, outage: impl Into<String>) -> Self {
        Self {
            reason,
            outage: Some(outage.into()),
        }
    }

    /// The response of a URL has another status than the expected one.
    pub(super) fn status(reason: String, status: u16) -> Self {
        let is_overloaded = status == StatusCode::TOO_MANY_REQUESTS.as_u16();
        Self {
            reason,
            outage: (is_overloaded || status >= 500).then(|| format!("status {status}")),
        }
    }
}

impl From<String> for CheckFailure {
    /// A failure that says nothing about the dependency.
    fn from(reason: String) -> Self {
        Self {
            reason,
            outage: None,
        }
    }
}

/// The name of the dependency: the name of the check, with the expected status if it is not 200. A
/// loopback address is another dependency on each host. `None` for a command: its name has no
/// arguments, so two commands with the same name may try different dependencies.
pub(super) fn name(kind: &CheckKind) -> Option<DependencyName> {
    let (name, host) = match kind {
        CheckKind::Http(check) => {
            let name = secrets::http_name(&check.url);
            let name = match check.status {
                200 => name,
                status => format!("{name} (status {status})"),
            };
            let url = Url::parse(&check.url).ok()?;
            (name, url.host_str()?.to_owned())
        }
        CheckKind::Tcp(check) => {
            let name = secrets::tcp_name(&check.address);
            let address = secrets::address_without_secrets(&check.address);
            (name, address.rsplit_once(':')?.0.to_owned())
        }
        CheckKind::Exec(_) => return None,
    };
    let host = host.trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    let is_local = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    let name = match is_local {
        true => format!("{name} on {}", process::host()),
        false => name,
    };
    DependencyName::new(name).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{ExecCheck, HttpCheck, TcpCheck};
    use super::*;

    /// A dependency has a name without secrets. Two stacks with different tokens share it.
    #[test]
    fn a_name_is_shared_and_has_no_secrets() {
        let http = |url: &str, status| {
            let url = url.to_owned();
            name(&CheckKind::Http(HttpCheck { url, status }))
        };
        let text = |name: Option<DependencyName>| name.map(String::from);
        let vault = Some("http https://vault:8200/v1/sys/health".to_owned());
        for url in [
            "https://vault:8200/v1/sys/health",
            "https://ana:hunter2@vault:8200/v1/sys/health?token=hunter2",
        ] {
            assert_eq!(text(http(url, 200)), vault);
        }
        let other = http("https://vault:8200/v1/sys/health", 204);
        assert_eq!(text(other), vault.map(|name| name + " (status 204)"));
        let tcp = |address: &str| {
            let address = address.to_owned();
            text(name(&CheckKind::Tcp(TcpCheck { address })))
        };
        assert_eq!(tcp("10.0.0.5:5432").as_deref(), Some("tcp 10.0.0.5:5432"));
        let here = process::host();
        for local in ["localhost:1", "127.0.0.2:1", "[::1]:1"] {
            assert_eq!(tcp(local), Some(format!("tcp {local} on {here}")));
        }
        let command = vec!["./smoke.sh".to_owned()];
        assert_eq!(name(&CheckKind::Exec(ExecCheck { command })), None);
    }

    /// An overloaded or failing server is an outage. A wrong path, a wrong token or a redirect may
    /// be a mistake in one configuration.
    #[test]
    fn some_statuses_are_outages() {
        for (status, outage) in [
            (503, Some("status 503")),
            (500, Some("status 500")),
            (429, Some("status 429")),
            (404, None),
            (401, None),
            (302, None),
        ] {
            let failure = CheckFailure::status("a reason".to_owned(), status);
            assert_eq!(failure.outage.as_deref(), outage, "{status}");
        }
    }
}
