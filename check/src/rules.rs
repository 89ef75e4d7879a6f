//! The built-in rules. Each has its own file, and one row in [`RULES`].

mod long_lease;
mod name_kept;
mod over_budget;
mod public_endpoint;
mod several_stacks;
mod undeletable;
mod unencrypted;
mod untagged;

use stack::Policy;

use crate::finding::{CheckReport, Finding, Severity, Undecided};
use crate::plan::{ByKind, Plan, PlannedResource};
use crate::prices::Prices;

/// A built-in rule.
#[derive(Debug)]
pub struct Rule {
    /// The id, as in the output and in the configuration.
    pub id: &'static str,
    /// What the rule finds, in a few words.
    pub title: &'static str,
    /// Why that is wrong for a stack with a lease.
    pub why: &'static str,
    /// How to fix it.
    pub fix: &'static str,
    /// Checks a plan.
    pub(crate) plan: fn(&PlanSubject<'_>, &mut Findings<'_>),
}

/// The built-in rules, in the order of their documentation.
pub const RULES: &[Rule] = &[
    untagged::RULE,
    public_endpoint::RULE,
    unencrypted::RULE,
    undeletable::RULE,
    name_kept::RULE,
    over_budget::RULE,
    several_stacks::RULE,
    long_lease::RULE,
];

/// What a plan is checked against.
#[derive(Clone, Copy)]
pub struct PlanContext<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The list prices.
    pub prices: &'a dyn Prices,
}

/// A plan, as a rule reads it.
pub(crate) struct PlanSubject<'a> {
    /// Every resource that exists after the apply.
    pub(crate) resources: &'a [PlannedResource<'a>],
    /// The same by type.
    pub(crate) by_kind: &'a ByKind<'a>,
    /// The plan itself.
    pub(crate) plan: &'a Plan,
    /// The policy and the prices.
    pub(crate) context: &'a PlanContext<'a>,
}

/// Collects what one rule finds.
pub(crate) struct Findings<'a> {
    rule: &'static Rule,
    report: &'a mut CheckReport,
}

/// Checks a plan with every built-in rule.
#[must_use]
pub fn check_plan(plan: &Plan, context: &PlanContext<'_>) -> CheckReport {
    let resources = plan.resources();
    let subject = PlanSubject {
        by_kind: &ByKind::of(&resources),
        resources: &resources,
        plan,
        context,
    };
    let mut report = CheckReport {
        resources: resources.len(),
        ..CheckReport::default()
    };
    for rule in RULES {
        let mut findings = Findings {
            rule,
            report: &mut report,
        };
        (rule.plan)(&subject, &mut findings);
    }
    report.sort();
    report
}

impl Findings<'_> {
    /// The report, for a rule that has more to say.
    pub(crate) fn report(&mut self) -> &mut CheckReport {
        self.report
    }

    /// Reports that a resource breaks the rule.
    pub(crate) fn add(
        &mut self,
        address: &str,
        attribute: Option<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.report.findings.push(Finding {
            address: address.to_owned(),
            rule: self.rule.id.to_owned(),
            severity: Severity::Error,
            attribute,
            why: why.into(),
            fix: Some(fix.into()),
        });
    }

    /// Reports something that does not make the check fail.
    pub(crate) fn warn(
        &mut self,
        address: &str,
        attribute: Option<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(address, attribute, why, fix);
        if let Some(added) = self.report.findings.last_mut() {
            added.severity = Severity::Warning;
        }
    }

    /// Reports that an attribute of a resource is known only after the apply.
    pub(crate) fn unknown(&mut self, resource: &PlannedResource<'_>, attribute: &str) {
        let why = "the value is known only after the apply";
        self.undecided(resource.address, Some(attribute.to_owned()), why);
    }

    /// Reports that the rule cannot be decided for a resource.
    pub(crate) fn undecided(
        &mut self,
        address: &str,
        attribute: Option<String>,
        why: impl Into<String>,
    ) {
        self.report.undecided.push(Undecided {
            address: address.to_owned(),
            rule: self.rule.id.to_owned(),
            attribute,
            why: why.into(),
        });
    }
}
