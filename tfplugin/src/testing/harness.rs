//! The harness: one process of a provider, as Terraform would have it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::config::{argument, configuration, json_of};
use super::instance::Instance;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::plugin::Ending;
use crate::provider::Provider;
use crate::registry::Shapes;
use crate::server::move_resource::MoveRequest;
use crate::server::upgrade_resource::UpgradeRequest;
use crate::server::{Encoded, Server};
use crate::wire::Client;

/// The version of Terraform that the harness says it is.
const TERRAFORM_VERSION: &str = "1.11.4";

/// A provider in process.
///
/// Methods that answer with diagnostics answer with warnings only: an error is the `Err`.
pub struct Harness<P: Provider> {
    server: Arc<Server<P>>,
    pub(super) client: Client<P>,
}

impl<P: Provider> Harness<P> {
    /// A process of this provider, not configured yet.
    pub fn new(provider: P) -> Self {
        let server = Arc::new(Server::new(provider));
        let client = Client::new(Arc::clone(&server));
        Self { server, client }
    }

    /// Checks the schemas as Core would.
    ///
    /// # Errors
    /// What Core would refuse in them.
    pub async fn check_schemas(&self) -> Result<Vec<Diagnostic>> {
        warnings(self.client.schemas().await?)
    }

    /// Validates the provider's configuration and configures it.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub async fn configure(&self, config: Json) -> Result<Vec<Diagnostic>> {
        let shapes = self.server.provider_shapes();
        let config = Encoded::of(shapes, &configuration(shapes, config)?)?;
        let mut said = warnings(self.client.validate_provider(config.clone()).await?)?;
        said.extend(warnings(
            self.client.configure(TERRAFORM_VERSION, config).await?,
        )?);
        Ok(said)
    }

    /// A resource instance that does not exist yet.
    #[must_use]
    pub fn resource(&self, type_name: &str) -> Instance<'_, P> {
        Instance::new(self, type_name)
    }

    /// Validates a resource's configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn validate(&self, type_name: &str, config: Json) -> Result<Vec<Diagnostic>> {
        let config = self.config_of(type_name, config)?;
        warnings(
            self.client
                .validate_resource(type_name, config, true)
                .await?,
        )
    }

    /// As [`validate`](Self::validate), asked by a Terraform that knows no write-only attributes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn validate_for_old_terraform(
        &self,
        type_name: &str,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let config = self.config_of(type_name, config)?;
        warnings(
            self.client
                .validate_resource(type_name, config, false)
                .await?,
        )
    }

    /// Imports what has this id, and reads it.
    ///
    /// # Errors
    /// That it cannot be imported, or that nothing has this id.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<Instance<'_, P>> {
        let answer = self.client.import(type_name, id).await?;
        warnings(answer.diagnostics)?;
        let state = answer.state.unwrap_or_default();
        let mut imported = self.resource(type_name);
        imported.adopt(&state, answer.private)?;
        imported.read().await?;
        if imported.exists() {
            return Ok(imported);
        }
        Err(Failure::new(
            "Cannot import non-existent remote object",
            format!("Reading {type_name} {id:?} right after its import found nothing."),
        ))
    }

    /// An instance from state as some version of the schema has stored it.
    ///
    /// # Errors
    /// That it cannot be upgraded.
    pub async fn upgrade(
        &self,
        type_name: &str,
        version: i64,
        stored: Json,
    ) -> Result<Instance<'_, P>> {
        let request = UpgradeRequest {
            type_name: type_name.to_owned(),
            version,
            json: stored.to_string().into_bytes(),
        };
        let answer = self.client.upgrade(request).await?;
        warnings(answer.diagnostics)?;
        let mut upgraded = self.resource(type_name);
        upgraded.adopt(&answer.state.unwrap_or_default(), Vec::new())?;
        Ok(upgraded)
    }

    /// An instance from the state of another resource type, as a `moved` block asks for.
    ///
    /// # Errors
    /// That this type does not take over from that one.
    pub async fn move_from(
        &self,
        provider: &str,
        source_type: &str,
        version: i64,
        stored: Json,
        type_name: &str,
    ) -> Result<Instance<'_, P>> {
        let request = MoveRequest {
            source_provider: provider.to_owned(),
            source_type: source_type.to_owned(),
            source_version: version,
            source_json: stored.to_string().into_bytes(),
            target_type: type_name.to_owned(),
        };
        let answer = self.client.move_state(request).await?;
        warnings(answer.diagnostics)?;
        let mut moved = self.resource(type_name);
        moved.adopt(&answer.state.unwrap_or_default(), answer.private)?;
        Ok(moved)
    }

    /// Validates and reads a data source.
    ///
    /// # Errors
    /// What is wrong with its configuration, or why it cannot be read.
    pub async fn data_source(&self, type_name: &str, config: Json) -> Result<Json> {
        let shapes = self.server.data_source_shapes(type_name)?;
        let config = Encoded::of(shapes, &configuration(shapes, config)?)?;
        let validated = self
            .client
            .validate_data_source(type_name, config.clone())
            .await?;
        warnings(validated)?;
        let answer = self.client.read_data_source(type_name, config).await?;
        warnings(answer.diagnostics)?;
        Ok(json_of(&answer.state.unwrap_or_default().shaped(shapes)?))
    }

    /// Calls a function.
    ///
    /// # Errors
    /// Why it has no answer; its path, if it has one, is the parameter's name.
    pub async fn call(&self, function: &str, arguments: &[Json]) -> Result<Json> {
        let signature = self.server.signature(function)?;
        let fixed = signature.parameters.iter();
        let parameters: Vec<_> = fixed
            .chain(signature.variadic.iter().cycle())
            .take(arguments.len())
            .collect();
        let encoded: Result<Vec<_>> = parameters
            .iter()
            .zip(arguments)
            .map(|(p, json)| Encoded::encode(&argument(&p.ty, json)?, &p.ty))
            .collect();
        match self.client.call_function(function, encoded?).await? {
            Ok(answer) => Ok(json_of(&answer.decode(&signature.returns)?)),
            Err(error) => {
                let failure = Failure::new(error.text, "");
                let parameter = error.argument.and_then(|at| parameters.get(at));
                Err(match parameter {
                    Some(parameter) => failure.at(Path::new(parameter.name.as_str())),
                    None => failure,
                })
            }
        }
    }

    /// Interrupts the calls in flight, as the person's Ctrl-C does.
    ///
    /// # Errors
    /// That the call itself failed.
    pub async fn stop(&self) -> Result<()> {
        self.client.stop().await
    }

    /// Ends the process.
    pub async fn shutdown(self) {
        self.server.shutdown(Ending::Finished).await;
    }

    pub(super) fn shapes_of(&self, type_name: &str) -> Result<&Shapes> {
        self.server.resource_shapes(type_name)
    }

    fn config_of(&self, type_name: &str, config: Json) -> Result<Encoded> {
        let shapes = self.shapes_of(type_name)?;
        Encoded::of(shapes, &configuration(shapes, config)?)
    }
}

impl<P: Provider> std::fmt::Debug for Harness<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// The warnings, unless there is an error among them.
pub(super) fn warnings(diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>> {
    match Failure::from_diagnostics(diagnostics.clone()) {
        None => Ok(diagnostics),
        Some(failure) => Err(failure),
    }
}
