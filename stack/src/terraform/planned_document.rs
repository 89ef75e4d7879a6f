//! Plans the configuration in a directory as its user would, for a check before the apply.

use std::path::{Path, PathBuf};

use super::error::TerraformError;
use super::json_output::json_document;
use super::mask::Mask;
use super::programs::Programs;
use super::root_module::Terraform;

/// Where jiti looks for Terraform, and what to hide in its messages.
#[derive(Clone, Debug, Default)]
pub struct PlanSettings {
    /// `programs` under `[terraform]` in the configuration.
    pub programs: Vec<PathBuf>,
    /// The folders of `PATH`.
    pub path: Vec<PathBuf>,
    /// The values to mask in messages.
    pub secrets: Vec<String>,
    /// Files with values of variables, as arguments of `-var-file`.
    pub var_files: Vec<String>,
}

/// Plans the root module in a directory, and returns the plan as `show -json` prints it.
///
/// Terraform runs in the user's own workspace and data directory, and the provider checks every
/// limit. Initialises the root module once if Terraform asks for it. Takes no state lock, because
/// nothing changes. The saved plan may contain secrets; it is deleted when it has been read.
///
/// # Errors
/// [`TerraformError`] when there is no program, or when Terraform fails.
pub async fn planned_document(
    directory: &Path,
    settings: &PlanSettings,
) -> Result<String, TerraformError> {
    let programs = Programs {
        configured: &settings.programs,
        path: &settings.path,
    };
    let terraform = Terraform::for_user(directory.to_owned(), programs)?;
    let mut mask = Mask::default();
    settings.secrets.iter().for_each(|secret| mask.hide(secret));
    let folder = tempfile::tempdir().map_err(|error| TerraformError::Run {
        program: terraform.program(),
        doing: "given a folder for its plan".to_owned(),
        reason: error.to_string(),
    })?;
    let file = folder.path().join("plan");
    let plan = || async {
        let mut command =
            terraform.plain_command(&["plan", "-json", "-input=false", "-lock=false"]);
        for file in &settings.var_files {
            command.arg(format!("-var-file={file}"));
        }
        let mut out = std::ffi::OsString::from("-out=");
        out.push(&file);
        command.arg(out);
        let said = terraform.capture("plan", command).await?;
        match said.status.success() {
            true => Ok(()),
            false => Err(terraform.failed("plan", &said, &mask)),
        }
    };
    match plan().await {
        Err(TerraformError::NotInitialised { .. }) => {
            let init = terraform.plain_command(&["init", "-input=false", "-no-color"]);
            terraform.initialise(init, &mask).await?;
            plan().await?;
        }
        planned => planned?,
    }
    let mut command = terraform.plain_command(&["show", "-json", "-no-color"]);
    command.arg(&file);
    let said = terraform.capture("show", command).await?;
    if !said.status.success() {
        return Err(terraform.failed("show", &said, &mask));
    }
    let text = String::from_utf8_lossy(&said.stdout);
    Ok(json_document(&text).to_owned())
}
