//! One run of the reaper: its preconditions, the teardowns, and the notifications.

use std::path::PathBuf;
use std::sync::Arc;

use stack::service::notify::Alarm;
use stack::service::power::PollPolicy;
use stack::service::reap::{InFlight, ReaperContext, ReaperSnapshot, ReaperStep, TeardownExecutor};
use stack::service::teardown::StopSignal;
use stack::service::teardown::sweep::RecheckSummary;
use stack::service::{ClockSkew, Service, SyncMode};
use stack::{Clock, SystemClock};
use tokio::sync::{Semaphore, mpsc, watch};

use super::notifier::WebhookNotifier;
use super::report::Report;
use super::reporter::{ReportEntry, Reporter};
use super::stop::Signals;
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::describe;

/// What the runs of one process share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) slots: Arc<Semaphore>,
    pub(super) in_flight: InFlight,
    /// Becomes true when no further teardown may start.
    pub(super) stop: watch::Receiver<bool>,
    /// Tells the running teardowns to start no further deletes.
    pub(super) stop_deletes: StopSignal,
    pub(super) reporter: Reporter,
}

/// `jiti reap --yes`
pub(super) async fn run(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (to, mut entries) = mpsc::unbounded_channel();
    let steps = true;
    let reporter = Reporter { to, output, steps };
    let (shared, signals) = shared(context, &reporter)?;
    let report = {
        let run = once(context, &shared);
        tokio::pin!(run, signals);
        loop {
            tokio::select! {
                biased;
                Some(entry) = entries.recv() => entry.write(ui)?,
                () = &mut signals => {}
                report = &mut run => break report?,
            }
        }
    };
    report.write(&reporter, context.clock().now());
    drop((reporter, shared));
    drain(&mut entries, ui)?;
    report.result()
}

/// The shared state of the runs, and a future that passes the signals on to them.
pub(super) fn shared(
    context: &Context,
    reporter: &Reporter,
) -> Result<(Shared, impl Future<Output = ()> + use<>), CommandError> {
    require_config(context)?;
    let (stop_runs, stop) = watch::channel(false);
    let shared = Shared {
        slots: Arc::new(Semaphore::new(context.concurrency()?)),
        in_flight: InFlight::default(),
        stop,
        stop_deletes: StopSignal::default(),
        reporter: reporter.clone(),
    };
    let signals = Signals::of_process().map_err(|error| no_signals(&error))?;
    let forwarding = signals.forward(stop_runs, shared.stop_deletes.clone(), reporter.clone());
    Ok((shared, forwarding))
}

fn no_signals(error: &std::io::Error) -> CommandError {
    CommandError::failed("cannot listen for signals").because(error)
}

/// Does one run. An error means that the run could not start.
pub(super) async fn once(context: &Context, shared: &Shared) -> Result<Report, CommandError> {
    require_config(context)?;
    let service = context.reaper()?;
    let settings = context.teardown_settings()?;
    service.teardowns().verify_private(&settings)?;
    // The sync comes first, because it finds idle stacks, and resources of stacks that are gone.
    let skew = match service.reaper().status().await?.paused {
        Some(_) => None,
        None => sync(&service, shared).await?,
    };
    let snapshot = service.reaper().survey().await?;
    let paused = snapshot.view.reaper.paused.clone();
    let mut report = Report::new(snapshot.view.now, paused);
    if report.paused.is_some() {
        return Ok(report);
    }
    report.unreadable.clone_from(&snapshot.unreadable);
    note_set_aside(&snapshot, &shared.reporter);
    let notifier = WebhookNotifier::new(&service, &shared.reporter);
    let clock_behind = snapshot.clock_behind().map(Alarm::from);
    if let Some(alarm) = clock_behind.or(skew.map(Alarm::from)) {
        report.deliveries = notifier.send_alarm(&alarm).await;
        report.alarm = Some(alarm);
        return Ok(report);
    }
    let plan = snapshot.docket(service.config(), &settings.runs);
    let run = service.reaper().begin_run(notifier.process()).await?;
    for stack in &plan.budgeted {
        shared.reporter.budgeted(stack, snapshot.view.now);
    }
    report.budgeted = plan.budgeted.len();
    let too_many = plan.too_many();
    let failed = if let Some(too_many) = too_many {
        let failed = u32::try_from(too_many.stacks.len()).unwrap_or(u32::MAX);
        let alarm = Alarm::from(too_many);
        report.deliveries = notifier.send_alarm(&alarm).await;
        report.alarm = Some(alarm);
        report.add_deliveries(notifier.send_warnings().await);
        failed
    } else {
        let runs = settings.runs.clone();
        let reaper = reaper_context(&service, shared, settings, runs);
        // Warnings and teardowns run concurrently: neither waits for the other.
        let (summary, deliveries) = tokio::join!(
            service.reaper().reap(plan, &reaper),
            notifier.send_warnings()
        );
        report.add_deliveries(deliveries);
        report.summary = summary;
        report.summary.failed() + report.summary.residue() + report.summary.refused()
    };
    maintain_sleeping_stacks(&service, shared).await;
    report.rechecked = recheck_gone_stacks(&service, shared).await;
    let status = service
        .reaper()
        .finish_run(&run, report.summary.gone(), failed)
        .await?;
    // Only a process that repeats its runs can promise the next one.
    if !shared.reporter.steps {
        report.next_run_at = status.next_run(service.now(), service.now());
    }
    // The results of the teardowns are sent at once, unless the receiver is down.
    let news = !report.summary.endings.is_empty() || !report.rechecked.reopened.is_empty();
    if report.deliveries.failed.is_empty() && news {
        report.add_deliveries(notifier.send_warnings().await);
    }
    Ok(report)
}

