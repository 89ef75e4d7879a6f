//! `jiti hold NAME... --until T --why "…"`

use clap::Args;
use stack::{ServiceError, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::several;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;
use stack::values::until::Until;

/// Keep the reaper away from one stack, or from several, until a stated time
///
/// A hold always ends automatically. If it would be longer than the policy's `max_hold`, jiti
/// refuses (exit code 3) and names the latest time that is allowed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The names of the stacks
    #[arg(value_name = "NAME", required = true)]
    names: Vec<StackName>,

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
        names,
        until,
        why,
        output,
    } = arguments;
    let names = several::distinct(&names);
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
    let hold = async |name: &StackName| {
        service.leases().hold(name, until, why.as_str()).await?;
        let moment = values::moment(until, now);
        Ok::<_, ServiceError>(format!("{name} is held until {moment}: {why}"))
    };
    let [name] = names.as_slice() else {
        return several::change(ui, output, &service, &names, "held", hold).await;
    };
    let sentence = match hold(name).await {
        Ok(sentence) => sentence,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    change::write(ui, output, &service, name, Some(sentence)).await
}
