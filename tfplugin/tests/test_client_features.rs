//! What only some clients have: `provider_meta`, deferred plans, null arguments as OpenTofu sends
//! them, and moves with private data.

use serde_json::{Value as Json, json};
use tfplugin::internals::proto::service;
use tfplugin::internals::proto::tfplugin6::provider_client::ProviderClient;
use tfplugin::internals::proto::tfplugin6::provider_server::ProviderServer;
use tfplugin::internals::proto::tfplugin6::{
    DynamicValue, call_function, get_functions, get_provider_schema, move_resource_state,
};
use tfplugin::testing::{Harness, unknown};
use tfplugin::{
    ApplyContext, Context, DeferralReason, Diagnostic, Model, MoveFrom, MoveSource, Plan, Provider,
    Registry, Resource, Result, Value,
};

use crate::test_apply_errors::configured;
use crate::test_apply_errors::faulty::Faulty;
use crate::test_server_terraform::Workspace;

fn summaries(warnings: &[Diagnostic]) -> Vec<&str> {
    warnings
        .iter()
        .map(|warning| warning.summary.as_str())
        .collect()
}

// ---- provider_meta ----

/// A plan, an apply, a read and a data source get the values of the module's block.
#[tokio::test]
async fn calls_get_the_values_of_provider_meta() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    assert_eq!(thing.apply(json!({ "name": "a" })).await.unwrap(), []);

    harness
        .set_provider_meta(json!({ "module": "network" }))
        .unwrap();
    let mut other = harness.resource("faulty_thing");
    let warnings = other.apply(json!({ "name": "b" })).await.unwrap();
    assert_eq!(
        summaries(&warnings),
        ["plan for network", "create for network"]
    );
    let warnings = other.read().await.unwrap();
    assert_eq!(summaries(&warnings), ["read for network"]);
}

/// A required value that is null is an error, although Terraform validates the block in no call of
/// its own.
#[tokio::test]
async fn an_invalid_provider_meta_is_an_error() {
    let harness = configured().await;
    harness
        .set_provider_meta(json!({ "module": null }))
        .unwrap();
    let thing = harness.resource("faulty_thing");
    let failure = thing.plan(json!({ "name": "a" })).await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "module");
}

/// Terraform accepts the block, and passes it to the provider.
#[test]
fn terraform_passes_provider_meta() {
    let workspace = Workspace::new("faulty");
    workspace.write(
        "terraform {\n  provider_meta \"faulty\" {\n    module = \"network\"\n  }\n}\n\
         resource \"faulty_thing\" \"it\" {\n  name = \"a\"\n}\n\
         data \"faulty_echo\" \"it\" {\n  input = \"b\"\n}\n",
    );
    let applied = workspace.apply().ok();
    applied
        .says("plan for network")
        .says("create for network")
        .says("data for network");
    workspace.plan().ok().says("read for network");
    workspace.write("resource \"faulty_thing\" \"it\" {\n  name = \"a\"\n}\n");
    let planned = workspace.plan().ok().says("No changes");
    assert!(!planned.output.contains("network"), "{}", planned.output);
}

// ---- deferred plans ----

/// A plan is deferred only if the client allows it, has the feature, and a value is unknown.
#[tokio::test]
async fn a_plan_is_deferred_only_where_the_client_allows_it() {
    let unknown_name = json!({ "name": unknown(), "behaviour": "plan is deferred" });
    let known_name = json!({ "name": "a", "behaviour": "plan is deferred" });
    let reason = DeferralReason::ResourceConfigUnknown;
    let alpha = "1.15.0-alpha20260101";
    for (version, allowed, config, expected) in [
        (alpha, true, &unknown_name, Some(reason)),
        (alpha, false, &unknown_name, None),
        // The apply of a build that plans without `-allow-deferral` claims to allow it.
        (alpha, true, &known_name, None),
        // OpenTofu 1.11 always claims to allow it.
        ("1.11.0", true, &unknown_name, None),
    ] {
        let harness = Harness::new(Faulty);
        harness.configure_as(version, json!({})).await.unwrap();
        harness.allow_deferrals(allowed);
        let plan = harness.resource("faulty_thing").plan(config.clone()).await;
        assert_eq!(
            plan.unwrap().deferral(),
            expected,
            "{version} {allowed} {config}"
        );
    }
}

// ---- functions ----

