//! Reads the plan: from a file, from standard input, or from Terraform.

use std::io::Read;
use std::path::Path;

use check::Plan;
use stack::terraform::{PlanSettings, TerraformError, planned_document};

use crate::cli::context::Context;
use crate::error::CommandError;

/// The plan in a file, or of a folder.
pub(super) async fn plan(
    path: &Path,
    var_files: &[String],
    context: &Context,
) -> Result<Plan, CommandError> {
    if path.is_dir() {
        let settings = PlanSettings {
            programs: context.config()?.terraform.programs,
            path: context.environment.path.clone(),
            secrets: context.environment.secrets.clone(),
            var_files: var_files.to_vec(),
        };
        let document = planned_document(path, &settings).await;
        let document = document.map_err(|error| not_planned(path, &error))?;
        return parsed(&path.display().to_string(), document.as_bytes());
    }
    if !var_files.is_empty() {
        return Err(CommandError::usage(
            "--var-file is for a folder: a plan already has its values",
        ));
    }
    if path == Path::new("-") {
        let mut content = Vec::new();
        std::io::stdin()
            .read_to_end(&mut content)
            .map_err(|error| CommandError::failed("cannot read standard input").because(&error))?;
        return parsed("standard input", &content);
    }
    let content = std::fs::read(path).map_err(|error| {
        CommandError::failed(format!("cannot read the plan {}", path.display())).because(&error)
    })?;
    parsed(&path.display().to_string(), &content)
}

fn parsed(name: &str, content: &[u8]) -> Result<Plan, CommandError> {
    Plan::parse(content)
        .map_err(|error| CommandError::failed(format!("cannot check {name}: {error}")))
}

fn not_planned(path: &Path, error: &TerraformError) -> CommandError {
    let failed = CommandError::failed(format!("cannot plan {}: {error}", path.display()));
    match error {
        TerraformError::MissingVariables { .. } => {
            failed.hint("pass a file with --var-file, or set TF_VAR_name")
        }
        TerraformError::NotInstalled => {
            failed.hint("install one of them, or make the plan elsewhere and pass its JSON")
        }
        _ => failed,
    }
}
