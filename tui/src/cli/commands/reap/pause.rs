//! Pauses and resumes all reapers of a ledger.

use serde_json::json;
use stack::ReaperStatus;
use stack::reaper::Pause;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

pub(super) async fn pause(
    why: Option<String>,
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.writer()?;
    let status = service.reaper().pause_reaper(why).await?;
    if output.json {
        return write_json(&status, ui);
    }
    match &status.paused {
        Some(pause) => ui.text(&format!(
            "{}. No reaper of this ledger does anything until `jiti reap --resume`.",
            sentence(pause, service.now())
        )),
        None => ui.text("The reaper is not paused: someone has resumed it in the meantime."),
    }
}

pub(super) async fn resume(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.writer()?;
    let status = service.reaper().resume_reaper().await?;
    if output.json {
        return write_json(&status, ui);
    }
    let next = match status.inactivity(service.now()) {
        Some(_) => "No reaper has run recently; `jiti reap --yes` runs it once.".to_owned(),
        None => status
            .next_run(service.now(), service.now())
            .map(|next| format!("The next run is at {} UTC.", values::minute(next)))
            .unwrap_or_default(),
    };
    ui.text(&format!("The reaper is not paused. {next}"))
}

/// The pause as a sentence: by whom, when and why.
pub(super) fn sentence(pause: &Pause, now: jiff::Timestamp) -> String {
    let why = pause.why.as_ref().map(|why| format!(": {why}"));
    format!(
        "{} paused the reaper at {}{}",
        pause.by,
        values::moment(pause.at, now),
        why.unwrap_or_default()
    )
}

fn write_json(status: &ReaperStatus, ui: &mut Ui) -> Result<(), CommandError> {
    json::line(ui, &json!({ "paused": status.paused }))
}
