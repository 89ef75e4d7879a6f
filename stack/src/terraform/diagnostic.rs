//! Terraform's diagnostics, and the failures that they mean.

use serde::Deserialize;

use super::address::normalised;
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

    /// Its text, on one line or more, not masked.
    pub(crate) fn text(&self) -> String {
        if self.detail.trim().is_empty() {
            self.summary.clone()
        } else {
            format!("{}: {}", self.summary, self.detail)
        }
    }

    /// Its whole text, with a provisioner's command and output, not masked.
    pub(crate) fn whole(&self) -> String {
        format!("Error: {}\n{}", self.summary, self.detail)
            .trim_end()
            .to_owned()
    }
}

/// What Terraform prints where a root is not initialised, or not for this configuration; in lower
/// case.
const NOT_INITIALISED: &[&str] = &[
    "initialization required",
    "required plugins are not installed",
    "inconsistent dependency lock file",
    "module not installed",
    "module source has changed",
    "could not load plugin",
    "missing or corrupted provider plugins",
    "missing required provider",
    "provider requirements cannot be satisfied",
    "terraform init",
    "tofu init",
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
            let (_, rest) = d.detail.split_once("Resource ")?;
            let (address, _) = rest.split_once(" has lifecycle.prevent_destroy")?;
            Some(normalised(address))
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
    let asks = |text: &str| {
        let text = text.to_lowercase();
        NOT_INITIALISED.iter().any(|asked| text.contains(asked))
    };
    let not_initialised = match errors.as_slice() {
        [] => asks(said),
        errors => errors.iter().any(|d| asks(&d.summary) || asks(&d.detail)),
    };
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
            "the state is locked by ana@laptop since 2026-03-02 12:00:00.5 +0000 UTC (OperationTypeApply), \
             lock ID 4c0c1b1e"
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
            "Resource module.db.aws_db_instance.main[\"a b\"] has lifecycle.prevent_destroy set, but",
        );
        let addresses = vec!["module.db.aws_db_instance.main[\"a b\"]".to_owned()];
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
        for said in [
            "Error: Backend initialization required: please run \"terraform init\"",
            "Error: HCP Terraform or Terraform Enterprise initialization required: please run",
            "Error: Module not installed",
        ] {
            let plain = failure("state pull", &[], said, &Mask::default());
            assert!(
                matches!(plain, TerraformError::NotInitialised { .. }),
                "{plain:?}"
            );
        }
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
