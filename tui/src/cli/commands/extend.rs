//! `jiti extend NAME DURATION`

use clap::Args;
use stack::{Span, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// Let a stack live longer
///
/// Counted from the later of now and its present expiry. Past the policy's `max_ttl` it is refused with exit code
/// 3 and the latest time that is still allowed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// By how much, such as 90m, 8h or 1d12h
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
    let until = match service.extend(name, *duration).await {
        Ok(until) => until,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    let sentence = format!("{name} expires {}", values::moment(until, service.now()));
    change::write(ui, *output, &service, name, Some(sentence)).await
}
