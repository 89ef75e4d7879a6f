//! What is set up and what is not: each part is looked at by a file of its own, and changes nothing.

mod accounts;
mod clock;
mod config;
mod ledger;
mod reaper;
mod terraform;

use serde::Serialize;

use crate::cli::context::Context;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and there is something to know or to do.
    Advice,
    /// Something does not work.
    Broken,
}

impl Verdict {
    /// The word for it, as in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Advice => "advice",
            Self::Broken => "broken",
        }
    }
}

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) part: &'static str,
    /// How bad it is.
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) found: String,
    /// How to mend it; null when there is nothing to mend.
    pub(crate) mend: Option<String>,
}

impl Finding {
    fn ok(part: &'static str, found: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Ok,
            found: found.into(),
            mend: None,
        }
    }

    fn advice(part: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Advice,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    fn broken(part: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Broken,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }
}

/// Looks at everything.
pub(crate) async fn examine(context: &Context) -> Vec<Finding> {
    let mut findings = vec![config::look(context)];
    let seen = ledger::look(context).await;
    findings.extend(seen.findings);
    if let Some(open) = seen.open {
        findings.push(clock::look(&open, context.clock()));
        findings.push(reaper::look(&open, context.clock()));
    }
    findings.extend(accounts::look(context).await);
    findings.extend(terraform::look(&context.environment.path).await);
    findings
}
