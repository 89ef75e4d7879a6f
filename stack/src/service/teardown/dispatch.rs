//! Dispatch: a command starts the teardown where it can run. jiti records the intent, starts the
//! command without a shell, and follows the events that the other side writes into the ledger.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::error::TeardownError;
use super::origin_access::dispatch_arguments;
use super::plan::{Method, TeardownPlan};
use super::prepare::{PreparedTeardown, SavedStrategy, SavedTeardown, process_secrets};
use super::progress::{DeletedResource, Progress, TeardownOutcome};
use super::record::ProgressWriter;
use super::residue::Residue;
use super::run_folder::RunFolder;
use super::{StopSignal, TeardownRequest, TeardownSettings};
use crate::clock::truncate_to_millis;
use crate::config::DispatchConfig;
use crate::lease::{EventKind, Lease, Phase, Strategy};
use crate::process;
use crate::service::Teardowns;
use crate::terraform::{may_run, resource_type};
use crate::values::id::{RunId, Seq, StackName};
use crate::values::ttl::{Elapsed, Span};

/// How often the ledger is read for what the other side has written.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A command that dispatches a teardown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DispatchCommand {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    /// How long the teardown may take.
    pub(super) timeout: Span,
}

impl DispatchCommand {
    /// Finds the program of a command; otherwise, why there is none.
    pub(super) fn new(
        config: &DispatchConfig,
        arguments: Vec<String>,
        settings: &TeardownSettings,
    ) -> Result<Self, String> {
        let name = Path::new(&config.program);
        let folders = settings.path.iter().filter(|folder| folder.is_absolute());
        let mut programs = folders.map(|folder| folder.join(name));
        let program = match name.is_absolute() {
            true => Some(name.to_owned()).filter(|program| may_run(program)),
            false => programs.find(|program| may_run(program)),
        };
        Ok(Self {
            program: program.ok_or_else(|| format!("no program {} was found", config.program))?,
            arguments,
            timeout: config.timeout,
        })
    }

    /// The words of the command.
    pub(super) fn words(&self) -> Vec<String> {
        let program = self.program.to_string_lossy().into_owned();
        std::iter::once(program)
            .chain(self.arguments.iter().cloned())
            .collect()
    }

    /// Starts it in a folder. It is killed at the time limit.
    fn start(&self, folder: &Path, limit: Duration) -> RunningCommand {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(folder);
        let (to, ended) = oneshot::channel();
        // Not a task: the runtime would wait for it at its end.
        std::thread::spawn(move || {
            // The receiver may be gone.
            let _ = to.send(process::output_within(command, limit));
        });
        RunningCommand { ended }
    }
}

/// A command that was started.
struct RunningCommand {
    ended: oneshot::Receiver<std::io::Result<Option<Output>>>,
}

impl RunningCommand {
    /// Waits for its end: `Err` says why it failed.
    async fn end(&mut self) -> Result<(), String> {
        match (&mut self.ended).await {
            Ok(Ok(Some(output))) if output.status.success() => Ok(()),
            Ok(Ok(Some(output))) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let mut lines = said.lines().rev().map(str::trim);
                let last = lines.find(|line| !line.is_empty());
                Err(match last {
                    Some(line) => format!("{}: {line}", output.status),
                    None => output.status.to_string(),
                })
            }
            Ok(Ok(None)) => Err("it did not end in time".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("its output was lost".to_owned()),
        }
    }
}