/// OpenTofu asks a configured provider for its functions, and sends null as an empty value.
#[tokio::test]
async fn functions_work_as_opentofu_calls_them() {
    let mut client = ProviderClient::new(ProviderServer::new(service(Faulty)));
    let schemas = client
        .get_provider_schema(get_provider_schema::Request {})
        .await;
    let functions = client.get_functions(get_functions::Request {}).await;
    let functions = functions.unwrap().into_inner();
    assert_eq!(functions.diagnostics, []);
    assert_eq!(functions.functions, schemas.unwrap().into_inner().functions);

    let text = |text: &str| DynamicValue {
        json: json!(text).to_string().into_bytes(),
        msgpack: Vec::new(),
    };
    let request = call_function::Request {
        name: "join".to_owned(),
        arguments: vec![DynamicValue::default(), text("a"), text("b")],
    };
    let response = client.call_function(request).await.unwrap().into_inner();
    assert_eq!(response.error, None);
    assert_eq!(response.result.unwrap().msgpack, b"\xa2ab");

    let request = call_function::Request {
        name: "join".to_owned(),
        arguments: vec![text("-"), DynamicValue::default()],
    };
    let error = client
        .call_function(request)
        .await
        .unwrap()
        .into_inner()
        .error;
    assert_eq!(error.unwrap().function_argument, Some(1));
}

// ---- moves ----

#[derive(Clone, Debug, Model)]
struct Moved {
    /// The name.
    #[attribute(required)]
    name: Value<String>,
}

/// A resource that takes over `old_thing` of its own provider, with its private data.
struct MovedResource;

impl Resource for MovedResource {
    type Client = ();
    type Model = Moved;

    const NAME: &'static str = "mover_thing";

    fn new((): ()) -> Self {
        Self
    }

    async fn plan(&self, _: &mut Context, _: &mut Plan<'_, Moved>) -> Result<()> {
        Ok(())
    }

    async fn create(&self, _: &mut ApplyContext<'_, Moved>, planned: Moved) -> Result<Moved> {
        Ok(planned)
    }

    async fn read(&self, _: &mut Context, state: Moved) -> Result<Option<Moved>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, Moved>,
        _: Moved,
        planned: Moved,
    ) -> Result<Moved> {
        Ok(planned)
    }

    async fn delete(&self, _: &mut ApplyContext<'_, Moved>, _: Moved) -> Result<()> {
        Ok(())
    }
}

impl MoveFrom for MovedResource {
    fn move_from(context: &mut Context, source: MoveSource) -> Result<Option<Moved>> {
        if source.type_name != "old_thing" {
            return Ok(None);
        }
        if let Some(etag) = source.private::<String>("etag")? {
            context.set_private("etag", &etag)?;
        }
        let name = source.state.str("title").map(str::to_owned);
        Ok(Some(Moved { name: name.into() }))
    }
}

struct Mover;

impl Provider for Mover {
    type Config = tfplugin::NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: tfplugin::NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<MovedResource>().movable();
    }
}

/// A move reads the private data of the source, and stores only what it sets.
#[tokio::test]
async fn a_move_reads_the_private_data_of_the_source() {
    let harness = Harness::new(Mover);
    let source = ("registry.opentofu.org/example/mover", "old_thing", 3);
    let private = br#"{"etag":"42","rest":1}"#.to_vec();
    let stored = json!({ "title": "a", "gone": Json::Null });
    let moved = harness.move_with_private(source, stored.clone(), private, "mover_thing");
    let moved = moved.await.unwrap();
    assert_eq!(moved.get("name"), json!("a"));
    assert_eq!(moved.private(), br#"{"etag":"42"}"#);

    // Another SDK may store bytes that are no JSON.
    let moved = harness.move_with_private(source, stored, b"\x00\x01".to_vec(), "mover_thing");
    assert_eq!(moved.await.unwrap().private(), b"");
}

/// A source without JSON state is an error that says so. A resource without moves, and a type of
/// another provider, are refused.
#[tokio::test]
async fn a_move_from_elsewhere_is_an_error() {
    let mut client = ProviderClient::new(ProviderServer::new(service(Mover)));
    let request = move_resource_state::Request {
        source_type_name: "old_thing".to_owned(),
        target_type_name: "mover_thing".to_owned(),
        // The identity of the source does not matter to a type that has none.
        source_identity_schema_version: 7,
        ..Default::default()
    };
    let response = client
        .move_resource_state(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(response.diagnostics[0].summary, "The state is too old");
    assert_eq!(response.target_state, None);

    let harness = Harness::new(Mover);
    let source = ("terraform.io/builtin/terraform", "terraform_data", 0);
    let stored = json!({ "id": "1" });
    let moved = harness.move_with_private(source, stored, Vec::new(), "mover_thing");
    let failure = moved.await.unwrap_err().to_string();
    assert!(
        failure.contains("cannot take over from terraform_data"),
        "{failure}"
    );
}
