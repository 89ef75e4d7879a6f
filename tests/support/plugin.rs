//! A process of the provider, called as Terraform calls it: for calls that only some clients make.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Map, Value, json};
use tfplugin::internals::proto::tfplugin6::invoke_action::event;
use tfplugin::internals::proto::tfplugin6::provider_client::ProviderClient;
use tfplugin::internals::proto::tfplugin6::{
    Diagnostic, DynamicValue, Schema, configure_provider, get_provider_schema, invoke_action,
    plan_action, stop_provider, validate_action_config,
};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

use crate::sandbox::{Sandbox, binary};

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// A process of the provider, and a connection to it. It is killed when it is dropped.
pub struct Plugin {
    runtime: Runtime,
    client: ProviderClient<Channel>,
    schemas: get_provider_schema::Response,
    child: Child,
    /// Open as long as the process may write to it.
    _stdout: BufReader<ChildStdout>,
}

/// What an invocation of an action reported.
#[derive(Debug)]
pub struct Invocation {
    /// The progress messages, in order.
    pub progress: Vec<String>,
    /// `SUMMARY: DETAIL` of each warning and error.
    pub diagnostics: Vec<String>,
}

impl Invocation {
    /// Asserts that there are neither warnings nor errors.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.diagnostics, [""; 0], "{:#?}", self.progress);
        self
    }

    /// The only error.
    #[track_caller]
    pub fn error(&self) -> &str {
        let [error] = self.diagnostics.as_slice() else {
            panic!("expected one error: {self:#?}")
        };
        error
    }
}

impl Plugin {
    /// Starts the provider in a folder, where Terraform would run, and configures it with an empty
    /// block.
    pub fn start(sandbox: &Sandbox, folder: &Path) -> Self {
        let mut child = sandbox
            .command(binary("terraform-provider-jiti"))
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut handshake = String::new();
        stdout.read_line(&mut handshake).unwrap();
        let socket = handshake.split('|').nth(3);
        let socket = socket.unwrap_or_else(|| panic!("no handshake: {handshake:?}"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let endpoint = Endpoint::from_shared(format!("unix:{socket}")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        let mut client = ProviderClient::new(channel);
        let request = get_provider_schema::Request {};
        let schemas = runtime.block_on(client.get_provider_schema(request));
        let mut plugin = Self {
            schemas: schemas.unwrap().into_inner(),
            runtime,
            client,
            child,
            _stdout: stdout,
        };
        plugin.configure();
        plugin
    }

    fn configure(&mut self) {
        let request = configure_provider::Request {
            terraform_version: "1.14.0".to_owned(),
            config: Some(value(self.schemas.provider.as_ref(), &json!({}))),
            client_capabilities: None,
        };
        let response = self.client.configure_provider(request);
        let response = self.runtime.block_on(response).unwrap().into_inner();
        assert_eq!(texts(response.diagnostics), [""; 0]);
    }

    /// Validates, plans and invokes an action, as `terraform apply -invoke` does.
    pub fn invoke(&self, action: &str, config: &Value) -> Invocation {
        let schema = &self.schemas.action_schemas[action].schema;
        let config = value(schema.as_ref(), config);
        self.runtime.block_on(self.invoke_with(action, config))
    }

    async fn invoke_with(&self, action: &str, config: DynamicValue) -> Invocation {
        let mut client = self.client.clone();
        let mut invocation = Invocation {
            progress: Vec::new(),
            diagnostics: Vec::new(),
        };
        let request = validate_action_config::Request {
            type_name: action.to_owned(),
            config: Some(config.clone()),
        };
        let validated = client.validate_action_config(request).await.unwrap();
        let request = plan_action::Request {
            action_type: action.to_owned(),
            config: Some(config.clone()),
            client_capabilities: None,
        };
        let planned = client.plan_action(request).await.unwrap();
        for diagnostics in [
            validated.into_inner().diagnostics,
            planned.into_inner().diagnostics,
        ] {
            invocation.diagnostics.extend(texts(diagnostics));
        }
        if !invocation.diagnostics.is_empty() {
            return invocation;
        }
        let request = invoke_action::Request {
            action_type: action.to_owned(),
            config: Some(config),
            client_capabilities: None,
        };
        let mut events = client.invoke_action(request).await.unwrap().into_inner();
        while let Some(event) = events.message().await.unwrap() {
            match event.r#type.expect("an event has a type") {
                event::Type::Progress(event) => invocation.progress.push(event.message),
                event::Type::Completed(event) => {
                    invocation.diagnostics = texts(event.diagnostics);
                    return invocation;
                }
            }
        }
        panic!("Terraform would crash: the invocation did not complete")
    }

    /// Cancels the calls in flight, as Ctrl-C in Terraform does.
    pub fn stop(&self) {
        let mut client = self.client.clone();
        let request = stop_provider::Request {};
        let response = self.runtime.block_on(client.stop_provider(request));
        assert_eq!(response.unwrap().into_inner().error, "");
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration of this schema, in which each attribute that is left out is null.
fn value(schema: Option<&Schema>, config: &Value) -> DynamicValue {
    let block = schema.and_then(|schema| schema.block.as_ref());
    let attributes = block.map(|block| block.attributes.as_slice());
    let names = attributes.unwrap_or_default().iter();
    let all: Map<String, Value> = names
        .map(|attribute| (attribute.name.clone(), config[&attribute.name].clone()))
        .collect();
    DynamicValue {
        json: Value::Object(all).to_string().into_bytes(),
        msgpack: Vec::new(),
    }
}

fn texts(diagnostics: Vec<Diagnostic>) -> Vec<String> {
    let texts = diagnostics.into_iter();
    texts
        .map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail))
        .collect()
}
