//! The check that a URL returns a status. The response can report the phases of the start-up.

use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;
use stack::init::PhaseReport;
use stack::terraform::Mask;

use super::{CheckFailure, CheckResult, secrets};
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
    pub(super) async fn attempt(&self) -> Result<CheckResult, CheckFailure> {
        let client = client()?;
        let mut response = client.get(&self.url).send().await.map_err(reason)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let mut is_cut = false;
        while let Some(chunk) = response.chunk().await.map_err(reason)? {
            let rest = MAX_RESPONSE_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(rest)]);
            if chunk.len() > rest {
                is_cut = true;
                break;
            }
        }
        let mask = secrets::mask_of_url(&self.url);
        if status == self.status {
            return Ok(reported_phases(&body, is_cut, &mask));
        }
        let text = String::from_utf8_lossy(&body);
        let excerpt: String = mask.reason(&text).chars().take(200).collect();
        let excerpt = if excerpt.is_empty() {
            String::new()
        } else {
            format!(" with the body {excerpt:?}")
        };
        let reason = format!(
            "it returned the status {status}, not {}{excerpt}",
            self.status
        );
        Err(CheckFailure::status(reason, status))
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
                .map_err(|error| format!("cannot create an HTTP client: {}", reason(error).reason))
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// Describes a failed request, without the URL.
fn reason(error: reqwest::Error) -> CheckFailure {
    if error.is_timeout() {
        let reason = format!("no response within {} s", ATTEMPT_TIMEOUT.as_secs());
        return CheckFailure::outage(reason.clone(), reason);
    }
    let is_invalid = error.is_builder();
    let error = error.without_url();
    let reason = format!("no response: {}", diag::root_cause(&error));
    match is_invalid {
        true => reason.into(),
        false => CheckFailure::outage(reason, "no response"),
    }
}

/// The phases in a JSON response. Other responses have none. A phase that cannot be read is refused
/// and does not make the check fail.
fn reported_phases(body: &[u8], is_cut: bool, mask: &Mask) -> CheckResult {
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
    let mut result = CheckResult::default();
    if is_cut && body.trim_ascii_start().starts_with(b"{") {
        result.refused.push(format!(
            "the response is longer than {} KiB, so its phases were not read",
            MAX_RESPONSE_BYTES / 1024
        ));
        return result;
    }
    let Ok(response) = serde_json::from_slice::<Response>(body) else {
        return result;
    };
    for (index, phase) in response.phases.into_iter().enumerate() {
        match serde_json::from_value::<Phase>(phase) {
            Ok(phase) => result.phases.push(PhaseReport {
                name: mask.reason(&phase.name),
                class: phase.class.map(|class| mask.reason(&class)),
                started_at: phase.started_at,
                seconds: phase.seconds,
            }),
            Err(error) => {
                let problem = mask.reason(&error.to_string());
                result.refused.push(format!("phase {index}: {problem}"));
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use test_support::http::{Answer, EndlessServer, Server};

    use super::*;

    fn check(url: String) -> HttpCheck {
        HttpCheck { url, status: 200 }
    }

    /// Only the start of a response is read, because it may be endless. A check with the expected
    /// status passes.
    #[tokio::test]
    async fn an_endless_response_is_not_read_to_its_end() {
        let server = EndlessServer::start(500);
        let reason = check(server.url("/")).attempt().await.unwrap_err().reason;
        assert!(reason.contains("500") && reason.len() < 400, "{reason}");
        // The operating system buffers a few megabytes that the client never reads.
        assert!(server.sent() < 64 * 1024 * 1024, "{}", server.sent());
        let server = EndlessServer::start(200);
        let result = check(server.url("/")).attempt().await.unwrap();
        assert!(result.phases.is_empty() && result.refused.is_empty());
        assert!(server.sent() < 64 * 1024 * 1024, "{}", server.sent());
    }

    /// No failure contains the secrets of the URL: not when nothing answers, and not when the
    /// response repeats them.
    #[tokio::test]
    async fn failures_have_no_secrets() {
        let echo = Server::start(|request| Answer::text(500, &format!("got {}", request.path)));
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = closed.local_addr().unwrap().port();
        drop(closed);
        for url in [
            echo.url("/health?token=hunter2"),
            format!("http://user:hunter2@127.0.0.1:{port}/health?token=hunter2"),
            "http://hunter2:hunter2@[::/".to_owned(),
        ] {
            let failure = check(url).attempt().await.unwrap_err();
            let text = format!("{failure:?}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    fn report(body: &[u8]) -> CheckResult {
        reported_phases(body, false, &Mask::default())
    }

    /// Phases are read from a JSON response. A phase that cannot be read is refused with the
    /// reason.
    #[test]
    fn unreadable_phases_are_refused() {
        let body = br#"{"phases": [
            {"name": "boot", "class": "machine", "started_at": "2026-01-02T03:04:05Z", "seconds": 1.5},
            {"name": "never", "started_at": "yesterday", "seconds": 1},
            {"started_at": "2026-01-02T03:04:05Z", "seconds": 1}
        ]}"#;
        let result = report(body);
        assert_eq!(result.phases.len(), 1);
        assert_eq!(result.phases[0].name, "boot");
        assert_eq!(result.phases[0].class.as_deref(), Some("machine"));
        let [never, nameless] = &result.refused[..] else {
            panic!("{:?}", result.refused);
        };
        assert!(never.starts_with("phase 1: "), "{never}");
        assert!(nameless.contains("name"), "{nameless}");
    }

    /// A response that is not a JSON object has no phases, and nothing is refused.
    #[test]
    fn other_responses_have_no_phases() {
        for body in [&b""[..], b"ok", b"[]", b"{\"phases\": 3}", b"\xff"] {
            let result = report(body);
            assert!(result.phases.is_empty() && result.refused.is_empty());
        }
    }

    /// A report that is too long is refused. A long page is not a report.
    #[test]
    fn a_report_that_is_too_long_is_refused() {
        let refused = |body: &[u8]| reported_phases(body, true, &Mask::default()).refused;
        assert!(
            refused(b" {\"phases\": [")
                .iter()
                .any(|reason| reason.contains("64 KiB"))
        );
        assert!(refused(b"<html>").is_empty());
    }
}
