//! Several stacks in one root module.

use super::{Findings, PlanSubject, Rule};

pub(super) const RULE: Rule = Rule {
    id: "several_stacks",
    title: "several stacks in one root module",
    why: "jiti tears a stack down by destroying its root module, and refuses a plan that would delete another stack.",
    fix: "Give each stack its own root module, or its own workspace of one.",
    plan,
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
