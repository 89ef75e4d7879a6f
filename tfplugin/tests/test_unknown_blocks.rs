//! Blocks whose number is unknown, as `dynamic` makes them, and plans that need to know it.

use serde_json::json;
use tfplugin::testing::{Harness, unknown};
use tfplugin::{
    ApplyContext, Context, Failure, Model, NoConfig, Plan, PlannedAction, Provider, Registry,
    Resource, Result, Value,
};

struct Dns;

impl Provider for Dns {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Zone>();
    }
}

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Record {
    /// The name.
    #[attribute(required)]
    name: Value<String>,
}

#[derive(Clone, Debug, Model)]
struct ZoneModel {
    /// The TTL in seconds.
    #[attribute(optional)]
    ttl: Value<u32>,
    /// The number of records.
    #[attribute(computed)]
    size: Value<u64>,
    /// Records in order.
    #[block(list)]
    record: Vec<Record>,
    /// Records without order.
    #[block(set)]
    alias: Vec<Record>,
    /// The main record.
    #[block(single)]
    main: Option<Record>,
}

struct Zone;

impl Resource for Zone {
    type Client = ();
    type Model = ZoneModel;

    const NAME: &'static str = "dns_zone";

    fn new((): ()) -> Self {
        Self
    }

    async fn plan(&self, _: &mut Context, plan: &mut Plan<'_, ZoneModel>) -> Result<()> {
        let Some(planned) = plan.planned()? else {
            return Ok(());
        };
        if planned.ttl.is_null() && !planned.record.is_empty() {
            return Err(Failure::new("No TTL", "Records need a TTL."));
        }
        let size = planned.record.len() + planned.alias.len();
        plan.set("size", u64::try_from(size)?);
        Ok(())
    }

    async fn create(
        &self,
        _: &mut ApplyContext<'_, ZoneModel>,
        planned: ZoneModel,
    ) -> Result<ZoneModel> {
        Ok(planned)
    }

    async fn read(&self, _: &mut Context, state: ZoneModel) -> Result<Option<ZoneModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, ZoneModel>,
        _: ZoneModel,
        planned: ZoneModel,
    ) -> Result<ZoneModel> {
        Ok(planned)
    }

    async fn delete(&self, _: &mut ApplyContext<'_, ZoneModel>, _: ZoneModel) -> Result<()> {
        Ok(())
    }
}

async fn configured() -> Harness<Dns> {
    let harness = Harness::new(Dns);
    harness.configure(json!({})).await.unwrap();
    harness
}

#[tokio::test]
async fn unknown_blocks_are_planned_and_then_applied() {
    let harness = configured().await;
    let records = json!([{ "name": "a" }, { "name": "b" }]);
    for place in ["record", "alias"] {
        let mut zone = harness.resource("dns_zone");
        zone.apply_planned(
            json!({ "ttl": 60, place: unknown() }),
            json!({ "ttl": 60, place: records }),
        )
        .await
        .unwrap();
        assert_eq!(zone.get("size"), json!(2));

        let plan = zone
            .plan(json!({ "ttl": 60, place: unknown() }))
            .await
            .unwrap();
        assert_eq!(plan.action(), PlannedAction::Update);
        assert!(plan.is_unknown("size"), "the resource decides during apply");
        let fewer = json!({ "ttl": 60, place: [{ "name": "a" }] });
        zone.apply_planned(json!({ "ttl": 60, place: unknown() }), fewer)
            .await
            .unwrap();
        assert_eq!(zone.get("size"), json!(1));
    }
    let mut zone = harness.resource("dns_zone");
    zone.apply_planned(
        json!({ "main": unknown() }),
        json!({ "main": { "name": "a" } }),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn the_resource_still_refuses_known_blocks() {
    let harness = configured().await;
    let mut zone = harness.resource("dns_zone");
    let failure = zone
        .apply_planned(
            json!({ "record": unknown() }),
            json!({ "record": [{ "name": "a" }] }),
        )
        .await
        .unwrap_err();
    assert!(failure.to_string().contains("No TTL"), "{failure}");
}
