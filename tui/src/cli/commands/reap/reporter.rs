//! The output of a run while it works: lines for people, JSON objects for programs.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use stack::budget::BudgetDeferral;
use stack::service::reap::{
    BudgetedStack, ReaperReason, ReaperStep, ReaperSummary, ReaperTask, TerminationResult,
};
use stack::service::teardown::{Progress, Residue, TeardownOutcome};
use tokio::sync::mpsc::UnboundedSender;

use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::{describe, values};

/// One entry of the output.
#[derive(Debug)]
pub(super) enum ReportEntry {
    /// A line for people.
    Line(String),
    /// An object for programs.
    Object(Value),
    /// A line on standard error: a note or a failure.
    Note(String),
}

/// Sends the entries of the runs to the command, in the chosen format.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) to: UnboundedSender<ReportEntry>,
    pub(super) output: OutputOptions,
    /// Whether to report each step of a single run. Otherwise runs follow each other in a log,
    /// which names only what ended, with its time.
    pub(super) steps: bool,
}

impl ReportEntry {
    /// Writes the entry and flushes, because steps may be an hour apart.
    pub(super) fn write(self, ui: &mut Ui) -> Result<(), CommandError> {
        match self {
            Self::Line(line) => ui.text(&line)?,
            Self::Object(object) => json::line(ui, &object)?,
            Self::Note(text) => ui::print_error(&clean(&text)),
        }
        ui.finish()
    }
}

impl Reporter {
    /// Reports a line on standard error.
    pub(super) fn note(&self, text: impl Into<String>) {
        self.send(ReportEntry::Note(text.into()));
    }

    /// Reports a line, unless the output is JSON.
    pub(super) fn line(&self, text: impl Into<String>) {
        if !self.output.json {
            self.send(ReportEntry::Line(text.into()));
        }
    }

    /// Reports a JSON object, if the output is JSON.
    pub(super) fn object(&self, object: Value) {
        if self.output.json {
            self.send(ReportEntry::Object(object));
        }
    }

    /// Reports a step of a run.
    pub(super) fn step(&self, step: &ReaperStep, now: Timestamp) {
        match step {
            ReaperStep::Began(task) => {
                self.step_line(|| format!("tearing down {}: {}", task.name, reason(task, now)));
                self.object(
                    json!({ "event": "began", "name": task.name, "why": task.why.as_str() }),
                );
            }
            ReaperStep::Progress(name, progress) => self.progress_object(name, progress),
            ReaperStep::Ended(task, ending) => {
                let (word, sentence) = (word(ending), sentence(&task.name, ending));
                match ending {
                    TerminationResult::Ended(_) | TerminationResult::Dispatched { .. } => {
                        self.line(self.dated(sentence, now));
                    }
                    TerminationResult::Deferred(deferral) => {
                        self.step_line(|| deferred(&task.name, deferral, now));
                    }
                    TerminationResult::Spared | TerminationResult::Elsewhere(_) => {
                        self.step_line(|| sentence);
                    }
                    TerminationResult::Refused(_) | TerminationResult::Failed(_) => {
                        self.note(self.dated(format!("{word}: {sentence}"), now));
                    }
                }
                self.object(result(task, ending, Some("ended")));
            }
        }
    }

    /// Reports a stack that a budget defers.
    pub(super) fn budgeted(&self, stack: &BudgetedStack, now: Timestamp) {
        self.step_line(|| deferred(&stack.task.name, &stack.deferral, now));
        self.object(deferred_object(stack));
    }

    /// A line with its time, where several runs follow each other.
    fn dated(&self, line: String, now: Timestamp) -> String {
        match self.steps {
            true => line,
            false => format!("{} UTC {line}", values::second(now)),
        }
    }

    fn step_line(&self, line: impl FnOnce() -> String) {
        if self.steps {
            self.line(line());
        }
    }

    /// Reports a step of a teardown with the stack's name. The last step is reported as the run's
    /// own.
    fn progress_object(&self, name: &stack::StackName, progress: &Progress) {
        if progress.is_last() {
            return;
        }
        if let Ok(Value::Object(mut object)) = serde_json::to_value(progress) {
            object.insert("name".to_owned(), json!(name));
            self.object(Value::Object(object));
        }
    }

    fn send(&self, entry: ReportEntry) {
        // The receiver is dropped only when the program ends.
        let _ = self.to.send(entry);
    }
}

/// The result of a task in one word, as in JSON.
pub(super) fn word(ending: &TerminationResult) -> &'static str {
    match ending {
        TerminationResult::Ended(outcome) if outcome.residue.is_empty() => "gone",
        TerminationResult::Ended(_) => "residue",
        TerminationResult::Dispatched { .. } => "dispatched",
        TerminationResult::Elsewhere(_) => "elsewhere",
        TerminationResult::Spared => "spared",
        TerminationResult::Deferred(_) => "deferred",
        TerminationResult::Refused(_) => "refused",
        TerminationResult::Failed(_) => "failed",
    }
}