impl Teardowns<'_> {
    /// Dispatches a prepared teardown without following it, for the reaper: a later run sees how it
    /// ended. Returns the time until which the other side is expected to end it.
    ///
    /// # Errors
    /// As [`Teardowns::teardown`]; [`TeardownError::Dispatched`] while another dispatch has not
    /// ended.
    pub(in crate::service) async fn dispatch(
        self,
        prepared: &PreparedTeardown,
        request: &TeardownRequest,
    ) -> Result<Option<Timestamp>, TeardownError> {
        let PreparedTeardown { plan, saved } = prepared;
        let SavedStrategy::Dispatch(command) = &saved.strategy else {
            return Ok(None);
        };
        let (until, _) = self.begin_dispatch(plan, request, saved, command).await?;
        let limit = Duration::from_secs(command.timeout.seconds());
        let mut running = command.start(saved.folder.path(), limit);
        match running.end().await {
            Ok(()) => Ok(Some(until)),
            Err(reason) => Err(self.command_failed(plan, saved, until, &reason).await?),
        }
    }

    /// Dispatches a teardown and follows it until the stack is gone, or the other side has failed,
    /// or its time has passed.
    pub(super) async fn dispatch_and_follow(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        command: &DispatchCommand,
        request: &TeardownRequest,
        progress: &mut ProgressWriter<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let (until, seq) = self.begin_dispatch(plan, request, saved, command).await?;
        progress.write(&Progress::Dispatched {
            name: plan.name.clone(),
            command: command.words(),
            until,
        });
        let limit = Duration::from_secs(command.timeout.seconds());
        let mut running = command.start(saved.folder.path(), limit);
        let mut has_ended = false;
        let mut other = OtherSide::new(&plan.name, seq);
        loop {
            let ended = tokio::select! {
                ended = running.end(), if !has_ended => Some(ended),
                () = tokio::time::sleep(POLL_INTERVAL) => None,
            };
            has_ended |= ended.is_some();
            // What the other side has written counts more than how the command ended.
            if let Some(outcome) = self.observe(&mut other, progress).await? {
                return outcome;
            }
            if let Some(Err(reason)) = ended
                && !other.has_begun
            {
                return Err(self.command_failed(plan, saved, until, &reason).await?);
            }
            if self.service.now() >= until {
                return Err(self.overdue(&plan.name, until).await?);
            }
            if stop.is_requested() {
                return Err(TeardownError::NotFollowed {
                    stack: plan.name.clone(),
                    until,
                });
            }
        }
    }

    /// Takes over a dispatch that another process handed over. The command must still be the one
    /// that was shown.
    pub(super) async fn take_over_dispatch(
        self,
        shown: TeardownPlan,
        folder: RunFolder,
        settings: &TeardownSettings,
    ) -> Result<PreparedTeardown, TeardownError> {
        let lease = self.service.live(&shown.name).await?;
        let config = self.service.config().dispatch.as_ref();
        let command = config.and_then(|config| {
            let arguments = dispatch_arguments(&lease, config).ok()?;
            DispatchCommand::new(config, arguments, settings).ok()
        });
        let is_shown = |command: &DispatchCommand| {
            shown.method
                == Method::Dispatch {
                    command: command.words(),
                    timeout: command.timeout,
                }
        };
        let command = command.filter(is_shown);
        let command = command.ok_or_else(|| TeardownError::NotAsShown {
            stack: shown.name.clone(),
        })?;
        let (mask, strategy) = (process_secrets(settings), SavedStrategy::Dispatch(command));
        Ok(PreparedTeardown::new(
            shown, folder, settings, mask, strategy,
        ))
    }

    /// Records the intent, if no runner is alive and no other dispatch has time left. Returns the
    /// end of its time, and the number of the event.
    async fn begin_dispatch(
        self,
        plan: &TeardownPlan,
        request: &TeardownRequest,
        saved: &SavedTeardown,
        command: &DispatchCommand,
    ) -> Result<(Timestamp, Seq), TeardownError> {
        let stack = &plan.name;
        self.service
            .retry_on_conflict(stack, || async {
                let now = self.service.now();
                let lease = self.service.live(stack).await?;
                self.may_begin(plan, request, &saved.runs, &lease, None)
                    .await?;
                self.refuse_while_dispatched(&lease)?;
                let until = truncate_to_millis(command.timeout.after(now));
                let dispatched = EventKind::TeardownDispatched {
                    by: request.by.clone(),
                    why: request.why.clone(),
                    until,
                };
                let after = lease.last_seq();
                let written = self.service.append(stack, after, now, vec![dispatched]);
                Ok(written.await?.map(|lease| (until, lease.last_seq())))
            })
            .await
    }

    /// Refuses to dispatch a teardown while another dispatch has time left.
    pub(super) fn refuse_while_dispatched(self, lease: &Lease) -> Result<(), TeardownError> {
        let now = self.service.now();
        match lease.dispatch.as_ref().filter(|sent| sent.until > now) {
            Some(sent) => Err(TeardownError::Dispatched {
                stack: lease.name.clone(),
                by: sent.by.clone(),
                at: sent.at,
                until: sent.until,
            }),
            None => Ok(()),
        }
    }

    /// Records that the command failed; returns the error.
    async fn command_failed(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        until: Timestamp,
        reason: &str,
    ) -> Result<TeardownError, TeardownError> {
        let error = TeardownError::DispatchFailed {
            stack: plan.name.clone(),
            reason: saved.mask.reason(reason),
        };
        self.record_failed_dispatch(&plan.name, until, &error.to_string())
            .await?;
        Ok(error)
    }

    /// Records that the time of a dispatch has passed; returns the error.
    pub(in crate::service) async fn overdue(
        self,
        stack: &StackName,
        until: Timestamp,
    ) -> Result<TeardownError, TeardownError> {
        let error = TeardownError::DispatchOverdue {
            stack: stack.clone(),
            until,
        };
        self.record_failed_dispatch(stack, until, &error.to_string())
            .await?;
        Ok(error)
    }

    /// Records the failure of a dispatch, as a teardown that failed before it deleted anything. If
    /// the other side works on the stack, its own events say how it ends.
    async fn record_failed_dispatch(
        self,
        stack: &StackName,
        until: Timestamp,
        reason: &str,
    ) -> Result<(), TeardownError> {
        let failed = |lease: &Lease, _| {
            let sent = lease.dispatch.as_ref();
            let is_ours = sent.is_some_and(|sent| sent.until == until);
            let (true, Some(sent)) = (is_ours, sent) else {
                return Ok(Vec::new());
            };
            if lease.recorded_phase == Phase::TearingDown {
                return Ok(Vec::new());
            }
            let started = EventKind::TeardownStarted {
                strategy: Strategy::Terraform,
                by: sent.by.clone(),
                why: sent.why.clone(),
                run: RunId::random(),
                host: process::host(),
                pid: std::process::id(),
            };
            let reason = reason.to_owned();
            Ok(vec![started, EventKind::TeardownFailed { reason }])
        };
        self.service.change(stack, failed).await?;
        Ok(())
    }

    /// Reads what the other side has written since the last time, and reports it. Returns the
    /// result of the teardown once it has ended.
    async fn observe(
        self,
        other: &mut OtherSide<'_>,
        progress: &mut ProgressWriter<'_>,
    ) -> Result<Option<Result<TeardownOutcome, TeardownError>>, TeardownError> {
        let ledger = &self.service.ledger;
        let mut failure = None;
        for event in ledger.events(other.stack, other.seen).await? {
            other.seen = event.seq;
            match event.kind {
                EventKind::TeardownStarted {
                    run,
                    host,
                    pid,
                    strategy,
                    ..
                } => {
                    other.has_begun = true;
                    other.began_at = Some(event.at);
                    other.strategy = strategy;
                    progress.write(&Progress::Started {
                        name: other.stack.clone(),
                        run,
                        host,
                        pid,
                        count: 0,
                    });
                }
                EventKind::ResourceDeleted { id } => {
                    let since = other.began_at.unwrap_or(event.at);
                    let deleted = DeletedResource {
                        kind: resource_type(&id),
                        id,
                        resource_id: None,
                        region: None,
                        // The ledger has only the end of each delete.
                        seconds: Elapsed::between(since, event.at).seconds(),
                        scheduled_for: None,
                        name_reservation: None,
                        outlives: None,
                    };
                    progress.write(&Progress::ResourceDeleted(deleted.clone()));
                    other.deleted.push(deleted);
                }
                EventKind::TeardownFailed { reason } => failure = Some(reason),
                // The stack was released and registered again.
                EventKind::Requested { .. } => return Ok(Some(Ok(other.outcome(Vec::new())))),
                _ => {}
            }
        }
        let lease = ledger.lease(other.stack).await?;
        let Some(lease) = lease.filter(Lease::is_live) else {
            return Ok(Some(Ok(other.outcome(Vec::new()))));
        };
        let Some(reason) = failure else {
            return Ok(None);
        };
        let residue: Vec<_> = lease
            .residue
            .iter()
            .map(|(id, left)| Residue::of(id, left))
            .collect();
        Ok(Some(match lease.recorded_phase {
            Phase::Residue if !residue.is_empty() => Ok(other.outcome(residue)),
            _ => Err(TeardownError::FailedElsewhere {
                stack: other.stack.clone(),
                reason,
            }),
        }))
    }
}

/// What is known of the other side.
struct OtherSide<'a> {
    stack: &'a StackName,
    seen: Seq,
    has_begun: bool,
    began_at: Option<Timestamp>,
    strategy: Strategy,
    deleted: Vec<DeletedResource>,
}

impl<'a> OtherSide<'a> {
    fn new(stack: &'a StackName, seen: Seq) -> Self {
        Self {
            stack,
            seen,
            has_begun: false,
            began_at: None,
            strategy: Strategy::Terraform,
            deleted: Vec::new(),
        }
    }

    fn outcome(&mut self, residue: Vec<Residue>) -> TeardownOutcome {
        TeardownOutcome {
            name: self.stack.clone(),
            strategy: self.strategy,
            deleted: std::mem::take(&mut self.deleted),
            residue,
        }
    }
}
