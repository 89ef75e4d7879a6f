//! Acceptance tests: the steps of Terraform's official harness, run by the real Terraform.

mod root;
mod terraform;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value as Json, json};

use crate::diag::{Failure, Result};
use root::{Outcome, Root};
use terraform::Terraform;

/// One acceptance test: a configuration that the real Terraform applies, changes, imports and
/// destroys, in temporary folders.
///
/// The steps are those of terraform-plugin-testing, the harness for providers in Go. A step
/// that finds what no user may meet, such as a plan that is not empty after an apply, is an error.
///
/// ```ignore
/// let provider = env!("CARGO_BIN_EXE_terraform-provider-notes");
/// let mut test = Acceptance::new("registry.terraform.io/example/notes", provider)?;
/// test.apply(r#"resource "notes_note" "todo" { path = "todo.txt" }"#)?;
/// test.apply(r#"resource "notes_note" "todo" { path = "todo.txt", text = "Rest." }"#)?;
/// test.import("notes_note.todo", "todo.txt")?;
/// test.destroy()?;
/// ```
///
/// A configuration needs no `terraform` block. When a test fails between its first step and
/// [`destroy`](Self::destroy), dropping this value destroys what the test has created.
#[derive(Debug)]
pub struct Acceptance {
    terraform: Terraform,
    root: Root,
    config: String,
    /// Whether an apply was tried and no destroy has succeeded since.
    must_destroy: bool,
    imports: usize,
}

impl Acceptance {
    /// A test of the provider in this executable, which Terraform installs from a mirror of its own
    /// under the address. It finds Terraform as `terraform` on the PATH, and passes it the
    /// environment of the test, such as credentials, without the variables that change what
    /// Terraform does.
    ///
    /// # Errors
    /// If the folders cannot be created, or the address is not `HOST/NAMESPACE/NAME`.
    pub fn new(address: &str, provider: impl AsRef<Path>) -> Result<Self> {
        Self::with_program(address, provider, "terraform")
    }

    /// Like [`new`](Self::new), with this Terraform or OpenTofu: a path, or a name on the PATH.
    ///
    /// # Errors
    /// If the folders cannot be created, or the address is not `HOST/NAMESPACE/NAME`.
    pub fn with_program(
        address: &str,
        provider: impl AsRef<Path>,
        program: impl Into<PathBuf>,
    ) -> Result<Self> {
        let (provider, program) = (provider.as_ref(), program.into());
        Self::with(Terraform::with_mirror(address, provider, program)?)
    }

    /// A test that runs Terraform in another way. The command is the executable and its
    /// environment, which must let `terraform init` find the provider. The test adds the arguments
    /// and the folder.
    ///
    /// # Errors
    /// If the folders cannot be created, or the address is not `HOST/NAMESPACE/NAME`.
    pub fn with_command(
        address: &str,
        command: impl Fn() -> Command + Send + 'static,
    ) -> Result<Self> {
        Self::with(Terraform::with_command(address, Box::new(command))?)
    }

    fn with(terraform: Terraform) -> Result<Self> {
        let root = terraform.root("config")?;
        Ok(Self {
            terraform,
            root,
            config: String::new(),
            must_destroy: false,
            imports: 0,
        })
    }

    /// Sets an environment variable for Terraform and the provider.
    pub fn set_env(&mut self, name: &str, value: &str) -> &mut Self {
        self.terraform.set_env(name, value);
        self
    }

    /// Whether Terraform has at least this version, for a step that needs one: imports by identity
    /// need 1.12, here and in OpenTofu.
    ///
    /// # Errors
    /// If Terraform cannot be started.
    pub fn terraform_is_at_least(&self, major: u32, minor: u32) -> Result<bool> {
        Ok(self.terraform.version()? >= (major, minor))
    }

    /// A step with a configuration: refreshes, plans, applies exactly that plan, and then requires
    /// that no kind of plan finds a change.
    ///
    /// # Errors
    /// If Terraform fails, or if a plan finds a change after the apply.
    pub fn apply(&mut self, config: &str) -> Result<&mut Self> {
        self.write(config)?;
        if self.must_destroy {
            self.run(&["refresh", "-input=false"])?.ok()?;
        }
        let plan = ["plan", "-input=false", "-refresh=false", "-out=step.tfplan"];
        self.run(&plan)?.ok()?;
        self.must_destroy = true;
        self.run(&["apply", "-input=false", "step.tfplan"])?.ok()?;
        self.expect_no_changes()?;
        Ok(self)
    }

