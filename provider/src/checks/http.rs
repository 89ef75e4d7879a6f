//! The check that a URL returns a status. The response can report the phases of the start-up.

use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;

use super::{CheckPhase, CheckResult};
use crate::diag;

/// How long an attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum number of bytes to read from a response. A health page is small, and a response may
/// be endless.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Passes when the response has the status. Redirects are not followed.
pub(crate) struct HttpCheck {
    pub(crate) url: String,
    pub(crate) status: u16,
}

impl HttpCheck {
    pub(super) async fn attempt(&self) -> Result<CheckResult, String> {
        let client = client()?;
        let mut response = client
            .get(&self.url)
            .send()
            .await
            .map_err(|error| reason(&error))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while body.len() < MAX_RESPONSE_BYTES {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(reason(&error)),
            }
        }
        if status == self.status {
            return Ok(CheckResult {
                phases: reported_phases(&body),
            });
        }
        let text = String::from_utf8_lossy(&body);
        let excerpt: String = text.trim().chars().take(200).collect();
        let excerpt = if excerpt.is_empty() {
            String::new()
        } else {
            format!(" with the body {excerpt:?}")
        };
        Err(format!(
            "it returned the status {status}, not {}{excerpt}",
            self.status
        ))
    }
}

/// The HTTP client for all checks of the process. It is created for the first check, because it
/// reads the machine's certificates.
fn client() -> Result<&'static reqwest::Client, String> {
    static CLIENT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    CLIENT
        .get_or_init(|| {
            reqwest::Client::builder()
                .timeout(ATTEMPT_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("jiti/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| format!("cannot create an HTTP client: {}", reason(&error)))
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// Describes a failed request.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no response within {} s", ATTEMPT_TIMEOUT.as_secs());
    }
    format!("no response: {}", diag::root_cause(error))
}

/// The phases in a JSON response. Other responses have none. An invalid phase is ignored, because
/// it must not make the check fail.
fn reported_phases(body: &[u8]) -> Vec<CheckPhase> {
    #[derive(Deserialize)]
    struct Response {
        phases: Vec<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Phase {
        name: String,
        #[serde(default)]
        class: Option<String>,
        started_at: jiff::Timestamp,
        seconds: f64,
    }
    let Ok(response) = serde_json::from_slice::<Response>(body) else {
        return Vec::new();
    };
    response
        .phases
        .into_iter()
        .filter_map(|phase| match serde_json::from_value::<Phase>(phase) {
            Ok(phase) if phase.seconds.is_finite() && phase.seconds >= 0.0 => Some(CheckPhase {
                name: phase.name,
                class: phase.class,
                started_at: phase.started_at,
                seconds: phase.seconds,
            }),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, "ignored an invalid phase in the response");
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phases are read from a JSON response. An invalid phase is ignored.
    #[test]
    fn invalid_phases_are_ignored() {
        let body = br#"{"phases": [
            {"name": "boot", "class": "machine", "started_at": "2026-01-02T03:04:05Z", "seconds": 1.5},
            {"name": "never", "started_at": "yesterday", "seconds": 1},
            {"name": "backwards", "started_at": "2026-01-02T03:04:05Z", "seconds": -1}
        ]}"#;
        let phases = reported_phases(body);
        assert_eq!(phases.len(), 1);
        assert_eq!(phases[0].name, "boot");
        assert_eq!(phases[0].class.as_deref(), Some("machine"));
    }

    /// A response that is not a JSON object has no phases.
    #[test]
    fn other_responses_have_no_phases() {
        for body in [&b""[..], b"ok", b"[]", b"{\"phases\": 3}", b"\xff"] {
            assert!(reported_phases(body).is_empty());
        }
    }
}
