//! Several stacks in one root module.

use super::{Findings, LiveContext, PlanSubject, Rule};

pub(super) const RULE: Rule = Rule {
    id: "several_stacks",
    title: "several stacks in one root module",
    why: "jiti tears a stack down by destroying its root module, and refuses a plan that would delete another stack.",
    fix: "Give each stack its own root module, or its own workspace of one.",
    plan,
    live,
};

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    let stacks = subject.by_kind.get("jiti_stack");
    let [first, others @ ..] = stacks else {
        return;
    };
    for stack in others {
        let why = format!("{} is in the same root module", first.address);
        findings.add(stack.address, None, why, RULE.fix);
    }
}

fn live(_context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    let why = "only Terraform knows which root module a resource belongs to: check its plan";
    findings.undecided("", None, why);
}
