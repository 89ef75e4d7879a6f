//! Each call of the protocol, made while the provider panics and again afterwards.
//!
//! [`RPCS`] has a row for each call. [`Fragile`] panics at the point that a row names.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path as FilePath, PathBuf};

use tfplugin::internals::proto::service;
use tfplugin::internals::proto::tfplugin6 as proto;
use tfplugin::internals::proto::tfplugin6::provider_client::ProviderClient;
use tfplugin::internals::proto::tfplugin6::provider_server::{self, ProviderServer};
use tfplugin::schema::Block;
use tfplugin::{
    Action, ApplyContext, Context, DataSource, Dynamic, EphemeralContext, EphemeralResource,
    Function, Identify, Import, InvokeContext, ListContext, ListResource, Model, MoveFrom,
    MoveSource, Path, Plan, Provider, Registry, Resource, Result, StoredState, Upgrade,
    UpgradeIdentity, Value,
};
use tonic::Status;

thread_local! {
    /// The point at which the provider panics.
    static ARMED: RefCell<Option<&'static str>> = const { RefCell::new(None) };
}

/// Panics if the provider is armed to panic at this point.
fn reach(point: &str) {
    let is_armed = ARMED.with_borrow(|armed| *armed == Some(point));
    assert!(!is_armed, "crashed in {point}");
}

// ---- the provider ----

#[derive(Clone, Debug, Model)]
struct Fields {
    /// The name.
    #[attribute(required)]
    name: Value<String>,
}

/// A model whose every method can panic.
#[derive(Clone, Debug)]
struct Thing(Fields);

impl Model for Thing {
    const VERSION: i64 = 1;

    fn block() -> Block {
        reach("block");
        Fields::block()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        reach("decode");
        Fields::decode(value, path).map(Self)
    }

    fn encode(self) -> Dynamic {
        reach("encode");
        self.0.encode()
    }
}

impl Thing {
    fn named(name: &str) -> Self {
        Self(Fields { name: name.into() })
    }
}

struct Fragile;

impl Provider for Fragile {
    type Config = Thing;
    type Client = ();

    fn validate(_: &mut Context, _: &Thing) -> Result<()> {
        reach("validate");
        Ok(())
    }

    async fn configure(&self, _: &mut Context, _: Thing) -> Result<()> {
        reach("configure");
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry
            .resource::<FragileType>()
            .importable()
            .upgradable()
            .movable()
            .identifiable()
            .identity_upgradable()
            .listable()
            .data_source::<FragileType>()
            .function::<FragileType>()
            .action::<FragileType>()
            .ephemeral_resource::<FragileType>();
    }
}

/// A resource, a data source, a function, an action and an ephemeral resource.
struct FragileType;

impl Resource for FragileType {
    type Client = ();
    type Model = Thing;

    const NAME: &'static str = "fragile_thing";

    fn new((): ()) -> Self {
        reach("new");
        Self
    }

    fn validate(_: &mut Context, _: &Thing) -> Result<()> {
        reach("validate");
        Ok(())
    }

    async fn plan(&self, _: &mut Context, _: &mut Plan<'_, Thing>) -> Result<()> {
        reach("plan");
        Ok(())
    }

    async fn create(&self, _: &mut ApplyContext<'_, Thing>, planned: Thing) -> Result<Thing> {
        reach("create");
        Ok(planned)
    }

    async fn read(&self, _: &mut Context, state: Thing) -> Result<Option<Thing>> {
        reach("read");
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, Thing>,
        _: Thing,
        planned: Thing,
    ) -> Result<Thing> {
        reach("update");
        Ok(planned)
    }

    async fn delete(&self, _: &mut ApplyContext<'_, Thing>, _: Thing) -> Result<()> {
        reach("delete");
        Ok(())
    }

    fn generate_config(config: Thing) -> Result<Thing> {
        reach("generate_config");
        Ok(config)
    }
}

impl Import for FragileType {
    async fn import(&self, _: &mut Context, id: String) -> Result<Thing> {
        reach("import");
        Ok(Thing::named(&id))
    }
}

