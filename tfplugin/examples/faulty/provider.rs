//! The provider, the resource and its ways to fail.

use tfplugin::{
    Action, Cx, DataSource, Failure, Function, Import, Model, MoveFrom, MoveSource, NoConfig, Plan,
    Prior, Provider, Registry, Resource, Result, Upgrade, Value,
};

/// The provider.
pub(crate) struct Faulty;

impl Provider for Faulty {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Cx, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry
            .resource::<Thing>()
            .importable()
            .upgradable()
            .movable();
        registry.data_source::<Echo>();
        registry.function::<Join>();
    }
}

/// A thing that exists only in state.
#[derive(Clone, Debug, Model)]
#[model(version = 2)]
pub(crate) struct ThingModel {
    /// Anything.
    #[attribute(required)]
    pub(crate) name: Value<String>,
    /// What goes wrong, and where.
    #[attribute(optional)]
    pub(crate) behaviour: Value<String>,
    /// A change of it replaces the thing.
    #[attribute(optional, requires_replace)]
    pub(crate) kind: Value<String>,
    /// Small by default.
    #[attribute(optional, computed, default = "small")]
    pub(crate) size: Value<String>,
    /// Never stored.
    #[attribute(optional, write_only)]
    pub(crate) secret: Value<String>,
    /// How long the secret was.
    #[attribute(computed)]
    pub(crate) secret_length: Value<i64>,
    /// Stays for life.
    #[attribute(computed, keep)]
    pub(crate) id: Value<String>,
    /// How often it was changed.
    #[attribute(computed)]
    pub(crate) changes: Value<i64>,
}

/// The resource.
pub(crate) struct Thing;

