//! A check that a URL answers with a status, and may tell the phases of the start-up.

use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;

use super::{Passed, ToldPhase};

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);

/// How much of an answer is read. A health page is small; a stream that never ends is not a health page.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Passes when the answer has the status. Redirects are not followed: the status is the one of this URL.
pub(crate) struct HttpCheck {
    pub(crate) url: String,
    pub(crate) status: u16,
}

impl HttpCheck {
    pub(super) async fn attempt(&self) -> Result<Passed, String> {
        let client = client()?;
        let mut answer = client
            .get(&self.url)
            .send()
            .await
            .map_err(|error| reason(&error))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while body.len() < LONGEST_ANSWER {
            match answer.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(reason(&error)),
            }
        }
        if status == self.status {
            return Ok(Passed {
                phases: told_phases(&body),
            });
        }
        let said = String::from_utf8_lossy(&body);
        let said: String = said.trim().chars().take(200).collect();
        let said = if said.is_empty() {
            String::new()
        } else {
            format!(" and said {said:?}")
        };
        Err(format!("it answered {status}, not {}{said}", self.status))
    }
}

/// One client for all checks of the process, made when the first check runs: it reads the machine's certificates.
fn client() -> Result<&'static reqwest::Client, String> {
    static CLIENT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    CLIENT
        .get_or_init(|| {
            reqwest::Client::builder()
                .timeout(TRY)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("jiti/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| format!("no HTTP client can be made: {}", reason(&error)))
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// The last of an error's causes, which is the one that says what happened.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TRY.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("no answer: {cause}")
}

/// The phases that a JSON answer tells. An answer that is something else tells none; a phase that is
/// malformed is left out, since an app's mistake in telling must not make it count as not ready.
fn told_phases(body: &[u8]) -> Vec<ToldPhase> {
    #[derive(Deserialize)]
    struct Answer {
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
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return Vec::new();
    };
    answer
        .phases
        .into_iter()
        .filter_map(|phase| match serde_json::from_value::<Phase>(phase) {
            Ok(phase) if phase.seconds.is_finite() && phase.seconds >= 0.0 => Some(ToldPhase {
                name: phase.name,
                class: phase.class,
                started_at: phase.started_at,
                seconds: phase.seconds,
            }),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, "a phase in the answer is malformed and is left out");
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phases are read from a JSON answer; a malformed one is left out, not the others.
    #[test]
    fn phases_are_read_leniently() {
        let body = br#"{"phases": [
            {"name": "boot", "class": "machine", "started_at": "2026-01-02T03:04:05Z", "seconds": 1.5},
            {"name": "never", "started_at": "yesterday", "seconds": 1},
            {"name": "backwards", "started_at": "2026-01-02T03:04:05Z", "seconds": -1}
        ]}"#;
        let phases = told_phases(body);
        assert_eq!(phases.len(), 1);
        assert_eq!(phases[0].name, "boot");
        assert_eq!(phases[0].class.as_deref(), Some("machine"));
    }

    /// An answer that is no JSON, or no object, tells nothing and is no error.
    #[test]
    fn other_answers_tell_nothing() {
        for body in [&b""[..], b"ok", b"[]", b"{\"phases\": 3}", b"\xff"] {
            assert!(told_phases(body).is_empty());
        }
    }
}
