//! `jiti_stack`: a lease on a stack.

use std::error::Error;
use std::str::FromStr;

use jiff::Timestamp;
use stack::lease::TeardownInputs;
use stack::service::{DesiredLease, ServiceError};
use stack::warning::is_last_call;
use stack::{
    AppName, AppVersion, HourlyRate, Labels, Lease, LedgerError, LedgerId, NameError, Owner, Phase,
    ReaperStatus, Registration, RenewOn, Span, StackName, Terms, Ttl, View,
};
use tfplugin::{Context, Failure, Import, Path, Plan, Resource, Result, Value};

use crate::client::Client;
use crate::diag;
use crate::preflight;
use crate::resources::stack_model::{StackModel, TeardownModel};
use crate::resources::stack_plan;

/// Where private data keeps the id of the ledger that knows the lease. One letter, because it is in every state.
const LEDGER: &str = "l";

/// The resource.
pub(crate) struct Stack {
    client: Client,
}

impl Resource for Stack {
    type Client = Client;
    type Model = StackModel;

    const NAME: &'static str = "jiti_stack";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn plan(&self, context: &mut Context, plan: &mut Plan<'_, StackModel>) -> Result<()> {
        stack_plan::plan(&self.client, context, plan).await
    }

    async fn create(&self, context: &mut Context, planned: StackModel) -> Result<StackModel> {
        preflight::run(context, &planned).await?;
        let (name, registration) = registration(&self.client, &planned)?;
        let service = self.client.service()?;
        let lease = tokio::select! {
            biased;
            () = context.cancelled() => return Err(interrupted(&name)),
            opened = service.open(&name, registration, &stack::process::liveness) => {
                opened.map_err(|error| diag::service(&error))?.lease
            }
        };
        self.client.registered(&name);
        self.remember_ledger(context).await?;
        Ok(as_leased(planned, &lease))
    }

    async fn read(&self, context: &mut Context, state: StackModel) -> Result<Option<StackModel>> {
        let name = name_of(&state)?;
        let imported = matches!(state.app, Value::Null);
        match self.client.lease(&name).await {
            Err(error) if imported => Err(diag::ledger(&error)),
            Err(error) => {
                context.warn(
                    format!("The lease of {name} cannot be looked up"),
                    format!("{}\nThe state is kept as it is.", diag::chain(&error)),
                );
                Ok(Some(state))
            }
            Ok(None) if imported => Ok(None),
            Ok(None) => {
                self.warn_unknown(context, &name).await?;
                Ok(Some(state))
            }
            Ok(Some(lease)) if !lease.is_live() => Ok(None),
            Ok(Some(lease)) => {
                self.confirm(&lease).await;
                self.warn_of(context, &lease);
                if imported {
                    self.remember_ledger(context).await?;
                    return Ok(Some(of_lease(&lease)));
                }
                Ok(Some(state))
            }
        }
    }

    async fn update(
        &self,
        context: &mut Context,
        prior: StackModel,
        planned: StackModel,
    ) -> Result<StackModel> {
        let (name, registration) = registration(&self.client, &planned)?;
        let service = self.client.service()?;
        let known = self
            .client
            .lease(&name)
            .await
            .map_err(|error| diag::ledger(&error))?;
        let lease = match known {
            Some(lease) if lease.is_live() => {
                let Registration {
                    version,
                    owner,
                    terms,
                    origin,
                    ..
                } = registration;
                service
                    .update(
                        &name,
                        &DesiredLease {
                            version,
                            owner,
                            terms,
                            origin,
                        },
                    )
                    .await
            }
            _ => {
                let from: Option<LedgerId> = context.private(LEDGER)?;
                let created_at = prior.created_at.known().and_then(|text| text.parse().ok());
                service.adopt(&name, registration, from, created_at).await
            }
        }
        .map_err(|error| diag::service(&error))?;
        self.remember_ledger(context).await?;
        Ok(as_leased(planned, &lease))
    }

    async fn delete(&self, context: &mut Context, prior: StackModel) -> Result<()> {
        let name = name_of(&prior)?;
        if !self.client.ledger_path().exists() {
            return Ok(());
        }
        match self.client.unlimited().release(&name).await {
            Ok(()) => Ok(()),
            Err(error) if is_unusable(&error) => {
                context.warn(
                    format!("The release of {name} is not in the ledger"),
                    format!(
                        "{}\nThe stack is destroyed all the same: a lost ledger never blocks that.",
                        diag::chain(&error)
                    ),
                );
                Ok(())
            }
            Err(error) => Err(diag::service(&error)),
        }
    }
}

