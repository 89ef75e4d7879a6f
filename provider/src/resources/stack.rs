//! `jiti_stack`: the lease of a stack.

use std::collections::BTreeMap;
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use stack::lease::TeardownInputs;
use stack::service::{DesiredLease, Service, ServiceError};
use stack::warning::is_last_call;
use stack::{
    AppName, AppVersion, Elapsed, HourlyRate, Labels, Lease, LedgerError, LedgerId, NameError,
    Origin, Owner, Phase, ReaperStatus, Registration, RenewOn, Span, StackName, Terms, Ttl, View,
};
use tfplugin::{ApplyContext, Context, Failure, Import, Path, Plan, Resource, Result, Value};

use crate::client::Client;
use crate::diag;
use crate::ledger::OpenLedger;
use crate::preflight;
use crate::resources::stack_model::StackModel;
use crate::resources::{stack_import, stack_plan, written_arguments};

/// The key in private data for the id of the ledger that has the lease. One letter, because it is
/// stored in every state.
const LEDGER_ID_KEY: &str = "l";

/// How often an interrupted update checks whether it waits.
const WAIT_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// The resource.
pub(crate) struct StackResource {
    client: Client,
}

impl Resource for StackResource {
    type Client = Client;
    type Model = StackModel;

    const NAME: &'static str = "jiti_stack";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn plan(&self, context: &mut Context, plan: &mut Plan<'_, StackModel>) -> Result<()> {
        stack_plan::plan(&self.client, context, plan).await
    }

    async fn create(
        &self,
        context: &mut ApplyContext<'_, StackModel>,
        planned: StackModel,
    ) -> Result<StackModel> {
        preflight::run(context, &self.client, &planned).await?;
        let (name, registration) = registration(&self.client, &planned).await?;
        let origin = registration.origin.clone();
        let service = self.client.service().await?;
        let lease = tokio::select! {
            biased;
            () = context.cancelled() => {
                let failure = interrupted(&name, &service);
                if service.turn_wait().is_some() {
                    service.leases().leave_queue(&name).await;
                }
                return Err(failure);
            }
            opened = service.leases().open(&name, registration, &stack::process::liveness) => {
                opened.map_err(|error| diag::service(&error))?.lease
            }
        };
        self.client.add_registration(&name);
        self.client
            .report_turn(&service, &lease, &origin.process)
            .await;
        self.record_origin(context, &name, &origin).await;
        self.store_ledger_id(context).await?;
        Ok(with_lease_times(planned, &lease))
    }

    async fn read(&self, context: &mut Context, state: StackModel) -> Result<Option<StackModel>> {
        let name = stack_name(&state)?;
        let imported = matches!(state.app, Value::Null);
        let ledger = match self.client.ledger() {
            Ok(ledger) => ledger,
            Err(failure) if imported => return Err(failure),
            // A warning at the provider block says that the ledger is unknown.
            Err(_) => return Ok(Some(state)),
        };
        match ledger.lease(&name).await {
            Err(error) if imported => Err(diag::ledger(&error)),
            Err(error) => {
                context.warn(
                    format!("Cannot read the lease of {name}"),
                    format!("{}\nThe state does not change.", diag::chain(&error)),
                );
                Ok(Some(state))
            }
            Ok(None) if imported => Ok(None),
            Ok(None) => {
                warn_about_missing_lease(context, ledger, &name).await?;
                Ok(Some(state))
            }
            Ok(Some(lease)) if lease.forgotten && imported => Ok(None),
            Ok(Some(lease)) if lease.forgotten => {
                warn_about_forgotten_lease(context, &name);
                Ok(Some(state))
            }
            Ok(Some(lease)) if !lease.is_live() => {
                self.client.forget_origin(&name).await;
                Ok(None)
            }
            Ok(Some(lease)) => {
                self.confirm_registration(&lease).await?;
                self.move_origin(context, &lease).await?;
                self.warn_about_lease(context, &lease).await;
                if imported {
                    self.store_ledger_id(context).await?;
                    return Ok(Some(stack_import::imported_state(&lease)));
                }
                Ok(Some(state))
            }
        }
    }

    async fn update(
        &self,
        context: &mut ApplyContext<'_, StackModel>,
        prior: StackModel,
        planned: StackModel,
    ) -> Result<StackModel> {
        let (name, registration) = registration(&self.client, &planned).await?;
        let origin = registration.origin.clone();
        let service = self.client.service().await?;
        let current = self
            .client
            .ledger()?
            .lease(&name)
            .await
            .map_err(|error| diag::ledger(&error))?;
        let lease = match current {
            Some(lease) if lease.is_live() => {
                let Registration {
                    version,
                    owner,
                    terms,
                    origin,
                    ..
                } = registration;
                let desired = DesiredLease {
                    version,
                    owner,
                    terms,
                    origin,
                };
                let interrupted_wait = interrupted_wait(context, &service);
                tokio::select! {
                    biased;
                    failure = interrupted_wait => {
                        service.leases().leave_queue(&name).await;
                        return Err(failure);
                    }
                    updated = service.leases().update(&name, &desired) => updated,
                }
            }
            _ => {
                let previous_ledger: Option<LedgerId> = context.private(LEDGER_ID_KEY)?;
                let created_at = prior.created_at.known().and_then(|text| text.parse().ok());
                service
                    .leases()
                    .adopt(&name, registration, previous_ledger, created_at)
                    .await
            }
        }
        .map_err(|error| diag::service(&error))?;
        self.client
            .report_turn(&service, &lease, &origin.process)
            .await;
        self.record_origin(context, &name, &origin).await;
        self.store_ledger_id(context).await?;
        Ok(with_lease_times(planned, &lease))
    }

    async fn delete(
        &self,
        context: &mut ApplyContext<'_, StackModel>,
        prior: StackModel,
    ) -> Result<()> {
        let name = stack_name(&prior)?;
        let ledger = match self.client.ledger() {
            Ok(ledger) => ledger,
            Err(failure) => {
                warn_about_unrecorded_release(context, &name, &failure.to_string());
                return Ok(());
            }
        };
        if !ledger.exists() {
            return Ok(());
        }
        let service = self.client.service_without_policy()?;
        match service.leases().release(&name).await {
            Ok(()) => {
                self.client.forget_origin(&name).await;
                Ok(())
            }
            Err(error) if is_unusable(&error) => {
                warn_about_unrecorded_release(context, &name, &diag::chain(&error));
                Ok(())
            }
            Err(error) => Err(diag::service(&error)),
        }
    }
}

