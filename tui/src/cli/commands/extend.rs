//! `jiti extend NAME DURATION`

use clap::Args;
use stack::{Span, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// Extend the lease of a stack
///
/// The new expiry is counted from the later of now and the current expiry. Past the policy's
/// `max_ttl`, jiti refuses (exit code 3) and names the latest time that is allowed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// The duration to add, such as 90m, 8h or 1d12h
    duration: Span,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        duration,
        output,
    } = arguments;
    let service = context.writer()?;
    let until = match service.leases().extend(name, *duration).await {
        Ok(until) => until,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    let sentence = format!("{name} expires at {}", values::moment(until, service.now()));
    change::write(ui, *output, &service, name, Some(sentence)).await
}
