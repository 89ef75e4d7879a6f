//! The phases that an app reports through its checks, within jiti's limits.

use jiff::Timestamp;
use stack::Lease;
use stack::init::{AcceptedPhase, Init, MAX_REPORTED_PHASES};
use tfplugin::Context;

use crate::checks::{Check, CheckResult};

/// The maximum number of refused phases that the warning lists.
const MAX_LISTED: usize = 5;

/// The reports of one run of checks.
pub(super) struct PhaseReports {
    requested_at: Timestamp,
    accepted: usize,
    refused: Vec<String>,
}

impl PhaseReports {
    pub(super) fn new(lease: &Lease) -> Self {
        Self {
            requested_at: lease
                .init
                .as_ref()
                .map_or(lease.created_at, Init::requested_at),
            accepted: 0,
            refused: Vec::new(),
        }
    }

    /// The phases of a check's result that are within the limits. Records the others.
    pub(super) fn accept(
        &mut self,
        check: &Check,
        result: CheckResult,
        now: Timestamp,
    ) -> Vec<AcceptedPhase> {
        let mut accepted = Vec::new();
        for reason in result.refused {
            self.refuse(check, &reason);
        }
        for phase in result.phases {
            if self.accepted == MAX_REPORTED_PHASES {
                let reason = format!("there are more than {MAX_REPORTED_PHASES} phases");
                self.refuse(check, &reason);
                continue;
            }
            match phase.accept(self.requested_at, now) {
                Ok(phase) => {
                    self.accepted += 1;
                    accepted.push(phase);
                }
                Err(refusal) => self.refuse(check, &refusal.to_string()),
            }
        }
        accepted
    }

    fn refuse(&mut self, check: &Check, reason: &str) {
        let line = format!("{}: {reason}", check.name);
        tracing::warn!(check = check.name, reason, "refused a reported phase");
        self.refused.push(line);
    }

    /// Adds one warning about all refused phases.
    pub(super) fn warn_about_refused(&self, context: &mut Context) {
        let mut lines: Vec<String> = self.refused.clone();
        lines.dedup();
        let more = lines.len().saturating_sub(MAX_LISTED);
        lines.truncate(MAX_LISTED);
        if lines.is_empty() {
            return;
        }
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        context.warn(
            "Reported phases of the start-up were refused",
            format!(
                "The app reports phases that jiti does not record:\n  - {}\nThe checks passed. Correct \
                 the report of the app.",
                lines.join("\n  - ")
            ),
        );
    }
}
