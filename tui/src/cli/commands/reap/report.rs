//! The result of a run of the reaper: as a line, as JSON, and as the exit code.

use jiff::Timestamp;
use serde_json::json;
use stack::ledger::UnreadableStack;
use stack::reaper::Pause;
use stack::service::notify::{Alarm, DeliveryReport};
use stack::service::reap::ReaperSummary;
use stack::service::teardown::sweep::RecheckSummary;

use super::pause;
use super::reporter::{Reporter, counts, result};
use crate::error::CommandError;
use crate::format::values;

/// The result of a run.
pub(super) struct Report {
    pub(super) began_at: Timestamp,
    pub(super) next_run_at: Option<Timestamp>,
    pub(super) summary: ReaperSummary,
    pub(super) deliveries: DeliveryReport,
    pub(super) paused: Option<Pause>,
    /// Why the run touched nothing.
    pub(super) alarm: Option<Alarm>,
    /// The result of checking stacks that are gone once more.
    pub(super) rechecked: RecheckSummary,
    /// The stacks that cannot be read, which the run left alone.
    pub(super) unreadable: Vec<UnreadableStack>,
    /// How many stacks are due, and a budget deferred them.
    pub(super) budgeted: usize,
}

impl Report {
    /// The report of a run that has done nothing yet.
    pub(super) fn new(began_at: Timestamp, paused: Option<Pause>) -> Self {
        Self {
            began_at,
            next_run_at: None,
            summary: ReaperSummary::default(),
            deliveries: DeliveryReport::default(),
            paused,
            alarm: None,
            rechecked: RecheckSummary::default(),
            unreadable: Vec::new(),
            budgeted: 0,
        }
    }

    /// Adds the result of sending notifications.
    pub(super) fn add_deliveries(&mut self, more: DeliveryReport) {
        self.deliveries.delivered.extend(more.delivered);
        self.deliveries.failed.extend(more.failed);
        self.deliveries.busy |= more.busy;
    }

    /// Writes the result, as the last entry of the run.
    pub(super) fn write(&self, reporter: &Reporter, now: Timestamp) {
        let line = self.line(now);
        // Without steps, the lines of several runs follow each other, so each has its time.
        reporter.line(match reporter.steps {
            true => line,
            false => format!("{} UTC {line}", values::second(now)),
        });
        let stacks = self.summary.endings.iter();
        let stacks: Vec<_> = stacks
            .map(|(task, ending)| result(task, ending, None))
            .collect();
        reporter.object(json!({
            "event": "result",
            "dry_run": false,
            "began_at": self.began_at,
            "ended": self.summary.gone(),
            "residue_left": self.summary.residue(),
            "failed": self.summary.failed(),
            "refused": self.summary.refused(),
            "deferred": self.deferred(),
            "not_begun": self.summary.not_begun,
            "warned": self.deliveries.delivered.len(),
            "undelivered": self.deliveries.failed.len(),
            "paused": self.paused,
            "alarm": self.alarm.as_ref().map(Alarm::key),
            "looked_again": self.rechecked.clean.len() + self.rechecked.reopened.len(),
            "reopened": self.rechecked.reopened,
            "unreadable": self.unreadable,
            "next_run_at": self.next_run_at,
            "stacks": stacks,
        }));
    }

    /// How many stacks a budget deferred, before or during the run.
    fn deferred(&self) -> usize {
        let during = usize::try_from(self.summary.deferred()).unwrap_or(usize::MAX);
        self.budgeted.saturating_add(during)
    }

    /// The result in one line.
    fn line(&self, now: Timestamp) -> String {
        if let Some(pause) = &self.paused {
            return format!(
                "Nothing was done: {}. `jiti reap --resume` resumes it.",
                pause::sentence(pause, now)
            );
        }
        let mut line = match &self.alarm {
            Some(_) => "no stack was touched".to_owned(),
            None => counts(&self.summary),
        };
        if self.deferred() > 0 {
            line = format!("{line}, {} deferred by a budget", self.deferred());
        }
        if !self.deliveries.delivered.is_empty() {
            line = format!(
                "{line}; {} sent",
                values::count(self.deliveries.delivered.len(), "notification")
            );
        }
        if let Some(next) = self.next_run_at {
            line = format!("{line}; next run {} UTC", values::minute(next));
        }
        line
    }

    /// The result as an error with its exit code.
    pub(super) fn result(&self) -> Result<(), CommandError> {
        let summary = &self.summary;
        match &self.alarm {
            Some(alarm) => Err(CommandError::refused(alarm.to_string())),
            None if summary.residue() > 0 => Err(CommandError::residue(format!(
                "{} of {} incomplete",
                summary.residue(),
                values::count(summary.endings.len(), "teardown")
            ))
            .hint("`jiti show NAME` lists what is left; the reaper retries with back-off")),
            None if summary.failed() > 0 => Err(CommandError::failed(format!(
                "{} of {} failed",
                summary.failed(),
                values::count(summary.endings.len(), "teardown")
            ))
            .hint(
                "the reason is above and in `jiti events NAME`; the reaper retries with back-off",
            )),
            None if summary.refused() > 0 => Err(CommandError::refused(format!(
                "{} of {} refused",
                summary.refused(),
                values::count(summary.endings.len(), "teardown")
            ))
            .hint("the reason is above and in `jiti events NAME`")),
            None if !summary.not_begun.is_empty() => Err(CommandError::failed(format!(
                "stopped before {} started",
                values::count(summary.not_begun.len(), "teardown")
            ))
            .hint("the next run carries them out")),
            None if !self.unreadable.is_empty() => Err(CommandError::failed(format!(
                "{} unreadable",
                values::count(self.unreadable.len(), "stack")
            ))
            .hint("the reason is above; `jiti doctor` says what to do")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::reporter::ReportEntry;
    use super::*;
    use crate::cli::options::OutputOptions;

    /// In a log of several runs, the line of a run has the time of its end, because it follows the
    /// lines of what ended meanwhile.
    #[test]
    fn the_line_of_a_run_has_the_time_of_its_end() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let report = Report::new(at("2026-03-02T12:00:00Z"), None);
        let (to, mut entries) = mpsc::unbounded_channel();
        let output = OutputOptions { json: false };
        let steps = false;
        report.write(&Reporter { to, output, steps }, at("2026-03-02T12:00:07Z"));
        let Ok(ReportEntry::Line(line)) = entries.try_recv() else {
            panic!("no line");
        };
        assert!(line.starts_with("2026-03-02 12:00:07 UTC "), "{line}");
    }
}
