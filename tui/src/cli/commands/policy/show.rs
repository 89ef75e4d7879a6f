//! `jiti policy show`

use clap::Args;
use serde_json::{Map, Value, json};
use stack::Seq;
use stack::config::PolicySection;
use stack::ledger::{SettingsEvent, SettingsEventKind};
use stack::service::Service;

use super::file::{self, LocalFile};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::values;

/// Show the policy in the ledger, who pushed it and when, or which file counts
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.existing_reader()?;
    let settings = service.ledger().settings().await?;
    let ledger = service.ledger().location();
    let local = LocalFile::read(context)?;
    let (section, problem) = match &settings.policy {
        None => (Some(local.section), None),
        Some(policy) => match policy.section(&ledger) {
            Ok(section) => (Some(section), None),
            // The text is shown as well, because it has to be corrected.
            Err(error) => (None, Some(CommandError::failed(error.to_string()))),
        },
    };
    let history = history(&service).await?;
    let held = settings.policy.as_ref();
    let path = local.path.map(|path| path.display().to_string());
    if arguments.output.json {
        let source = match (held, &path) {
            (Some(_), _) => "ledger",
            (None, Some(_)) => "file",
            (None, None) => "none",
        };
        json::write(
            ui,
            &json!({
                "ledger": ledger,
                "source": source,
                "file": path,
                "pushed_at": held.map(|policy| policy.at),
                "pushed_by": held.map(|policy| policy.by.clone()),
                "text": held.map(|policy| policy.text.clone()),
                "policy": section.as_ref().map(object),
                "history": history,
            }),
        )?;
        return problem.map_or(Ok(()), Err);
    }
    let Some(policy) = held else {
        return ui.text(&match path {
            Some(path) => format!("The ledger {ledger} holds no policy, so that of {path} counts."),
            None => format!(
                "The ledger {ledger} holds no policy, and there is no configuration file: no limits apply."
            ),
        });
    };
    let now = service.now();
    let by = file::pushed(policy, now);
    ui.text(&format!("The policy of the ledger {ledger} counts: {by}."))?;
    for push in history.iter().rev().skip(1) {
        let Value::String(at) = &push["at"] else {
            continue;
        };
        let at = at.parse().map_or_else(|_| at.clone(), values::minute);
        let actor = push["actor"].as_str().unwrap_or_default();
        ui.text(&format!(
            "Replaced: {actor} pushed another one at {at} UTC."
        ))?;
    }
    ui.line("")?;
    // Lines of TOML are not wrapped, so that they can be copied.
    for line in policy.text.lines() {
        ui.line(&clean(line))?;
    }
    problem.map_or(Ok(()), Err)
}

/// Each push, the oldest first.
async fn history(service: &Service) -> Result<Vec<Value>, CommandError> {
    let events = service.ledger().settings_events(Seq::NONE).await?;
    let push = |event: SettingsEvent| match event.kind {
        SettingsEventKind::PolicyPushed { policy } => Some(json!({
            "seq": event.seq, "at": event.at, "actor": event.actor, "text": policy,
        })),
        SettingsEventKind::Copied { .. } => None,
    };
    Ok(events.into_iter().filter_map(push).collect())
}

/// The value in force of each key.
fn object(section: &PolicySection) -> Value {
    let pairs = section.values().into_iter();
    let pairs = pairs.map(|(key, value)| (key.to_owned(), json!(value)));
    Value::Object(pairs.collect::<Map<_, _>>())
}
