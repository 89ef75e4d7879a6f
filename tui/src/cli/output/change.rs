//! The answer to a change: a sentence for people, the stack as it is now for programs.

use stack::StackName;
use stack::service::Service;

use super::json;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Writes the answer. Without a sentence there is nothing to say to people.
pub(crate) async fn write(
    ui: &mut Ui,
    output: OutputOptions,
    service: &Service,
    name: &StackName,
    sentence: Option<String>,
) -> Result<(), CommandError> {
    if output.json {
        return json::write(ui, &service.show(name).await?.listing);
    }
    sentence.map_or(Ok(()), |sentence| ui.text(&sentence))
}
