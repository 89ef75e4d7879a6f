//! `jiti unhold NAME...`

use clap::Args;
use stack::{ServiceError, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::several;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// End a hold early
///
/// Does nothing to a stack that is not held.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The names of the stacks
    #[arg(value_name = "NAME", required = true)]
    names: Vec<StackName>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { names, output } = arguments;
    let names = several::distinct(names);
    let service = context.writer()?;
    let unhold = async |name: &StackName| {
        let before = service.leases().lease(name).await?;
        let held = before.is_some_and(|lease| lease.at(service.now()).hold_until.is_some());
        service.leases().unhold(name).await?;
        let outcome = if held {
            "is no longer held"
        } else {
            "was not held"
        };
        Ok::<_, ServiceError>(format!("{name} {outcome}"))
    };
    let [name] = names.as_slice() else {
        return several::change(ui, *output, &service, &names, "no longer held", unhold).await;
    };
    let sentence = match unhold(name).await {
        Ok(sentence) => sentence,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    change::write(ui, *output, &service, name, Some(sentence)).await
}
