//! What came of a run of the reaper: said as a line and as JSON, and as the way in which the program ends.

use jiff::Timestamp;
use serde_json::json;
use stack::reaper::Pause;
use stack::service::notify::{Alarm, DeliveryReport};
use stack::service::reap::ReaperSummary;
use stack::service::teardown::sweep::RecheckSummary;

use super::pause;
use super::reporter::{Speaker, numbers, result};
use crate::error::CommandError;
use crate::format::values;

/// What came of a run.
pub(super) struct Report {
    pub(super) began_at: Timestamp,
    pub(super) next_run_at: Option<Timestamp>,
    pub(super) summary: ReaperSummary,
    pub(super) told: DeliveryReport,
    pub(super) paused: Option<Pause>,
    /// Why it touched nothing.
    pub(super) alarm: Option<Alarm>,
    /// What looks again at stacks that are gone have found.
    pub(super) looked: RecheckSummary,
}

impl Report {
    /// Of a run that has done nothing yet.
    pub(super) fn of(began_at: Timestamp, paused: Option<Pause>) -> Self {
        Self {
            began_at,
            next_run_at: None,
            summary: ReaperSummary::default(),
            told: DeliveryReport::default(),
            paused,
            alarm: None,
            looked: RecheckSummary::default(),
        }
    }

    /// Adds what was told.
    pub(super) fn hear(&mut self, told: DeliveryReport) {
        self.told.told.extend(told.told);
        self.told.failed.extend(told.failed);
        self.told.busy |= told.busy;
    }

    /// What came of it, as the last of what it says.
    pub(super) fn tell(&self, speaker: &Speaker, now: Timestamp) {
        let line = self.line(now);
        // Among the lines of other runs each says when it began.
        speaker.line(match speaker.steps {
            true => line,
            false => format!("{} UTC {line}", values::second(self.began_at)),
        });
        let stacks = self.summary.endings.iter();
        let stacks: Vec<_> = stacks
            .map(|(task, ending)| result(task, ending, None))
            .collect();
        speaker.object(json!({
            "event": "result",
            "dry_run": false,
            "began_at": self.began_at,
            "ended": self.summary.gone(),
            "residue_left": self.summary.residue(),
            "failed": self.summary.failed(),
            "refused": self.summary.refused(),
            "not_begun": self.summary.not_begun,
            "warned": self.told.told.len(),
            "undelivered": self.told.failed.len(),
            "paused": self.paused,
            "alarm": self.alarm.as_ref().map(Alarm::key),
            "looked_again": self.looked.clean.len() + self.looked.reopened.len(),
            "reopened": self.looked.reopened,
            "next_run_at": self.next_run_at,
            "stacks": stacks,
        }));
    }

    /// The run in one line.
    fn line(&self, now: Timestamp) -> String {
        if let Some(pause) = &self.paused {
            return format!(
                "Nothing was done: {}. `jiti reap --resume` lets it go on.",
                pause::sentence(pause, now)
            );
        }
        let mut line = match &self.alarm {
            Some(_) => "nothing was touched".to_owned(),
            None => numbers(&self.summary),
        };
        if !self.told.told.is_empty() {
            line = format!("{line}; {} warned", self.told.told.len());
        }
        if let Some(next) = self.next_run_at {
            line = format!("{line}; next run {} UTC", values::minute(next));
        }
        line
    }

    /// How a program ends that did only this.
    pub(super) fn verdict(&self) -> Result<(), CommandError> {
        let summary = &self.summary;
        match &self.alarm {
            Some(alarm) => Err(CommandError::refused(alarm.to_string())),
            None if summary.residue() > 0 => Err(CommandError::residue(format!(
                "{} of {} stacks left something behind",
                summary.residue(),
                summary.endings.len()
            ))
            .hint("`jiti show NAME` lists what is left; the reaper tries again with growing pauses")),
            None if summary.failed() > 0 => Err(CommandError::failed(format!(
                "{} of {} stacks could not be ended",
                summary.failed(),
                summary.endings.len()
            ))
            .hint("the reason is above and in `jiti events NAME`; the reaper tries again with growing pauses")),
            None if summary.refused() > 0 => Err(CommandError::refused(format!(
                "{} of {} stacks may not be ended",
                summary.refused(),
                summary.endings.len()
            ))
            .hint("the reason is above and in `jiti events NAME`")),
            None if !summary.not_begun.is_empty() => Err(CommandError::failed(format!(
                "it was stopped before {} stacks had their turn",
                summary.not_begun.len()
            ))
            .hint("the next run ends them")),
            None => Ok(()),
        }
    }
}
