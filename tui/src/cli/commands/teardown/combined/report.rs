//! What `jiti teardown A B C` prints: the combined plan, the steps, and the result of each stack.

use serde::Serialize;
use serde_json::{Value, json};
use stack::StackName;
use stack::service::teardown::{Progress, TeardownOutcome, TeardownPlan};

use super::{Candidate, CandidateState, StackResult};
use crate::cli::commands::teardown::{Arguments, render};
use crate::cli::output::json;
use crate::cli::several::{self, Ending};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::combined_plan::CombinedPlan;
use crate::format::style::Tone;
use crate::format::values;

/// The plan of one stack, as a line of JSON.
#[derive(Serialize)]
struct PlannedLine<'a> {
    event: &'static str,
    name: &'a StackName,
    plan: &'a TeardownPlan,
}

/// The totals of all plans, as a line of JSON. It is about no single stack, so its name is null.
#[derive(Serialize)]
struct SummaryLine {
    event: &'static str,
    name: Option<StackName>,
    #[serde(flatten)]
    plan: CombinedPlan,
    /// The stacks that will not be torn down, because a rule forbids it or the plan failed.
    left_out: usize,
}

/// The result of one stack, as a line of JSON.
#[derive(Serialize)]
struct ResultLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    #[serde(flatten)]
    outcome: &'a TeardownOutcome,
    ending: Ending,
    reason: Option<String>,
}

/// Prints the plan of one stack, if the output is JSON. People see all plans together.
pub(super) fn planned(
    arguments: &Arguments,
    plan: &TeardownPlan,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if arguments.output.json {
        let (event, name) = ("planned", &plan.name);
        json::line(ui, &PlannedLine { event, name, plan })?;
        ui.finish()?;
    }
    Ok(())
}

/// Prints the combined plan. Returns how many stacks it would tear down.
///
/// ```text
///
/// shop-1: 3 resources will be destroyed, saving $0.42/h
///   …
///
/// shop-2: refused: …
///
/// 34 resources of 11 stacks will be destroyed, saving $4.62/h
/// 1 stack stays as it is
/// ```
pub(super) fn plan(
    arguments: &Arguments,
    candidates: &[Candidate],
    ui: &mut Ui,
) -> Result<usize, CommandError> {
    let plans: Vec<&TeardownPlan> = candidates
        .iter()
        .filter_map(|candidate| match &candidate.state {
            CandidateState::Ready(prepared) => Some(&prepared.plan),
            CandidateState::Waiting | CandidateState::Ended(_) => None,
        })
        .collect();
    let total = CombinedPlan::of(&plans);
    let ended = candidates.iter().filter_map(Candidate::result);
    let left_out = ended.filter(|result| result.error.is_some()).count();
    if arguments.output.json {
        for candidate in candidates.iter().filter(|one| one.result().is_some()) {
            ended_line(candidate, ui)?;
        }
        let line = SummaryLine {
            event: "summary",
            name: None,
            plan: total,
            left_out,
        };
        json::line(ui, &line)?;
        return Ok(total.stacks);
    }
    for candidate in candidates {
        ui.line("")?;
        if let Some(plan) = &candidate.plan {
            render::plan(ui, plan)?;
        }
        if let Some(result) = candidate.result() {
            ui.text(&format!("{}: {}", candidate.name, sentence(result)))?;
        }
    }
    ui.line("")?;
    let headline = ui.paint(Tone::Heading, &total.headline());
    ui.line(&headline)?;
    if let Some(kept) = total.kept() {
        ui.text(&kept)?;
    }
    match left_out {
        0 => {}
        1 => ui.text("1 stack stays as it is")?,
        count => ui.text(&format!(
            "{} stay as they are",
            values::count(count, "stack")
        ))?,
    }
    Ok(total.stacks)
}

/// Prints one step of a teardown, with the name of its stack.
pub(super) fn step(
    arguments: &Arguments,
    name: &StackName,
    step: &Progress,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if arguments.output.json {
        if let Ok(Value::Object(mut object)) = serde_json::to_value(step) {
            object.insert("name".to_owned(), json!(name));
            json::line(ui, &object)?;
        }
    } else if let Some(line) = render::line(step) {
        ui.text(&format!("{name}: {}", line.trim_start()))?;
    }
    // Flushed at once, because steps may be minutes apart.
    ui.finish()
}

/// Prints that the teardown of one stack has ended.
pub(super) fn ended(
    arguments: &Arguments,
    candidate: &Candidate,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if arguments.output.json {
        ended_line(candidate, ui)?;
    } else if let Some(result) = candidate.result() {
        ui.text(&format!("{}: {}", candidate.name, sentence(result)))?;
    }
    ui.finish()
}

fn ended_line(candidate: &Candidate, ui: &mut Ui) -> Result<(), CommandError> {
    match candidate.result() {
        Some(result) => json::line(ui, &result_line(result, Some("ended"))),
        None => Ok(()),
    }
}

/// Prints the result of each stack, in the order of the command line, and returns the worst.
///
/// ```text
///
///   shop-1  gone        3 resources deleted
///   shop-2  refused     …
/// ```
pub(super) fn results(
    arguments: &Arguments,
    candidates: &[Candidate],
    ui: &mut Ui,
    done: &str,
) -> Result<(), CommandError> {
    let results = || {
        candidates
            .iter()
            .filter_map(|one| Some((&one.name, one.result()?)))
    };
    let endings: Vec<Ending> = results().map(|(_, result)| result.ending).collect();
    if arguments.output.json {
        for (_, result) in results() {
            json::line(ui, &result_line(result, None))?;
        }
        return several::conclude(&endings, done);
    }
    let longest = results().map(|(name, _)| name.as_str().len()).max();
    let longest = longest.unwrap_or(0).min(MAX_NAME_COLUMNS);
    ui.line("")?;
    for (name, result) in results() {
        let label = format!("  {name:<longest$}  {:<13}", result.ending.words());
        match detail(result) {
            detail if detail.is_empty() => ui.line(label.trim_end())?,
            detail => ui.labelled(&label, label.chars().count(), &detail)?,
        }
        render::reservations(ui, &result.outcome)?;
    }
    several::conclude(&endings, done)
}

/// The width up to which names are aligned.
const MAX_NAME_COLUMNS: usize = 40;

fn result_line<'a>(result: &'a StackResult, event: Option<&'static str>) -> ResultLine<'a> {
    ResultLine {
        event,
        outcome: &result.outcome,
        ending: result.ending,
        reason: result.error.as_ref().map(CommandError::message),
    }
}

/// The result of one stack as a sentence without its name: `gone: 3 resources deleted`.
fn sentence(result: &StackResult) -> String {
    match detail(result).as_str() {
        "" => result.ending.words().to_owned(),
        detail => format!("{}: {detail}", result.ending.words()),
    }
}

/// What was deleted, or why the stack was not torn down, and what to do next.
fn detail(result: &StackResult) -> String {
    let Some(error) = &result.error else {
        return match (result.ending, result.outcome.deleted.len()) {
            (Ending::Gone, 0) => "nothing was left to delete".to_owned(),
            (Ending::Gone, count) => format!("{} deleted", values::count(count, "resource")),
            _ => String::new(),
        };
    };
    let left = result.outcome.residue.iter();
    let left: String = left
        .map(|one| format!("; {}: {}", one.id, one.reason))
        .collect();
    let advice = error.advice().map(|advice| format!("; {advice}"));
    format!("{}{left}{}", error.message(), advice.unwrap_or_default())
}
