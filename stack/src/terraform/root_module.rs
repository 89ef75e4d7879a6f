//! Runs Terraform where a stack was applied: its program, directory, workspace and data directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::diagnostic::failure;
use super::error::TerraformError;
use super::json_output::json_document;
use super::mask::Mask;
use super::plan::DestroyPlan;
use super::programs::Programs;
use super::state::State;
use super::stream;
use super::variable;
use crate::lease::{Origin, TeardownInputs};

/// Environment variables that would change how Terraform runs. `TF_CLI_ARGS_init` stays, because it
/// may configure the backend.
const REMOVED: &[&str] = &[
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_apply",
    "TF_CLI_ARGS_plan",
    "TF_CLI_ARGS_show",
    "TF_CLI_ARGS_state_pull",
    "TF_REATTACH_PROVIDERS",
];

/// Terraform, ready to be run for one stack.
#[derive(Clone, Debug)]
pub(crate) struct Terraform {
    program: PathBuf,
    directory: PathBuf,
    workspace: String,
    data_dir: Option<String>,
}

impl Terraform {
    /// Finds the program and the directory of an origin.
    pub(crate) fn at(origin: &Origin, programs: Programs<'_>) -> Result<Self, TerraformError> {
        let directory = PathBuf::from(&origin.directory);
        if !directory.is_dir() {
            return Err(TerraformError::FolderGone {
                directory: origin.directory.clone(),
            });
        }
        Ok(Self {
            program: programs.find(&origin.command)?,
            directory,
            workspace: origin.workspace.clone(),
            data_dir: origin.data_dir.clone(),
        })
    }

    /// Finds the program for a root module in a fresh checkout: the recorded one says only which
    /// product applied the stack.
    pub(crate) fn in_checkout(
        directory: PathBuf,
        workspace: &str,
        origin: &Origin,
        programs: Programs<'_>,
    ) -> Result<Self, TerraformError> {
        Ok(Self {
            program: programs.find(&origin.command)?,
            directory,
            workspace: workspace.to_owned(),
            data_dir: None,
        })
    }

    /// Finds the program for a directory that no stack was applied from yet: Terraform, or else
    /// OpenTofu.
    pub(super) fn for_user(
        directory: PathBuf,
        programs: Programs<'_>,
    ) -> Result<Self, TerraformError> {
        if !directory.is_dir() {
            let directory = directory.display().to_string();
            return Err(TerraformError::FolderGone { directory });
        }
        let found = programs
            .find("terraform")
            .or_else(|_| programs.find("tofu"));
        Ok(Self {
            program: found.map_err(|_| TerraformError::NotInstalled)?,
            directory,
            workspace: "default".to_owned(),
            data_dir: None,
        })
    }

    /// Initialises a fresh checkout with these keys of its backend, which is of this type.
    pub(crate) async fn init_backend(
        &self,
        kind: &str,
        keys: &BTreeMap<String, String>,
        mask: &Mask,
    ) -> Result<(), TerraformError> {
        let mut command = self.command(&["init", "-reconfigure", "-input=false", "-no-color"]);
        // HCP Terraform needs the workspace from the start. Elsewhere, a workspace that does not
        // exist would be an error without its name.
        if !matches!(kind, "cloud" | "remote") {
            command.env_remove("TF_WORKSPACE");
        }
        for (key, value) in keys {
            command.arg(format!("-backend-config={key}={value}"));
        }
        self.initialise(command, mask).await
    }

    /// Selects the workspace, and never creates it.
    pub(crate) async fn select_workspace(&self, mask: &Mask) -> Result<(), TerraformError> {
        if self.workspace == "default" {
            return Ok(());
        }
        let mut command = self.command(&["workspace", "select", "-no-color", &self.workspace]);
        command.env_remove("TF_WORKSPACE");
        let said = self.capture("workspace select", command).await?;
        match said.status.success() {
            true => Ok(()),
            false => Err(self.failed("workspace select", &said, mask)),
        }
    }

    /// Reads the state, without a lock.
    pub(crate) async fn state(&self) -> Result<State, TerraformError> {
        let said = self
            .capture("state pull", self.command(&["state", "pull"]))
            .await?;
        let text = String::from_utf8_lossy(&said.stdout);
        if !said.status.success() {
            return Err(self.failed("state pull", &said, &Mask::default()));
        }
        State::read(json_document(&text)).map_err(|error| not_understood("state pull", &error))
    }

