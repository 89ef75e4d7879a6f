//! Sets of objects with computed attributes: planned, created, grown and shrunk.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, unknown};
use tfplugin::{
    ApplyContext, Context, Model, NoConfig, Plan, PlannedAction, Provider, Registry, Resource,
    Result, UnorderedSet, Value,
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

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
#[model(nested)]
struct Rule {
    /// The port.
    #[attribute(required)]
    port: Value<u16>,
    /// The protocol.
    #[attribute(optional computed)]
    protocol: Value<String>,
    /// The id, which stays.
    #[attribute(computed, keep)]
    id: Value<String>,
    /// The number of the last change.
    #[attribute(computed)]
    change: Value<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
#[model(nested)]
struct Plain {
    /// The port.
    #[attribute(required)]
    port: Value<u16>,
    /// The id.
    #[attribute(computed)]
    id: Value<String>,
}

#[derive(Clone, Debug, Model)]
struct FirewallModel {
    /// Rules.
    #[attribute(optional)]
    rules: Value<BTreeSet<Rule>>,
    /// More rules.
    #[attribute(optional)]
    more: Value<UnorderedSet<Rule>>,
    /// Rules whose computed values the resource keeps itself.
    #[attribute(optional)]
    kept: Value<BTreeSet<Plain>>,
    /// The number of changes.
    #[attribute(computed)]
    changes: Value<u64>,
    /// The ports in the last plan.
    #[attribute(computed)]
    planned_ports: Value<Vec<Value<u16>>>,
}

struct Firewall;

fn finish(planned: FirewallModel, changes: u64) -> FirewallModel {
    // An unknown set here would have an element that the author cannot read.
    let done = |rule: Rule| Rule {
        id: match rule.id {
            Value::Unknown => rule.port.map(|port| format!("rule-{port}-{changes}")),
            known => known,
        },
        protocol: match rule.protocol {
            Value::Unknown => "tcp".into(),
            known => known,
        },
        change: Value::Known(changes),
        ..rule
    };
    let with_id = |rule: Plain| Plain {
        id: match rule.id {
            Value::Unknown => rule.port.map(|port| format!("plain-{port}-{changes}")),
            known => known,
        },
        ..rule
    };
    FirewallModel {
        rules: planned
            .rules
            .map(|rules| rules.into_iter().map(done).collect()),
        more: planned
            .more
            .map(|rules| rules.into_iter().map(done).collect()),
        kept: planned
            .kept
            .map(|rules| rules.into_iter().map(with_id).collect()),
        changes: Value::Known(changes),
        ..planned
    }
}

impl Resource for Firewall {
    type Client = ();
    type Model = FirewallModel;

    const NAME: &'static str = "example_firewall";

    fn new((): ()) -> Self {
        Self
    }

    async fn plan(&self, _: &mut Context, plan: &mut Plan<'_, FirewallModel>) -> Result<()> {
        if plan.action() == PlannedAction::Update {
            plan.keep_computed("kept");
        }
        if let Some(planned) = plan.planned()? {
            let rules = planned.more.unwrap_or_default();
            let ports: Vec<_> = rules.into_iter().map(|rule| rule.port).collect();
            if plan.action() != PlannedAction::Unchanged {
                plan.set("planned_ports", ports);
            }
        }
        Ok(())
    }

    async fn create(
        &self,
        _: &mut ApplyContext<'_, FirewallModel>,
        planned: FirewallModel,
    ) -> Result<FirewallModel> {
        Ok(finish(planned, 0))
    }

    async fn read(&self, _: &mut Context, state: FirewallModel) -> Result<Option<FirewallModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, FirewallModel>,
        prior: FirewallModel,
        planned: FirewallModel,
    ) -> Result<FirewallModel> {
        Ok(finish(planned, prior.changes.unwrap_or_default() + 1))
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

/// The port, id and last change of each rule, sorted.
fn rules(value: &Json) -> Vec<String> {
    let text = |value: &Json| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let rules = value.as_array().into_iter().flatten();
    let mut lines: Vec<_> = rules
        .map(|rule| format!("{} {}", text(&rule["id"]), text(&rule["change"])))
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_set_of_objects_with_computed_attributes_can_be_created_grown_and_shrunk() {
    let harness = configured().await;
    for nested in ["rules", "more"] {
        let config = |ports: &[u16]| {
            let rules: Vec<_> = ports.iter().map(|port| json!({ "port": port })).collect();
            json!({ nested: rules })
        };
        let mut firewall = harness.resource("example_firewall");
        firewall.apply(config(&[1, 2])).await.unwrap();
        assert_eq!(rules(&firewall.get(nested)), ["rule-1-0 0", "rule-2-0 0"]);

        firewall.apply(config(&[1, 2, 3])).await.unwrap();
        let grown = ["rule-1-0 1", "rule-2-0 1", "rule-3-1 1"];
        assert_eq!(
            rules(&firewall.get(nested)),
            grown,
            "{nested}: ids are kept"
        );

        let plan = firewall.plan(config(&[2])).await.unwrap();
        assert_eq!(plan.get(nested)[0]["id"], json!("rule-2-0"));
        firewall.apply(config(&[2])).await.unwrap();
        assert_eq!(rules(&firewall.get(nested)), ["rule-2-0 2"]);

        firewall.apply(config(&[])).await.unwrap();
        assert_eq!(firewall.get(nested), json!([]));
        firewall.apply(json!({})).await.unwrap();
    }
}

#[tokio::test]
async fn elements_that_differ_in_optional_computed_values_keep_their_own_values() {
    let harness = configured().await;
    for nested in ["rules", "more"] {
        let mut firewall = harness.resource("example_firewall");
        let both = json!([{ "port": 1 }, { "port": 1, "protocol": "udp" }]);
        firewall.apply(json!({ nested: both })).await.unwrap();
        let udp = json!([{ "port": 1, "protocol": "udp" }]);
        firewall.apply(json!({ nested: udp })).await.unwrap();
        assert_eq!(firewall.get(nested)[0]["protocol"], json!("udp"));
        firewall.apply(json!({ nested: both })).await.unwrap();
        firewall
            .apply(json!({ nested: [{ "port": 1 }] }))
            .await
            .unwrap();
        assert_eq!(firewall.get(nested).as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_set_with_several_unknown_elements_can_be_read_in_a_plan() {
    let harness = configured().await;
    let mut firewall = harness.resource("example_firewall");
    let late = json!([{ "port": unknown() }, { "port": unknown() }]);
    let plan = firewall.plan(json!({ "more": late })).await.unwrap();
    assert_eq!(plan.get("planned_ports"), json!([unknown(), unknown()]));
    let known = json!([{ "port": 1 }, { "port": 2 }]);
    firewall
        .apply_planned(
            json!({ "rules": late, "more": late }),
            json!({ "rules": known, "more": known }),
        )
        .await
        .unwrap();
    assert_eq!(rules(&firewall.get("rules")), ["rule-1-0 0", "rule-2-0 0"]);
}

#[tokio::test]
async fn a_resource_can_keep_the_computed_values_of_a_set_that_grows_and_shrinks() {
    let harness = configured().await;
    let config = |ports: &[u16]| {
        let rules: Vec<_> = ports.iter().map(|port| json!({ "port": port })).collect();
        json!({ "kept": rules })
    };
    let mut firewall = harness.resource("example_firewall");
    firewall.apply(config(&[1, 2])).await.unwrap();
    firewall.apply(config(&[1, 2, 3])).await.unwrap();
    let ids = ["plain-1-0 null", "plain-2-0 null", "plain-3-1 null"];
    assert_eq!(rules(&firewall.get("kept")), ids);
    let plan = firewall.plan(config(&[2])).await.unwrap();
    assert_eq!(plan.get("kept"), json!([{ "port": 2, "id": "plain-2-0" }]));
    firewall.apply(config(&[2])).await.unwrap();
    assert_eq!(rules(&firewall.get("kept")), ["plain-2-0 null"]);
}