impl Thing {
    fn finish(cx: &mut Cx, planned: ThingModel, changes: i64) -> Result<ThingModel> {
        let config: ThingModel = cx.config()?;
        let secret = config.secret.unwrap_or_default();
        cx.set_private("changes", &changes)?;
        Ok(ThingModel {
            secret: Value::Known(secret.clone()),
            secret_length: Value::Known(i64::try_from(secret.len())?),
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

    fn validate(_: &mut Cx, config: &ThingModel) -> Result<()> {
        if config.name.as_deref() == Value::Known("refused") {
            return Err(Failure::new("Not this name", "Take another.").at("name"));
        }
        Ok(())
    }

    async fn plan(&self, cx: &mut Cx, plan: &mut Plan<'_, ThingModel>) -> Result<()> {
        let Some(planned) = plan.planned()? else {
            cx.warn("It will be gone", "For good.");
            return Ok(());
        };
        match planned.behaviour.as_deref().unwrap_or_default() {
            "plan sets what is not computed" => {
                plan.set("kind", "made up".to_owned());
            }
            "plan changes a configured value" => {
                plan.set("name", "another".to_owned());
            }
            "plan makes a configured value unknown" => {
                plan.set_unknown("name");
            }
            "plan names no attribute" => {
                plan.set("nonsense", true);
            }
            "plan keeps a value that changes" if plan.action() == Action::Update => {
                plan.keep("changes");
            }
            "plan always has something to do" => {
                plan.set_unknown("changes");
            }
            "plan replaces for a name" => {
                plan.require_replace("name").require_replace("size");
            }
            _ => {}
        }
        Ok(())
    }

    async fn create(&self, cx: &mut Cx, planned: ThingModel) -> Result<ThingModel> {
        let behaviour = planned.behaviour.clone().unwrap_or_default();
        let planned = ThingModel {
            id: Value::Known(format!(
                "thing-{}",
                planned.name.clone().unwrap_or_default()
            )),
            ..planned
        };
        if behaviour.starts_with("create, saved") {
            cx.set_private("changes", &0)?;
            cx.save(&planned);
        }
        match behaviour.as_str() {
            "create fails" | "create, saved, fails" => {
                return Err(Failure::new("Out of things", "Come back tomorrow."));
            }
            "create panics" | "create, saved, panics" => fall_apart("the thing fell apart"),
            "create, saved, waits" => {
                cx.cancelled().await;
                return Err(Failure::new("Interrupted", "The thing is half made."));
            }
            _ => {}
        }
        let mut made = Self::finish(cx, planned, 0)?;
        match behaviour.as_str() {
            "create returns another name" => made.name = Value::Known("ANOTHER".to_owned()),
            "create leaves a value unknown" => made.changes = Value::Unknown,
            _ => {}
        }
        Ok(made)
    }

    async fn read(&self, _: &mut Cx, state: ThingModel) -> Result<Option<ThingModel>> {
        match state.behaviour.as_deref().unwrap_or_default() {
            "read finds nothing" => Ok(None),
            "read fails" => Err(Failure::new("Cannot see it", "It is dark.")),
            _ => Ok(Some(state)),
        }
    }

    async fn update(
        &self,
        cx: &mut Cx,
        prior: ThingModel,
        planned: ThingModel,
    ) -> Result<ThingModel> {
        let behaviour = planned.behaviour.clone().unwrap_or_default();
        let changes = prior.changes.unwrap_or_default() + 1;
        if behaviour.starts_with("update, saved") {
            cx.set_private("changes", &changes)?;
            cx.save(&planned);
        }
        match behaviour.as_str() {
            "update fails" | "update, saved, fails" => {
                Err(Failure::new("It will not bend", "Ask it nicely."))
            }
            "update panics" => fall_apart("the thing snapped"),
            _ => Self::finish(cx, planned, changes),
        }
    }

    async fn delete(&self, cx: &mut Cx, prior: ThingModel) -> Result<()> {
        match prior.behaviour.as_deref().unwrap_or_default() {
            "delete fails" => Err(Failure::new("It will not go", "It likes it here.")),
            "delete panics" => fall_apart("the thing exploded"),
            "delete, saved, fails" => {
                cx.save(&ThingModel {
                    size: Value::Known("half".to_owned()),
                    ..prior
                });
                Err(Failure::new("Half of it is left", "Try again."))
            }
            _ => Ok(()),
        }
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "to panic is what this provider is for")]
fn fall_apart(how: &str) -> ! {
    panic!("{how}")
}

impl Import for Thing {
    async fn import(&self, cx: &mut Cx, id: String) -> Result<ThingModel> {
        let Some(name) = id.strip_prefix("thing-").map(str::to_owned) else {
            return Err(Failure::new("Not an id", "Ids begin with `thing-`."));
        };
        cx.set_private("changes", &0)?;
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
    fn upgrade(_: &mut Cx, prior: Prior) -> Result<ThingModel> {
        // Version 1 called the name a title.
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
    fn move_from(_: &mut Cx, source: MoveSource) -> Result<Option<ThingModel>> {
        if source.type_name != "null_resource" {
            return Ok(None);
        }
        let name = source.state.str("id").unwrap_or_default().to_owned();
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

/// What was said comes back.
#[derive(Clone, Debug, Model)]
pub(crate) struct EchoModel {
    /// What to say.
    #[attribute(required)]
    pub(crate) said: Value<String>,
    /// What came back.
    #[attribute(computed)]
    pub(crate) heard: Value<String>,
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

    async fn read(&self, _: &mut Cx, config: EchoModel) -> Result<EchoModel> {
        Ok(EchoModel {
            said: Value::Null,
            heard: config.said,
        })
    }
}

/// The arguments of `join`.
#[derive(Clone, Debug, Model)]
#[model(nested)]
pub(crate) struct JoinArgs {
    /// What stands between; nothing by default.
    #[attribute(optional)]
    pub(crate) between: Value<String>,
    /// What to join.
    #[attribute(required)]
    pub(crate) parts: Value<Vec<String>>,
}

/// The function.
pub(crate) struct Join;

impl Function for Join {
    const NAME: &'static str = "join";
    const SUMMARY: &'static str = "Joins what is not empty";
    const VARIADIC: bool = true;

    type Args = JoinArgs;
    type Output = String;

    fn call(args: JoinArgs) -> Result<String> {
        let parts = args.parts.unwrap_or_default();
        if let Some(empty) = parts.iter().position(String::is_empty) {
            let path = tfplugin::Path::new("parts").index(empty);
            return Err(Failure::new("Nothing to join", "This part is empty.").at(path));
        }
        Ok(parts.join(&args.between.unwrap_or_default()))
    }
}
