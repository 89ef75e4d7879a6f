//! `jiti_readiness`: waits until a stack is of use, and records how long that took.

use std::collections::BTreeMap;
use std::time::Duration;

use stack::init::{PhaseBoundary, ReportedPhase};
use stack::{Elapsed, Lease, Listing, Span, StackName};
use tfplugin::{Action, Context, Failure, Model, Path, Plan, Resource, Result, Value};

use crate::checks::{self, Check, Entry, Next, Outcome, Passed, Pending, Run, ToldPhase};
use crate::client::Client;
use crate::diag;
use crate::resources::checks_model::{self, ExecModel, HttpModel, TcpModel};
use crate::resources::stack_model::check_span;
use crate::seconds::seconds;

/// How long is waited where neither this resource nor its stack says.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// What every run of the checks decides anew.
const MEASURED: [&str; 5] = [
    "requested_at",
    "provisioned_at",
    "ready_at",
    "init_seconds",
    "phases",
];

/// The resource.
pub(crate) struct Readiness {
    client: Client,
}

/// Waits until every check has passed, and records when the stack was requested, provisioned and ready.
///
/// It must come after everything that the stack consists of: `depends_on = [module.app]`. Otherwise
/// "provisioned" is said too early, and what Terraform still creates counts as waiting for readiness.
#[derive(Clone, Debug, Model)]
pub(crate) struct ReadinessModel {
    /// The stack: `jiti_stack.this.id`.
    #[attribute(required, requires_replace, validate = check_stack)]
    stack: Value<String>,
    /// Values whose change runs the checks again, such as `{ version = var.git_sha }`.
    #[attribute(optional)]
    triggers: Value<BTreeMap<String, String>>,
    /// URLs that have to answer with a status. An answer may tell the phases of the start-up, as JSON:
    /// `{"phases": [{"name": "migrate", "class": "database", "started_at": "2026-01-02T03:04:05Z", "seconds": 1.5}]}`.
    #[attribute(optional)]
    http: Value<Vec<HttpModel>>,
    /// Addresses that have to accept a connection.
    #[attribute(optional)]
    tcp: Value<Vec<TcpModel>>,
    /// Commands that have to exit with 0.
    #[attribute(optional)]
    exec: Value<Vec<ExecModel>>,
    /// How long to wait: a duration such as `10m`. Default: the stack's `ready_timeout`, else 10 minutes.
    #[attribute(optional, validate = check_span)]
    timeout: Value<String>,
    /// What a timeout is: `fail` (an error, the default) or `warn` (the apply goes on, and the next one runs the
    /// checks again). The stack is in purgatory either way.
    #[attribute(optional, validate = check_on_timeout)]
    on_timeout: Value<String>,
    /// When the apply began that made the stack, RFC 3339 in UTC.
    #[attribute(computed)]
    requested_at: Value<String>,
    /// When everything was created and the checks began, RFC 3339 in UTC.
    #[attribute(computed)]
    provisioned_at: Value<String>,
    /// When every check had passed, RFC 3339 in UTC; null when they did not in time.
    #[attribute(computed)]
    ready_at: Value<String>,
    /// Seconds from requested to ready: the init overhead.
    #[attribute(computed)]
    init_seconds: Value<f64>,
    /// The phases of the init, in the order in which they began.
    #[attribute(computed)]
    phases: Value<Vec<PhaseModel>>,
}

/// A phase of the init.
#[derive(Clone, Debug, Model)]
pub(crate) struct PhaseModel {
    /// Its name.
    #[attribute(computed)]
    name: Value<String>,
    /// The kind of work it is.
    #[attribute(computed)]
    class: Value<String>,
    /// When it began, RFC 3339 in UTC.
    #[attribute(computed)]
    started_at: Value<String>,
    /// How long it took; null while it is not done.
    #[attribute(computed)]
    seconds: Value<f64>,
}

impl Resource for Readiness {
    type Client = Client;
    type Model = ReadinessModel;

    const NAME: &'static str = "jiti_readiness";

    fn new(client: Client) -> Self {
        Self { client }
    }

