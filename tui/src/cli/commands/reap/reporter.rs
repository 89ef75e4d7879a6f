//! What a run says while it works: lines for people, objects for programs.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use stack::service::reap::{
    ReaperReason, ReaperStep, ReaperSummary, ReaperTask, TerminationResult,
};
use stack::service::teardown::{Progress, Residue, TeardownOutcome};
use tokio::sync::mpsc::UnboundedSender;

use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::values;

/// One thing that is said.
#[derive(Debug)]
pub(super) enum Said {
    /// A line for people.
    Line(String),
    /// An object for programs.
    Object(Value),
    /// Beside the output: what went wrong.
    Aside(String),
}

/// Who speaks, and in which output.
#[derive(Clone)]
pub(super) struct Speaker {
    pub(super) to: UnboundedSender<Said>,
    pub(super) output: OutputOptions,
    /// Steps are told as well, and not only what came of a run.
    pub(super) steps: bool,
}

impl Said {
    /// Says it, at once: somebody may be waiting for it for an hour.
    pub(super) fn out(self, ui: &mut Ui) -> Result<(), CommandError> {
        match self {
            Self::Line(line) => ui.text(&line)?,
            Self::Object(object) => json::line(ui, &object)?,
            Self::Aside(text) => ui::print_error(&clean(&text)),
        }
        ui.finish()
    }
}

impl Speaker {
    pub(super) fn aside(&self, text: impl Into<String>) {
        self.say(Said::Aside(text.into()));
    }

    pub(super) fn line(&self, text: impl Into<String>) {
        if !self.output.json {
            self.say(Said::Line(text.into()));
        }
    }

    pub(super) fn object(&self, object: Value) {
        if self.output.json {
            self.say(Said::Object(object));
        }
    }

    /// A step of a run, as it happens.
    pub(super) fn step(&self, step: &ReaperStep, now: Timestamp) {
        match step {
            ReaperStep::Began(task) => {
                self.step_line(|| format!("ending {}: {}", task.name, because(task, now)));
                self.object(
                    json!({ "event": "began", "name": task.name, "why": task.why.as_str() }),
                );
            }
            ReaperStep::Progress(name, progress) => self.object_of(name, progress),
            ReaperStep::Ended(task, ending) => {
                let (word, said) = (word(ending), sentence(&task.name, ending));
                if matches!(
                    ending,
                    TerminationResult::Ended(_)
                        | TerminationResult::Spared
                        | TerminationResult::Elsewhere(_)
                ) {
                    self.step_line(|| said);
                } else {
                    self.aside(format!("{word}: {said}"));
                }
                self.object(result(task, ending, Some("ended")));
            }
        }
    }

    fn step_line(&self, line: impl FnOnce() -> String) {
        if self.steps {
            self.line(line());
        }
    }

    /// The steps of a teardown, each with the stack that it is about. Its end is told as the run's own.
    fn object_of(&self, name: &stack::StackName, progress: &Progress) {
        if progress.is_last() {
            return;
        }
        if let Ok(Value::Object(mut object)) = serde_json::to_value(progress) {
            object.insert("name".to_owned(), json!(name));
            self.object(Value::Object(object));
        }
    }

    fn say(&self, said: Said) {
        // Whoever listens no longer does so only when the program ends.
        let _ = self.to.send(said);
    }
}

/// What became of a stack, in one word.
pub(super) fn word(ending: &TerminationResult) -> &'static str {
    match ending {
        TerminationResult::Ended(outcome) if outcome.residue.is_empty() => "gone",
        TerminationResult::Ended(_) => "residue",
        TerminationResult::Elsewhere(_) => "elsewhere",
        TerminationResult::Spared => "spared",
        TerminationResult::Refused(_) => "refused",
        TerminationResult::Failed(_) => "failed",
    }
}

fn sentence(name: &stack::StackName, ending: &TerminationResult) -> String {
    match ending {
        TerminationResult::Ended(outcome) if outcome.residue.is_empty() => {
            format!(
                "{name} is gone, {} resources deleted",
                outcome.deleted.len()
            )
        }
        TerminationResult::Ended(outcome) => {
            let left = outcome.residue.iter().map(left).collect::<Vec<_>>();
            format!("{name} left {} behind: {}", left.len(), left.join("; "))
        }
        TerminationResult::Spared => format!("{name} is spared: it is no longer due"),
        TerminationResult::Elsewhere(why) => format!("{name} is left to others: {why}"),
        TerminationResult::Refused(why) | TerminationResult::Failed(why) => why.clone(),
    }
}

fn left(residue: &Residue) -> String {
    let by = residue.blocked_by.as_ref().map(|by| format!(", {by}"));
    format!(
        "{} ({}{})",
        residue.id,
        residue.reason,
        by.unwrap_or_default()
    )
}

/// Why a stack is ended, as the rest of a sentence.
pub(super) fn because(task: &ReaperTask, now: Timestamp) -> String {
    match &task.why {
        ReaperReason::Due(deadline) => format!(
            "{} at {}, due {}",
            match deadline.cause {
                stack::due::Cause::Expiry => "expired",
                stack::due::Cause::Purgatory => "in purgatory since its time-out",
                stack::due::Cause::Idleness => "idle",
            },
            values::minute(deadline.cause_at),
            values::distance(deadline.due_at, now)
        ),
        ReaperReason::Abandoned { by, host, pid, .. } => {
            format!("its teardown for {by} by process {pid} on {host} was abandoned")
        }
        ReaperReason::Residue { since } => format!(
            "left behind since {}, try {}",
            values::minute(*since),
            task.failures + 1
        ),
    }
}

/// What became of a stack, for programs: the fields of a teardown's result and why it was ended.
pub(super) fn result(task: &ReaperTask, ending: &TerminationResult, event: Option<&str>) -> Value {
    let outcome = match ending {
        TerminationResult::Ended(outcome) => outcome.clone(),
        _ => TeardownOutcome::nothing_to_do(&task.name),
    };
    let reason = match ending {
        TerminationResult::Elsewhere(why)
        | TerminationResult::Refused(why)
        | TerminationResult::Failed(why) => Some(why),
        TerminationResult::Ended(_) | TerminationResult::Spared => None,
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
    Value::Object(object)
}

/// How a run went, in numbers.
pub(super) fn numbers(summary: &ReaperSummary) -> String {
    let mut said = format!("{} ended", summary.gone());
    for (count, what) in [
        (summary.residue(), "left something behind"),
        (summary.failed(), "failed"),
        (summary.refused(), "refused"),
        (
            u32::try_from(summary.not_begun.len()).unwrap_or(u32::MAX),
            "not begun",
        ),
    ] {
        if count > 0 {
            said = format!("{said}, {count} {what}");
        }
    }
    said
}
