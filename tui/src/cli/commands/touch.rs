//! `jiti touch NAME`

use clap::Args;
use stack::StackName;

use crate::cli::args::Form;
use crate::cli::context::{Context, explained};
use crate::cli::output::changed;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Note that somebody uses a stack now
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    #[command(flatten)]
    form: Form,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { name, form } = arguments;
    let service = context.writer()?;
    if let Err(error) = service.touch(name).await {
        return Err(explained(error, &service, name).await);
    }
    changed::write(ui, *form, &service, name, Some(format!("{name} is in use"))).await
}