impl Import for StackResource {
    async fn import(&self, _context: &mut Context, id: String) -> Result<StackModel> {
        let name = StackName::new(id)
            .map_err(|error| Failure::new("Invalid stack name", diag::sentence(&error)))?;
        Ok(StackModel {
            name: name.to_string().into(),
            id: name.to_string().into(),
            ..StackModel::default()
        })
    }
}

impl StackResource {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Stores the id of the ledger that has the lease, so that a later run can name it if it is
    /// lost.
    async fn store_ledger_id(&self, context: &mut Context) -> Result<()> {
        let id = self
            .client
            .ledger()?
            .store()
            .id()
            .await
            .map_err(|error| diag::ledger(&error))?;
        context.set_private(LEDGER_ID_KEY, &id)
    }

    /// Finishes the registration of a killed run: Terraform's state has the stack.
    async fn confirm_registration(&self, lease: &Lease) -> Result<()> {
        if !lease.is_unfinished() {
            return Ok(());
        }
        let service = self.client.service_without_policy()?;
        if let Err(error) = service.leases().recorded(&lease.name).await {
            tracing::warn!(stack = %lease.name, %error, "cannot mark the registration as finished");
        }
        Ok(())
    }

    /// Records where Terraform runs now, if that is another place than before: its state has the
    /// stack, so a teardown has to run here. A teardown by jiti may run in a copy that ends with
    /// it.
    async fn move_origin(&self, context: &mut Context, lease: &Lease) -> Result<()> {
        if self.client.environment().tears_down {
            return Ok(());
        }
        let place = self.client.environment().place();
        if !lease.origin.is_same_root(&place) {
            let origin = self.client.origin().await;
            let service = self.client.service_without_policy()?;
            if let Err(error) = service.leases().move_origin(&lease.name, &origin).await {
                tracing::warn!(stack = %lease.name, %error, "cannot record where Terraform runs now");
                return Ok(());
            }
        }
        self.record_origin(context, &lease.name, &place).await;
        Ok(())
    }

    /// Records on this machine where the stack is applied from, if the ledger is shared.
    async fn record_origin(&self, context: &mut Context, name: &StackName, origin: &Origin) {
        if let Err(error) = self.client.record_origin(name, origin).await {
            context.warn(
                format!("Cannot record on this machine where the stack {name} is applied from"),
                format!(
                    "{error}\nOther users can write to this ledger, so jiti runs a teardown in this folder only if \
                     this record exists. The next plan or apply here writes it again."
                ),
            );
        }
    }