/// Names the stacks that the run leaves alone, because their records are not to be trusted.
fn note_set_aside(snapshot: &ReaperSnapshot, reporter: &Reporter) {
    for stack in &snapshot.unreadable {
        reporter.note(format!("Warning: {}", describe::unreadable(stack)));
    }
    if snapshot.clock.is_confirmed {
        for event in &snapshot.clock.misdated {
            reporter.note(format!("Warning: {}", describe::misdated(event)));
        }
    }
}

/// Wakes the stacks whose sleep is over, and stops again what AWS has started. A wake that takes
/// longer than a few polls is continued by the next run.
async fn maintain_sleeping_stacks(service: &Service, shared: &Shared) {
    let patience = PollPolicy {
        max_polls: 6,
        ..PollPolicy::default()
    };
    let reporter = &shared.reporter;
    match service.power().maintain_sleeping(patience).await {
        Ok(changes) => changes
            .iter()
            .for_each(|change| reporter.note(change.to_string())),
        Err(error) => reporter.note(format!("Warning: cannot wake stacks: {error}")),
    }
}

/// Checks stacks that are gone once more. A failure does not fail the run: the next run checks
/// them.
async fn recheck_gone_stacks(service: &Service, shared: &Shared) -> RecheckSummary {
    let result = service.teardowns().recheck_gone().await;
    let rechecked = result.unwrap_or_else(|error| {
        let reporter = &shared.reporter;
        reporter.note(format!(
            "Warning: could not re-check deleted stacks: {error}"
        ));
        RecheckSummary::default()
    });
    for name in &rechecked.reopened {
        let reporter = &shared.reporter;
        reporter.note(format!(
            "{name} was gone, but some of its resources were found, so it is residue now"
        ));
    }
    rechecked
}

/// Refuses without a configuration file, because unattended deletion requires explicit consent.
fn require_config(context: &Context) -> Result<(), CommandError> {
    let refused = |place: String| {
        CommandError::refused(format!(
            "`jiti reap --yes` requires a configuration file{place}"
        ))
        .hint(
            "create one with a [reaper] section and its limits, or set its path with --config or \
             JITI_CONFIG",
        )
    };
    match context.config_path() {
        Some((path, _)) if path.exists() => Ok(()),
        Some((path, _)) => Err(refused(format!("; there is none at {}", path.display()))),
        None => Err(refused(String::new())),
    }
}

/// The context in which the service carries out teardowns.
fn reaper_context(
    service: &Service,
    shared: &Shared,
    settings: stack::service::teardown::TeardownSettings,
    runs: PathBuf,
) -> ReaperContext {
    let (reporter, clock) = (shared.reporter.clone(), SystemClock);
    ReaperContext {
        ender: Arc::new(TeardownExecutor {
            service: service.clone(),
            settings,
            stop: shared.stop_deletes.clone(),
        }),
        slots: Arc::clone(&shared.slots),
        stop: shared.stop.clone(),
        runs,
        in_hand: shared.in_flight.clone(),
        tell: Arc::new(move |step: ReaperStep| reporter.step(&step, clock.now())),
    }
}

/// Queries the cloud, if accounts are configured. Returns the clock skew if it is too large.
async fn sync(service: &Service, shared: &Shared) -> Result<Option<ClockSkew>, CommandError> {
    let Some(report) = service.cloud().sync(SyncMode::Always).await? else {
        return Ok(None);
    };
    for gap in &report.not_looked {
        let gap = describe::not_checked(gap);
        shared.reporter.note(format!("Warning: not checked: {gap}"));
    }
    for why in &report.unwritten {
        let text = format!("Warning: not recorded in the ledger: {why}");
        shared.reporter.note(text);
    }
    Ok(report.clock_skew)
}

/// Writes the remaining entries.
pub(super) fn drain(
    entries: &mut mpsc::UnboundedReceiver<ReportEntry>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    while let Ok(entry) = entries.try_recv() {
        entry.write(ui)?;
    }
    Ok(())
}