    fn validate(_context: &mut Context, config: &ReadinessModel) -> Result<()> {
        let nothing = matches!(config.http, Value::Null)
            && matches!(config.tcp, Value::Null)
            && matches!(config.exec, Value::Null);
        if nothing {
            return Err(Failure::new(
                "There is nothing to check",
                "Give at least one of `http`, `tcp` and `exec`: what has to answer before the stack is of use.",
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
            // A run that timed out is not the state that the configuration asks for.
            Action::Unchanged if matches!(prior.ready_at, Value::Null) => {
                for attribute in MEASURED {
                    plan.set_unknown(attribute);
                }
            }
            Action::Update if !runs_again(plan, &prior) => {
                for attribute in MEASURED {
                    plan.keep(attribute);
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &mut Context,
        planned: ReadinessModel,
    ) -> Result<ReadinessModel> {
        self.run(context, planned).await
    }

    /// What was measured stays as it was measured; what is live is in the data sources.
    async fn read(
        &self,
        _context: &mut Context,
        state: ReadinessModel,
    ) -> Result<Option<ReadinessModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        context: &mut Context,
        _prior: ReadinessModel,
        planned: ReadinessModel,
    ) -> Result<ReadinessModel> {
        if matches!(planned.ready_at, Value::Unknown) {
            self.run(context, planned).await
        } else {
            Ok(planned)
        }
    }

    /// A measurement leaves nothing to delete.
    async fn delete(&self, _context: &mut Context, _prior: ReadinessModel) -> Result<()> {
        Ok(())
    }
}

/// Whether an update runs the checks: when they, their trigger or their stack differ, or they never passed. How
/// long to wait and what to do about it is for the next run.
fn runs_again(plan: &Plan<'_, ReadinessModel>, prior: &ReadinessModel) -> bool {
    matches!(prior.ready_at, Value::Null)
        || ["stack", "triggers", "http", "tcp", "exec"]
            .iter()
            .any(|attribute| plan.changes(*attribute))
}

impl Readiness {
    async fn run(&self, context: &mut Context, planned: ReadinessModel) -> Result<ReadinessModel> {
        let name =
            StackName::new(planned.stack.clone().expect_known("stack")?).map_err(|error| {
                Failure::new("This is no stack's name", diag::sentence(&error)).at("stack")
            })?;
        let service = self.client.unlimited();
        let lease = service
            .provisioned(&name)
            .await
            .map_err(|error| diag::service(&error).at("stack"))?;
        let time = timeout(&planned, &lease);
        let checks =
            checks_model::checks(&Path::root(), &planned.http, &planned.tcp, &planned.exec);
        tracing::info!(stack = %name, checks = checks.len(), seconds = time.as_secs(), "waiting for readiness");

        let entries = Entry::all(&checks);
        let mut run = Run::new(&entries, time, context.cancellation());
        let outcome = loop {
            match run.next().await {
                Next::Ended(outcome) => break outcome,
                Next::Passed(check, passed) => self.note(&name, check, passed).await?,
            }
        };
        match outcome {
            Outcome::AllPassed => {
                let lease = service
                    .ready(&name)
                    .await
                    .map_err(|error| diag::service(&error))?;
                self.measured(planned, &lease).await
            }
            Outcome::Cancelled(pending) => Err(interrupted(&name, &pending)),
            Outcome::TimedOut(pending) => {
                let lease = service
                    .ready_timed_out(&name)
                    .await
                    .map_err(|error| diag::service(&error))?;
                let failure = timed_out(&name, time, &pending);
                if planned.on_timeout.as_ref().known().map(String::as_str) != Some("warn") {
                    return Err(failure);
                }
                for told in failure.into_diagnostics() {
                    context.warn_at(told.path, told.summary, told.detail);
                }
                self.measured(planned, &lease).await
            }
        }
    }

    /// Tells the ledger what a check that passed has told.
    async fn note(&self, name: &StackName, check: &Check, passed: Passed) -> Result<()> {
        let service = self.client.unlimited();
        for phase in passed.phases {
            let told = ReportedPhase {
                started_at: phase.started_at,
                seconds: elapsed(&phase),
            };
            service
                .mark_phase(
                    name,
                    phase.name,
                    phase.class,
                    PhaseBoundary::Done,
                    Some(told),
                )
                .await
                .map_err(|error| diag::service(&error))?;
        }
        service
            .check_passed(name, check.name())
            .await
            .map_err(|error| diag::service(&error))?;
        Ok(())
    }

    /// The planned state with what was measured.
    async fn measured(&self, planned: ReadinessModel, lease: &Lease) -> Result<ReadinessModel> {
        let init = Listing::new(lease, &self.client.view().await?).init;
        let text = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).into();
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
            ready_at: text(init.ready_at),
            init_seconds: init.total_seconds.map(seconds).into(),
            phases: phases.into(),
            ..planned
        })
    }
}

fn timeout(planned: &ReadinessModel, lease: &Lease) -> Duration {
    let own = planned
        .timeout
        .as_ref()
        .known()
        .and_then(|text| text.parse::<Span>().ok());
    own.or(lease.terms.ready_timeout)
        .map_or(DEFAULT_TIMEOUT, |span| Duration::from_secs(span.seconds()))
}

fn timed_out(name: &StackName, time: Duration, pending: &[Pending]) -> Failure {
    let path = pending
        .first()
        .map(|pending| pending.path.clone())
        .unwrap_or_default();
    Failure::new(
        format!("The stack {name} was not ready within {} s", time.as_secs()),
        format!(
            "It is billed and of no use: it is in purgatory. What did not pass, and the last thing that was wrong:\n{}\n\
             Mend it and apply again, or destroy the stack.",
            checks::list(pending)
        ),
    )
    .at(path)
}

fn interrupted(name: &StackName, pending: &[Pending]) -> Failure {
    Failure::new(
        "Interrupted",
        format!(
            "The stack {name} was not ready yet when Terraform was interrupted. What had not passed:\n{}\n\
             The next apply checks again.",
            checks::list(pending)
        ),
    )
}

/// What an app tells as its phase's length, in whole milliseconds; a phase cannot be longer than what fits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates, and it is not negative"
)]
fn elapsed(phase: &ToldPhase) -> Elapsed {
    Elapsed::from_millis((phase.seconds * 1000.0).round() as u64)
}

fn check_stack(text: &str) -> std::result::Result<(), String> {
    StackName::new(text)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn check_on_timeout(text: &str) -> std::result::Result<(), String> {
    match text {
        "fail" | "warn" => Ok(()),
        other => Err(format!("{other:?} is neither \"fail\" nor \"warn\"")),
    }
}
