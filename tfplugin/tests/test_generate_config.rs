//! Generated configurations: what they keep and what they leave out.

use serde_json::json;
use tfplugin::testing::Harness;
use tfplugin::{
    ApplyContext, Context, Model, NoConfig, Provider, Registry, Resource, Result, Secret, Value,
};

#[derive(Clone, Debug, Model)]
struct Garden {
    /// The name.
    #[attribute(required)]
    name: Value<String>,
    /// A text, which may be empty.
    #[attribute(optional)]
    note: Value<String>,
    /// The id.
    #[attribute(computed)]
    id: Value<String>,
    /// The size. The provider chooses one if none is configured.
    #[attribute(optional, computed)]
    size: Value<String>,
    /// The soil.
    #[attribute(optional, default = "clay")]
    soil: Value<String>,
    /// The climate.
    #[attribute(optional, default = "mild")]
    climate: Value<String>,
    /// The key of the gate.
    #[attribute(optional, write_only)]
    key: Value<Secret<String>>,
    /// The old name.
    #[attribute(optional, deprecated = "Use name.")]
    title: Value<String>,
    /// The number of the plot, or its address.
    #[attribute(optional)]
    plot: Value<u64>,
    /// The address.
    #[attribute(optional)]
    address: Value<String>,
    /// The beds.
    #[attribute(optional)]
    beds: Value<Vec<Bed>>,
    /// The weather, which the provider knows.
    #[attribute(optional, computed)]
    weather: Value<Weather>,
    /// The fences.
    #[block(list)]
    fence: Vec<Fence>,
    /// The old fences.
    #[block(list, deprecated = "Use fence.")]
    hedge: Vec<Fence>,
}

/// A bed.
#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Bed {
    /// What grows there.
    #[attribute(required)]
    plant: Value<String>,
    /// How much grows there.
    #[attribute(computed)]
    yields: Value<u64>,
}

/// The weather.
#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Weather {
    /// The rain.
    #[attribute(computed)]
    rain: Value<u64>,
    /// The wind.
    #[attribute(optional, deprecated = "The wind is no longer measured.")]
    wind: Value<u64>,
}

/// A fence.
#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Fence {
    /// The height.
    #[attribute(optional)]
    height: Value<u64>,
    /// The length.
    #[attribute(computed)]
    length: Value<u64>,
}

struct Gardens;

impl Resource for Gardens {
    type Client = ();
    type Model = Garden;

    const NAME: &'static str = "garden_plot";

    fn new((): ()) -> Self {
        Self
    }

    async fn create(&self, _: &mut ApplyContext<'_, Garden>, planned: Garden) -> Result<Garden> {
        Ok(planned)
    }

    async fn read(&self, _: &mut Context, state: Garden) -> Result<Option<Garden>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, Garden>,
        _: Garden,
        planned: Garden,
    ) -> Result<Garden> {
        Ok(planned)
    }

    async fn delete(&self, _: &mut ApplyContext<'_, Garden>, _: Garden) -> Result<()> {
        Ok(())
    }

    /// A plot has a number or an address.
    fn generate_config(config: Garden) -> Result<Garden> {
        let address = if config.plot.is_null() {
            config.address
        } else {
            Value::Null
        };
        Ok(Garden { address, ..config })
    }
}

struct GardenProvider;

impl Provider for GardenProvider {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Gardens>();
    }
}

/// A generated configuration keeps what a person would write. It leaves out what only the provider
/// sets, what is never stored, deprecated parts, and defaults; and the resource adjusts the rest.
#[tokio::test]
async fn a_generated_configuration_has_what_a_person_would_write() {
    let harness = Harness::new(GardenProvider);
    harness.check_schemas().await.unwrap();
    let state = json!({
        "name": "n", "note": "", "id": "1", "size": "s", "soil": "clay", "climate": "harsh",
        "key": null, "title": "old", "plot": 7, "address": "7 Elm St",
        "beds": [{"plant": "kale", "yields": 2}], "weather": {"rain": 3, "wind": 4},
        "fence": [{"height": 1, "length": 9}], "hedge": [{"height": 2, "length": 8}],
    });
    let config = harness.generate_config("garden_plot", state).await.unwrap();
    assert_eq!(
        config,
        json!({
            "name": "n", "note": "", "id": null, "size": "s", "soil": null, "climate": "harsh",
            "key": null, "title": null, "plot": 7, "address": null,
            "beds": [{"plant": "kale", "yields": null}], "weather": null,
            "fence": [{"height": 1, "length": null}], "hedge": [],
        })
    );
    harness.validate("garden_plot", config).await.unwrap();
}
