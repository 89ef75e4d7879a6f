//! The provider, and a resource that fails in many ways.

#[path = "account.rs"]
mod account;
#[path = "action.rs"]
mod action;
#[path = "ephemeral.rs"]
mod ephemeral;

use tfplugin::{
    ApplyContext, Context, DataSource, DeferralReason, Failure, Function, Identify, Import, Model,
    MoveFrom, MoveSource, NoConfig, Plan, PlannedAction, Provider, Registry, Resource, Result,
    Secret, StoredState, Upgrade, Value,
};

/// The provider.
pub(crate) struct Faulty;

impl Provider for Faulty {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry
            .resource::<Thing>()
            .importable()
            .upgradable()
            .movable()
            .identifiable();
        registry.resource::<account::Account>();
        registry.data_source::<Echo>();
        registry.function::<Join>();
        registry.action::<action::Wave>();
        registry.ephemeral_resource::<ephemeral::Token>();
        registry.provider_meta::<MetaModel>();
    }
}

/// What a module passes in its `provider_meta` block.
#[derive(Clone, Debug, Model)]
pub(crate) struct MetaModel {
    /// The name of the module.
    #[attribute(required)]
    pub(crate) module: Value<String>,
}

/// A warning that names the call and the module, if the module has a `provider_meta` block.
fn warn_about_module(context: &mut Context, call: &str) -> Result<()> {
    if let Some(meta) = context.provider_meta::<MetaModel>()? {
        let module = meta.module.unwrap_or_default();
        context.warn(format!("{call} for {module}"), "The module says so.");
    }
    Ok(())
}

/// A thing that exists only in state.
#[derive(Clone, Debug, Model)]
#[model(version = 2)]
pub(crate) struct ThingModel {
    /// The name.
    #[attribute(required)]
    pub(crate) name: Value<String>,
    /// The failure to produce, and the call that produces it.
    #[attribute(optional)]
    pub(crate) behaviour: Value<String>,
    /// The kind. Changing it replaces the thing.
    #[attribute(optional, requires_replace)]
    pub(crate) kind: Value<String>,
    /// The size. Default: `small`.
    #[attribute(optional, computed, default = "small")]
    pub(crate) size: Value<String>,
    /// A secret, which is never stored.
    #[attribute(optional, write_only)]
    pub(crate) secret: Value<Secret<String>>,
    /// The length of the secret.
    #[attribute(computed)]
    pub(crate) secret_length: Value<i64>,
    /// The id, which never changes.
    #[attribute(computed, keep)]
    pub(crate) id: Value<String>,
    /// The number of updates.
    #[attribute(computed)]
    pub(crate) changes: Value<i64>,
}

/// The resource.
pub(crate) struct Thing;

impl Thing {
    fn finish(
        context: &mut ApplyContext<'_, ThingModel>,
        planned: ThingModel,
        changes: i64,
    ) -> Result<ThingModel> {
        let config = context.config()?;
        let secret = config
            .and_then(|config| config.secret.known())
            .unwrap_or_default();
        context.set_private("changes", &changes)?;
        Ok(ThingModel {
            secret: Value::Known(secret.clone()),
            secret_length: Value::Known(i64::try_from(secret.expose().len())?),
            changes: Value::Known(changes),
            ..planned
        })
    }
}

impl Resource for Thing {
    type Client = ();
    type Model = ThingModel;

    const NAME: &'static str = "faulty_thing";

    fn new((): ()) -> Self {
        Self
    }

    fn validate(_: &mut Context, config: &ThingModel) -> Result<()> {
        if config.name.as_deref() == Value::Known("refused") {
            return Err(Failure::new("Invalid name", "Use another name.").at("name"));
        }
        Ok(())
    }

