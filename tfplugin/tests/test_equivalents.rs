//! Values that mean the same: the SDK keeps the one that Terraform has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use tfplugin::testing::Harness;
use tfplugin::{
    ApplyContext, Context, Dynamic, Element, Failure, Model, NoConfig, Path, PlannedAction,
    Provider, Registry, Resource, Result, Secret, Text, Timeout, Value, schema::Shape,
};

use crate::test_server_terraform::Workspace;

type Duration = Text<Timeout>;

/// A name that the service returns in capitals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name(String);

impl Element for Name {
    fn shape() -> Shape {
        String::shape()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let name = String::decode(value, path)?;
        if name.is_empty() {
            return Err(Failure::new("Empty name", "Write a name.").at(path));
        }
        Ok(Self(name))
    }

    fn encode(self) -> Dynamic {
        self.0.encode()
    }

    fn is_equivalent(&self, other: &Self) -> bool {
        assert_ne!(other.0, "fragile", "the names broke");
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
#[model(nested)]
struct Step {
    /// The length.
    #[attribute(required)]
    length: Value<Duration>,
    /// The number.
    #[attribute(computed)]
    number: Value<u64>,
}

#[derive(Clone, Debug, Model)]
struct PlanModel {
    /// A name.
    #[attribute(optional)]
    name: Value<Name>,
    /// A plain duration.
    #[attribute(optional, requires_replace)]
    plain: Value<Duration>,
    /// A secret.
    #[attribute(optional, sensitive)]
    secret: Value<Secret<Duration>>,
    /// A list.
    #[attribute(optional)]
    list: Value<Vec<Duration>>,
    /// A set.
    #[attribute(optional)]
    set: Value<BTreeSet<Duration>>,
    /// A map.
    #[attribute(optional)]
    map: Value<BTreeMap<String, Value<Duration>>>,
    /// An object.
    #[attribute(optional)]
    object: Value<Step>,
    /// Objects.
    #[attribute(optional)]
    objects: Value<BTreeSet<Step>>,
    /// Blocks.
    #[block(list)]
    step: Vec<Step>,
}

impl PlanModel {
    /// The model as the service returns it.
    fn returned(mut self) -> Self {
        let write = |duration: Duration| Duration::from(*duration);
        let number = |number: usize, step: Step| Step {
            length: step.length.map(write),
            number: Value::Known(number as u64),
        };
        self.name = self.name.map(|name| Name(name.0.to_uppercase()));
        self.plain = self.plain.map(write);
        self.secret = self.secret.map(|s| Secret::new(write(s.into_exposed())));
        self.list = self.list.map(|l| l.into_iter().map(write).collect());
        self.set = self.set.map(|l| l.into_iter().map(write).collect());
        self.map = self.map.map(|m| {
            let entries = m.into_iter();
            entries
                .map(|(key, value)| (key, value.map(write)))
                .collect()
        });
        self.object = self.object.map(|step| number(0, step));
        self.objects = self.objects.map(|steps| {
            let steps = steps.into_iter().enumerate();
            steps.map(|(index, step)| number(index, step)).collect()
        });
        let steps = self.step.into_iter().enumerate();
        self.step = steps.map(|(index, step)| number(index, step)).collect();
        self
    }
}

struct Plans;

impl Resource for Plans {
    type Client = ();
    type Model = PlanModel;

    const NAME: &'static str = "plans_plan";

    fn new((): ()) -> Self {
        Self
    }

    async fn create(
        &self,
        _: &mut ApplyContext<'_, PlanModel>,
        planned: PlanModel,
    ) -> Result<PlanModel> {
        Ok(planned.returned())
    }

    async fn read(&self, _: &mut Context, state: PlanModel) -> Result<Option<PlanModel>> {
        Ok(Some(state.returned()))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, PlanModel>,
        _: PlanModel,
        planned: PlanModel,
    ) -> Result<PlanModel> {
        Ok(planned.returned())
    }

    async fn delete(&self, _: &mut ApplyContext<'_, PlanModel>, _: PlanModel) -> Result<()> {
        Ok(())
    }
}

impl Provider for Plans {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Self>();
    }
}

async fn plans() -> Harness<Plans> {
    let harness = Harness::new(Plans);
    harness.configure(json!({})).await.unwrap();
    harness
}

/// An apply and a read that return other spellings of equal values change nothing, wherever the
/// values are.
#[tokio::test]
async fn equivalent_values_keep_the_spelling_that_terraform_has() {
    let harness = plans().await;
    let config = json!({
        "name": "ana",
        "plain": "90m",
        "secret": "90m",
        "list": ["90m", "60s"],
        "set": ["3600s", "90m"],
        "map": { "a": "90m", "b": null },
        "object": { "length": "90m" },
        "objects": [{ "length": "90m" }, { "length": "60s" }],
        "step": [{ "length": "90m" }, { "length": "60s" }],
    });
    let mut plan = harness.resource(Plans::NAME);
    // `apply` reads the state back and requires an empty plan.
    plan.apply(config.clone()).await.unwrap();
    for name in ["name", "plain", "secret", "list", "map"] {
        assert_eq!(plan.get(name), config[name], "{name}");
    }
    assert_eq!(sorted(&plan.get("set")), sorted(&config["set"]));
    assert_eq!(plan.get("object"), json!({ "length": "90m", "number": 0 }));
    let steps = [("60s", 0), ("90m", 1)];
    let steps = steps.map(|(length, number)| json!({ "length": length, "number": number }));
    assert_eq!(sorted(&plan.get("objects")), steps);
    let steps = [("90m", 0), ("60s", 1)];
    let steps = steps.map(|(length, number)| json!({ "length": length, "number": number }));
    assert_eq!(plan.get("step"), json!(steps));
}

/// A configuration that changes only the spelling updates the resource and does not replace it.
#[tokio::test]
async fn a_new_spelling_does_not_replace_the_resource() {
    let harness = plans().await;
    let mut plan = harness.resource(Plans::NAME);
    plan.apply(json!({ "plain": "90m" })).await.unwrap();
    let planned = plan.plan(json!({ "plain": "1h30m" })).await.unwrap();
    assert_eq!(planned.action(), PlannedAction::Update);
    let planned = plan.plan(json!({ "plain": "91m" })).await.unwrap();
    assert_eq!(planned.action(), PlannedAction::Replace);
    plan.apply(json!({ "plain": "1h30m" })).await.unwrap();
    assert_eq!(plan.get("plain"), json!("1h30m"));
}

/// A comparison that panics is an error, and the state of the create survives.
#[tokio::test]
async fn a_comparison_that_panics_loses_no_state() {
    let harness = plans().await;
    let mut plan = harness.resource(Plans::NAME);
    let failure = plan.apply(json!({ "name": "fragile" })).await.unwrap_err();
    assert!(failure.to_string().contains("the names broke"), "{failure}");
    assert!(plan.exists());
}

/// Terraform accepts the results, and finds no change afterwards.
#[test]
fn terraform_finds_no_change_in_another_spelling() {
    let workspace = Workspace::new("faulty");
    workspace.write("resource \"faulty_account\" \"it\" {\n  session = \"90m\"\n}\n");
    workspace.apply().ok().says("1 added");
    let instance = workspace.instance().unwrap();
    assert_eq!(instance["attributes"]["session"], json!("90m"));
    workspace.plan().ok().says("No changes");
    workspace.write("resource \"faulty_account\" \"it\" {\n  session = \"1h30m\"\n}\n");
    workspace
        .apply()
        .ok()
        .says("0 added, 1 changed, 0 destroyed");
    workspace.plan().ok().says("No changes");
}

fn sorted(set: &Json) -> Vec<Json> {
    let mut elements = set.as_array().unwrap().clone();
    elements.sort_by_key(Json::to_string);
    elements
}
