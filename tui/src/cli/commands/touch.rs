//! `jiti touch NAME`

use clap::Args;
use stack::StackName;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Record that a stack is in use now
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
    if let Err(error) = service.leases().touch(name).await {
        return Err(explain(error, &service, name).await);
    }
    change::write(
        ui,
        *output,
        &service,
        name,
        Some(format!("{name} is in use")),
    )
    .await
}