impl Upgrade for FragileType {
    fn upgrade(_: &mut Context, _: StoredState) -> Result<Thing> {
        reach("upgrade");
        Ok(Thing::named("upgraded"))
    }
}

impl MoveFrom for FragileType {
    fn move_from(_: &mut Context, _: MoveSource) -> Result<Option<Thing>> {
        reach("move_from");
        Ok(Some(Thing::named("moved")))
    }
}

impl Identify for FragileType {
    type Identity = Thing;

    fn identity(&self, thing: &Thing) -> Thing {
        reach("identity");
        thing.clone()
    }

    async fn import_by_identity(&self, _: &mut Context, identity: Thing) -> Result<Thing> {
        reach("import_by_identity");
        Ok(identity)
    }
}

impl UpgradeIdentity for FragileType {
    fn upgrade_identity(_: &mut Context, _: StoredState) -> Result<Thing> {
        reach("upgrade_identity");
        Ok(Thing::named("upgraded"))
    }
}

impl ListResource for FragileType {
    type Filter = Thing;

    fn validate_filter(_: &mut Context, _: &Thing) -> Result<()> {
        reach("validate");
        Ok(())
    }

    async fn list(&self, found: &mut ListContext<'_, Self>, filter: Thing) -> Result<()> {
        reach("list");
        found.send_object("found", filter).await;
        Ok(())
    }
}

impl DataSource for FragileType {
    type Client = ();
    type Model = Thing;

    const NAME: &'static str = "fragile_thing";

    fn new((): ()) -> Self {
        reach("new");
        Self
    }

    fn validate(_: &mut Context, _: &Thing) -> Result<()> {
        reach("validate");
        Ok(())
    }

    async fn read(&self, _: &mut Context, config: Thing) -> Result<Thing> {
        reach("read");
        Ok(config)
    }
}

impl Function for FragileType {
    const NAME: &'static str = "echo";
    const SUMMARY: &'static str = "Returns its argument";

    type Args = Thing;
    type Output = String;

    fn call(args: Thing) -> Result<String> {
        reach("call");
        args.0.name.expect_known("name")
    }
}

impl Action for FragileType {
    type Client = ();
    type Model = Thing;

    const NAME: &'static str = "fragile_thing";

    fn new((): ()) -> Self {
        reach("new");
        Self
    }

    fn validate(_: &mut Context, _: &Thing) -> Result<()> {
        reach("validate");
        Ok(())
    }

    async fn plan(&self, _: &mut Context, _: Thing) -> Result<()> {
        reach("plan");
        Ok(())
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, _: Thing) -> Result<()> {
        context.progress("starts");
        reach("invoke");
        Ok(())
    }
}

impl EphemeralResource for FragileType {
    type Client = ();
    type Model = Thing;

    const NAME: &'static str = "fragile_thing";

    fn new((): ()) -> Self {
        reach("new");
        Self
    }

    fn validate(_: &mut Context, _: &Thing) -> Result<()> {
        reach("validate");
        Ok(())
    }

    async fn open(&self, _: &mut EphemeralContext<'_>, config: Thing) -> Result<Thing> {
        reach("open");
        Ok(config)
    }

    async fn renew(&self, _: &mut EphemeralContext<'_>) -> Result<()> {
        reach("renew");
        Ok(())
    }

    async fn close(&self, _: &mut Context) -> Result<()> {
        reach("close");
        Ok(())
    }
}

// ---- the calls ----

/// A call of the protocol.
struct Rpc {
    name: &'static str,
    /// The points in the provider's code that it reaches; none if it runs none of its code.
    points: &'static [&'static str],
    /// What its error says when the provider does not panic; `None` if it has none.
    refusal: Option<&'static str>,
}

