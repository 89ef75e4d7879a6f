//! Rules in Rego over resources that exist.

use serde_json::json;

use super::{RegoFile, RegoInput};
use crate::finding::{CheckReport, Undecided};
use crate::rules::LiveContext;

/// What only a plan has.
const OF_PLANS: [&str; 4] = [
    "resource_changes",
    "planned_values",
    "input.resource.",
    "input.resource[",
];

/// What only the input of a live check has.
const OF_RESOURCES: &str = "input.resources";

/// The files with rules, by what they read.
#[derive(Clone, Debug, Default)]
pub struct LiveFiles {
    /// The files that do not read a plan.
    pub files: Vec<RegoFile>,
    /// The paths of the files that read a plan, and so cannot be evaluated.
    pub of_plans: Vec<String>,
}

impl LiveFiles {
    /// Sets the files aside that read a plan and no resources.
    #[must_use]
    pub fn of(files: Vec<RegoFile>) -> Self {
        let mut live = Self::default();
        for file in files {
            let reads_plan = OF_PLANS.iter().any(|name| file.text.contains(name));
            if reads_plan && !file.text.contains(OF_RESOURCES) {
                live.of_plans.push(file.path);
            } else {
                live.files.push(file);
            }
        }
        live
    }

    /// Says in a report which files were not evaluated.
    pub fn note(&self, stack: &str, report: &mut CheckReport) {
        let open = self.of_plans.iter().map(|path| Undecided {
            stack: Some(stack.to_owned()),
            address: String::new(),
            rule: path.clone(),
            attribute: None,
            why: "its rules read a plan, and not input.resources".to_owned(),
        });
        report.undecided.extend(open);
        report.sort();
    }
}

impl RegoInput {
    /// What the rules read of a stack that exists: its resources as `input.resources`, and its
    /// lease as `data.stack`.
    #[must_use]
    pub fn live(context: &LiveContext<'_>) -> Self {
        let LiveContext { lease, policy, .. } = context;
        let rate = lease.meter.rate();
        Self {
            input: json!({"resources": context.resources}),
            policy: json!(policy),
            stack: json!({
                "name": lease.name, "app": lease.app, "version": lease.version,
                "owner": lease.owner, "ttl": lease.terms.ttl, "labels": lease.terms.labels,
                "created_at": lease.created_at, "expires_at": lease.expires_at,
            }),
            prices: json!({"hourly_usd": rate}),
        }
    }
}
