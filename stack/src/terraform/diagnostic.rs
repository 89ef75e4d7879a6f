//! Terraform's diagnostics, and the failures that they mean.

use serde::Deserialize;

use super::error::TerraformError;
use super::mask::Mask;
use super::state_lock::StateLock;

/// A diagnostic, as in Terraform's JSON.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    #[serde(default)]
    pub(crate) severity: String,
    #[serde(default)]
    pub(crate) summary: String,
    #[serde(default)]
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) address: Option<String>,
}

impl Diagnostic {
    pub(crate) fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// Its text, shortened and masked. Leaves out a provisioner's command and its output, which may
    /// contain secrets.
    pub(crate) fn reason(&self, mask: &Mask) -> String {
        let before = self.detail.split("Output:").next().unwrap_or_default();
        let detail = match (
            before.split_once("running command '"),
            before.rsplit_once("': "),
        ) {
            (Some((head, _)), Some((_, tail))) => format!("{head}running a command: {tail}"),
            _ => before.to_owned(),
        };
        if detail.trim().is_empty() {
            mask.reason(&self.summary)
        } else {
            mask.reason(&format!("{}: {detail}", self.summary))
        }
    }

    /// Whether its text contains a name.
    pub(crate) fn names(&self, what: &str) -> bool {
        !what.is_empty() && (self.summary.contains(what) || self.detail.contains(what))
    }
}

/// What Terraform prints where a root is not initialised, or not for this configuration.
const NOT_INITIALISED: &[&str] = &[
    "Backend initialization required",
    "Required plugins are not installed",
    "Inconsistent dependency lock file",
    "Module not installed",
    "Module source has changed",
    "Could not load plugin",
    "Initialization required",
    "Missing or corrupted provider plugins",
];

/// The failure that a run's diagnostics mean; `said` is its other output.
pub(super) fn failure(
    command: &str,
    diagnostics: &[Diagnostic],
    said: &str,
    mask: &Mask,
) -> TerraformError {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.is_error()).collect();
    let with = |summary: &str| {
        let summary = summary.to_owned();
        errors.iter().filter(move |d| d.summary.contains(&summary))
    };
    if let Some(locked) = with("acquiring the state lock")
        .chain(with("locking state"))
        .next()
    {
        return TerraformError::Locked {
            lock: StateLock::read(&locked.detail),
        };
    }
    if said.contains("Error acquiring the state lock") {
        return TerraformError::Locked {
            lock: StateLock::read(said),
        };
    }
    let names: Vec<String> = with("No value for required variable")
        .filter_map(|d| d.detail.split('"').nth(1).map(str::to_owned))
        .collect();
    if !names.is_empty() {
        return TerraformError::MissingVariables { names };
    }
    let kept: Vec<String> = with("Instance cannot be destroyed")
        .filter_map(|d| {
            let rest = d.detail.split("Resource ").nth(1)?;
            rest.split_whitespace().next().map(str::to_owned)
        })
        .collect();
    if !kept.is_empty() {
        return TerraformError::PreventDestroy { addresses: kept };
    }
    if with("Saved plan is stale").next().is_some() {
        return TerraformError::Stale;
    }
    let reason = match errors.as_slice() {
        [] => mask.reason(said),
        errors => {
            let reasons: Vec<_> = errors.iter().map(|d| d.reason(mask)).collect();
            mask.reason(&reasons.join("; "))
        }
    };
    let not_initialised = NOT_INITIALISED.iter().any(|text| {
        errors.iter().any(|d| d.names(text)) || (errors.is_empty() && said.contains(text))
    });
    if not_initialised {
        return TerraformError::NotInitialised { reason };
    }
    TerraformError::Failed {
        command: command.to_owned(),
        reason: if reason.is_empty() {
            "Terraform gave no reason".to_owned()
        } else {
            reason
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(summary: &str, detail: &str) -> Diagnostic {
        Diagnostic {
            severity: "error".to_owned(),
            summary: summary.to_owned(),
            detail: detail.to_owned(),
            address: None,
        }
    }

    fn failure_of(diagnostics: &[Diagnostic]) -> TerraformError {
        failure("plan", diagnostics, "", &Mask::default())
    }

    /// The error of a held lock names its holder and the time.
    #[test]
    fn a_lock_names_its_holder() {
        let detail = "Error message: resource temporarily unavailable\nLock Info:\n  ID:        4c0c1b1e\n  \
                      Path:      terraform.tfstate\n  Operation: OperationTypeApply\n  Who:       ana@laptop\n  \
                      Version:   1.11.4\n  Created:   2026-03-02 12:00:00.5 +0000 UTC\n  Info:      \n\n\nTerraform acquires";
        let error = failure_of(&[error("Error acquiring the state lock", detail)]);
        assert_eq!(
            error.to_string(),
            "the state is locked by ana@laptop since 2026-03-02 12:00:00.5 +0000 UTC (OperationTypeApply)"
        );
    }

    /// Every missing variable is named, and every resource that `prevent_destroy` protects.
    #[test]
    fn what_is_missing_is_named() {
        let missing = |name: &str| {
            error(
                "No value for required variable",
                &format!(
                    "The root module input variable \"{name}\" is not set, and has no default value."
                ),
            )
        };
        let names = vec!["region".to_owned(), "zone".to_owned()];
        assert_eq!(
            failure_of(&[missing("region"), missing("zone")]),
            TerraformError::MissingVariables { names }
        );
        let kept = error(
            "Instance cannot be destroyed",
            "Resource module.db.aws_db_instance.main[0] has lifecycle.prevent_destroy set, but",
        );
        let addresses = vec!["module.db.aws_db_instance.main[0]".to_owned()];
        assert_eq!(
            failure_of(&[kept]),
            TerraformError::PreventDestroy { addresses }
        );
    }

    /// A root without its plugins or modules has to be initialised.
    #[test]
    fn not_initialised_is_told_apart() {
        let error = failure_of(&[error(
            "Inconsistent dependency lock file",
            "run terraform init",
        )]);
        assert!(
            matches!(error, TerraformError::NotInitialised { .. }),
            "{error:?}"
        );
        let plain = failure(
            "plan",
            &[],
            "Error: Backend initialization required",
            &Mask::default(),
        );
        assert!(
            matches!(plain, TerraformError::NotInitialised { .. }),
            "{plain:?}"
        );
    }

    /// The output of a provisioner's command is in no reason.
    #[test]
    fn the_output_of_commands_is_left_out() {
        let said = error(
            "local-exec provisioner error",
            "Error running command 'echo 'it''s a': pike; exit 1': exit status 1. Output: the key is swordfish",
        );
        let reason = said.reason(&Mask::default());
        assert_eq!(
            reason,
            "local-exec provisioner error: Error running a command: exit status 1."
        );
    }
}
