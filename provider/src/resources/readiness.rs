//! `jiti_readiness`: waits until a stack is ready, and records how long that took.

use std::collections::BTreeMap;
use std::time::Duration;

use stack::init::{AcceptedPhase, FailedCheck, PhaseBoundary};
use stack::{Lease, Listing, Span, StackName};
use tfplugin::{
    ApplyContext, Context, Failure, Model, Path, Plan, PlannedAction, Resource, Result, Value,
};

use crate::checks::{
    self, Check, CheckEntry, CheckResult, CheckRun, PendingCheck, RunEvent, RunOutcome,
};
use crate::client::Client;
use crate::diag;
use crate::resources::checks_model::{self, ExecModel, HttpModel, TcpModel};
use crate::resources::phase_reports::PhaseReports;
use crate::resources::stack_model::check_span;
use crate::seconds::seconds;

/// The timeout if neither this resource nor its stack sets one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// The attributes that each run of the checks measures.
const MEASURED_ATTRIBUTES: [&str; 5] = [
    "requested_at",
    "provisioned_at",
    "ready_at",
    "init_seconds",
    "phases",
];

/// The resource.
pub(crate) struct ReadinessResource {
    client: Client,
}

/// Waits until all checks have passed, and records when the stack was requested, provisioned and
/// ready.
///
/// jiti names a check by its scheme, host, port and path, or by its program. The user, the query
/// and the arguments of a check may be secrets: they appear only in Terraform's state.
///
/// It must depend on everything that the stack contains: `depends_on = [module.app]`. Otherwise
/// `provisioned` is recorded too early, and the time that Terraform still needs counts as waiting
/// for readiness.
#[derive(Clone, Debug, Model)]
pub(crate) struct ReadinessModel {
    /// The id of the stack: `jiti_stack.this.id`.
    #[attribute(required, requires_replace, validate = check_stack)]
    stack: Value<String>,
    /// Values that run the checks again when they change, such as `{ version = var.git_sha }`.
    #[attribute(optional)]
    triggers: Value<BTreeMap<String, Value<String>>>,
    /// URLs that must return a status. A response can report the phases of the start-up as JSON:
    /// `{"phases": [{"name": "migrate", "class": "database",
    /// "started_at": "2026-01-02T03:04:05Z", "seconds": 1.5}]}`. At most 32 phases are recorded,
    /// each with a printable name of at most 64 characters and a time between the request and now.
    #[attribute(optional)]
    http: Value<Vec<HttpModel>>,
    /// Addresses that must accept a connection.
    #[attribute(optional)]
    tcp: Value<Vec<TcpModel>>,
    /// Commands that must exit with 0.
    #[attribute(optional)]
    exec: Value<Vec<ExecModel>>,
    /// How long to wait: a duration such as `10m`. Default: the stack's `ready_timeout`, else 10
    /// minutes.
    #[attribute(optional, validate = check_span)]
    timeout: Value<String>,
    /// What happens after the timeout: `fail` (an error, the default) or `warn` (the apply
    /// continues, and the next one runs the checks again). The stack enters purgatory in both
    /// cases.
    #[attribute(optional, validate = check_on_timeout)]
    on_timeout: Value<String>,
    /// When the apply that created the stack started, RFC 3339 in UTC.
    #[attribute(computed)]
    requested_at: Value<String>,
    /// When everything was created and the checks started, RFC 3339 in UTC.
    #[attribute(computed)]
    provisioned_at: Value<String>,
    /// When all checks had passed, RFC 3339 in UTC; null after a timeout.
    #[attribute(computed)]
    ready_at: Value<String>,
    /// Seconds from `requested_at` to `ready_at`: the init overhead.
    #[attribute(computed)]
    init_seconds: Value<f64>,
    /// The phases of the start-up, in the order in which they started.
    #[attribute(computed)]
    phases: Value<Vec<PhaseModel>>,
}

/// A phase of the start-up.
#[derive(Clone, Debug, Model)]
pub(crate) struct PhaseModel {
    /// The name.
    #[attribute(computed)]
    name: Value<String>,
    /// The kind of work.
    #[attribute(computed)]
    class: Value<String>,
    /// When the phase started, RFC 3339 in UTC.
    #[attribute(computed)]
    started_at: Value<String>,
    /// The duration in seconds; null while the phase is not finished.
    #[attribute(computed)]
    seconds: Value<f64>,
}