    async fn plan(&self, context: &mut Context, plan: &mut Plan<'_, ThingModel>) -> Result<()> {
        warn_about_module(context, "plan")?;
        let Some(planned) = plan.planned()? else {
            context.warn("The thing will be destroyed", "It cannot be restored.");
            return Ok(());
        };
        match planned.behaviour.as_deref().unwrap_or_default() {
            "plan sets what is not computed" => {
                plan.set("kind", "invented".to_owned());
            }
            "plan changes a configured value" => {
                plan.set("name", "another".to_owned());
            }
            "plan makes a configured value unknown" => {
                plan.set_unknown("name");
            }
            "plan names an unknown attribute" => {
                plan.set("nonsense", true);
            }
            "plan keeps a value that changes" if plan.action() == PlannedAction::Update => {
                plan.keep("changes");
            }
            "plan always has something to do" => {
                plan.set_unknown("changes");
            }
            "plan is deferred" => {
                let _ = context.defer(DeferralReason::ResourceConfigUnknown)
                    || context.defer(DeferralReason::ProviderConfigUnknown);
            }
            "plan requires replacement for a name" => {
                plan.require_replace("name").require_replace("size");
            }
            _ => {}
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &mut ApplyContext<'_, ThingModel>,
        planned: ThingModel,
    ) -> Result<ThingModel> {
        warn_about_module(context, "create")?;
        let behaviour = planned.behaviour.clone().unwrap_or_default();
        let planned = ThingModel {
            id: Value::Known(format!(
                "thing-{}",
                planned.name.clone().unwrap_or_default()
            )),
            ..planned
        };
        if behaviour.starts_with("create, saved") {
            context.set_private("changes", &0)?;
            context.save(&planned);
        }
        match behaviour.as_str() {
            "create fails" | "create, saved, fails" => {
                return Err(Failure::new("Out of things", "Come back tomorrow."));
            }
            "create panics" | "create, saved, panics" => fail_by_panic("the thing fell apart"),
            "create, saved, waits" => {
                context.cancelled().await;
                return Err(Failure::new("Interrupted", "The thing is incomplete."));
            }
            _ => {}
        }
        let mut created = Self::finish(context, planned, 0)?;
        match behaviour.as_str() {
            "create returns another name" => created.name = Value::Known("ANOTHER".to_owned()),
            "create leaves a value unknown" => created.changes = Value::Unknown,
            _ => {}
        }
        Ok(created)
    }

    async fn read(&self, context: &mut Context, state: ThingModel) -> Result<Option<ThingModel>> {
        warn_about_module(context, "read")?;
        match state.behaviour.as_deref().unwrap_or_default() {
            "read finds nothing" => Ok(None),
            "read fails" => Err(Failure::new("Cannot read it", "The service is down.")),
            _ => Ok(Some(state)),
        }
    }

    async fn update(
        &self,
        context: &mut ApplyContext<'_, ThingModel>,
        prior: ThingModel,
        planned: ThingModel,
    ) -> Result<ThingModel> {
        let behaviour = planned.behaviour.clone().unwrap_or_default();
        let changes = prior.changes.unwrap_or_default() + 1;
        if behaviour.starts_with("update, saved") {
            context.set_private("changes", &changes)?;
            context.save(&planned);
        }
        match behaviour.as_str() {
            "update fails" | "update, saved, fails" => {
                Err(Failure::new("Cannot update it", "Try again."))
            }
            "update panics" => fail_by_panic("the thing snapped"),
            _ => Self::finish(context, planned, changes),
        }
    }

    async fn delete(
        &self,
        context: &mut ApplyContext<'_, ThingModel>,
        prior: ThingModel,
    ) -> Result<()> {
        match prior.behaviour.as_deref().unwrap_or_default() {
            "delete fails" => Err(Failure::new("Cannot delete it", "Try again.")),
            "delete panics" => fail_by_panic("the thing exploded"),
            "delete, saved, fails" => {
                context.save(&ThingModel {
                    size: Value::Known("half".to_owned()),
                    ..prior
                });
                Err(Failure::new("Half of it remains", "Try again."))
            }
            _ => Ok(()),
        }
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "this provider panics on purpose")]
fn fail_by_panic(message: &str) -> ! {
    panic!("{message}")
}

impl Import for Thing {
    async fn import(&self, context: &mut Context, id: String) -> Result<ThingModel> {
        let Some(name) = id.strip_prefix("thing-").map(str::to_owned) else {
            return Err(Failure::new("Invalid id", "An id starts with `thing-`."));
        };
        context.set_private("changes", &0)?;
        Ok(ThingModel {
            name: Value::Known(name),
            behaviour: Value::Null,
            kind: Value::Null,
            size: Value::Known("small".to_owned()),
            secret: Value::Null,
            secret_length: Value::Known(0),
            id: Value::Known(id),
            changes: Value::Known(0),
        })
    }
}

impl Upgrade for Thing {
    fn upgrade(_: &mut Context, prior: StoredState) -> Result<ThingModel> {
        // In version 1 the name was called title.
        let name = prior.str("title").unwrap_or_default().to_owned();
        Ok(ThingModel {
            id: Value::Known(format!("thing-{name}")),
            name: Value::Known(name),
            behaviour: Value::Null,
            kind: Value::Null,
            size: Value::Known("small".to_owned()),
            secret: Value::Null,
            secret_length: Value::Known(0),
            changes: Value::Known(prior.version()),
        })
    }
}

impl MoveFrom for Thing {
    fn move_from(_: &mut Context, source: MoveSource) -> Result<Option<ThingModel>> {
        let name = match source.type_name.as_str() {
            "null_resource" => source.state.str("id"),
            // The type of this attribute is dynamic, so the state has its type beside its value.
            "terraform_data" => {
                let input = source.state.get("input");
                input.and_then(|input| input.get("value")?.as_str())
            }
            _ => return Ok(None),
        };
        let name = name.unwrap_or_default().to_owned();
        Ok(Some(ThingModel {
            id: Value::Known(format!("thing-{name}")),
            name: Value::Known(name),
            behaviour: Value::Null,
            kind: Value::Null,
            size: Value::Known("small".to_owned()),
            secret: Value::Null,
            secret_length: Value::Known(0),
            changes: Value::Known(0),
        }))
    }
}

/// The identity of a thing, which Terraform before 1.12 ignores.
#[derive(Clone, Debug, Model)]
pub(crate) struct ThingIdentity {
    /// The id.
    #[attribute(required)]
    pub(crate) id: Value<String>,
}

impl Identify for Thing {
    type Identity = ThingIdentity;