impl Import for Stack {
    async fn import(&self, _context: &mut Context, id: String) -> Result<StackModel> {
        let name = StackName::new(id)
            .map_err(|error| Failure::new("This is no stack's name", diag::sentence(&error)))?;
        Ok(StackModel {
            name: name.to_string().into(),
            id: name.to_string().into(),
            ..StackModel::default()
        })
    }
}

impl Stack {
    /// Keeps the id of the ledger that knows the lease, so that a later run can name a ledger that was lost.
    async fn remember_ledger(&self, context: &mut Context) -> Result<()> {
        let id = self
            .client
            .ledger()
            .id()
            .await
            .map_err(|error| diag::ledger(&error))?;
        context.set_private(LEDGER, &id)
    }

    /// A state that holds the stack is what finishes its registration, where the run that made it was killed.
    async fn confirm(&self, lease: &Lease) {
        if lease.is_unfinished()
            && let Err(error) = self.client.unlimited().recorded(&lease.name).await
        {
            tracing::warn!(stack = %lease.name, %error, "the registration could not be marked as finished");
        }
    }

    async fn warn_unknown(&self, context: &mut Context, name: &StackName) -> Result<()> {
        let path = self.client.ledger_path();
        let here = if path.exists() {
            match self.client.ledger().id().await {
                Ok(id) => format!("The ledger {} ({id})", path.display()),
                Err(_) => format!("The ledger {}", path.display()),
            }
        } else {
            format!("The ledger {}, which does not exist yet,", path.display())
        };
        let there = match context.private::<LedgerId>(LEDGER)? {
            Some(id) => format!("the ledger {id}"),
            None => "another ledger".to_owned(),
        };
        context.warn(
            format!("This ledger does not know the stack {name}"),
            format!(
                "{here} has no lease of it; its lease was written into {there}. The next apply registers the stack \
                 here, without changing anything that it consists of. If you meant the other ledger, set `ledger` \
                 in the provider block or JITI_LEDGER."
            ),
        );
        Ok(())
    }

    /// Says what a plan that finds nothing to do would hide.
    fn warn_of(&self, context: &mut Context, lease: &Lease) {
        let reading = lease.at(self.client.now());
        let name = &lease.name;
        let ended = "Extend it with `jiti extend`, deploy a new version, or destroy it.";
        match reading.phase {
            Phase::TearingDown => context.warn(
                format!("The stack {name} is being torn down"),
                "Its resources are going away while this plan is made. Wait for the end of the teardown, \
                 then plan again.",
            ),
            Phase::Residue => context.warn(
                format!("A teardown of the stack {name} left something behind"),
                format!("`jiti show {name}` lists what is left and what keeps it."),
            ),
            Phase::Purgatory => context.warn(
                format!("The stack {name} is in purgatory"),
                format!("It is billed and was not ready within its ready_timeout. `jiti show {name}` shows how far it came."),
            ),
            _ if reading.expired => context.warn(
                format!("The stack {name} has expired"),
                format!("Its lease ended at {}. {ended}", reading.expires_at),
            ),
            _ if self.is_last_call(lease) => context.warn(
                format!("The stack {name} expires before long"),
                format!("Its lease ends at {}, unless this run deploys a new version. {ended}", reading.expires_at),
            ),
            _ => {}
        }
    }

    /// Whether the last of the announcements that the configuration asks for has come.
    fn is_last_call(&self, lease: &Lease) -> bool {
        // A configuration that cannot be read is told where it decides something.
        self.client.config().is_ok_and(|config| {
            let view = View::new(
                self.client.now(),
                config.policy.clone(),
                ReaperStatus::default(),
            );
            is_last_call(lease, &config.notify.before, &view)
        })
    }
}

fn interrupted(name: &StackName) -> Failure {
    Failure::new(
        "Interrupted",
        format!("The stack {name} was not registered."),
    )
}

/// Errors that a later try cannot mend: the file is not a ledger that this version reads.
fn is_unusable(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::Ledger(
            LedgerError::NotALedger { .. }
                | LedgerError::Newer { .. }
                | LedgerError::Corrupt { .. }
        )
    )
}

fn name_of(model: &StackModel) -> Result<StackName> {
    let path = Path::new("name");
    StackName::new(model.name.clone().expect_known(&path)?)
        .map_err(|error| Failure::new("This is no stack's name", diag::sentence(&error)).at(path))
}

