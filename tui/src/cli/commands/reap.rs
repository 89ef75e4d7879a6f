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

/// End what is due, and warn whose time is nearly over
///
/// Without --yes it only shows what it would do. A stack is due when its TTL, its time to get ready or its time without
/// use is over, and the grace has passed; what is held or protected is left alone. Ends with 4 when something was left
/// behind, with 3 when more was due than `max_stacks` allows.
#[derive(Args, Debug)]
#[command(
    override_usage = "jiti reap [OPTIONS] [--yes] [--watch]\n       jiti reap [OPTIONS] --pause [--why <WHY>]\n       jiti reap [OPTIONS] --resume"
)]
pub(crate) struct Arguments {
    /// Do it
    #[arg(long)]
    yes: bool,

    /// Stay, and run again and again, as often as `interval` under [reaper] says
    #[arg(long)]
    watch: bool,

    /// Let no reaper of this ledger touch anything from now on
    #[arg(long, conflicts_with_all = ["yes", "watch", "resume"])]
    pause: bool,

    /// Why it is paused, for whoever wonders
    #[arg(long, requires = "pause", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    why: Option<String>,

    /// Let the reapers of this ledger work again
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