impl Resource for ReadinessResource {
    type Client = Client;
    type Model = ReadinessModel;

    const NAME: &'static str = "jiti_readiness";

    fn new(client: Client) -> Self {
        Self { client }
    }

    fn validate(_context: &mut Context, config: &ReadinessModel) -> Result<()> {
        let no_checks = matches!(config.http, Value::Null)
            && matches!(config.tcp, Value::Null)
            && matches!(config.exec, Value::Null);
        if no_checks {
            return Err(Failure::new(
                "No checks",
                "Set at least one of `http`, `tcp` and `exec`: the checks that must pass before the stack is ready.",
            ));
        }
        Ok(())
    }

    async fn plan(
        &self,
        _context: &mut Context,
        plan: &mut Plan<'_, ReadinessModel>,
    ) -> Result<()> {
        let Some(prior) = plan.prior()? else {
            return Ok(());
        };
        match plan.action() {
            // After a timeout, the stack is not in the configured state.
            PlannedAction::Unchanged if matches!(prior.ready_at, Value::Null) => {
                for attribute in MEASURED_ATTRIBUTES {
                    plan.set_unknown(attribute);
                }
            }
            PlannedAction::Update if !reruns_checks(plan, &prior) => {
                for attribute in MEASURED_ATTRIBUTES {
                    plan.keep(attribute);
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &mut ApplyContext<'_, ReadinessModel>,
        planned: ReadinessModel,
    ) -> Result<ReadinessModel> {
        self.run(context, planned).await
    }

    /// Keeps the measured values. The data sources return live values.
    async fn read(
        &self,
        _context: &mut Context,
        state: ReadinessModel,
    ) -> Result<Option<ReadinessModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        context: &mut ApplyContext<'_, ReadinessModel>,
        _prior: ReadinessModel,
        planned: ReadinessModel,
    ) -> Result<ReadinessModel> {
        if matches!(planned.ready_at, Value::Unknown) {
            self.run(context, planned).await
        } else {
            Ok(planned)
        }
    }

    /// Does nothing, because a measurement creates no object.
    async fn delete(
        &self,
        _context: &mut ApplyContext<'_, ReadinessModel>,
        _prior: ReadinessModel,
    ) -> Result<()> {
        Ok(())
    }
}

/// Whether an update runs the checks: when the checks, the triggers or the stack change, or the
/// last run timed out. `timeout` and `on_timeout` apply to the next run.
fn reruns_checks(plan: &Plan<'_, ReadinessModel>, prior: &ReadinessModel) -> bool {
    matches!(prior.ready_at, Value::Null)
        || ["stack", "triggers", "http", "tcp", "exec"]
            .iter()
            .any(|attribute| plan.changes(*attribute))
}

impl ReadinessResource {
    async fn run(&self, context: &mut Context, planned: ReadinessModel) -> Result<ReadinessModel> {
        let name =
            StackName::new(planned.stack.clone().expect_known("stack")?).map_err(|error| {
                Failure::new("Invalid stack name", diag::sentence(&error)).at("stack")
            })?;
        let service = self.client.service_without_policy()?;
        let lease = service
            .leases()
            .provisioned(&name)
            .await
            .map_err(|error| diag::service(&error).at("stack"))?;
        let timeout = effective_timeout(&planned, &lease);
        let checks =
            checks_model::checks(&Path::root(), &planned.http, &planned.tcp, &planned.exec);
        tracing::info!(stack = %name, checks = checks.len(), seconds = timeout.as_secs(), "waiting for readiness");

        let entries = CheckEntry::all(&checks);
        let mut run = CheckRun::new(&entries, timeout, context.cancellation());
        let mut reports = PhaseReports::new(&lease);
        let outcome = loop {
            match run.next().await {
                RunEvent::Ended(outcome) => break outcome,
                // The parts of the stack itself may fail for a while.
                RunEvent::DependencyFailed(_) => {}
                RunEvent::Passed(check, result) => {
                    self.record_check(&name, check, result, &mut reports)
                        .await?;
                }
            }
        };
        reports.warn_about_refused(context);
        match outcome {
            RunOutcome::AllPassed => {
                let lease = service
                    .leases()
                    .ready(&name)
                    .await
                    .map_err(|error| diag::service(&error))?;
                let passed_at = Some(self.client.now());
                self.with_measurements(planned, &lease, passed_at).await
            }
            RunOutcome::Cancelled(pending) => Err(interrupted(&name, &pending)),
            RunOutcome::TimedOut(pending) => {
                let lease = service
                    .leases()
                    .ready_timed_out(&name, failed_checks(&pending))
                    .await
                    .map_err(|error| diag::service(&error))?;
                let failure = timed_out(&name, timeout, &pending);
                if planned.on_timeout.as_ref().known().map(String::as_str) != Some("warn") {
                    return Err(failure);
                }
                for diagnostic in failure.into_diagnostics() {
                    context.warn_at(diagnostic.path, diagnostic.summary, diagnostic.detail);
                }
                self.with_measurements(planned, &lease, None).await
            }
        }
    }

    /// Records a passed check and its reported phases in the ledger.
    async fn record_check(
        &self,
        name: &StackName,
        check: &Check,
        result: CheckResult,
        reports: &mut PhaseReports,
    ) -> Result<()> {
        let service = self.client.service_without_policy()?;
        for phase in reports.accept(check, result, self.client.now()) {
            let AcceptedPhase {
                name: phase,
                class,
                time,
            } = phase;
            service
                .leases()
                .mark_phase(name, phase, class, PhaseBoundary::Done, Some(time))
                .await
                .map_err(|error| diag::service(&error))?;
        }
        service
            .leases()
            .check_passed(name, check.name.as_str())
            .await
            .map_err(|error| diag::service(&error))?;
        Ok(())
    }

    /// The planned state with the measured values. A stack without `ready_timeout` has no init to
    /// measure, so only the time at which the checks passed is known.
    async fn with_measurements(
        &self,
        planned: ReadinessModel,
        lease: &Lease,
        passed_at: Option<jiff::Timestamp>,
    ) -> Result<ReadinessModel> {
        let init = Listing::new(lease, &self.client.view().await?).init;
        let text = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string()).into();
        let phases: Vec<PhaseModel> = init
            .phases
            .iter()
            .map(|phase| PhaseModel {
                name: phase.name.clone().into(),
                class: phase.class.clone().into(),
                started_at: phase.started_at.to_string().into(),
                seconds: phase.seconds.map(seconds).into(),
            })
            .collect();
        Ok(ReadinessModel {
            requested_at: text(init.requested_at),
            provisioned_at: text(init.provisioned_at),
            ready_at: text(init.ready_at.or(passed_at)),
            init_seconds: init.total_seconds.map(seconds).into(),
            phases: phases.into(),
            ..planned
        })
    }
}

fn effective_timeout(planned: &ReadinessModel, lease: &Lease) -> Duration {
    let configured = planned
        .timeout
        .as_ref()
        .known()
        .and_then(|text| text.parse::<Span>().ok());
    configured
        .or(lease.terms.ready_timeout)
        .map_or(DEFAULT_TIMEOUT, |span| Duration::from_secs(span.seconds()))
}

/// The checks as the ledger records them. Their names and answers contain no secrets.
fn failed_checks(pending: &[PendingCheck]) -> Vec<FailedCheck> {
    let failed = pending.iter().map(|pending| FailedCheck {
        check: pending.check.clone(),
        answer: pending.last_failure.clone(),
    });
    failed.collect()
}

fn timed_out(name: &StackName, timeout: Duration, pending: &[PendingCheck]) -> Failure {
    let path = pending
        .first()
        .map(|pending| pending.path.clone())
        .unwrap_or_default();
    Failure::new(
        format!(
            "The stack {name} was not ready within {} s",
            timeout.as_secs()
        ),
        format!(
            "It is billed but not ready: it is in purgatory. These checks did not pass:\n{}\n\
             Fix the cause and apply again, or destroy the stack.",
            checks::format_pending(pending)
        ),
    )
    .at(path)
}

fn interrupted(name: &StackName, pending: &[PendingCheck]) -> Failure {
    Failure::new(
        "Interrupted",
        format!(
            "Terraform was interrupted before the stack {name} was ready. These checks had not passed:\n{}\n\
             The next apply runs them again.",
            checks::format_pending(pending)
        ),
    )
}

fn check_stack(text: &str) -> std::result::Result<(), String> {
    StackName::new(text)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn check_on_timeout(text: &str) -> std::result::Result<(), String> {
    match text {
        "fail" | "warn" => Ok(()),
        other => Err(format!("Invalid value {other:?}: use \"fail\" or \"warn\"")),
    }
}
