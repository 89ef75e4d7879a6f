//! Finds out why each remaining resource is left.

use std::collections::BTreeMap;
use std::path::Path;

use super::diagnostic_match::{FailedResource, MatchedErrors, match_errors};
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
    /// What the provisioners of each resource printed.
    pub(super) provisioner_output: BTreeMap<String, Vec<String>>,
    /// Whether a user stopped the apply.
    pub(super) stopped: bool,
}

impl ApplyErrors {
    /// The errors of each resource that failed.
    fn matched<'a>(&'a self, plan: &'a TeardownPlan) -> MatchedErrors<'a> {
        let failed: Vec<FailedResource<'_>> = self
            .failed
            .iter()
            .map(|(address, kind)| {
                let mut planned = plan.resources.iter();
                let planned = planned.find(|planned| planned.id == *address);
                FailedResource {
                    address,
                    kind,
                    id: planned.and_then(|planned| planned.resource_id.as_deref()),
                }
            })
            .collect();
        match_errors(&failed, &self.diagnostics)
    }

    /// Why a delete failed: its own errors, or else every error that belongs to no resource. If
    /// that is not all that was said, the reason names the file with the rest.
    fn reason(
        &self,
        id: &str,
        matched: &MatchedErrors<'_>,
        mask: &Mask,
        log: Option<&Path>,
    ) -> String {
        let own = matched.by_address.get(id).unwrap_or(&matched.unmatched);
        let mut reasons: Vec<String> = Vec::new();
        for diagnostic in own {
            let reason = diagnostic.reason(mask);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let reason = match reasons.as_slice() {
            [] => "the delete failed, and Terraform did not say why".to_owned(),
            reasons => mask.reason(&reasons.join("; ")),
        };
        let is_shown = |one: &&Diagnostic| reason.contains(&mask.line(&one.text()));
        let is_all = own.iter().all(is_shown) && !self.provisioner_output.contains_key(id);
        match log.filter(|_| !is_all) {
            Some(log) => {
                let reason = reason.trim_end_matches('.');
                format!("{reason}; its output is in {}", log.display())
            }
            None => reason,
        }
    }

    /// Everything that the provisioners and providers said about what failed, with secrets masked;
    /// `others` is Terraform's other output. Empty if nothing failed.
    pub(super) fn log(&self, plan: &TeardownPlan, others: &str, mask: &Mask) -> String {
        let matched = self.matched(plan);
        let mut sections: Vec<String> = Vec::new();
        for address in self.failed.keys() {
            let output = self.provisioner_output.get(address);
            let mut lines: Vec<String> = output.cloned().unwrap_or_default();
            let own = matched.by_address.get(address.as_str());
            lines.extend(own.into_iter().flatten().map(|error| error.whole()));
            sections.push(format!("# {address}\n{}\n", lines.join("\n")));
        }
        let mut rest: Vec<String> = matched.unmatched.iter().map(|one| one.whole()).collect();
        rest.extend(Some(others.trim().to_owned()).filter(|text| !text.is_empty()));
        if !rest.is_empty() {
            sections.push(format!("# Terraform\n{}\n", rest.join("\n")));
        }
        mask.text(&sections.join("\n"))
    }
}

/// What is left: what the state still lists, or, if the state could not be read, what was not
/// reported as deleted. `log` is the file with the output of what failed, if it was written.
pub(super) fn residue(
    plan: &TeardownPlan,
    state: Option<&State>,
    deleted: &[String],
    errors: &ApplyErrors,
    mask: &Mask,
    log: Option<&Path>,
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
    let matched = errors.matched(plan);
    let left = remaining.into_iter().filter(counts);
    left.map(|(id, kind)| {
        let (reason, blocked_by) = if errors.failed.contains_key(&id) {
            (errors.reason(&id, &matched, mask, log), None)
        } else if errors.stopped {
            ("not reached: the teardown was stopped".to_owned(), None)
        } else {
            let first = errors.failed.keys().next().cloned();
            ("not reached: Terraform ended before it".to_owned(), first)
        };
        residue_of(plan, id, kind, reason, blocked_by)
    })
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
    reason: String,
    blocked_by: Option<String>,
) -> Residue {
    let planned = plan.resources.iter().find(|planned| planned.id == id);
    Residue {
        region: planned.and_then(|planned| planned.region.clone()),
        resource_id: planned.and_then(|planned| planned.resource_id.clone()),
        id,
        kind: Some(kind),
        reason,
        blocked_by,
        hourly_usd: None,
        command: Some(command(&plan.name)),
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
                rebuilt_from: None,
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
            hourly_is_minimum: false,
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
            ..ApplyErrors::default()
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
        let left = residue(&plan(), Some(&state), &[], &errors, &Mask::default(), None);
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
        let errors = errors(&[], &[]);
        let left = residue(&plan(), None, &deleted, &errors, &Mask::default(), None);
        let ids: Vec<_> = left.iter().map(|residue| residue.id.as_str()).collect();
        assert_eq!(ids, ["jiti_stack.this"]);
    }
}
