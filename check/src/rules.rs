//! The built-in rules. Each has its own file, and one row in [`RULES`].

mod long_lease;
mod name_kept;
mod over_budget;
mod public_endpoint;
mod several_stacks;
mod undeletable;
mod unencrypted;
mod untagged;

use stack::cloud::{Observed, Unchecked};
use stack::{Lease, Policy, Resource};

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
    /// Checks the resources of a stack that exists.
    pub(crate) live: fn(&LiveContext<'_>, &mut Findings<'_>),
}

/// Stands for every rule, where something did not answer.
const DISCOVERY: &str = "discovery";

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

/// A stack that exists, as a rule reads it.
#[derive(Clone, Copy)]
pub struct LiveContext<'a> {
    /// Its lease.
    pub lease: &'a Lease,
    /// Its resources, as last discovered.
    pub resources: &'a [&'a Resource],
    /// The places, and types in places, that did not answer in the last discovery.
    pub unchecked: &'a [Unchecked],
    /// The policy in force.
    pub policy: &'a Policy,
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

/// Checks the resources of a stack with every built-in rule. What cannot be decided from what was
/// discovered is in the report as undecided, and never a pass.
#[must_use]
pub fn check_live(context: &LiveContext<'_>) -> CheckReport {
    let mut report = CheckReport {
        resources: context.resources.len(),
        ..CheckReport::default()
    };
    for gap in context.unchecked {
        let kind = gap.kind.as_deref().unwrap_or("every type");
        report.undecided.push(Undecided {
            stack: None,
            address: format!("{kind} in {}", gap.place),
            rule: DISCOVERY.to_owned(),
            attribute: None,
            why: format!("it did not answer: {}", gap.reason),
        });
    }
    for rule in RULES {
        let mut findings = Findings {
            rule,
            report: &mut report,
        };
        (rule.live)(context, &mut findings);
    }
    report.set_stack(context.lease.name.as_str());
    report.sort();
    report
}

impl Findings<'_> {
    /// Reports what is known of a fact of a resource, or that it is not known. `broken` says what
    /// is wrong with a known fact.
    pub(crate) fn observed<T>(
        &mut self,
        resource: &Resource,
        fact: &Observed<T>,
        broken: impl Fn(&T) -> Vec<String>,
    ) {
        let id = resource.id.as_str();
        match fact {
            Observed::DoesNotApply => {}
            Observed::Unknown(why) => self.undecided(id, None, why.as_str()),
            Observed::Known(fact) => {
                for why in broken(fact) {
                    self.add(id, None, why, self.rule.fix);
                }
            }
        }
    }

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
            stack: None,
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
            stack: None,
            address: address.to_owned(),
            rule: self.rule.id.to_owned(),
            attribute,
            why: why.into(),
        });
    }
}
