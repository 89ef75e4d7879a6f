//! `jiti policy diff [FILE]`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use stack::config::PolicySection;

use super::file::{self, LocalFile};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Compare the policy in the ledger with that of a file, key by key
///
/// Lists the keys that have another effect. The exit code is 0 in either case.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A policy file or a configuration file; without it, the configuration file of this machine
    file: Option<PathBuf>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { file, output } = arguments;
    let service = context.existing_reader()?;
    let settings = service.ledger().settings().await?;
    let ledger = service.ledger().location();
    let local = match file {
        Some(file) => LocalFile::of(file.clone())?,
        None => LocalFile::read(context)?,
    };
    let held = settings.policy.as_ref();
    let section = match held {
        Some(policy) => policy
            .section(&ledger)
            .map_err(|error| CommandError::failed(error.to_string()))?,
        None => PolicySection::default(),
    };
    let differences = section.differences(&local.section);
    let path = local.path.map(|path| path.display().to_string());
    if output.json {
        return json::write(
            ui,
            &json!({
                "ledger": ledger,
                "file": path,
                "pushed_at": held.map(|policy| policy.at),
                "pushed_by": held.map(|policy| policy.by.clone()),
                "differences": differences,
            }),
        );
    }
    let place = path.unwrap_or_else(|| "a missing configuration file".to_owned());
    let sentence = match (held, differences.is_empty()) {
        (Some(policy), is_same) => format!(
            "The policy of the ledger {ledger} {} that of {place}: {}.",
            if is_same {
                "has the same effect as"
            } else {
                "counts, and differs from"
            },
            file::pushed(policy, service.now())
        ),
        (None, _) => format!("The ledger {ledger} holds no policy, so that of {place} counts."),
    };
    ui.text(&sentence)?;
    if differences.is_empty() {
        return Ok(());
    }
    ui.table(&file::table(["LEDGER", "FILE"], &differences))
}
