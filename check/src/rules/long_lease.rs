//! A lease that is longer than the policy allows.

use stack::Ttl;

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::Attribute;

pub(super) const RULE: Rule = Rule {
    id: "long_lease",
    title: "a lease longer than the policy allows",
    why: "The policy limits how long a stack may live, and jiti refuses the apply.",
    fix: "Set a shorter ttl, and extend the stack if it is still needed.",
    plan,
    live,
};

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    let Some(max) = subject.context.policy.max_ttl else {
        return;
    };
    for stack in subject.by_kind.get("jiti_stack") {
        let text = match stack.block.attribute("ttl") {
            Attribute::Unknown => {
                findings.unknown(stack, "ttl");
                continue;
            }
            // Without a TTL, the policy's default counts, which is never above its maximum.
            Attribute::NotSet => continue,
            Attribute::Known(ttl) => ttl.as_str().unwrap_or_default(),
        };
        let Ok(ttl) = text.parse::<Ttl>() else {
            let why = format!("{text:?} is no duration");
            findings.add(
                stack.address,
                Some("ttl".to_owned()),
                why,
                "Write a duration, such as \"8h\".",
            );
            continue;
        };
        if ttl.span() > max {
            let why = format!("the lease is {text}, and the policy's max_ttl is {max}");
            let fix = format!("Set ttl to at most \"{max}\".");
            findings.add(stack.address, Some("ttl".to_owned()), why, fix);
        }
    }
}

fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    let ttl = &context.lease.terms.ttl;
    if let Some(max) = context.policy.max_ttl.filter(|max| ttl.span() > *max) {
        let why = format!("the lease is {ttl}, and the policy's max_ttl is {max}");
        let fix = format!("Set ttl to at most \"{max}\".");
        findings.add("", Some("ttl".to_owned()), why, fix);
    }
}
