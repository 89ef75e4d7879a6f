//! One run of the reaper: what speaks against it, what is due, who is to be told.

use std::path::PathBuf;
use std::sync::Arc;

use stack::service::notify::Alarm;
use stack::service::power::PollPolicy;
use stack::service::reap::{InFlight, ReaperContext, ReaperStep, TeardownExecutor};
use stack::service::teardown::StopSignal;
use stack::service::teardown::sweep::RecheckSummary;
use stack::service::{ClockSkew, Service, SyncMode};
use stack::{Clock, SystemClock};
use tokio::sync::{Semaphore, mpsc, watch};

use super::notifier::Teller;
use super::report::Report;
use super::reporter::{Said, Speaker};
use super::stop::Signals;
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::describe;

/// What all runs of one process share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) slots: Arc<Semaphore>,
    pub(super) in_hand: InFlight,
    /// Becomes true when nothing more is to be begun.
    pub(super) stop: watch::Receiver<bool>,
    /// Asks teardowns to begin no more deletes.
    pub(super) delete_no_more: StopSignal,
    pub(super) speaker: Speaker,
}

/// `jiti reap --yes`
pub(super) async fn run(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (to, mut said) = mpsc::unbounded_channel();
    let steps = true;
    let speaker = Speaker { to, output, steps };
    let (shared, signals) = shared(context, &speaker)?;
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

/// What the runs of this process share, and the signals that end it, which are passed on to them.
pub(super) fn shared(
    context: &Context,
    speaker: &Speaker,
) -> Result<(Shared, impl Future<Output = ()> + use<>), CommandError> {
    let (begin_no_more, stop) = watch::channel(false);
    let shared = Shared {
        slots: Arc::new(Semaphore::new(concurrency(context)?)),
        in_hand: InFlight::default(),
        stop,
        delete_no_more: StopSignal::default(),
        speaker: speaker.clone(),
    };
    let signals = Signals::of_process().map_err(|error| no_signals(&error))?;
    let passed_on = signals.pass_on(
        begin_no_more,
        shared.delete_no_more.clone(),
        speaker.clone(),
    );
    Ok((shared, passed_on))
}

/// How many stacks may be ended at once.
fn concurrency(context: &Context) -> Result<usize, CommandError> {
    wants_config(context)?;
    let concurrency = context.config()?.reaper.concurrency;
    Ok(usize::try_from(concurrency)
        .unwrap_or(usize::MAX)
        .clamp(1, Semaphore::MAX_PERMITS))
}

fn no_signals(error: &std::io::Error) -> CommandError {
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
    let paused = survey.view.reaper.paused.clone();
    let mut report = Report::of(survey.view.now, paused);
    if report.paused.is_some() {
        return Ok(report);
    }
    let teller = Teller::new(&service, &shared.speaker);
    let wrong = survey.clock_behind().map(Alarm::from);
    if let Some(alarm) = wrong.or(skew.map(Alarm::from)) {
        report.told = teller.alarmed(&alarm).await;
        report.alarm = Some(alarm);
        return Ok(report);
    }
    let settings = context.teardown_settings()?;
    let docket = survey.docket(service.config(), &settings.runs);
    let run = service.begin_run(teller.process()).await?;
    let too_many = docket.too_many();
    let failed = if let Some(too_many) = too_many {
        let failed = u32::try_from(too_many.stacks.len()).unwrap_or(u32::MAX);
        let alarm = Alarm::from(too_many);
        report.told = teller.alarmed(&alarm).await;
        report.alarm = Some(alarm);
        report.hear(teller.warned().await);
        failed
    } else {
        let runs = settings.runs.clone();
        let working = working(&service, shared, settings, runs);
        // Warnings go out beside the teardowns: neither waits for the other.
        let (summary, told) = tokio::join!(service.reap(docket, &working), teller.warned());
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
        report.hear(teller.warned().await);
    }
    Ok(report)
}

/// Wakes the stacks whose sleep is over, and stops again what has started by itself. One that takes longer than a look or
/// two is gone on with by the next run.
async fn tended(service: &Service, shared: &Shared) {
    let patience = PollPolicy {
        looks: 6,
        ..PollPolicy::default()
    };
    let speaker = &shared.speaker;
    match service.maintain_sleeping(patience).await {
        Ok(tended) => tended.iter().for_each(|one| speaker.aside(one.to_string())),
        Err(error) => speaker.aside(format!("Warning: nothing was woken: {error}")),
    }
}

/// Looks again for what is gone. That it could not is no failure of the run: the next one does.
async fn looked_again(service: &Service, shared: &Shared) -> RecheckSummary {
    let looked = service.recheck_gone().await;
    let looked = looked.unwrap_or_else(|error| {
        let speaker = &shared.speaker;
        speaker.aside(format!(
            "Warning: it was not looked again for what is gone: {error}"
        ));
        RecheckSummary::default()
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

fn working(
    service: &Service,
    shared: &Shared,
    settings: stack::service::teardown::TeardownSettings,
    runs: PathBuf,
) -> ReaperContext {
    let (speaker, clock) = (shared.speaker.clone(), SystemClock);
    ReaperContext {
        ender: Arc::new(TeardownExecutor {
            service: service.clone(),
            settings,
            stop: shared.delete_no_more.clone(),
        }),
        slots: Arc::clone(&shared.slots),
        stop: shared.stop.clone(),
        runs,
        in_hand: shared.in_hand.clone(),
        tell: Arc::new(move |step: ReaperStep| speaker.step(&step, clock.now())),
    }
}

/// Asks the cloud, where accounts are configured; that its clock is too far from ours.
async fn asked(service: &Service, shared: &Shared) -> Result<Option<ClockSkew>, CommandError> {
    let Some(report) = service.sync(SyncMode::Always).await? else {
        return Ok(None);
    };
    for gap in &report.not_looked {
        let gap = describe::not_checked(gap);
        shared.speaker.aside(format!("Warning: not looked: {gap}"));
    }
    for why in &report.unwritten {
        let text = format!("Warning: the ledger was not told what was found: {why}");
        shared.speaker.aside(text);
    }
    Ok(report.clock_skew)
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
