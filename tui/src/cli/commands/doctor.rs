//! `jiti doctor`

use clap::Args;
use stack::StackName;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::doctor::{Finding, Verdict, examine};
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::format::values;

/// Check the setup, and say how to fix what is wrong
///
/// Checks the configuration, the ledger, the clock, the reaper, the accounts and Terraform. Changes
/// nothing, except with --mark-misdated. The exit code is 1 if something is broken, and 0 if there
/// is only advice.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Mark the events of this stack that lie in the future as misdated
    ///
    /// A machine whose clock was ahead wrote them. They then count as of the next event that is
    /// dated correctly. Check this machine's clock first.
    #[arg(long, value_name = "NAME")]
    mark_misdated: Option<StackName>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if let Some(stack) = &arguments.mark_misdated {
        return mark(stack, arguments.output, context, ui).await;
    }
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

/// Marks the events of a stack that lie in the future.
async fn mark(
    stack: &StackName,
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.writer()?;
    let marked = match service.leases().mark_misdated(stack).await {
        Ok(marked) => marked,
        Err(error) => return Err(explain(error, &service, stack).await),
    };
    if output.json {
        return json::write(ui, &marked);
    }
    if marked.is_empty() {
        return ui.text(&format!("No event of {stack} lies in the future."));
    }
    for event in &marked {
        ui.text(&format!(
            "Marked as misdated: event {} ({}) by {}, dated {} UTC.",
            event.seq,
            event.kind,
            event.actor,
            values::minute(event.at)
        ))?;
    }
    Ok(())
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
