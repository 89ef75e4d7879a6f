//! `jiti extend NAME... DURATION`

use clap::Args;
use stack::{ServiceError, Span, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::several;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// Extend the lease of one stack, or of several
///
/// The new expiry is counted from the later of now and the current expiry. Past the policy's
/// `max_ttl`, jiti refuses (exit code 3) and names the latest time that is allowed. A stack that
/// jiti refuses does not stop the others.
#[derive(Args, Debug)]
#[command(override_usage = "jiti extend [OPTIONS] <NAME>... <DURATION>")]
pub(crate) struct Arguments {
    /// The names of the stacks. The last argument is the duration to add, such as 90m, 8h or 1d12h
    // One list, because clap takes the argument before an option for the duration, if the names
    // and the duration are two.
    #[arg(value_name = "NAME", required = true)]
    names_and_duration: Vec<String>,

    #[command(flatten)]
    output: OutputOptions,
}

impl Arguments {
    /// The names, each once, and the duration.
    fn parse(&self) -> Result<(Vec<StackName>, Span), CommandError> {
        let Some((duration, names)) = self.names_and_duration.split_last() else {
            return Err(incomplete("the name of the stack and the duration"));
        };
        if names.is_empty() {
            return Err(incomplete(match duration.parse::<Span>() {
                Ok(_) => "the name of the stack",
                Err(_) => "the duration",
            }));
        }
        let duration = duration
            .parse()
            .map_err(|error| invalid(duration, "<DURATION>", &error))?;
        let names: Result<Vec<StackName>, CommandError> = names
            .iter()
            .map(|name| {
                let parsed = name.parse();
                parsed.map_err(|error| invalid(name, "<NAME>...", &error))
            })
            .collect();
        Ok((several::distinct(&names?), duration))
    }
}

fn incomplete(missing: &str) -> CommandError {
    CommandError::usage(format!("{missing} is missing")).hint(
        "write it like `jiti extend checkout-pr-412 2h`; several names come before the duration",
    )
}

fn invalid(value: &str, argument: &str, error: &dyn std::error::Error) -> CommandError {
    CommandError::usage(format!(
        "invalid value '{value}' for '{argument}': {error}\n\nFor more information, try '--help'."
    ))
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (names, duration) = arguments.parse()?;
    let output = arguments.output;
    let service = context.writer()?;
    let extend = async |name: &StackName| {
        let until = service.leases().extend(name, duration).await?;
        let until = values::moment(until, service.now());
        Ok::<_, ServiceError>(format!("{name} expires at {until}"))
    };
    let [name] = names.as_slice() else {
        return several::change(ui, output, &service, &names, "extended", extend).await;
    };
    let sentence = match extend(name).await {
        Ok(sentence) => sentence,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    change::write(ui, output, &service, name, Some(sentence)).await
}
