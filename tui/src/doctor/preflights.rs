//! Names each dependency that fails for preflights now, so that new stacks fail or wait.

use stack::{BreakerMode, Clock, Policy};

use super::Finding;
use super::ledger::LedgerContents;
use crate::cli::context::Context;

const PART: &str = "preflight";

pub(super) fn check(context: &Context, contents: &LedgerContents) -> Vec<Finding> {
    let policy = policy(context, contents);
    let now = context.clock().now();
    let effect = match policy.preflight_breaker {
        BreakerMode::Fail => "new stacks that check it fail",
        BreakerMode::Wait => "new stacks that check it wait",
        BreakerMode::Off => "new stacks check it again",
    };
    let failing = contents.breakers.failing(policy.preflight_window, now);
    let findings = failing.map(|(dependency, outage)| {
        Finding::advice(
            PART,
            format!("{dependency} fails: {}", outage.describe(now)),
            format!("fix the dependency; until it passes again, {effect} (preflight_breaker in the policy)"),
        )
    });
    findings.collect()
}

/// The policy in force. An invalid one is another finding.
fn policy(context: &Context, contents: &LedgerContents) -> Policy {
    let in_ledger = contents.settings.policy.as_ref().map(|policy| {
        let section = policy.section(&contents.ledger.location());
        section.map(|section| section.policy).unwrap_or_default()
    });
    in_ledger.unwrap_or_else(|| {
        let config = context.config();
        config
            .map(|config| config.policy.clone())
            .unwrap_or_default()
    })
}
