//! `jiti mark NAME PHASE start|done`, `jiti mark NAME ready`

use clap::{Args, ValueEnum};
use stack::StackName;
use stack::init::PhaseBoundary;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// The word that reports the whole stack as ready, in place of the name of a phase.
const READY: &str = "ready";

/// The maximum length of the name of a phase or a class, in characters.
const MAX_LENGTH: usize = 100;

/// Report a start-up phase of a stack, from inside the app
///
/// Run `jiti mark NAME PHASE start` when a phase starts, `jiti mark NAME PHASE done` when it ends,
/// and `jiti mark NAME ready` when the stack is ready. Prints nothing on success.
#[derive(Args, Debug)]
#[command(
    override_usage = "jiti mark [OPTIONS] <NAME> <PHASE> <start|done> [--class <C>]\n       jiti mark [OPTIONS] <NAME> ready"
)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// The name of the phase, such as "migrate database"; or `ready`
    #[arg(value_parser = short)]
    phase: String,

    /// Whether the phase starts or ends
    state: Option<State>,

    /// The class of the phase, such as database, which groups the phases of different stacks
    #[arg(long, value_name = "C", value_parser = short)]
    class: Option<String>,

    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// The phase starts now
    Start,
    /// The phase ends now
    Done,
}

pub(crate) async fn run(
    arguments: Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        phase,
        state,
        class,
        output,
    } = arguments;
    let state = match state {
        Some(State::Start) => Some(PhaseBoundary::Start),
        Some(State::Done) => Some(PhaseBoundary::Done),
        None if phase != READY => {
            return Err(CommandError::usage(format!("the phase {phase:?} needs start or done"))
                .hint("add start or done, such as `jiti mark checkout-pr-412 \"migrate database\" start`"));
        }
        None if class.is_some() => {
            return Err(CommandError::usage(
                "--class is only for phases, and `ready` is not a phase",
            )
            .hint("leave out --class"));
        }
        None => None,
    };
    let service = context.writer()?;
    let marked = match state {
        Some(state) => {
            service
                .leases()
                .mark_phase(&name, phase, class, state, None)
                .await
        }
        None => service.leases().ready(&name).await,
    };
    if let Err(error) = marked {
        return Err(explain(error, &service, &name).await);
    }
    change::write(ui, output, &service, &name, None).await
}

/// Parses a name of at most [`MAX_LENGTH`] characters.
fn short(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0 => Err("the name is empty".to_owned()),
        1..=MAX_LENGTH => Ok(text.to_owned()),
        length => Err(format!(
            "the name has {length} characters; the limit is {MAX_LENGTH}"
        )),
    }
}