    /// Plans a destroy into a file, and reads it. Initialises the root once if necessary.
    pub(crate) async fn plan(
        &self,
        inputs: &TeardownInputs,
        file: &Path,
        mask: &Mask,
    ) -> Result<DestroyPlan, TerraformError> {
        let mut verbatim = BTreeSet::new();
        let planned = match self.plan_once(inputs, &verbatim, file, mask).await {
            Err(TerraformError::NotInitialised { .. }) => {
                self.init(mask).await?;
                self.plan_once(inputs, &verbatim, file, mask).await
            }
            planned => planned,
        };
        match planned {
            Ok(planned) => {
                verbatim = variable::taken_as_text(&inputs.variables, &planned.variables);
                if verbatim.is_empty() {
                    return Ok(planned);
                }
                self.plan_once(inputs, &verbatim, file, mask).await
            }
            // A validation may have refused a text that is not as it was written.
            Err(error @ TerraformError::Failed { .. }) => {
                verbatim = variable::changed(&inputs.variables);
                if verbatim.is_empty() {
                    return Err(error);
                }
                match self.plan_once(inputs, &verbatim, file, mask).await {
                    Ok(planned)
                        if variable::all_are_text(inputs, &verbatim, &planned.variables) =>
                    {
                        Ok(planned)
                    }
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the state; initialises the root first if Terraform asks for it.
    pub(crate) async fn state_initialised(&self, mask: &Mask) -> Result<State, TerraformError> {
        match self.state().await {
            Err(TerraformError::NotInitialised { .. }) => {
                self.init(mask).await?;
                self.state().await
            }
            state => state,
        }
    }

    /// Reads a saved plan.
    pub(crate) async fn show(&self, file: &Path) -> Result<DestroyPlan, TerraformError> {
        let mut command = self.command(&["show", "-json", "-no-color"]);
        command.arg(file);
        let said = self.capture("show", command).await?;
        if !said.status.success() {
            return Err(self.failed("show", &said, &Mask::default()));
        }
        let text = String::from_utf8_lossy(&said.stdout);
        DestroyPlan::read(json_document(&text)).map_err(|error| not_understood("show", &error))
    }

    async fn plan_once(
        &self,
        inputs: &TeardownInputs,
        verbatim: &BTreeSet<String>,
        file: &Path,
        mask: &Mask,
    ) -> Result<DestroyPlan, TerraformError> {
        let mut command = self.command(&[
            "plan",
            "-destroy",
            "-json",
            "-input=false",
            "-lock-timeout=0s",
        ]);
        for file in &inputs.var_files {
            command.arg(format!("-var-file={file}"));
        }
        for (name, value) in variable::arguments(&inputs.variables, verbatim) {
            command.arg("-var").arg(format!("{name}={value}"));
        }
        let mut out = std::ffi::OsString::from("-out=");
        out.push(file);
        command.arg(out);
        let said = self.capture("plan -destroy", command).await?;
        if !said.status.success() {
            return Err(self.failed("plan -destroy", &said, mask));
        }
        self.show(file).await
    }

    async fn init(&self, mask: &Mask) -> Result<(), TerraformError> {
        let command = self.command(&["init", "-input=false", "-no-color"]);
        self.initialise(command, mask).await
    }

    pub(super) async fn initialise(
        &self,
        command: Command,
        mask: &Mask,
    ) -> Result<(), TerraformError> {
        let said = self.capture("init", command).await?;
        if said.status.success() {
            return Ok(());
        }
        let reason = String::from_utf8_lossy(&said.stderr);
        Err(TerraformError::NotInitialised {
            reason: mask.reason(&without_frames(&reason)),
        })
    }

    /// The command in the environment of this process.
    pub(super) fn plain_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1");
        command
    }

    /// The command, with the environment that selects the state.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.plain_command(arguments);
        command
            .env("TF_WORKSPACE", &self.workspace)
            .env(super::TEARDOWN_VARIABLE, "1")
            .env_remove("TF_DATA_DIR");
        for name in REMOVED {
            command.env_remove(name);
        }
        if let Some(folder) = &self.data_dir {
            command.env("TF_DATA_DIR", folder);
        }
        command
    }

    /// The directory in which it runs.
    pub(crate) fn directory(&self) -> String {
        self.directory.display().to_string()
    }

    pub(super) fn program(&self) -> String {
        self.program.display().to_string()
    }

    /// Runs a command to its end on a blocking thread. Its output may contain secrets, so it is not
    /// written to a file.
    pub(super) async fn capture(
        &self,
        what: &str,
        mut command: Command,
    ) -> Result<Output, TerraformError> {
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let reason = match output {
            Ok(Ok(output)) => return Ok(output),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(TerraformError::Run {
            program: self.program(),
            doing: format!("run (`{what}`)"),
            reason,
        })
    }

    pub(super) fn failed(&self, what: &str, said: &Output, mask: &Mask) -> TerraformError {
        let diagnostics = stream::diagnostics(&String::from_utf8_lossy(&said.stdout));
        let stderr = String::from_utf8_lossy(&said.stderr);
        let name = self.program.file_name().unwrap_or_default();
        let command = format!("{} {what}", name.to_string_lossy());
        failure(&command, &diagnostics, &without_frames(&stderr), mask)
    }
}

fn not_understood(command: &str, error: &serde_json::Error) -> TerraformError {
    TerraformError::NotUnderstood {
        command: command.to_owned(),
        // The error itself may quote what it read.
        reason: format!("line {}, column {}", error.line(), error.column()),
    }
}

/// Removes the frame that Terraform draws around messages.
pub(super) fn without_frames(text: &str) -> String {
    text.replace(['│', '╷', '╵'], " ")
}
