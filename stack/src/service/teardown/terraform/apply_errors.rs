//! Finds out why each remaining resource is left. Terraform's JSON stream ties the errors of a
//! destroy to no resource, so this module matches them.

use std::collections::BTreeMap;

use crate::service::teardown::plan::TeardownPlan;
use crate::service::teardown::residue::{Residue, command};
use crate::terraform::{Diagnostic, ManagedResource, Mask, State};

/// What the lines of an apply reported as failed.
#[derive(Debug, Default)]
pub(super) struct ApplyErrors {
    /// The resources whose delete failed, with their types.
    pub(super) failed: BTreeMap<String, String>,
    /// Every diagnostic.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether a user stopped the apply.
    pub(super) stopped: bool,
}

/// What is left: what the state still lists, or, if the state could not be read, what was not
/// reported as deleted.
pub(super) fn residue(
    plan: &TeardownPlan,
    state: Option<&State>,
    deleted: &[String],
    errors: &ApplyErrors,
    mask: &Mask,
) -> Vec<Residue> {
    let remaining: Vec<(String, String)> = match state {
        Some(state) => {
            let resources = state.resources.iter();
            resources
                .map(|ManagedResource { address, kind, .. }| (address.clone(), kind.clone()))
                .collect()
        }
        None => {
            let not_deleted = plan
                .resources
                .iter()
                .filter(|planned| !deleted.contains(&planned.id));
            not_deleted
                .map(|planned| (planned.id.clone(), planned.kind.clone()))
                .collect()
        }
    };
    // The lease stays because something else is left: it is not residue itself.
    let only_own = remaining.iter().all(|(_, kind)| kind.starts_with("jiti_"));
    let counts = |(id, kind): &(String, String)| {
        only_own || errors.failed.contains_key(id) || !kind.starts_with("jiti_")
    };
    let left = remaining.into_iter().filter(counts);
    left.map(|(id, kind)| residue_of(plan, id, kind, errors, mask))
        .collect()
}

/// The residue when the destroy succeeded and the state could not be read afterwards.
pub(super) fn state_not_read(plan: &TeardownPlan, reason: &str) -> Residue {
    Residue {
        id: plan.method.directory().to_owned(),
        reason: format!("not_looked: the state could not be read after the destroy: {reason}"),
        command: Some(command(&plan.name)),
        ..Residue::default()
    }
}

fn residue_of(
    plan: &TeardownPlan,
    id: String,
    kind: String,
    errors: &ApplyErrors,
    mask: &Mask,
) -> Residue {
    let (reason, blocked_by) = if errors.failed.contains_key(&id) {
        (reason(plan, &id, errors, mask), None)
    } else if errors.stopped {
        ("not reached: the teardown was stopped".to_owned(), None)
    } else {
        let first = errors.failed.keys().next().cloned();
        ("not reached: Terraform ended before it".to_owned(), first)
    };
    Residue {
        region: plan
            .resources
            .iter()
            .find(|planned| planned.id == id)
            .and_then(|planned| planned.region.clone()),
        id,
        kind: Some(kind),
        reason,
        blocked_by,
        hourly_usd: None,
        command: Some(command(&plan.name)),
    }
}

/// Why a delete failed: the diagnostic with the resource's address, else one that names the
/// resource, else every diagnostic without an address.
fn reason(plan: &TeardownPlan, id: &str, errors: &ApplyErrors, mask: &Mask) -> String {
    let diagnostics: Vec<&Diagnostic> = errors
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .collect();
    let resource_id = plan
        .resources
        .iter()
        .find(|planned| planned.id == id)
        .and_then(|planned| planned.resource_id.as_deref())
        .unwrap_or_default();
    let is_own = |diagnostic: &&&Diagnostic| {
        diagnostic.address.as_deref() == Some(id) || diagnostic.names(id)
    };
    let found = diagnostics.iter().find(is_own).or_else(|| {
        diagnostics
            .iter()
            .find(|diagnostic| diagnostic.names(resource_id))
    });
    if let Some(found) = found {
        return found.reason(mask);
    }
    let unassigned: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.address.is_none())
        .map(|diagnostic| diagnostic.reason(mask))
        .collect();
    if unassigned.is_empty() {
        "the delete failed, and Terraform did not say why".to_owned()
    } else {
        mask.reason(&unassigned.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::teardown::plan::{Method, PlannedDeletion};
    use crate::testing::stack_name;
    use crate::values::id::RunId;

    fn plan() -> TeardownPlan {
        let planned = |id: &str, resource_id: &str| PlannedDeletion {
            id: id.to_owned(),
            kind: id.split('.').next().unwrap().to_owned(),
            resource_id: Some(resource_id.to_owned()),
            region: Some("eu-west-1".to_owned()),
            objects: 1,
            ..PlannedDeletion::default()
        };
        TeardownPlan {
            name: stack_name("shop 1"),
            method: Method::Terraform {
                directory: "/srv".to_owned(),
                workspace: "default".to_owned(),
                digest: None,
            },
            run: RunId::random(),
            resources: vec![
                planned("aws_vpc.a", "vpc-1"),
                planned("aws_sg.b", "sg-9"),
                planned("jiti_stack.this", "shop 1"),
            ],
            residue: Vec::new(),
            already_gone: Vec::new(),
            hourly_usd: None,
            protected: false,
            warnings: Vec::new(),
            blockers: Vec::new(),
        }
    }

    fn errors(failed: &[&str], details: &[&str]) -> ApplyErrors {
        ApplyErrors {
            failed: failed
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

    /// An error is matched to its resource by address or by id; what was not reached is blocked by
    /// what failed; the lease is not residue.
    #[test]
    fn errors_are_matched_to_resources() {
        let errors = errors(
            &["aws_sg.b"],
            &["vpc-1 is fine", "sg-9 has a dependent object"],
        );
        let state = State::of(&["aws_vpc.a", "aws_sg.b", "jiti_stack.this"]);
        let left = residue(&plan(), Some(&state), &[], &errors, &Mask::default());
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

    /// Without a state, what was not reported as deleted is left; the lease is residue only when
    /// nothing else is left.
    #[test]
    fn without_a_state_the_reported_lines_count() {
        let deleted = ["aws_vpc.a".to_owned(), "aws_sg.b".to_owned()];
        let left = residue(&plan(), None, &deleted, &errors(&[], &[]), &Mask::default());
        let ids: Vec<_> = left.iter().map(|residue| residue.id.as_str()).collect();
        assert_eq!(ids, ["jiti_stack.this"]);
    }
}
