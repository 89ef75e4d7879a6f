//! `jiti check [PLAN.json | DIR | --live [STACK…]]`

mod input;
mod live;
pub(crate) mod rego;
mod table;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use check::{CheckReport, IgnoreList, PlanContext, check_plan};
use clap::Args;
use stack::{Config, Policy, StackName};

use crate::cli::context::Context;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::cloud_provider::KnownPrices;
use crate::error::CommandError;
use crate::format::values;

/// Check a Terraform plan before it is applied, or stacks that exist
///
/// Finds what would make a stack expensive, exposed or hard to tear down: resources without the
/// stack's tags, public endpoints, missing encryption, protection flags, names that stay taken, and
/// a rate above the policy. A folder is planned first, with `terraform plan`. `--live` checks the
/// resources that were discovered instead. The exit code is 3 if there are findings.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The output of `terraform show -json`, `-` for standard input, or the folder of a root module
    #[arg(value_name = "PLAN.json | DIR", default_value = ".")]
    plan: PathBuf,

    /// Check the discovered resources of these stacks, or of all, with the same rules
    #[arg(long, value_name = "STACK", num_args = 0.., conflicts_with_all = ["plan", "var_files"])]
    live: Option<Vec<StackName>>,

    /// A file with the values of variables, if a folder is planned
    #[arg(long = "var-file", value_name = "FILE")]
    var_files: Vec<String>,

    /// A file or a folder with rules in Rego, besides those under [check]
    #[arg(long = "rules", value_name = "PATH")]
    rules: Vec<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Print SARIF 2.1.0, for code scanners
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if let Some(stacks) = &arguments.live {
        return live::run(stacks, arguments, context, ui).await;
    }
    let config = context.config()?;
    let ignored = IgnoreList::parse(&config.check.ignore)
        .map_err(|error| CommandError::failed(format!("[check] ignore: {error}")))?;
    // Rules that do not compile are an error, also if the plan is none.
    let rules = rego::rules(&rule_paths(arguments, context, &config))?;
    let plan = input::plan(&arguments.plan, &arguments.var_files, context).await?;
    let policy = policy(context).await?;
    let prices = KnownPrices::default();
    let mut report = check_plan(
        &plan,
        &PlanContext {
            policy: &policy,
            prices: &prices,
        },
    );
    if let Some(rules) = rules {
        let limit = Duration::from_secs(config.check.timeout.seconds());
        rego::check(
            &rules,
            plan.document(),
            plan.stack(),
            &policy,
            limit,
            &mut report,
        )?;
    }
    ignored.apply(&mut report);
    write(
        &report,
        &arguments.plan.display().to_string(),
        arguments,
        ui,
    )?;
    result(&report)
}

/// Writes the report. `artifact` names in SARIF what was checked.
fn write(
    report: &CheckReport,
    artifact: &str,
    arguments: &Arguments,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if arguments.sarif {
        json::write(ui, &report.sarif(artifact, env!("CARGO_PKG_VERSION")))
    } else if arguments.json {
        json::write(ui, report)
    } else {
        table::write(report, ui)
    }
}

/// The files and folders with rules: those of the configuration, which may be relative to its
/// folder, and those of the command line.
fn rule_paths(arguments: &Arguments, context: &Context, config: &Config) -> Vec<PathBuf> {
    let configured = context.rule_paths(config).into_iter();
    configured.chain(arguments.rules.iter().cloned()).collect()
}

/// The policy in force: that of the ledger, if there is one.
async fn policy(context: &Context) -> Result<Arc<Policy>, CommandError> {
    match context.reader()? {
        Some(service) => Ok(service.policy().await?),
        None => Ok(Arc::new(context.config()?.policy)),
    }
}

/// The report as an error with its exit code.
fn result(report: &CheckReport) -> Result<(), CommandError> {
    match report.errors() {
        0 => Ok(()),
        errors => Err(CommandError::refused(format!(
            "{} in {}",
            values::count(errors, "finding"),
            values::count(report.resources, "resource")
        ))),
    }
}
