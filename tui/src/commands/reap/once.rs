//! One run of the reaper: what speaks against it, what is due, who is to be told.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use stack::reaper::Pause;
use stack::service::reap::{InHand, Step, Summary, ThroughTerraform, Working};
use stack::service::sleep::Patience;
use stack::service::sweep::LookSummary;
use stack::service::teardown::Stop;
use stack::service::warn::{Alarm, Deliver, Told};
use stack::service::{ClockSkew, Service, SyncMode};
use stack::{Clock, ProcessId, SystemClock, process};
use tokio::sync::{Semaphore, mpsc, watch};

use super::pause;
use super::said::{Said, Speaker, numbers, result};
use super::stop::Signals;
use crate::cli::Form;
use crate::context::Context;
use crate::error::CommandError;
use crate::notify::{Message, Webhook};
use crate::output::{format, looked};
use crate::ui::Ui;

/// What all runs of one process share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) slots: Arc<Semaphore>,
    pub(super) in_hand: InHand,
    /// Becomes true when nothing more is to be begun.
    pub(super) stop: watch::Receiver<bool>,
    /// Asks teardowns to begin no more deletes.
    pub(super) delete_no_more: Stop,
    pub(super) speaker: Speaker,
}

/// What came of a run.
pub(super) struct Report {
    began_at: Timestamp,
    next_run_at: Option<Timestamp>,
    summary: Summary,
    told: Told,
    paused: Option<Pause>,
    /// Why it touched nothing.
    alarm: Option<Alarm>,
    /// What looks again at stacks that are gone have found.
    looked: LookSummary,
}

/// `jiti reap --yes`
pub(super) async fn run(form: Form, context: &Context, ui: &mut Ui) -> Result<(), CommandError> {
    let (to, mut said) = mpsc::unbounded_channel();
    let speaker = Speaker {
        to,
        form,
        steps: true,
    };
    let (begin_no_more, stop) = watch::channel(false);
    let shared = Shared {
        slots: Arc::new(Semaphore::new(concurrency(context)?)),
        in_hand: InHand::default(),
        stop,
        delete_no_more: Stop::default(),
        speaker: speaker.clone(),
    };
    let signals = Signals::of_process().map_err(|error| no_signals(&error))?;
    let signals = signals.pass_on(
        begin_no_more,
        shared.delete_no_more.clone(),
        speaker.clone(),
    );
    let report = {
        let run = once(context, &shared);
        tokio::pin!(run, signals);
        loop {
            tokio::select! {
                biased;
                Some(said) = said.recv() => said.out(ui)?,
                () = &mut signals => {}
                report = &mut run => break report?,
            }
        }
    };
    report.tell(&speaker, context.clock().now());
    drop((speaker, shared));
    drain(&mut said, ui)?;
    report.verdict()
}

/// How many stacks may be ended at once.
pub(super) fn concurrency(context: &Context) -> Result<usize, CommandError> {
    wants_config(context)?;
    let concurrency = context.config()?.reaper.concurrency;
    Ok(usize::try_from(concurrency)
        .unwrap_or(usize::MAX)
        .clamp(1, Semaphore::MAX_PERMITS))
}

pub(super) fn no_signals(error: &std::io::Error) -> CommandError {
    CommandError::failed("signals cannot be waited for").because(error)
}

