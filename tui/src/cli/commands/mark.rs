//! `jiti mark NAME PHASE start|done`, `jiti mark NAME ready`

use clap::{Args, ValueEnum};
use stack::StackName;
use stack::init::PhaseBoundary;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// The word that says that the stack is ready, where a phase's name would stand.
const READY: &str = "ready";

/// How long the name of a phase or of a class may be, in characters.
const LONGEST: usize = 100;

/// Report from inside a stack how far its start-up is
///
/// `jiti mark NAME PHASE start` when a phase begins, `jiti mark NAME PHASE done` when it ends, `jiti mark NAME ready`
/// when the stack is of use. Says nothing when it has worked.
#[derive(Args, Debug)]
#[command(
    override_usage = "jiti mark [OPTIONS] <NAME> <PHASE> <start|done> [--class <C>]\n       jiti mark [OPTIONS] <NAME> ready"
)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// The phase's name, such as "migrate database"; or `ready`
    #[arg(value_parser = short)]
    phase: String,

    /// Whether the phase begins or ends
    state: Option<State>,

    /// The kind of work, such as database; it groups phases of different stacks
    #[arg(long, value_name = "C", value_parser = short)]
    class: Option<String>,

    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// It begins now
    Start,
    /// It is done now
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
            return Err(CommandError::usage(format!("does the phase {phase:?} begin or end?"))
                .hint("write start or done behind it, such as `jiti mark checkout-pr-412 \"migrate database\" start`"));
        }
        None if class.is_some() => {
            return Err(
                CommandError::usage("--class is about a phase, and `ready` is none")
                    .hint("leave --class out"),
            );
        }
        None => None,
    };
    let service = context.writer()?;
    let marked = match state {
        Some(state) => service.mark_phase(&name, phase, class, state, None).await,
        None => service.ready(&name).await,
    };
    if let Err(error) = marked {
        return Err(explain(error, &service, &name).await);
    }
    change::write(ui, output, &service, &name, None).await
}

/// A text of a length that a table can show.
fn short(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0 => Err("it is empty: give it a name".to_owned()),
        1..=LONGEST => Ok(text.to_owned()),
        length => Err(format!(
            "it has {length} characters, the limit is {LONGEST}"
        )),
    }
}