fn sentence(name: &stack::StackName, ending: &TerminationResult) -> String {
    match ending {
        TerminationResult::Ended(outcome) if outcome.residue.is_empty() => {
            format!(
                "{name} is gone, {} deleted",
                values::count(outcome.deleted.len(), "resource")
            )
        }
        TerminationResult::Ended(outcome) => {
            let left: Vec<_> = outcome.residue.iter().map(residue).collect();
            format!(
                "teardown of {name} incomplete, {} left: {}",
                values::count(left.len(), "resource"),
                left.join("; ")
            )
        }
        TerminationResult::Dispatched { until } => format!(
            "the teardown of {name} was dispatched and has until {} UTC",
            values::minute(*until)
        ),
        TerminationResult::Spared => format!("{name} skipped: no longer due"),
        TerminationResult::Deferred(deferral) => format!("{name} skipped: {}", deferral.budget),
        TerminationResult::Elsewhere(why) => {
            format!("{name} skipped: handled by another process ({why})")
        }
        // The reason usually names the stack.
        TerminationResult::Refused(why) | TerminationResult::Failed(why) => {
            if why.contains(name.as_str()) {
                why.clone()
            } else {
                format!("{name}: {why}")
            }
        }
    }
}

fn residue(residue: &Residue) -> String {
    let by = residue.blocked_by.as_ref().map(|by| format!(", {by}"));
    format!(
        "{} ({}{})",
        residue.id,
        residue.reason,
        by.unwrap_or_default()
    )
}

/// Why a stack is torn down, as the end of a sentence.
pub(super) fn reason(task: &ReaperTask, now: Timestamp) -> String {
    match &task.why {
        ReaperReason::Due(deadline) => format!(
            "{} since {} UTC, due {}",
            match deadline.cause {
                stack::due::Cause::Expiry => "expired",
                stack::due::Cause::Purgatory => "in purgatory",
                stack::due::Cause::Idleness => "idle",
                stack::due::Cause::Noncompliance => "noncompliant",
            },
            values::minute(deadline.cause_at),
            values::distance(deadline.due_at, now)
        ),
        ReaperReason::Abandoned { by, host, pid, .. } => {
            format!("its teardown by {by} (process {pid} on {host}) did not finish")
        }
        ReaperReason::Residue { since } => format!(
            "residue since {} UTC, attempt {}",
            values::minute(*since),
            task.failures + 1
        ),
    }
}

/// The result of a task as JSON: the fields of a teardown's result, and why it ran.
pub(super) fn result(task: &ReaperTask, ending: &TerminationResult, event: Option<&str>) -> Value {
    let outcome = match ending {
        TerminationResult::Ended(outcome) => outcome.clone(),
        _ => TeardownOutcome::nothing_to_do(&task.name),
    };
    let reason = match ending {
        TerminationResult::Elsewhere(why)
        | TerminationResult::Refused(why)
        | TerminationResult::Failed(why) => Some(why),
        TerminationResult::Deferred(deferral) => Some(&deferral.budget),
        TerminationResult::Ended(_)
        | TerminationResult::Dispatched { .. }
        | TerminationResult::Spared => None,
    };
    let mut object = Map::new();
    if let Some(event) = event {
        object.insert("event".to_owned(), json!(event));
    }
    if let Ok(Value::Object(fields)) = serde_json::to_value(&outcome) {
        object.extend(fields);
    }
    object.insert("why".to_owned(), json!(task.why.as_str()));
    object.insert("ending".to_owned(), json!(word(ending)));
    object.insert("reason".to_owned(), json!(reason));
    if let TerminationResult::Deferred(deferral) = ending {
        object.insert("budget".to_owned(), json!(deferral));
    }
    Value::Object(object)
}

/// That a budget defers the end of a stack, as a line.
pub(super) fn deferred(
    name: &stack::StackName,
    deferral: &BudgetDeferral,
    now: Timestamp,
) -> String {
    format!("{name} is due; {}", describe::deferral(deferral, now))
}

/// A stack that a budget defers, as JSON.
pub(super) fn deferred_object(stack: &BudgetedStack) -> Value {
    let due_at = match &stack.task.why {
        ReaperReason::Due(deadline) => Some(deadline.due_at),
        _ => None,
    };
    json!({
        "event": "deferred",
        "name": stack.task.name,
        "why": stack.task.why.as_str(),
        "due_at": due_at,
        "budget": stack.deferral,
    })
}

/// The results of a run in numbers: `2 torn down, 1 incomplete`.
pub(super) fn counts(summary: &ReaperSummary) -> String {
    let mut text = format!("{} torn down", summary.gone());
    for (count, what) in [
        (summary.residue(), "incomplete"),
        (summary.failed(), "failed"),
        (summary.refused(), "refused"),
        (
            u32::try_from(summary.not_begun.len()).unwrap_or(u32::MAX),
            "not started",
        ),
    ] {
        if count > 0 {
            text = format!("{text}, {count} {what}");
        }
    }
    text
}
