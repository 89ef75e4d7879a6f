//! `jiti unhold NAME`

use clap::Args;
use stack::StackName;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// End a hold early
///
/// Does nothing if the stack is not held.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { name, output } = arguments;
    let service = context.writer()?;
    let before = service.leases().lease(name).await?;
    let held = before.is_some_and(|lease| lease.at(service.now()).hold_until.is_some());
    if let Err(error) = service.leases().unhold(name).await {
        return Err(explain(error, &service, name).await);
    }
    let outcome = if held {
        "is no longer held"
    } else {
        "was not held"
    };
    change::write(
        ui,
        *output,
        &service,
        name,
        Some(format!("{name} {outcome}")),
    )
    .await
}
