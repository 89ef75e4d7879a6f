//! The output of a change: a sentence for people, the changed stack as JSON for programs.

use stack::StackName;
use stack::service::Service;

use super::json;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Writes the output. Without a sentence, people get no output.
pub(crate) async fn write(
    ui: &mut Ui,
    output: OutputOptions,
    service: &Service,
    name: &StackName,
    sentence: Option<String>,
) -> Result<(), CommandError> {
    if output.json {
        return json::write(ui, &service.leases().listed(name).await?);
    }
    sentence.map_or(Ok(()), |sentence| ui.text(&sentence))
}
