//! `jiti unhold NAME`

use clap::Args;
use stack::StackName;

use crate::cli::args::Form;
use crate::cli::context::{Context, explained};
use crate::cli::output::changed;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// End a hold before its time
///
/// A stack that is not held stays as it is.
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
    let before = service.lease(name).await?;
    let held = before.is_some_and(|lease| lease.at(service.now()).hold_until.is_some());
    if let Err(error) = service.unhold(name).await {
        return Err(explained(error, &service, name).await);
    }
    let outcome = if held {
        "is no longer held"
    } else {
        "was not held"
    };
    changed::write(ui, *form, &service, name, Some(format!("{name} {outcome}"))).await
}
