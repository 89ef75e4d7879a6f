//! The test harness: one provider process as Terraform would start it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::config::{argument, configuration, to_json};
use super::instance::Instance;
use super::variants::{with_each_optional_unset, with_each_unknown};
use crate::diag::{Diagnostic, Failure, Result};
use crate::grpc::{Client, MetadataMessages, SchemaMessages};
use crate::path::Path;
use crate::plugin::Ending;
use crate::provider::Provider;
use crate::schema::PreparedSchema;
use crate::server::import_resource::ImportTarget;
use crate::server::move_resource::MoveRequest;
use crate::server::upgrade_resource::UpgradeRequest;
use crate::server::{Encoded, Server};

/// The Terraform version that the harness reports to the provider.
const TERRAFORM_VERSION: &str = "1.11.4";

/// A provider in process.
///
/// Methods that return diagnostics return only warnings; errors are in the `Err`.
pub struct Harness<P: Provider> {
    pub(super) server: Arc<Server<P>>,
    pub(super) client: Client<P>,
}

impl<P: Provider> Harness<P> {
    /// Starts the provider, without configuring it.
    pub fn new(provider: P) -> Self {
        let server = Arc::new(Server::new(provider));
        let client = Client::new(Arc::clone(&server));
        Self { server, client }
    }

    /// Gets and checks the schemas.
    ///
    /// # Errors
    /// If Core would reject a schema.
    pub async fn check_schemas(&self) -> Result<Vec<Diagnostic>> {
        let mut found = warnings(self.client.schemas().await?)?;
        let (_, diagnostics) = self.client.identity_types().await?;
        found.extend(warnings(diagnostics)?);
        Ok(found)
    }

    /// The schemas as Terraform gets them.
    ///
    /// # Errors
    /// If the call itself fails.
    #[doc(hidden)]
    pub async fn schema_messages(&self) -> Result<SchemaMessages> {
        self.client.schema_messages().await
    }

    /// The names as a client gets them.
    ///
    /// # Errors
    /// If the call itself fails.
    #[doc(hidden)]
    pub async fn metadata(&self) -> Result<MetadataMessages> {
        self.client.metadata().await
    }

    /// Sends these values of `provider_meta` along with later calls, as for a resource in a module
    /// that has the block.
    ///
    /// # Errors
    /// If the provider registers no model for it, or the values do not fit.
    pub fn set_provider_meta(&self, meta: Json) -> Result<()> {
        let schema = self.server.provider_meta_schema().ok_or_else(|| {
            Failure::new(
                "The provider has no provider_meta",
                "It registers no model.",
            )
        })?;
        let meta = Encoded::from_value(schema, &configuration(schema, meta)?)?;
        self.client
            .set_options(|options| options.provider_meta = meta);
        Ok(())
    }

    /// Says in later calls whether this client allows the provider to defer a plan.
    pub fn allow_deferrals(&self, allowed: bool) {
        self.client
            .set_options(|options| options.deferral_allowed = allowed);
    }

