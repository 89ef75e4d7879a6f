//! `jiti wake NAME`

use clap::Args;
use stack::StackName;
use stack::service::power::PollPolicy;

use super::sleep::{ready_again, refused, teller, verdict};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Start what a sleep has stopped, each at the size that it had
///
/// What keeps data starts first. When all of it runs a new init begins: the stack is ready when its checks pass.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { name, output } = arguments;
    let service = context.writer()?;
    let tell = teller(*output);
    let turned = match service.wake(name, PollPolicy::default(), &tell).await {
        Ok(turned) => turned,
        Err(error) => return Err(refused(error, &service, name).await),
    };
    if output.json {
        json::line(ui, &turned)?;
        return verdict(&turned, "wake");
    }
    for id in &turned.missing {
        ui.text(&format!("! {id} is not there any more, or does not carry the tags of the stack: it was not started"))?;
    }
    if turned.failed.is_empty() {
        ui.text(&match turned.moved.len() {
            0 => format!("{name} is awake: nothing had to be started"),
            count => format!("{name} is awake: {count} started; {}", ready_again(&turned)),
        })?;
    }
    verdict(&turned, "wake")
}
