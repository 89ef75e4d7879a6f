//! What a check reports: findings, and what it could not decide.

use jiff::civil::Date;
use serde::Serialize;
use stack::HourlyRate;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The check fails.
    Error,
    /// The check reports it and does not fail.
    Warning,
}

impl Severity {
    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A rule that a resource breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The stack, if resources that exist were checked.
    pub stack: Option<String>,
    /// The address of the resource in the plan, or the id of one that exists; empty for the whole
    /// plan.
    pub address: String,
    /// The rule's id.
    pub rule: String,
    /// How serious it is.
    pub severity: Severity,
    /// The attribute that is the cause, if it is one.
    pub attribute: Option<String>,
    /// What is wrong.
    pub why: String,
    /// How to fix it; null if the rule, which a user wrote, does not say.
    pub fix: Option<String>,
}

/// A rule that could not be decided for a resource, because a value is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Undecided {
    /// The stack, if resources that exist were checked.
    pub stack: Option<String>,
    /// The address of the resource, or its id.
    pub address: String,
    /// The rule's id.
    pub rule: String,
    /// The attribute whose value is not known; null if nothing of it is.
    pub attribute: Option<String>,
    /// Why it is not known.
    pub why: String,
}

/// What the planned resources cost at list prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedCost {
    /// The sum per hour of what has a list price; null if nothing has one.
    pub hourly_usd: Option<HourlyRate>,
    /// The day of the oldest price in it.
    pub listed_on: Option<Date>,
    /// What costs money and has no price here.
    pub unpriced: Vec<String>,
}

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The findings, by address and rule.
    pub findings: Vec<Finding>,
    /// What could not be decided, by address and rule.
    pub undecided: Vec<Undecided>,
    /// What the planned resources cost; null for resources that exist.
    pub cost: Option<PlannedCost>,
    /// How many resources the rules read.
    pub resources: usize,
    /// How many findings the configuration ignores.
    pub ignored: usize,
}

impl CheckReport {
    /// The number of findings that make the check fail.
    #[must_use]
    pub fn errors(&self) -> usize {
        let errors = self.findings.iter();
        errors
            .filter(|finding| finding.severity == Severity::Error)
            .count()
    }

    /// Adds the report of another check. Costs are not added.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.undecided.extend(other.undecided);
        self.resources += other.resources;
        self.ignored += other.ignored;
        self.sort();
    }

    /// Says which stack the report is about.
    pub fn set_stack(&mut self, name: &str) {
        for finding in &mut self.findings {
            finding.stack = Some(name.to_owned());
        }
        for open in &mut self.undecided {
            open.stack = Some(name.to_owned());
        }
    }

    /// Sorts the report, so that the same plan always has the same report.
    pub(crate) fn sort(&mut self) {
        self.findings.sort();
        self.findings.dedup();
        self.undecided.sort();
        self.undecided.dedup();
    }
}
