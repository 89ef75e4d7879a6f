//! `jiti reap [--yes] [--watch]`, `jiti reap --pause`, `jiti reap --resume`

mod notifier;
mod once;
mod pause;
mod report;
mod reporter;
mod show;
mod stop;
mod watch;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Tear down the stacks that are due, and warn the owners of stacks that soon will be
///
/// Without --yes, jiti only shows what it would do. A stack is due when it has expired, was not
/// ready in time or was idle too long, and the grace has passed. The reaper skips stacks that are
/// held or protected. The exit code is 4 if a teardown left something behind, and 3 if more stacks
/// are due than `max_stacks` allows.
#[derive(Args, Debug)]
#[command(
    override_usage = "jiti reap [OPTIONS] [--yes] [--watch]\n       jiti reap [OPTIONS] --pause [--why <WHY>]\n       jiti reap [OPTIONS] --resume"
)]
pub(crate) struct Arguments {
    /// Tear stacks down and send the warnings
    #[arg(long)]
    yes: bool,

    /// Keep running, with one run per `interval` under [reaper]
    #[arg(long)]
    watch: bool,

    /// Pause every reaper of this ledger
    #[arg(long, conflicts_with_all = ["yes", "watch", "resume"])]
    pause: bool,

    /// The reason for the pause
    #[arg(long, requires = "pause", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    why: Option<String>,

    /// Resume the reapers of this ledger
    #[arg(long, conflicts_with_all = ["yes", "watch"])]
    resume: bool,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        yes,
        watch,
        pause,
        why,
        resume,
        output,
    } = arguments;
    match (pause, resume, yes, watch) {
        (true, ..) => pause::pause(why, output, context, ui).await,
        (_, true, ..) => pause::resume(output, context, ui).await,
        (.., true, false) => once::run(output, context, ui).await,
        (.., true, true) => watch::run(output, context, ui).await,
        (.., false, false) => show::run(output, context, ui).await,
        (.., false, true) => show::watch(output, context, ui).await,
    }
}