    /// Requires that no kind of plan finds a change: without and with a refresh, and of the refresh
    /// alone.
    ///
    /// # Errors
    /// If a plan finds a change.
    pub fn expect_no_changes(&self) -> Result<()> {
        for kind in [&["-refresh=false"][..], &[], &["-refresh-only"]] {
            let plan = ["plan", "-input=false", "-detailed-exitcode"];
            let plan = [&plan[..], kind].concat();
            self.run(&plan)?.exits(0)?;
        }
        Ok(())
    }

    /// A step whose plan or apply must fail with an error that contains these words. Terraform
    /// breaks the lines of errors anywhere, so only the words are compared. When the plan fails,
    /// the configuration of the step before is in force again.
    ///
    /// # Errors
    /// If the step succeeds, or fails with other words.
    pub fn expect_error(&mut self, config: &str, words: &str) -> Result<&mut Self> {
        let before = self.config.clone();
        self.write(config)?;
        let plan = self.run(&["plan", "-input=false", "-out=step.tfplan"])?;
        let outcome = if plan.succeeded() {
            self.must_destroy = true;
            self.run(&["apply", "-input=false", "step.tfplan"])?
        } else {
            // A destroy needs a valid configuration.
            self.write(&before)?;
            plan
        };
        outcome.fails_with(words)?;
        Ok(self)
    }

    /// What a plan would do with a resource: `["create"]`, `["update"]`, `["delete", "create"]`,
    /// `["no-op"]`.
    ///
    /// # Errors
    /// If the plan fails, or has no such resource.
    pub fn planned_actions(&self, address: &str) -> Result<Vec<String>> {
        let change = self.terraform.planned_change(&self.root, address)?;
        Ok(serde_json::from_value(change["actions"].clone())?)
    }

    /// The attributes of a resource or a data source in the state.
    ///
    /// # Errors
    /// If the state has no such object.
    pub fn attributes(&self, address: &str) -> Result<Json> {
        self.terraform.attributes(&self.root, address)
    }

    /// The value of an output in the state.
    ///
    /// # Errors
    /// If the state has no such output.
    pub fn output(&self, name: &str) -> Result<Json> {
        let outputs = self.run(&["output", "-json"])?.ok()?.json()?;
        match outputs.get(name) {
            Some(output) => Ok(output["value"].clone()),
            None => Err(Failure::new("The state has no such output", name)),
        }
    }

    /// Imports an applied resource in two other folders, by command and with an `import` block.
    /// Both must find the attributes of the apply, and plan no change. The other resources are in
    /// the state there, so the configuration may refer to them.
    ///
    /// # Errors
    /// If an import fails or finds something else.
    pub fn import(&mut self, address: &str, id: &str) -> Result<&mut Self> {
        self.import_except(address, id, &[])
    }

    /// Like [`import`](Self::import), for a resource with attributes that no import can find, such
    /// as a password that the service does not return. A plan may change only these.
    ///
    /// # Errors
    /// If an import fails or finds something else.
    pub fn import_except(
        &mut self,
        address: &str,
        id: &str,
        ignored: &[&str],
    ) -> Result<&mut Self> {
        let root = self.import_root(address, "")?;
        let import = ["import", "-input=false", address, id];
        self.terraform.run(&root, &import)?.ok()?;
        let imported = self.terraform.attributes(&root, address)?;
        expect_equal(address, &self.attributes(address)?, &imported, ignored)?;
        if ignored.is_empty() {
            let change = self.terraform.planned_change(&root, address)?;
            expect_no_op(address, &change)?;
        }
        self.import_block(address, &format!("id = {}", json!(id)), ignored)?;
        Ok(self)
    }

    /// Imports an applied resource with an `import` block that has an identity. Needs Terraform
    /// 1.12: see [`terraform_is_at_least`](Self::terraform_is_at_least).
    ///
    /// # Errors
    /// If the import fails or finds something else.
    pub fn import_by_identity(&mut self, address: &str, identity: &Json) -> Result<&mut Self> {
        self.import_block(address, &format!("identity = {identity}"), &[])?;
        Ok(self)
    }