    fn identity(&self, thing: &ThingModel) -> ThingIdentity {
        ThingIdentity {
            id: thing.id.clone(),
        }
    }

    async fn import_by_identity(
        &self,
        context: &mut Context,
        identity: ThingIdentity,
    ) -> Result<ThingModel> {
        self.import(context, identity.expect_id()?.clone()).await
    }
}

/// Returns its input.
#[derive(Clone, Debug, Model)]
pub(crate) struct EchoModel {
    /// The input.
    #[attribute(required)]
    pub(crate) input: Value<String>,
    /// The output.
    #[attribute(computed)]
    pub(crate) output: Value<String>,
}

/// The data source.
pub(crate) struct Echo;

impl DataSource for Echo {
    type Client = ();
    type Model = EchoModel;

    const NAME: &'static str = "faulty_echo";

    fn new((): ()) -> Self {
        Self
    }

    async fn read(&self, context: &mut Context, config: EchoModel) -> Result<EchoModel> {
        warn_about_module(context, "data")?;
        Ok(EchoModel {
            input: Value::Null,
            output: config.input,
        })
    }
}

/// The arguments of `join`.
#[derive(Clone, Debug, Model)]
#[model(nested)]
pub(crate) struct JoinArgs {
    /// The separator. Default: empty.
    #[attribute(optional)]
    pub(crate) separator: Value<String>,
    /// The parts to join.
    #[attribute(required)]
    pub(crate) parts: Value<Vec<String>>,
}

/// The function.
pub(crate) struct Join;

impl Function for Join {
    const NAME: &'static str = "join";
    const SUMMARY: &'static str = "Joins parts that are not empty";
    const VARIADIC: bool = true;

    type Args = JoinArgs;
    type Output = String;

    fn call(args: JoinArgs) -> Result<String> {
        let parts = args.parts.unwrap_or_default();
        if let Some(empty) = parts.iter().position(String::is_empty) {
            let path = tfplugin::Path::new("parts").index(empty);
            return Err(Failure::new("Empty part", "A part must not be empty.").at(path));
        }
        Ok(parts.join(&args.separator.unwrap_or_default()))
    }
}