/// A call that runs the provider's code.
const fn runs(name: &'static str, points: &'static [&'static str]) -> Rpc {
    Rpc {
        name,
        points,
        refusal: None,
    }
}

/// A call that runs none of the provider's code.
const fn answers(name: &'static str) -> Rpc {
    runs(name, &[])
}

/// A call that the SDK refuses, because the provider has none of its kind.
const fn refuses(name: &'static str, refusal: &'static str) -> Rpc {
    Rpc {
        name,
        points: &[],
        refusal: Some(refusal),
    }
}

const NO_STATE_STORE: &str = "This provider has no state store";

/// Every call of `proto/tfplugin6.proto`. `ApplyResourceChange` has one row for each change.
const RPCS: &[Rpc] = &[
    answers("GetMetadata"),
    runs("GetProviderSchema", &["block"]),
    runs("GetResourceIdentitySchemas", &["block"]),
    runs("ValidateProviderConfig", &["block", "decode", "validate"]),
    runs("ConfigureProvider", &["block", "decode", "configure"]),
    answers("StopProvider"),
    runs("ValidateResourceConfig", &["block", "decode", "validate"]),
    runs("UpgradeResourceState", &["block", "upgrade", "encode"]),
    runs(
        "UpgradeResourceIdentity",
        &["block", "upgrade_identity", "encode"],
    ),
    runs(
        "ReadResource",
        &["block", "new", "decode", "read", "encode", "identity"],
    ),
    runs(
        "PlanResourceChange",
        &["block", "new", "plan", "decode", "identity", "encode"],
    ),
    runs(
        "ApplyResourceChange",
        &["block", "new", "decode", "create", "encode", "identity"],
    ),
    runs("ApplyResourceChange update", &["block", "decode", "update"]),
    runs("ApplyResourceChange delete", &["block", "decode", "delete"]),
    runs(
        "ImportResourceState",
        &["block", "new", "import", "encode", "identity"],
    ),
    runs(
        "ImportResourceState by identity",
        &["block", "new", "decode", "import_by_identity", "encode"],
    ),
    runs("MoveResourceState", &["block", "move_from", "encode"]),
    runs(
        "GenerateResourceConfig",
        &["block", "decode", "generate_config", "encode"],
    ),
    runs(
        "ValidateDataResourceConfig",
        &["block", "decode", "validate"],
    ),
    runs(
        "ReadDataSource",
        &["block", "new", "decode", "read", "encode"],
    ),
    runs(
        "ValidateEphemeralResourceConfig",
        &["block", "decode", "validate"],
    ),
    runs(
        "OpenEphemeralResource",
        &["block", "new", "decode", "open", "encode"],
    ),
    runs("RenewEphemeralResource", &["new", "renew"]),
    runs("CloseEphemeralResource", &["new", "close"]),
    runs(
        "ValidateListResourceConfig",
        &["block", "decode", "validate"],
    ),
    runs(
        "ListResource",
        &["block", "new", "decode", "list", "identity", "encode"],
    ),
    runs("GetFunctions", &["block"]),
    runs("CallFunction", &["block", "decode", "call"]),
    runs("ValidateActionConfig", &["block", "decode", "validate"]),
    runs("PlanAction", &["block", "new", "decode", "plan"]),
    runs("InvokeAction", &["block", "new", "decode", "invoke"]),
    refuses("ValidateStateStoreConfig", NO_STATE_STORE),
    refuses("ConfigureStateStore", NO_STATE_STORE),
    refuses("ReadStateBytes", NO_STATE_STORE),
    refuses("WriteStateBytes", NO_STATE_STORE),
    refuses("LockState", NO_STATE_STORE),
    refuses("UnlockState", NO_STATE_STORE),
    refuses("GetStates", NO_STATE_STORE),
    refuses("DeleteState", NO_STATE_STORE),
];

type Client<S> = ProviderClient<ProviderServer<S>>;

fn name() -> String {
    "fragile_thing".to_owned()
}

fn value(json: &str) -> proto::DynamicValue {
    proto::DynamicValue {
        json: json.as_bytes().to_vec(),
        msgpack: Vec::new(),
    }
}

fn thing() -> Option<proto::DynamicValue> {
    Some(value(r#"{"name": "a"}"#))
}

/// Null, as OpenTofu sends it.
fn null() -> Option<proto::DynamicValue> {
    Some(proto::DynamicValue::default())
}

fn raw_state() -> Option<proto::RawState> {
    Some(proto::RawState {
        json: br#"{"name": "a"}"#.to_vec(),
        ..Default::default()
    })
}

/// A message with some of its fields set.
fn with<M: Default>(set: impl FnOnce(&mut M)) -> M {
    let mut message = M::default();
    set(&mut message);
    message
}

/// The response to a request with these fields.
macro_rules! response {
    ($client:ident, $method:ident, $module:ident $(, $field:ident = $value:expr)*) => {{
        let request = with(|request: &mut proto::$module::Request| {
            $(request.$field = $value;)*
            let _ = request;
        });
        $client.$method(request).await?.into_inner()
    }};
}

/// Makes a call and returns the errors in its answer.
async fn call<S: provider_server::Provider>(
    client: &mut Client<S>,
    rpc: &str,
) -> Result<Vec<String>, Status> {
    let found = match rpc {
        "GetMetadata" => response!(client, get_metadata, get_metadata).diagnostics,
        "GetProviderSchema" => {
            response!(client, get_provider_schema, get_provider_schema).diagnostics
        }
        "GetResourceIdentitySchemas" => {
            response!(
                client,
                get_resource_identity_schemas,
                get_resource_identity_schemas
            )
            .diagnostics
        }
        "ValidateProviderConfig" => {
            response!(
                client,
                validate_provider_config,
                validate_provider_config,
                config = thing()
            )
            .diagnostics
        }
        "ConfigureProvider" => {
            response!(
                client,
                configure_provider,
                configure_provider,
                config = thing()
            )
            .diagnostics
        }
        "StopProvider" => {
            let error = response!(client, stop_provider, stop_provider).error;
            return Ok(Some(error)
                .filter(|error| !error.is_empty())
                .into_iter()
                .collect());
        }
        "GetFunctions" => response!(client, get_functions, get_functions).diagnostics,
        "CallFunction" => {
            let arguments = vec![value(r#""a""#)];
            let response = response!(
                client,
                call_function,
                call_function,
                name = "echo".to_owned(),
                arguments = arguments
            );
            return Ok(response.error.map(|error| error.text).into_iter().collect());
        }
        "ValidateDataResourceConfig" => {
            response!(
                client,
                validate_data_resource_config,
                validate_data_resource_config,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        "ReadDataSource" => {
            response!(
                client,
                read_data_source,
                read_data_source,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        _ => return call_for_resources(client, rpc).await,
    };
    Ok(errors(found))
}

/// Makes a call about managed resources.
async fn call_for_resources<S: provider_server::Provider>(
    client: &mut Client<S>,
    rpc: &str,
) -> Result<Vec<String>, Status> {
    let found = match rpc {
        "ValidateResourceConfig" => {
            response!(
                client,
                validate_resource_config,
                validate_resource_config,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        "UpgradeResourceState" => {
            response!(
                client,
                upgrade_resource_state,
                upgrade_resource_state,
                type_name = name(),
                raw_state = raw_state()
            )
            .diagnostics
        }
        "UpgradeResourceIdentity" => {
            response!(
                client,
                upgrade_resource_identity,
                upgrade_resource_identity,
                type_name = name(),
                raw_identity = raw_state()
            )
            .diagnostics
        }
        "ReadResource" => {
            response!(
                client,
                read_resource,
                read_resource,
                type_name = name(),
                current_state = thing()
            )
            .diagnostics
        }
        "PlanResourceChange" => {
            response!(
                client,
                plan_resource_change,
                plan_resource_change,
                type_name = name(),
                prior_state = null(),
                proposed_new_state = thing(),
                config = thing()
            )
            .diagnostics
        }
        "ApplyResourceChange" | "ApplyResourceChange update" | "ApplyResourceChange delete" => {
            let creates = rpc == "ApplyResourceChange";
            let deletes = rpc == "ApplyResourceChange delete";
            let prior = if creates { null() } else { thing() };
            let planned = if deletes { null() } else { thing() };
            response!(
                client,
                apply_resource_change,
                apply_resource_change,
                type_name = name(),
                prior_state = prior,
                planned_state = planned.clone(),
                config = planned
            )
            .diagnostics
        }
        "ImportResourceState" => {
            response!(
                client,
                import_resource_state,
                import_resource_state,
                type_name = name(),
                id = "a".to_owned()
            )
            .diagnostics
        }
        "ImportResourceState by identity" => {
            let identity = proto::ResourceIdentityData {
                identity_data: thing(),
            };
            response!(
                client,
                import_resource_state,
                import_resource_state,
                type_name = name(),
                identity = Some(identity)
            )
            .diagnostics
        }
        "MoveResourceState" => {
            response!(
                client,
                move_resource_state,
                move_resource_state,
                target_type_name = name(),
                source_state = raw_state()
            )
            .diagnostics
        }
        "GenerateResourceConfig" => {
            response!(
                client,
                generate_resource_config,
                generate_resource_config,
                type_name = name(),
                state = thing()
            )
            .diagnostics
        }
        "ValidateListResourceConfig" => {
            response!(
                client,
                validate_list_resource_config,
                validate_list_resource_config,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        "ListResource" => {
            let mut events = response!(
                client,
                list_resource,
                list_resource,
                type_name = name(),
                config = thing()
            );
            let mut found = Vec::new();
            while let Some(event) = events.message().await? {
                found.extend(event.diagnostic);
            }
            found
        }
        _ => return call_for_a_run(client, rpc).await,
    };
    Ok(errors(found))
}

/// Makes a call about ephemeral resources, actions or state stores.
async fn call_for_a_run<S: provider_server::Provider>(
    client: &mut Client<S>,
    rpc: &str,
) -> Result<Vec<String>, Status> {
    let found = match rpc {
        "ValidateEphemeralResourceConfig" => {
            response!(
                client,
                validate_ephemeral_resource_config,
                validate_ephemeral_resource_config,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        "OpenEphemeralResource" => {
            response!(
                client,
                open_ephemeral_resource,
                open_ephemeral_resource,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        "RenewEphemeralResource" => {
            response!(
                client,
                renew_ephemeral_resource,
                renew_ephemeral_resource,
                type_name = name()
            )
            .diagnostics
        }
        "CloseEphemeralResource" => {
            response!(
                client,
                close_ephemeral_resource,
                close_ephemeral_resource,
                type_name = name()
            )
            .diagnostics
        }
        "ValidateActionConfig" => {
            response!(
                client,
                validate_action_config,
                validate_action_config,
                type_name = name(),
                config = thing()
            )
            .diagnostics
        }
        "PlanAction" => {
            response!(
                client,
                plan_action,
                plan_action,
                action_type = name(),
                config = thing()
            )
            .diagnostics
        }
        "InvokeAction" => {
            use proto::invoke_action::event::Type;
            let mut events = response!(
                client,
                invoke_action,
                invoke_action,
                action_type = name(),
                config = thing()
            );
            let mut last = None;
            while let Some(event) = events.message().await? {
                last = event.r#type;
            }
            let Some(Type::Completed(completed)) = last else {
                panic!("the last event is {last:?}, and Terraform would crash");
            };
            completed.diagnostics
        }
        "ValidateStateStoreConfig" => {
            response!(client, validate_state_store_config, validate_state_store).diagnostics
        }
        "ConfigureStateStore" => {
            response!(client, configure_state_store, configure_state_store).diagnostics
        }
        "ReadStateBytes" => {
            let mut chunks = response!(client, read_state_bytes, read_state_bytes);
            let mut found = Vec::new();
            while let Some(chunk) = chunks.message().await? {
                found.extend(chunk.diagnostics);
            }
            found
        }
        "WriteStateBytes" => {
            let chunk = proto::write_state_bytes::RequestChunk::default();
            let written = client.write_state_bytes(tokio_stream::iter([chunk]));
            written.await?.into_inner().diagnostics
        }
        "LockState" => response!(client, lock_state, lock_state).diagnostics,
        "UnlockState" => response!(client, unlock_state, unlock_state).diagnostics,
        "GetStates" => response!(client, get_states, get_states).diagnostics,
        "DeleteState" => response!(client, delete_state, delete_state).diagnostics,
        _ => panic!("{rpc} is not called here"),
    };
    Ok(errors(found))
}

fn errors(found: Vec<proto::Diagnostic>) -> Vec<String> {
    let errors = found
        .into_iter()
        .filter(|found| found.severity() != proto::diagnostic::Severity::Warning);
    errors
        .map(|error| format!("{}: {}", error.summary, error.detail))
        .collect()
}

// ---- the tests ----

/// A panic in any call gives an error that says what panicked, and the same call works afterwards.
#[tokio::test]
async fn a_panic_gives_a_diagnostic_and_the_next_call_works() {
    for rpc in RPCS {
        let points: Vec<_> = rpc.points.iter().map(|point| Some(*point)).collect();
        // A call that runs none of the provider's code is made too.
        let points = if points.is_empty() {
            vec![None]
        } else {
            points
        };
        for point in points {
            let place = format!("{} at {point:?}", rpc.name);
            let mut client = ProviderClient::new(ProviderServer::new(service(Fragile)));
            if !matches!(rpc.name, "ValidateProviderConfig" | "ConfigureProvider") {
                assert_eq!(
                    call(&mut client, "ConfigureProvider").await.unwrap(),
                    [""; 0]
                );
            }
            if let Some(point) = point {
                ARMED.set(Some(point));
                let errors = call(&mut client, rpc.name).await;
                ARMED.set(None);
                let errors = errors.unwrap_or_else(|status| panic!("{place}: {status}"));
                assert_eq!(errors.len(), 1, "{place}: {errors:?}");
                let says = |text: &str| assert!(errors[0].contains(text), "{place}: {errors:?}");
                says("The provider panicked");
                says(&format!("crashed in {point}"));
                says("test_crashes.rs:");
            }
            let errors = call(&mut client, rpc.name).await.unwrap();
            match rpc.refusal {
                None => assert_eq!(errors, [""; 0], "{place}"),
                Some(refusal) => {
                    assert!(
                        errors.len() == 1 && errors[0].contains(refusal),
                        "{errors:?}"
                    );
                }
            }
        }
    }
}

/// The names of the calls in `proto/tfplugin6.proto`.
fn calls_of_the_protocol() -> BTreeSet<String> {
    let definition = read("../proto/tfplugin6.proto");
    let calls = definition.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("rpc ")?.split_once('(')?;
        Some(name.to_owned())
    });
    let calls: BTreeSet<_> = calls.collect();
    assert!(calls.len() > 30, "{calls:?}");
    calls
}

/// Every call of the protocol has a row in [`RPCS`].
#[test]
fn every_call_of_the_protocol_has_a_crash_test() {
    let rows = RPCS
        .iter()
        .map(|rpc| rpc.name.split(' ').next().unwrap_or_default());
    let rows: BTreeSet<_> = rows.map(str::to_owned).collect();
    assert_eq!(rows, calls_of_the_protocol());
}

/// Every call of the protocol has a row in the table of docs/dev/protocol.md, and the tests that
/// the rows name exist.
#[test]
fn every_call_of_the_protocol_is_in_the_documentation() {
    let page = read("../docs/dev/protocol.md");
    let table = page.split("\n## The calls\n").nth(1).expect("a section");
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let calls: BTreeSet<_> = rows
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    assert_eq!(calls, calls_of_the_protocol());
    assert_eq!(calls.len(), rows.len(), "a call has two rows");

    let tests = tests();
    for row in rows {
        assert_eq!(row.len(), 5, "{row:?}");
        let named: Vec<_> = row[4].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row:?} names no test");
        for test in named {
            let is_there = tests.contains(&format!("fn {test}("));
            assert!(is_there, "{}: there is no test {test}", row[0]);
        }
    }
}

/// The text of the tests of this package.
fn tests() -> String {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(folder).expect("the folder of this file can be read");
    let files = files.map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files
        .map(|path: PathBuf| std::fs::read_to_string(path).expect("a test can be read"))
        .collect()
}

fn read(path: &str) -> String {
    let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).expect("the file can be read")
}