    /// Destroys everything, and requires that the state is empty afterwards. The test itself then
    /// checks that the objects are gone.
    ///
    /// # Errors
    /// If the destroy fails or leaves something in the state.
    pub fn destroy(&mut self) -> Result<()> {
        self.run(&["destroy", "-auto-approve", "-input=false"])?
            .ok()?;
        let state = self.run(&["show", "-json"])?.ok()?.json()?;
        if state.get("values").is_some() {
            return Err(Failure::new("The destroy left objects", state.to_string()));
        }
        self.must_destroy = false;
        Ok(())
    }

    /// Plans an `import` block in a folder of its own. The plan must import, and change nothing.
    fn import_block(&mut self, address: &str, target: &str, ignored: &[&str]) -> Result<()> {
        let block = format!("import {{\n  to = {address}\n  {target}\n}}\n");
        let root = self.import_root(address, &block)?;
        let change = self.terraform.planned_change(&root, address)?;
        if change["importing"].is_null() {
            return Err(Failure::new(
                format!("The plan does not import {address}"),
                change.to_string(),
            ));
        }
        expect_equal(address, &change["before"], &change["after"], ignored)?;
        if ignored.is_empty() {
            expect_no_op(address, &change)?;
        }
        Ok(())
    }

    /// A folder with the configuration and more, and the state without the resource.
    fn import_root(&mut self, address: &str, more: &str) -> Result<Root> {
        self.imports += 1;
        let root = self.terraform.root(&format!("import-{}", self.imports))?;
        self.terraform
            .write(&root, &format!("{}\n{more}", self.config))?;
        if root.copy_state(&self.root)? {
            self.terraform.run(&root, &["state", "rm", address])?.ok()?;
        }
        Ok(root)
    }

    fn write(&mut self, config: &str) -> Result<()> {
        config.clone_into(&mut self.config);
        self.terraform.write(&self.root, config)
    }

    fn run(&self, arguments: &[&str]) -> Result<Outcome> {
        self.terraform.run(&self.root, arguments)
    }
}

impl Drop for Acceptance {
    fn drop(&mut self) {
        if self.must_destroy {
            // The test has already failed, and its own error is the one to show.
            let _ = self.run(&["destroy", "-auto-approve", "-input=false"]);
        }
    }
}

fn expect_no_op(address: &str, change: &Json) -> Result<()> {
    if change["actions"] == json!(["no-op"]) {
        return Ok(());
    }
    let mut changes = differences(&change["before"], &change["after"], &[]);
    let unknown = object(&change["after_unknown"]);
    changes.retain(|(name, ..)| !unknown.contains_key(name));
    let known = changes
        .iter()
        .map(|(name, before, after)| format!("{name}: {before} becomes {after}"));
    let unknown = unknown
        .keys()
        .map(|name| format!("{name} becomes known after the apply"));
    Err(Failure::new(
        format!(
            "The plan after the import of {address} is not empty: {}",
            change["actions"]
        ),
        known.chain(unknown).collect::<Vec<_>>().join("\n"),
    ))
}

fn expect_equal(address: &str, applied: &Json, found: &Json, ignored: &[&str]) -> Result<()> {
    let differ: Vec<_> = differences(applied, found, ignored)
        .into_iter()
        .map(|(name, applied, found)| format!("{name}: {applied} and {found}"))
        .collect();
    if differ.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("The import of {address} differs from the apply"),
        differ.join("\n"),
    ))
}

/// The entries in which two objects differ, sorted by name.
fn differences(left: &Json, right: &Json, ignored: &[&str]) -> Vec<(String, Json, Json)> {
    let (left, right) = (object(left), object(right));
    let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let of = |object: &Map<String, Json>, name| object.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .filter(|name| !ignored.contains(&name.as_str()) && left.get(*name) != right.get(*name))
        .map(|name| (name.clone(), of(&left, name), of(&right, name)))
        .collect()
}

fn object(json: &Json) -> Map<String, Json> {
    json.as_object().cloned().unwrap_or_default()
}
