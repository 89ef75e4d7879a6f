//! Checks the setup and changes nothing. Each part has its own file.

mod accounts;
mod clock;
mod config;
mod ledger;
mod policy;
mod preflights;
mod reaper;
mod terraform;

use serde::Serialize;

use crate::cli::context::Context;

/// The verdict on one part of the setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It works.
    Ok,
    /// It works, but the user may want to change something.
    Advice,
    /// It does not work.
    Broken,
}

impl Verdict {
    /// The verdict in one word, as in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Advice => "advice",
            Self::Broken => "broken",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The part that was checked.
    pub(crate) part: &'static str,
    /// The verdict on one part of the setup.
    pub(crate) verdict: Verdict,
    /// What the check found.
    pub(crate) found: String,
    /// How to fix it; null if there is nothing to fix.
    #[serde(rename = "mend")]
    pub(crate) fix: Option<String>,
}

impl Finding {
    fn ok(part: &'static str, found: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Ok,
            found: found.into(),
            fix: None,
        }
    }

    fn advice(part: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Advice,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }

    fn broken(part: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Broken,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }
}

/// Runs every check.
pub(crate) async fn examine(context: &Context) -> Vec<Finding> {
    let ledger = ledger::check(context).await;
    let settings = ledger.contents.as_ref().map(|contents| &contents.settings);
    let has_policy = settings.is_some_and(|settings| settings.policy.is_some());
    let mut findings = vec![config::check(context, has_policy)];
    findings.extend(ledger.findings);
    if let Some(contents) = ledger.contents {
        findings.extend(policy::check(context, &contents));
        findings.extend(preflights::check(context, &contents));
        findings.extend(ledger::unreadable(&contents));
        findings.extend(clock::check(&contents, context.clock()));
        findings.push(reaper::check(&contents, context.clock()));
    }
    findings.extend(accounts::check(context).await);
    let may_run = !context.is_read_only_flag_set();
    findings.extend(terraform::check(&context.environment.path, may_run).await);
    findings
}