/// One run. An error means that it could not even begin.
pub(super) async fn once(context: &Context, shared: &Shared) -> Result<Report, CommandError> {
    wants_config(context)?;
    let service = context.reaper()?;
    // Idleness, and what is left of stacks that were taken for gone, are seen before anything is decided.
    let skew = match service.reaper().await?.paused {
        Some(_) => None,
        None => asked(&service, shared).await?,
    };
    let survey = service.survey().await?;
    let mut report = Report {
        began_at: survey.view.now,
        next_run_at: None,
        summary: Summary::default(),
        told: Told::default(),
        paused: survey.view.reaper.paused.clone(),
        alarm: None,
        looked: LookSummary::default(),
    };
    if report.paused.is_some() {
        return Ok(report);
    }
    let process = this_process();
    let webhook = webhook(&service, shared);
    let webhook = webhook.as_ref();
    let wrong = survey.clock_behind().map(Alarm::from);
    if let Some(alarm) = wrong.or(skew.map(Alarm::from)) {
        report.told = alarmed(&service, &process, webhook, &alarm, shared).await;
        report.alarm = Some(alarm);
        return Ok(report);
    }
    let settings = context.teardown_settings()?;
    let docket = survey.docket(service.config(), &settings.runs);
    let run = service.begin_run(&process).await?;
    let too_many = docket.too_many();
    let failed = if let Some(too_many) = too_many {
        let failed = u32::try_from(too_many.stacks.len()).unwrap_or(u32::MAX);
        let alarm = Alarm::from(too_many);
        report.told = alarmed(&service, &process, webhook, &alarm, shared).await;
        report.alarm = Some(alarm);
        report.hear(warned(&service, &process, webhook, shared).await);
        failed
    } else {
        let runs = settings.runs.clone();
        let working = working(&service, shared, settings, runs);
        // Warnings go out beside the teardowns: neither waits for the other.
        let (summary, told) = tokio::join!(
            service.reap(docket, &working),
            warned(&service, &process, webhook, shared)
        );
        report.hear(told);
        report.summary = summary;
        report.summary.failed() + report.summary.residue() + report.summary.refused()
    };
    tended(&service, shared).await;
    report.looked = looked_again(&service, shared).await;
    let status = service
        .finish_run(&run, report.summary.gone(), failed)
        .await?;
    report.next_run_at = status.next_run(service.now(), service.now());
    // What the teardowns came to is told at once, unless the receiver is down.
    let news = !report.summary.endings.is_empty() || !report.looked.reopened.is_empty();
    if report.told.failed.is_empty() && news {
        report.hear(warned(&service, &process, webhook, shared).await);
    }
    Ok(report)
}

/// Wakes the stacks whose sleep is over, and stops again what has started by itself. One that takes longer than a look or
/// two is gone on with by the next run.
async fn tended(service: &Service, shared: &Shared) {
    let patience = Patience {
        looks: 6,
        ..Patience::default()
    };
    let speaker = &shared.speaker;
    match service.tend_sleepers(patience).await {
        Ok(tended) => tended.iter().for_each(|one| speaker.aside(one.to_string())),
        Err(error) => speaker.aside(format!("Warning: nothing was woken: {error}")),
    }
}

/// Looks again for what is gone. That it could not is no failure of the run: the next one does.
async fn looked_again(service: &Service, shared: &Shared) -> LookSummary {
    let looked = service.look_again().await;
    let looked = looked.unwrap_or_else(|error| {
        let speaker = &shared.speaker;
        speaker.aside(format!(
            "Warning: it was not looked again for what is gone: {error}"
        ));
        LookSummary::default()
    });
    for name in &looked.reopened {
        let speaker = &shared.speaker;
        speaker.aside(format!(
            "{name} was gone, and something of it was found: it is residue now"
        ));
    }
    looked
}

/// Deleting unattended wants somebody to have said so.
fn wants_config(context: &Context) -> Result<(), CommandError> {
    let refused = |place: String| {
        CommandError::refused(format!("no stack is ended unattended without a configuration file{place}"))
            .hint("write one that says [reaper], and what its limits are, or name one with --config or JITI_CONFIG")
    };
    match context.config_path() {
        Some((path, _)) if path.exists() => Ok(()),
        Some((path, _)) => Err(refused(format!(
            ", and there is none at {}",
            path.display()
        ))),
        None => Err(refused(String::new())),
    }
}

/// This process, as the ledger records it.
fn this_process() -> ProcessId {
    let pid = std::process::id();
    process::identify(pid).unwrap_or_else(|| ProcessId {
        pid,
        started: String::new(),
        host: process::host(),
    })
}

