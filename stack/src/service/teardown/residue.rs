//! What a destroy has left, and why: Terraform ties the errors of a destroy to no resource, so that they have to be matched.

use std::collections::BTreeMap;

use super::plan::TeardownPlan;
use super::progress::Residue;
use crate::terraform::{Diagnostic, Held, Mask, State};
use crate::values::id::StackName;

/// What happened to the resources of a run, as its lines told it.
#[derive(Debug, Default)]
pub(super) struct ApplyErrors {
    /// Those whose delete failed, with their type.
    pub(super) errored: BTreeMap<String, String>,
    /// Everything that was said to be wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Somebody asked it to stop.
    pub(super) stopped: bool,
}

/// What is left: what the state still holds where it could be read, else what was not said to be deleted.
pub(super) fn left(
    plan: &TeardownPlan,
    state: Option<&State>,
    deleted: &[String],
    heard: &ApplyErrors,
    mask: &Mask,
) -> Vec<Residue> {
    let remaining: Vec<(String, String)> = match state {
        Some(state) => {
            let held = state.held.iter();
            held.map(|Held { address, kind, .. }| (address.clone(), kind.clone()))
                .collect()
        }
        None => {
            let not_deleted = plan
                .resources
                .iter()
                .filter(|one| !deleted.contains(&one.id));
            not_deleted
                .map(|one| (one.id.clone(), one.kind.clone()))
                .collect()
        }
    };
    // The lease is kept because something else is left: it is no residue of its own.
    let only_own = remaining.iter().all(|(_, kind)| kind.starts_with("jiti_"));
    let counts = |(id, kind): &(String, String)| {
        only_own || heard.errored.contains_key(id) || !kind.starts_with("jiti_")
    };
    let left = remaining.into_iter().filter(counts);
    left.map(|(id, kind)| residue(plan, id, kind, heard, mask))
        .collect()
}

/// The state could not be read after a destroy that ended well.
pub(super) fn state_not_read(plan: &TeardownPlan, reason: &str) -> Residue {
    Residue {
        id: plan.directory.clone(),
        kind: None,
        region: None,
        reason: format!("not_looked: the state could not be read after the destroy: {reason}"),
        blocked_by: None,
        hourly_usd: None,
        command: Some(command(&plan.name)),
    }
}

fn residue(
    plan: &TeardownPlan,
    id: String,
    kind: String,
    heard: &ApplyErrors,
    mask: &Mask,
) -> Residue {
    let errored = heard.errored.contains_key(&id);
    let (reason, blocked_by) = if errored {
        (reason(plan, &id, heard, mask), None)
    } else if heard.stopped {
        ("not reached: the teardown was stopped".to_owned(), None)
    } else {
        let first = heard.errored.keys().next().cloned();
        ("not reached: Terraform ended before it".to_owned(), first)
    };
    Residue {
        region: plan
            .resources
            .iter()
            .find(|one| one.id == id)
            .and_then(|one| one.region.clone()),
        id,
        kind: Some(kind),
        reason,
        blocked_by,
        hourly_usd: None,
        command: Some(command(&plan.name)),
    }
}

/// Why one failed: the diagnostic of its address, else one that names it, else all that nothing else explains.
fn reason(plan: &TeardownPlan, id: &str, heard: &ApplyErrors, mask: &Mask) -> String {
    let errors: Vec<&Diagnostic> = heard.diagnostics.iter().filter(|d| d.is_error()).collect();
    let resource_id = plan
        .resources
        .iter()
        .find(|one| one.id == id)
        .and_then(|one| one.resource_id.as_deref())
        .unwrap_or_default();
    let own = |d: &&&Diagnostic| d.address.as_deref() == Some(id) || d.names(id);
    let found = errors
        .iter()
        .find(own)
        .or_else(|| errors.iter().find(|d| d.names(resource_id)));
    if let Some(found) = found {
        return found.reason(mask);
    }
    let of_nobody: Vec<String> = errors
        .iter()
        .filter(|d| d.address.is_none())
        .map(|d| d.reason(mask))
        .collect();
    if of_nobody.is_empty() {
        "the delete failed, and Terraform did not say why".to_owned()
    } else {
        mask.reason(&of_nobody.join("; "))
    }
}

/// The command that finishes it. Stack names hold nothing that a shell takes apart but spaces.
pub(in crate::service) fn command(stack: &StackName) -> String {
    format!("jiti teardown {} --yes", quoted(stack))
}

/// A name as a shell takes it.
pub(in crate::service) fn quoted(stack: &StackName) -> String {
    let name = stack.as_str();
    if name.contains(' ') {
        format!("'{name}'")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::Strategy;
    use crate::service::teardown::PlannedDeletion;
    use crate::testing::stack_name;
    use crate::values::id::RunId;

    fn plan() -> TeardownPlan {
        let doomed = |id: &str, resource_id: &str| PlannedDeletion {
            id: id.to_owned(),
            kind: id.split('.').next().unwrap().to_owned(),
            resource_id: Some(resource_id.to_owned()),
            region: Some("eu-west-1".to_owned()),
            objects: 1,
            ..PlannedDeletion::default()
        };
        TeardownPlan {
            name: stack_name("shop 1"),
            strategy: Strategy::Terraform,
            run: RunId::random(),
            directory: "/srv".to_owned(),
            workspace: "default".to_owned(),
            resources: vec![
                doomed("aws_vpc.a", "vpc-1"),
                doomed("aws_sg.b", "sg-9"),
                doomed("jiti_stack.this", "shop 1"),
            ],
            residue: Vec::new(),
            already_gone: Vec::new(),
            hourly_usd: None,
            protected: false,
            warnings: Vec::new(),
            blockers: Vec::new(),
            digest: String::new(),
        }
    }

    fn heard(errored: &[&str], details: &[&str]) -> ApplyErrors {
        ApplyErrors {
            errored: errored
                .iter()
                .map(|id| ((*id).to_owned(), String::new()))
                .collect(),
            diagnostics: details
                .iter()
                .map(|detail| Diagnostic {
                    severity: "error".to_owned(),
                    summary: "deleting".to_owned(),
                    detail: (*detail).to_owned(),
                    address: None,
                })
                .collect(),
            stopped: false,
        }
    }

    /// An error finds its resource by address or by id; what was not reached is blocked by what failed; the lease is
    /// no residue.
    #[test]
    fn errors_find_their_resources() {
        let heard = heard(
            &["aws_sg.b"],
            &["vpc-1 is fine", "sg-9 has a dependent object"],
        );
        let state = State::of(&["aws_vpc.a", "aws_sg.b", "jiti_stack.this"]);
        let left = left(&plan(), Some(&state), &[], &heard, &Mask::default());
        assert_eq!(left.len(), 2);
        assert_eq!(left[0].reason, "not reached: Terraform ended before it");
        assert_eq!(left[0].blocked_by.as_deref(), Some("aws_sg.b"));
        assert_eq!(left[1].reason, "deleting: sg-9 has a dependent object");
        assert_eq!(left[1].region.as_deref(), Some("eu-west-1"));
        assert_eq!(
            left[1].command.as_deref(),
            Some("jiti teardown 'shop 1' --yes")
        );
    }

    /// Without a state, what was not said to be deleted is left; the lease alone is residue when nothing else is.
    #[test]
    fn without_a_state_the_lines_count() {
        let deleted = ["aws_vpc.a".to_owned(), "aws_sg.b".to_owned()];
        let left = left(&plan(), None, &deleted, &heard(&[], &[]), &Mask::default());
        let ids: Vec<_> = left.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["jiti_stack.this"]);
    }
}