    /// Adds warnings that a plan without changes would hide.
    async fn warn_about_lease(&self, context: &mut Context, lease: &Lease) {
        let reading = lease.at(self.client.now());
        let name = &lease.name;
        let next_steps = "Extend it with `jiti extend`, deploy a new version, or destroy it.";
        match reading.phase {
            Phase::TearingDown => context.warn(
                format!("The stack {name} is being torn down"),
                "Its resources are being deleted during this plan. Wait for the end of the teardown, \
                 then plan again.",
            ),
            Phase::Residue => context.warn(
                format!("The teardown of the stack {name} is incomplete"),
                format!("`jiti show {name}` lists the remaining resources and what blocks their deletion."),
            ),
            Phase::Purgatory => context.warn(
                format!("The stack {name} is in purgatory"),
                format!("It is billed, but was not ready within its ready_timeout. `jiti show {name}` shows its progress."),
            ),
            _ if reading.expired => context.warn(
                format!("The stack {name} has expired"),
                format!("Its lease ended at {}. {next_steps}", reading.expires_at),
            ),
            _ if self.is_last_call(lease).await => context.warn(
                format!("The stack {name} expires soon"),
                format!("Its lease ends at {}, unless this run deploys a new version. {next_steps}", reading.expires_at),
            ),
            _ => {}
        }
    }

    /// Whether the last configured warning before the expiry is due.
    async fn is_last_call(&self, lease: &Lease) -> bool {
        // An unreadable config file or policy is an error only in calls that depend on it.
        let (Ok(config), Ok(policy)) = (self.client.config(), self.client.policy().await) else {
            return false;
        };
        let view = View::new(
            self.client.now(),
            (*policy).clone(),
            ReaperStatus::default(),
        );
        is_last_call(lease, &config.notify.before, &view)
    }
}

async fn warn_about_missing_lease(
    context: &mut Context,
    ledger: &OpenLedger,
    name: &StackName,
) -> Result<()> {
    let address = ledger.address();
    let this_ledger = if ledger.exists() {
        match ledger.store().id().await {
            Ok(id) => format!("The ledger {address} ({id})"),
            Err(_) => format!("The ledger {address}"),
        }
    } else {
        format!("The ledger {address}, which does not exist,")
    };
    let previous_ledger = match context.private::<LedgerId>(LEDGER_ID_KEY)? {
        Some(id) => format!("the ledger {id}"),
        None => "another ledger".to_owned(),
    };
    context.warn(
        format!("This ledger does not have the stack {name}"),
        format!(
            "{this_ledger} has no lease of this stack. The lease is in {previous_ledger}. The next apply registers \
             the stack in this ledger and does not change its resources. To use the other ledger, set `ledger` \
             in the provider block or JITI_LEDGER."
        ),
    );
    Ok(())
}

fn warn_about_unrecorded_release(context: &mut Context, name: &StackName, reason: &str) {
    context.warn(
        format!("The release of {name} was not recorded in the ledger"),
        format!(
            "{reason}\nTerraform destroys the stack anyway: a lost ledger never blocks a destroy."
        ),
    );
}

/// A user ended the lease because the state seemed lost, and here it is.
fn warn_about_forgotten_lease(context: &mut Context, name: &StackName) {
    context.warn(
        format!("The lease of {name} was ended with `jiti forget`"),
        "Nothing was deleted, and this Terraform state has the stack. The next apply registers the \
         stack again and does not change its resources.",
    );
}

fn interrupted(name: &StackName, service: &Service) -> Failure {
    let wait = service.turn_wait().map(|wait| {
        let waited = Elapsed::between(wait.since, wait.now).rounded();
        format!(" It waited {waited} for its turn: {wait}.")
    });
    Failure::new(
        "Interrupted",
        format!(
            "The stack {name} was not registered.{}",
            wait.unwrap_or_default()
        ),
    )
}

/// Completes when Terraform is interrupted while an update waits for its turn. An update that does
/// not wait is not interrupted.
async fn interrupted_wait(context: &Context, service: &Service) -> Failure {
    context.cancelled().await;
    loop {
        if let Some(wait) = service.turn_wait() {
            let waited = Elapsed::between(wait.since, wait.now).rounded();
            let name = &wait.stack;
            return Failure::new(
                "Interrupted",
                format!(
                    "The stack {name} was not changed. It waited {waited} for its turn: {wait}."
                ),
            );
        }
        tokio::time::sleep(WAIT_CHECK_INTERVAL).await;
    }
}