fn webhook(service: &Service, shared: &Shared) -> Option<Webhook<SystemClock>> {
    let address = service.config().notify.webhook.clone()?;
    match Webhook::new(address, SystemClock) {
        Ok(webhook) => Some(webhook),
        Err(error) => {
            let speaker = &shared.speaker;
            speaker.aside(format!(
                "Warning: nobody can be told by the webhook: {error}"
            ));
            None
        }
    }
}

fn working(
    service: &Service,
    shared: &Shared,
    settings: stack::service::teardown::Settings,
    runs: PathBuf,
) -> Working {
    let (speaker, clock) = (shared.speaker.clone(), SystemClock);
    Working {
        ender: Arc::new(ThroughTerraform {
            service: service.clone(),
            settings,
            stop: shared.delete_no_more.clone(),
        }),
        slots: Arc::clone(&shared.slots),
        stop: shared.stop.clone(),
        runs,
        in_hand: shared.in_hand.clone(),
        tell: Arc::new(move |step: Step| speaker.step(&step, clock.now())),
    }
}

/// Delivers what is owed. A receiver that is down is no failure of the run: it is tried again with the next.
async fn warned(
    service: &Service,
    process: &ProcessId,
    webhook: Option<&Webhook<SystemClock>>,
    shared: &Shared,
) -> Told {
    let Some(webhook) = webhook else {
        return Told::default();
    };
    let receiver: &dyn Deliver = webhook;
    heard(service.warn(process, receiver).await, shared)
}

/// Asks the cloud, where accounts are configured; that its clock is too far from ours.
async fn asked(service: &Service, shared: &Shared) -> Result<Option<ClockSkew>, CommandError> {
    let Some(report) = service.sync(SyncMode::Always).await? else {
        return Ok(None);
    };
    for gap in &report.not_looked {
        let gap = looked::words(gap);
        shared.speaker.aside(format!("Warning: not looked: {gap}"));
    }
    for why in &report.unwritten {
        let text = format!("Warning: the ledger was not told what was found: {why}");
        shared.speaker.aside(text);
    }
    Ok(report.clock_skew)
}

async fn alarmed(
    service: &Service,
    process: &ProcessId,
    webhook: Option<&Webhook<SystemClock>>,
    alarm: &Alarm,
    shared: &Shared,
) -> Told {
    let Some(webhook) = webhook else {
        return Told::default();
    };
    heard(service.alarm(process, webhook, alarm.clone()).await, shared)
}

fn heard(told: Result<Told, stack::ServiceError>, shared: &Shared) -> Told {
    let speaker = &shared.speaker;
    match told {
        Ok(told) => {
            for (letter, reason) in &told.failed {
                let what = Message::of(letter, SystemClock.now()).summary();
                speaker.aside(format!(
                    "Warning: nobody was told that {what}: {reason}; the next run tries again"
                ));
            }
            told
        }
        Err(error) => {
            speaker.aside(format!("Warning: warnings were not delivered: {error}"));
            Told::default()
        }
    }
}

impl Report {
    fn hear(&mut self, told: Told) {
        self.told.told.extend(told.told);
        self.told.failed.extend(told.failed);
        self.told.busy |= told.busy;
    }

    /// When the run began.
    pub(super) fn began_at(&self) -> Timestamp {
        self.began_at
    }

    /// What came of it, as the last of what it says.
    pub(super) fn tell(&self, speaker: &Speaker, now: Timestamp) {
        let line = self.line(now);
        // Among the lines of other runs each says when it began.
        speaker.line(match speaker.steps {
            true => line,
            false => format!("{} UTC {line}", format::second(self.began_at)),
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
            line = format!("{line}; next run {} UTC", format::minute(next));
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

/// Says everything that is still to be said.
pub(super) fn drain(
    said: &mut mpsc::UnboundedReceiver<Said>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    while let Ok(rest) = said.try_recv() {
        rest.out(ui)?;
    }
    Ok(())
}
