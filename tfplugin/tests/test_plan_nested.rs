//! Plans of nested things: blocks in lists and sets, nested attributes, and what is computed in them.

use serde_json::json;
use tfplugin::testing::{Harness, unknown};
use tfplugin::{Action, Cx, Model, NoConfig, Provider, Registry, Resource, Result, Value};

struct Walls;

impl Provider for Walls {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Cx, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Wall>();
    }
}

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Rule {
    /// Where it leads.
    #[attribute(required)]
    port: Value<i64>,
    /// What passes.
    #[attribute(optional, computed, default = "tcp")]
    protocol: Value<String>,
    /// What it is called.
    #[attribute(computed, keep)]
    id: Value<String>,
}

impl Rule {
    fn open(mut self) -> Self {
        if self.id.is_unknown() {
            self.id = self.port.map(|port| format!("rule-{port}"));
        }
        self
    }
}

#[derive(Clone, Debug, Model)]
struct WallModel {
    /// What it is called.
    #[attribute(computed, keep)]
    id: Value<String>,
    /// As an attribute.
    #[attribute(optional)]
    rules: Value<Vec<Rule>>,
    /// As blocks in order.
    #[block(list)]
    step: Vec<Rule>,
    /// As blocks without order.
    #[block(set)]
    allow: Vec<Rule>,
}

fn open(wall: WallModel) -> WallModel {
    WallModel {
        id: Value::Known("wall".to_owned()),
        rules: wall
            .rules
            .map(|rules| rules.into_iter().map(Rule::open).collect()),
        step: wall.step.into_iter().map(Rule::open).collect(),
        allow: wall.allow.into_iter().map(Rule::open).collect(),
    }
}

struct Wall;

impl Resource for Wall {
    type Client = ();
    type Model = WallModel;

    const NAME: &'static str = "walls_wall";

    fn new((): ()) -> Self {
        Self
    }

    async fn create(&self, _: &mut Cx, planned: WallModel) -> Result<WallModel> {
        Ok(open(planned))
    }

    async fn read(&self, _: &mut Cx, state: WallModel) -> Result<Option<WallModel>> {
        Ok(Some(state))
    }

    async fn update(&self, _: &mut Cx, _: WallModel, planned: WallModel) -> Result<WallModel> {
        Ok(open(planned))
    }

    async fn delete(&self, _: &mut Cx, _: WallModel) -> Result<()> {
        Ok(())
    }
}

async fn configured() -> Harness<Walls> {
    let harness = Harness::new(Walls);
    assert_eq!(harness.check_schemas().await.unwrap(), []);
    harness.configure(json!({})).await.unwrap();
    harness
}

#[tokio::test]
async fn nothing_nested_is_an_empty_list_of_blocks_and_a_null_attribute() {
    let harness = configured().await;
    let mut wall = harness.resource("walls_wall");
    wall.apply(json!({})).await.unwrap();
    assert_eq!(
        wall.state(),
        json!({ "id": "wall", "rules": null, "step": [], "allow": [] })
    );
}

#[tokio::test]
async fn defaults_and_computed_values_are_planned_in_every_nesting() {
    let harness = configured().await;
    let mut wall = harness.resource("walls_wall");
    let rule = json!([{ "port": 1 }]);
    let config = json!({ "rules": rule, "step": rule, "allow": rule });
    let planned = json!([{ "port": 1, "protocol": "tcp", "id": unknown() }]);
    let plan = wall.plan(config.clone()).await.unwrap();
    for nested in ["rules", "step", "allow"] {
        assert_eq!(plan.get(nested), planned, "{nested}");
    }

    wall.apply(config).await.unwrap();
    let made = json!([{ "port": 1, "protocol": "tcp", "id": "rule-1" }]);
    for nested in ["rules", "step", "allow"] {
        assert_eq!(wall.get(nested), made, "{nested}");
    }
}

#[tokio::test]
async fn an_element_that_stays_keeps_what_is_computed_in_it_and_a_new_one_has_it_from_apply() {
    let harness = configured().await;
    for nested in ["rules", "step", "allow"] {
        let mut wall = harness.resource("walls_wall");
        wall.apply(json!({ nested: [{ "port": 1 }] }))
            .await
            .unwrap();
        let config = json!({ nested: [{ "port": 1 }, { "port": 2 }] });
        let plan = wall.plan(config.clone()).await.unwrap();
        assert_eq!(plan.action(), Action::Update);
        assert_eq!(plan.get("id"), json!("wall"));
        let elements = plan.get(nested);
        assert_eq!(elements[0]["id"], json!("rule-1"), "{nested}");
        assert_eq!(elements[1]["id"], unknown(), "{nested}");
        wall.apply(config).await.unwrap();
    }
}

#[tokio::test]
async fn elements_of_a_set_in_another_order_are_no_change_and_those_of_a_list_are() {
    let harness = configured().await;
    let one_two = json!([{ "port": 1 }, { "port": 2 }]);
    let two_one = json!([{ "port": 2 }, { "port": 1 }]);
    let mut wall = harness.resource("walls_wall");
    wall.apply(json!({ "allow": one_two })).await.unwrap();
    let plan = wall.plan(json!({ "allow": two_one })).await.unwrap();
    assert_eq!(plan.action(), Action::Unchanged);

    wall.apply(json!({ "step": one_two })).await.unwrap();
    let plan = wall.plan(json!({ "step": two_one })).await.unwrap();
    assert_eq!(plan.action(), Action::Update);
}
