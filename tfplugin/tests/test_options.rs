//! Options in a provider's configuration, in data sources and in the arguments of functions.

use serde_json::{Value as Json, json};
use tfplugin::testing::Harness;
use tfplugin::{Context, DataSource, Function, Model, Provider, Registry, Result, Value};

struct Clocks;

impl Provider for Clocks {
    type Config = ClocksConfig;
    type Client = String;

    async fn configure(&self, context: &mut Context, config: ClocksConfig) -> Result<String> {
        let zone = config.expect_zone()?;
        let cities = config.cities.clone().unwrap_or_default();
        let offsets: Vec<_> = cities.iter().map(|city| &city.offset).collect();
        context.warn(format!("{zone} {offsets:?}"), "");
        Ok(zone.clone())
    }

    fn register(registry: &mut Registry<String>) {
        registry
            .data_source::<Now>()
            .function::<Repeat>()
            .function::<Count>();
    }
}

#[derive(Clone, Debug, Model)]
#[model(provider)]
struct ClocksConfig {
    /// The zone.
    #[attribute(optional, default = "UTC")]
    zone: Value<String>,
    /// Cities.
    #[attribute(optional)]
    cities: Value<Vec<City>>,
}

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct City {
    /// The offset in hours.
    #[attribute(optional, default = 1)]
    offset: Value<i8>,
}

#[derive(Clone, Debug, Model)]
struct NowModel {
    /// The format.
    #[attribute(optional, default = "hh:mm")]
    format: Value<String>,
    /// The text.
    #[attribute(computed)]
    text: Value<String>,
}

struct Now(String);

impl DataSource for Now {
    type Client = String;
    type Model = NowModel;

    const NAME: &'static str = "clocks_now";

    fn new(zone: String) -> Self {
        Self(zone)
    }

    async fn read(&self, _: &mut Context, config: NowModel) -> Result<NowModel> {
        let text = format!("{} in {}", config.expect_format()?, self.0);
        Ok(NowModel {
            text: text.into(),
            format: Value::Null,
        })
    }
}

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct RepeatArgs {
    /// The text.
    #[attribute(required, validate = not_empty)]
    text: Value<String>,
    /// How often.
    #[attribute(optional, default = 2)]
    times: Value<u8>,
    /// What to put in between.
    #[attribute(optional)]
    separators: Value<Vec<Value<String>>>,
}

fn not_empty(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("It is empty.");
    }
    Ok(())
}

struct Repeat;

impl Function for Repeat {
    const NAME: &'static str = "repeat";
    const SUMMARY: &'static str = "Repeats a text";
    const VARIADIC: bool = true;

    type Args = RepeatArgs;
    type Output = String;

    fn call(args: RepeatArgs) -> Result<String> {
        let separators = args.separators.clone().unwrap_or_default();
        let nulls = separators
            .iter()
            .filter(|separator| separator.is_null())
            .count();
        let text = args
            .expect_text()?
            .repeat(usize::from(*args.expect_times()?));
        Ok(format!("{text} {nulls}"))
    }
}

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct CountArgs {
    /// Small numbers.
    #[attribute(required)]
    numbers: Value<Vec<u8>>,
}

struct Count;

impl Function for Count {
    const NAME: &'static str = "count";
    const SUMMARY: &'static str = "Counts numbers";
    const VARIADIC: bool = true;

    type Args = CountArgs;
    type Output = u64;

    fn call(args: CountArgs) -> Result<u64> {
        Ok(u64::try_from(args.expect_numbers()?.len())?)
    }
}

#[tokio::test]
async fn defaults_of_a_provider_and_a_data_source_are_filled_in() {
    let harness = Harness::new(Clocks);
    assert_eq!(harness.check_schemas().await.unwrap(), []);
    let found = harness
        .configure(json!({ "cities": [{}, { "offset": 3 }] }))
        .await
        .unwrap();
    assert_eq!(found[0].summary, "UTC [Known(1), Known(3)]");
    let now = harness.data_source("clocks_now", json!({})).await.unwrap();
    assert_eq!(now, json!({ "format": "hh:mm", "text": "hh:mm in UTC" }));
    let now = harness
        .data_source("clocks_now", json!({ "format": "h" }))
        .await;
    assert_eq!(now.unwrap(), json!({ "format": "h", "text": "h in UTC" }));
}

#[tokio::test]
async fn the_schema_of_a_provider_has_nothing_computed() {
    use tfplugin::internals::proto::tfplugin6 as proto;
    let schemas = Harness::new(Clocks).schema_messages().await.unwrap();
    let block = schemas.provider.unwrap().block.unwrap();
    let flags = |a: &proto::schema::Attribute| (a.name.clone(), a.optional, a.computed);
    let nested = block.attributes[1].nested_type.as_ref().unwrap();
    let attributes: Vec<_> = block
        .attributes
        .iter()
        .chain(&nested.attributes)
        .map(flags)
        .collect();
    assert_eq!(
        attributes,
        [
            ("zone".to_owned(), true, false),
            ("cities".to_owned(), true, false),
            ("offset".to_owned(), true, false),
        ]
    );
}

#[tokio::test]
async fn defaults_and_validators_of_a_function_run() {
    let harness = Harness::new(Clocks);
    let call = async |arguments: &[Json]| harness.call("repeat", arguments).await;
    assert_eq!(
        call(&[json!("a"), Json::Null]).await.unwrap(),
        json!("aa 0")
    );
    assert_eq!(call(&[json!("a"), json!(3)]).await.unwrap(), json!("aaa 0"));
    let failure = call(&[json!(""), json!(3)]).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "text: Invalid value for text: It is empty"
    );
}

#[tokio::test]
async fn a_variadic_parameter_accepts_null_where_its_elements_do() {
    let harness = Harness::new(Clocks);
    let arguments = [json!("a"), json!(1), json!("-"), Json::Null];
    assert_eq!(
        harness.call("repeat", &arguments).await.unwrap(),
        json!("a 1")
    );
    let functions = harness.schema_messages().await.unwrap().functions;
    let accepts = |name: &str| {
        functions[name]
            .variadic_parameter
            .as_ref()
            .map(|p| p.allow_null_value)
    };
    assert_eq!(accepts("repeat"), Some(true));
    assert_eq!(accepts("count"), Some(false));
}

#[tokio::test]
async fn an_error_of_a_function_names_the_argument_and_ends_without_a_full_stop() {
    let harness = Harness::new(Clocks);
    let failure = harness
        .call("count", &[json!(1), json!(2), json!(999)])
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "numbers[2]");
    let text = &failure.diagnostics()[0].summary;
    assert!(
        text.contains("found 999.") && !text.ends_with('.'),
        "{text}"
    );
}

#[derive(Clone, Debug, Model)]
struct Mixed {
    /// The answer.
    #[attribute(optional)]
    answer: Value<f64>,
}

#[test]
fn a_float_is_the_nearest_one() {
    let third = "0.333333333333333333333333333333"
        .parse::<tfplugin::Number>()
        .unwrap();
    let value = tfplugin::Dynamic::object([("answer", third)]);
    let mixed = Mixed::decode(value, &tfplugin::Path::root()).unwrap();
    assert_eq!(mixed.answer, Value::Known(1.0 / 3.0));
    let huge = "1e999".parse::<tfplugin::Number>().unwrap();
    let value = tfplugin::Dynamic::object([("answer", huge)]);
    assert!(Mixed::decode(value, &tfplugin::Path::root()).is_err());
}