/// What an apply registers: everything that the configuration says, and from where it was said.
fn registration(client: &Client, planned: &StackModel) -> Result<(StackName, Registration)> {
    let name = name_of(planned)?;
    let terms = Terms {
        ttl: parsed::<Ttl>("ttl", &planned.ttl)?.ok_or_else(|| missing("ttl"))?,
        renew_on: match planned.renew_on.as_ref().known().map(String::as_str) {
            Some("never") => RenewOn::Never,
            _ => RenewOn::Version,
        },
        idle_after: parsed::<Span>("idle_after", &planned.idle_after)?,
        ready_timeout: parsed::<Span>("ready_timeout", &planned.ready_timeout)?,
        hourly_cost: match &planned.hourly_cost {
            Value::Known(cost) => Some(parse::<HourlyRate>("hourly_cost", &cost.to_string())?),
            Value::Null | Value::Unknown => None,
        },
        labels: Labels::new(planned.labels.clone().known().unwrap_or_default()).map_err(
            |error| Failure::new("A label cannot be a tag", diag::sentence(&error)).at("labels"),
        )?,
        teardown: planned
            .teardown
            .clone()
            .known()
            .map(TeardownInputs::from)
            .unwrap_or_default(),
    };
    let registration = Registration {
        app: named("app", &planned.app, AppName::new)?,
        version: named("version", &planned.version, AppVersion::new)?,
        owner: named("owner", &planned.owner, Owner::new)?,
        terms,
        origin: client.environment().origin(),
        policy: client.config()?.policy.clone(),
    };
    Ok((name, registration))
}

fn missing(attribute: &str) -> Failure {
    Failure::new(
        format!("`{attribute}` is not known"),
        "Apply needs its value.",
    )
    .at(attribute)
}

fn parsed<T: FromStr<Err: Error>>(attribute: &str, value: &Value<String>) -> Result<Option<T>> {
    match value {
        Value::Known(text) => parse(attribute, text).map(Some),
        Value::Null | Value::Unknown => Ok(None),
    }
}

fn parse<T: FromStr<Err: Error>>(attribute: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| {
        Failure::new(
            format!("`{attribute}` is malformed"),
            diag::sentence(&error),
        )
        .at(attribute)
    })
}

fn named<T>(
    attribute: &str,
    value: &Value<String>,
    new: impl FnOnce(String) -> std::result::Result<T, NameError>,
) -> Result<T> {
    let path = Path::new(attribute);
    new(value.clone().expect_known(&path)?).map_err(|error| {
        Failure::new(
            format!("`{attribute}` is malformed"),
            diag::sentence(&error),
        )
        .at(path)
    })
}

/// The planned state with what only the ledger decides.
fn as_leased(planned: StackModel, lease: &Lease) -> StackModel {
    let or = |planned: Value<String>, decided: Timestamp| match planned {
        Value::Unknown => Value::Known(decided.to_string()),
        known => known,
    };
    StackModel {
        created_at: or(planned.created_at, lease.created_at),
        expires_at: or(planned.expires_at, lease.expires_at),
        ..planned
    }
}

/// The state of a stack that is imported: what its lease says, with what is at its default left out.
fn of_lease(lease: &Lease) -> StackModel {
    let terms = &lease.terms;
    let tags = stack::values::tags::tags(
        &lease.name,
        &lease.app,
        &lease.version,
        &lease.owner,
        &terms.ttl,
        &terms.labels,
    );
    let labels = terms.labels.as_map();
    let text = |span: &Option<Span>| span.map(|span| span.to_string()).into();
    StackModel {
        name: lease.name.to_string().into(),
        id: lease.name.to_string().into(),
        app: lease.app.to_string().into(),
        version: lease.version.to_string().into(),
        owner: lease.owner.to_string().into(),
        ttl: terms.ttl.to_string().into(),
        renew_on: match terms.renew_on {
            RenewOn::Version => Value::Null,
            RenewOn::Never => Value::Known("never".to_owned()),
        },
        idle_after: text(&terms.idle_after),
        ready_timeout: text(&terms.ready_timeout),
        hourly_cost: terms
            .hourly_cost
            .and_then(|cost| cost.to_string().parse().ok())
            .into(),
        labels: if labels.is_empty() {
            Value::Null
        } else {
            Value::Known(labels.clone())
        },
        preflight: Value::Null,
        teardown: TeardownModel::of(&terms.teardown),
        tags: tags.into(),
        created_at: lease.created_at.to_string().into(),
        expires_at: lease.expires_at.to_string().into(),
    }
}
