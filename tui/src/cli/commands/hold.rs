//! `jiti hold NAME --until T --why "…"`

use clap::Args;
use stack::StackName;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::until::Until;
use crate::format::values;

/// Keep the reaper away from a stack until a stated time
///
/// A hold always ends automatically. If it would be longer than the policy's `max_hold`, jiti
/// refuses (exit code 3) and names the latest time that is allowed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// The end of the hold: a duration such as 6h, or a time such as 2026-03-02T18:00:00Z
    #[arg(long, value_name = "T")]
    until: Until,

    /// The reason, for the people who see the stack
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    why: String,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        until,
        why,
        output,
    } = arguments;
    let service = context.writer()?;
    let now = service.now();
    let until = until.resolve(now);
    if until <= now {
        return Err(CommandError::usage(format!(
            "--until {} UTC is in the past: it is {} UTC now",
            values::second(until),
            values::second(now)
        ))
        .hint("use a later time, or a duration such as 6h"));
    }
    if let Err(error) = service.leases().hold(&name, until, why.as_str()).await {
        return Err(explain(error, &service, &name).await);
    }
    let sentence = format!("{name} is held until {}: {why}", values::moment(until, now));
    change::write(ui, output, &service, &name, Some(sentence)).await
}
