//! Plans of nested blocks and nested attributes, and of computed values in them.

use serde_json::json;
use tfplugin::testing::{Harness, unknown};
use tfplugin::{
    ApplyContext, Context, Model, NoConfig, PlannedAction, Provider, Registry, Resource, Result,
    Value,
};

struct Firewalls;

impl Provider for Firewalls {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Firewall>();
    }
}

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Rule {
    /// The port.
    #[attribute(required)]
    port: Value<i64>,
    /// The protocol.
    #[attribute(optional, computed, default = "tcp")]
    protocol: Value<String>,
    /// The id.
    #[attribute(computed, keep)]
    id: Value<String>,
}

impl Rule {
    fn with_id(mut self) -> Self {
        if self.id.is_unknown() {
            self.id = self.port.map(|port| format!("rule-{port}"));
        }
        self
    }
}

#[derive(Clone, Debug, Model)]
struct FirewallModel {
    /// The id.
    #[attribute(computed, keep)]
    id: Value<String>,
    /// Rules as an attribute.
    #[attribute(optional)]
    rules: Value<Vec<Rule>>,
    /// Rules as ordered blocks.
    #[block(list)]
    step: Vec<Rule>,
    /// Rules as unordered blocks.
    #[block(set)]
    allow: Vec<Rule>,
}

fn with_ids(firewall: FirewallModel) -> FirewallModel {
    FirewallModel {
        id: Value::Known("firewall".to_owned()),
        rules: firewall
            .rules
            .map(|rules| rules.into_iter().map(Rule::with_id).collect()),
        step: firewall.step.into_iter().map(Rule::with_id).collect(),
        allow: firewall.allow.into_iter().map(Rule::with_id).collect(),
    }
}

struct Firewall;

impl Resource for Firewall {
    type Client = ();
    type Model = FirewallModel;

    const NAME: &'static str = "example_firewall";

    fn new((): ()) -> Self {
        Self
    }

    async fn create(
        &self,
        _: &mut ApplyContext<'_, FirewallModel>,
        planned: FirewallModel,
    ) -> Result<FirewallModel> {
        Ok(with_ids(planned))
    }

    async fn read(&self, _: &mut Context, state: FirewallModel) -> Result<Option<FirewallModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, FirewallModel>,
        _: FirewallModel,
        planned: FirewallModel,
    ) -> Result<FirewallModel> {
        Ok(with_ids(planned))
    }

    async fn delete(
        &self,
        _: &mut ApplyContext<'_, FirewallModel>,
        _: FirewallModel,
    ) -> Result<()> {
        Ok(())
    }
}

async fn configured() -> Harness<Firewalls> {
    let harness = Harness::new(Firewalls);
    assert_eq!(harness.check_schemas().await.unwrap(), []);
    harness.configure(json!({})).await.unwrap();
    harness
}

#[tokio::test]
async fn omitted_blocks_are_empty_and_an_omitted_attribute_is_null() {
    let harness = configured().await;
    let mut firewall = harness.resource("example_firewall");
    firewall.apply(json!({})).await.unwrap();
    assert_eq!(
        firewall.state(),
        json!({ "id": "firewall", "rules": null, "step": [], "allow": [] })
    );
}

#[tokio::test]
async fn defaults_and_computed_values_are_planned_in_each_nesting() {
    let harness = configured().await;
    let mut firewall = harness.resource("example_firewall");
    let rule = json!([{ "port": 1 }]);
    let config = json!({ "rules": rule, "step": rule, "allow": rule });
    let planned = json!([{ "port": 1, "protocol": "tcp", "id": unknown() }]);
    let plan = firewall.plan(config.clone()).await.unwrap();
    for nested in ["rules", "step", "allow"] {
        assert_eq!(plan.get(nested), planned, "{nested}");
    }

    firewall.apply(config).await.unwrap();
    let applied = json!([{ "port": 1, "protocol": "tcp", "id": "rule-1" }]);
    for nested in ["rules", "step", "allow"] {
        assert_eq!(firewall.get(nested), applied, "{nested}");
    }
}

#[tokio::test]
async fn an_unchanged_element_keeps_its_computed_values() {
    let harness = configured().await;
    for nested in ["rules", "step", "allow"] {
        let mut firewall = harness.resource("example_firewall");
        firewall
            .apply(json!({ nested: [{ "port": 1 }] }))
            .await
            .unwrap();
        let config = json!({ nested: [{ "port": 1 }, { "port": 2 }] });
        let plan = firewall.plan(config.clone()).await.unwrap();
        assert_eq!(plan.action(), PlannedAction::Update);
        assert_eq!(plan.get("id"), json!("firewall"));
        let elements = plan.get(nested);
        assert_eq!(elements[0]["id"], json!("rule-1"), "{nested}");
        assert_eq!(elements[1]["id"], unknown(), "{nested}");
        firewall.apply(config).await.unwrap();
    }
}

#[tokio::test]
async fn the_order_matters_in_lists_but_not_in_sets() {
    let harness = configured().await;
    let ascending = json!([{ "port": 1 }, { "port": 2 }]);
    let descending = json!([{ "port": 2 }, { "port": 1 }]);
    let mut firewall = harness.resource("example_firewall");
    firewall.apply(json!({ "allow": ascending })).await.unwrap();
    let plan = firewall.plan(json!({ "allow": descending })).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Unchanged);

    firewall.apply(json!({ "step": ascending })).await.unwrap();
    let plan = firewall.plan(json!({ "step": descending })).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
}
