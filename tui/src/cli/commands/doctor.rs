//! `jiti doctor`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::doctor::{Finding, Verdict, examine};
use crate::error::CommandError;
use crate::format::style::Tone;

/// Check the setup, and say how to fix what is wrong
///
/// Checks the configuration, the ledger, the clock, the reaper, the accounts and Terraform. Changes
/// nothing. The exit code is 1 if something is broken, and 0 if there is only advice.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let findings = examine(context).await;
    if arguments.output.json {
        json::write(ui, &findings)?;
    } else {
        findings
            .iter()
            .try_for_each(|finding| for_people(finding, ui))?;
    }
    let broken = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Broken)
        .count();
    match broken {
        0 => Ok(()),
        1 => Err(CommandError::failed("1 check failed")),
        more => Err(CommandError::failed(format!("{more} checks failed"))),
    }
}

/// Prints one finding:
///
/// ```text
/// advice  reaper       no reaper has run yet
///         to fix:      run `jiti reap --yes` from a timer
/// ```
fn for_people(finding: &Finding, ui: &mut Ui) -> Result<(), CommandError> {
    let Finding {
        part,
        verdict,
        found,
        fix,
    } = finding;
    let tone = match verdict {
        Verdict::Ok => Tone::Good,
        Verdict::Advice => Tone::Notice,
        Verdict::Broken => Tone::Alarm,
    };
    let verdict = ui.paint(tone, &format!("{:<6}", verdict.as_str()));
    ui.labelled(&format!("{verdict}  {part:<11}  "), 21, found)?;
    match fix {
        Some(fix) => ui.labelled(&format!("{:6}  {:<11}  ", "", "to fix:"), 21, fix),
        None => Ok(()),
    }
}
