//! `jiti policy push FILE`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use stack::config::{PolicyDifference, PolicySection};
use stack::service::PushedPolicy;

use super::file;
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Push a policy into the ledger, which must exist
///
/// From then on, it overrides the section [policy] of every configuration file, for every user of
/// this ledger. The ledger records who pushed it and when. An empty section [policy] sets no
/// limits.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A TOML file with the section [policy] and no other
    file: PathBuf,

    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { file, output } = arguments;
    let service = context.writer()?;
    let text = file::read(file)?;
    let section = PolicySection::of_policy_file(&text, file)
        .map_err(|error| CommandError::failed(error.to_string()))?;
    let pushed = service.push_policy(&text).await?;
    let ledger = service.ledger().location();
    let changes = changes(&pushed, &section, &ledger);
    if output.json {
        return json::write(
            ui,
            &json!({
                "ledger": ledger,
                "file": file.display().to_string(),
                "pushed": pushed.is_new,
                "pushed_at": pushed.policy.at,
                "pushed_by": pushed.policy.by,
                "changes": changes.map(|changes| {
                    let each = changes.iter().map(|change| {
                        json!({"key": change.key, "before": change.ledger, "after": change.file})
                    });
                    each.collect::<Vec<_>>()
                }),
            }),
        );
    }
    if !pushed.is_new {
        let by = file::pushed(&pushed.policy, service.now());
        return ui.text(&format!(
            "The ledger {ledger} already holds this policy: {by}. Nothing was written."
        ));
    }
    ui.text(&format!(
        "Pushed {} to the ledger {ledger}. It overrides the policy of every configuration file.",
        file.display()
    ))?;
    match changes {
        Some(changes) if !changes.is_empty() => ui.table(&file::table(["BEFORE", "NOW"], &changes)),
        _ => Ok(()),
    }
}

/// What the push changes, compared with the policy that the ledger held; `None` if that one was
/// invalid.
fn changes(
    pushed: &PushedPolicy,
    section: &PolicySection,
    ledger: &str,
) -> Option<Vec<PolicyDifference>> {
    let former = match &pushed.former {
        Some(former) => former.section(ledger).ok()?,
        None => PolicySection::default(),
    };
    Some(former.differences(section))
}