    /// Validates the provider's configuration and configures it.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn configure(&self, config: Json) -> Result<Vec<Diagnostic>> {
        self.configure_as(TERRAFORM_VERSION, config).await
    }

    /// Like [`configure`](Self::configure), from a client of another version.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn configure_as(&self, version: &str, config: Json) -> Result<Vec<Diagnostic>> {
        let schema = self.server.provider_schema();
        let config = Encoded::from_value(schema, &configuration(schema, config)?)?;
        let mut found = warnings(self.client.validate_provider(config.clone()).await?)?;
        found.extend(warnings(self.client.configure(version, config).await?)?);
        Ok(found)
    }

    /// Like [`with_each_unknown`](Self::with_each_unknown), for the provider block.
    ///
    /// # Errors
    /// If the configuration leaves out an attribute that the schema has.
    pub fn provider_with_each_unknown(&self, config: &Json) -> Result<Vec<(Path, Json)>> {
        with_each_unknown(self.server.provider_schema().block(), config)
    }

    /// A resource instance without state.
    #[must_use]
    pub fn resource(&self, type_name: &str) -> Instance<'_, P> {
        Instance::new(self, type_name)
    }

    /// The types of the provider's resources, sorted.
    #[must_use]
    pub fn resource_types(&self) -> Vec<&'static str> {
        self.server.resource_types()
    }

    /// The types of the provider's data sources, sorted.
    #[must_use]
    pub fn data_source_types(&self) -> Vec<&'static str> {
        self.server.data_source_types()
    }

    /// The configurations of a resource that differ from this one in one unknown value, each with
    /// the path of that value: every attribute in the schema that can be configured, and every
    /// element, entry and nested attribute in it.
    ///
    /// # Errors
    /// If the configuration leaves out an attribute that the schema has.
    pub fn with_each_unknown(&self, type_name: &str, config: &Json) -> Result<Vec<(Path, Json)>> {
        with_each_unknown(self.schema_of(type_name)?.block(), config)
    }

    /// The configurations of a resource that differ from this one in one optional attribute, which
    /// is null or, where its type allows that, empty. Each has the path of that attribute.
    ///
    /// # Errors
    /// If the configuration leaves out an attribute that the schema has.
    pub fn with_each_optional_unset(
        &self,
        type_name: &str,
        config: &Json,
    ) -> Result<Vec<(Path, Json)>> {
        with_each_optional_unset(self.schema_of(type_name)?.block(), config)
    }

    /// Like [`with_each_unknown`](Self::with_each_unknown), for a data source.
    ///
    /// # Errors
    /// If the configuration leaves out an attribute that the schema has.
    pub fn data_source_with_each_unknown(
        &self,
        type_name: &str,
        config: &Json,
    ) -> Result<Vec<(Path, Json)>> {
        with_each_unknown(self.server.data_source_schema(type_name)?.block(), config)
    }

    /// Validates a resource's configuration.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn validate(&self, type_name: &str, config: Json) -> Result<Vec<Diagnostic>> {
        let config = self.encode_config(type_name, config)?;
        warnings(
            self.client
                .validate_resource(type_name, config, true)
                .await?,
        )
    }

    /// Like [`validate`](Self::validate), from a Terraform version without write-only attributes.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn validate_for_old_terraform(
        &self,
        type_name: &str,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let config = self.encode_config(type_name, config)?;
        warnings(
            self.client
                .validate_resource(type_name, config, false)
                .await?,
        )
    }

    /// Imports the object with this id, and reads it.
    ///
    /// # Errors
    /// If the import fails, or no object has this id.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<Instance<'_, P>> {
        self.import_target(type_name, ImportTarget::Id(id.to_owned()), id)
            .await
    }

    /// Imports an object and reads it. `shown` is the target in an error.
    pub(super) async fn import_target(
        &self,
        type_name: &str,
        target: ImportTarget,
        shown: &str,
    ) -> Result<Instance<'_, P>> {
        let response = self.client.import(type_name, target).await?;
        warnings(response.diagnostics)?;
        let state = response.state.unwrap_or_default();
        let mut imported = self.resource(type_name);
        imported.set_state(&state, response.private)?;
        imported.set_identity(response.identity)?;
        imported.read().await?;
        if imported.exists() {
            return Ok(imported);
        }
        Err(Failure::new(
            "Cannot import non-existent remote object",
            format!("Reading {type_name} {shown:?} right after its import found nothing."),
        ))
    }

    /// Creates an instance from state that the given schema version stored.
    ///
    /// # Errors
    /// If the state cannot be upgraded.
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
        let response = self.client.upgrade(request).await?;
        warnings(response.diagnostics)?;
        let mut upgraded = self.resource(type_name);
        upgraded.set_state(&response.state.unwrap_or_default(), Vec::new())?;
        Ok(upgraded)
    }

    /// Creates an instance from the state of another resource type, as a `moved` block does.
    ///
    /// # Errors
    /// If the type does not support moves from the other type.
    pub async fn move_from(
        &self,
        provider: &str,
        source_type: &str,
        version: i64,
        stored: Json,
        type_name: &str,
    ) -> Result<Instance<'_, P>> {
        let source = (provider, source_type, version);
        self.move_with_private(source, stored, Vec::new(), type_name)
            .await
    }

    /// Like [`move_from`](Self::move_from), with the private data of the other type. `source` is
    /// the provider, the type and the version of its schema.
    ///
    /// # Errors
    /// If the type does not support moves from the other type.
    pub async fn move_with_private(
        &self,
        (provider, source_type, version): (&str, &str, i64),
        stored: Json,
        private: Vec<u8>,
        type_name: &str,
    ) -> Result<Instance<'_, P>> {
        let request = MoveRequest {
            source_provider: provider.to_owned(),
            source_type: source_type.to_owned(),
            source_version: version,
            source_json: stored.to_string().into_bytes(),
            source_private: private,
            target_type: type_name.to_owned(),
        };
        let response = self.client.move_state(request).await?;
        warnings(response.diagnostics)?;
        let mut moved = self.resource(type_name);
        moved.set_state(&response.state.unwrap_or_default(), response.private)?;
        moved.set_identity(response.identity)?;
        Ok(moved)
    }

    /// Validates a data source's configuration. Terraform does nothing else before apply when a
    /// configured value is unknown.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn validate_data_source(
        &self,
        type_name: &str,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let schema = self.server.data_source_schema(type_name)?;
        let config = Encoded::from_value(schema, &configuration(schema, config)?)?;
        warnings(self.client.validate_data_source(type_name, config).await?)
    }

    /// Validates and reads a data source.
    ///
    /// # Errors
    /// If the configuration is invalid, or the data source cannot be read.
    pub async fn data_source(&self, type_name: &str, config: Json) -> Result<Json> {
        self.validate_data_source(type_name, config.clone()).await?;
        let schema = self.server.data_source_schema(type_name)?;
        let config = Encoded::from_value(schema, &configuration(schema, config)?)?;
        let response = self.client.read_data_source(type_name, config).await?;
        warnings(response.diagnostics)?;
        Ok(to_json(
            &response.state.unwrap_or_default().into_value(schema)?,
        ))
    }

    /// Calls a function.
    ///
    /// # Errors
    /// If the function fails. The path, if there is one, is the name of the parameter, and the
    /// index of the value in a variadic one.
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
            Ok(response) => Ok(to_json(&response.decode(&signature.returns)?)),
            Err(error) => {
                let failure = Failure::new(error.text, "");
                let position = error.argument;
                let parameter =
                    position.and_then(|position| Some((position, parameters.get(position)?)));
                Err(match parameter {
                    Some((position, parameter)) => {
                        let path = Path::new(parameter.name.as_str());
                        let index = position.checked_sub(signature.parameters.len());
                        failure.at(index.map_or(path.clone(), |index| path.index(index)))
                    }
                    None => failure,
                })
            }
        }
    }

    /// Cancels the calls in flight, as Ctrl-C in Terraform does.
    ///
    /// # Errors
    /// If the call itself fails.
    pub async fn stop(&self) -> Result<()> {
        self.client.stop().await
    }

    /// Shuts the provider down.
    pub async fn shutdown(self) {
        self.server.shutdown(Ending::Finished).await;
    }

    pub(super) fn schema_of(&self, type_name: &str) -> Result<&PreparedSchema> {
        self.server.resource_schema(type_name)
    }

    fn encode_config(&self, type_name: &str, config: Json) -> Result<Encoded> {
        let schema = self.schema_of(type_name)?;
        Encoded::from_value(schema, &configuration(schema, config)?)
    }
}

impl<P: Provider> std::fmt::Debug for Harness<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Returns the warnings, or a failure if there is an error among the diagnostics.
pub(super) fn warnings(diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>> {
    match Failure::from_diagnostics(diagnostics.clone()) {
        None => Ok(diagnostics),
        Some(failure) => Err(failure),
    }
}