/// Whether a retry cannot succeed, because the file is not a ledger that this version can read.
fn is_unusable(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::Ledger(
            LedgerError::NotALedger { .. }
                | LedgerError::NotCreated { .. }
                | LedgerError::Newer { .. }
                | LedgerError::Corrupt { .. }
        )
    )
}

/// The name of a stack in a plan or a state.
///
/// # Errors
/// If it is unknown or invalid.
pub(crate) fn stack_name(model: &StackModel) -> Result<StackName> {
    StackName::new(model.name.clone().expect_known("name")?)
        .map_err(|error| Failure::new("Invalid stack name", diag::sentence(&error)).at("name"))
}

/// The registration of an apply: the planned values, the policy and the origin.
async fn registration(client: &Client, planned: &StackModel) -> Result<(StackName, Registration)> {
    let name = stack_name(planned)?;
    let policy = client.policy().await?;
    let mut terms = Terms {
        ttl: parse_optional::<Ttl>("ttl", &planned.ttl)?.ok_or_else(|| unknown_value("ttl"))?,
        renew_on: match planned.renew_on.as_ref().known().map(String::as_str) {
            Some("never") => RenewOn::Never,
            _ => RenewOn::Version,
        },
        idle_after: parse_optional::<Span>("idle_after", &planned.idle_after)?,
        ready_timeout: parse_optional::<Span>("ready_timeout", &planned.ready_timeout)?,
        hourly_cost: match &planned.hourly_cost {
            Value::Known(cost) => Some(parse::<HourlyRate>("hourly_cost", &cost.to_string())?),
            Value::Null | Value::Unknown => None,
        },
        labels: labels(&planned.labels)?,
        teardown: planned
            .teardown
            .clone()
            .known()
            .map(TeardownInputs::from)
            .unwrap_or_default(),
        as_written: BTreeMap::new(),
    };
    terms.as_written = written_arguments::of(planned, &terms);
    let registration = Registration {
        app: parse_name("app", &planned.app, AppName::new)?,
        version: parse_name("version", &planned.version, AppVersion::new)?,
        owner: parse_name("owner", &planned.owner, Owner::new)?,
        terms,
        origin: client.origin().await,
        policy: (*policy).clone(),
    };
    Ok((name, registration))
}

fn labels(planned: &Value<BTreeMap<String, Value<String>>>) -> Result<Labels> {
    let mut labels = BTreeMap::new();
    for (key, value) in planned.as_ref().known().into_iter().flatten() {
        let path = Path::new("labels").key(key);
        labels.insert(key.clone(), value.clone().expect_known(path)?);
    }
    Labels::new(labels)
        .map_err(|error| Failure::new("Invalid label", diag::sentence(&error)).at("labels"))
}

fn unknown_value(attribute: &str) -> Failure {
    Failure::new(
        format!("Unknown value of `{attribute}`"),
        "Apply needs a known value.",
    )
    .at(attribute)
}

fn parse_optional<T: FromStr<Err: Error>>(
    attribute: &str,
    value: &Value<String>,
) -> Result<Option<T>> {
    match value {
        Value::Known(text) => parse(attribute, text).map(Some),
        Value::Null | Value::Unknown => Ok(None),
    }
}

fn parse<T: FromStr<Err: Error>>(attribute: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| {
        Failure::new(format!("Invalid {attribute}"), diag::sentence(&error)).at(attribute)
    })
}

fn parse_name<T>(
    attribute: &str,
    value: &Value<String>,
    new: impl FnOnce(String) -> std::result::Result<T, NameError>,
) -> Result<T> {
    new(value.clone().expect_known(attribute)?).map_err(|error| {
        Failure::new(format!("Invalid {attribute}"), diag::sentence(&error)).at(attribute)
    })
}

/// The planned state with the times of the lease.
fn with_lease_times(planned: StackModel, lease: &Lease) -> StackModel {
    let planned_or = |planned: Value<String>, actual: Timestamp| match planned {
        Value::Unknown => Value::Known(actual.to_string()),
        known => known,
    };
    StackModel {
        created_at: planned_or(planned.created_at, lease.created_at),
        expires_at: planned_or(planned.expires_at, lease.expires_at),
        ..planned
    }
}
