//! Lists, as `terraform query` makes them, and generated configurations.

use futures_util::StreamExt;
use serde_json::Value as Json;

use super::Harness;
use super::config::{configuration, to_json};
use super::harness::warnings;
use crate::diag::{Diagnostic, Failure, Result};
use crate::provider::Provider;
use crate::server::Encoded;
use crate::server::list_resource::{ListEvent, ListRequest};

/// The number of objects that Terraform accepts when the `list` block has no limit.
const DEFAULT_LIMIT: i64 = 100;

impl<P: Provider> Harness<P> {
    /// A query for the objects of a resource, with the content of the `config` block.
    #[must_use]
    pub fn list(&self, type_name: &str, config: Json) -> Query<'_, P> {
        Query {
            harness: self,
            type_name: type_name.to_owned(),
            config,
            limit: DEFAULT_LIMIT,
            includes_objects: false,
        }
    }

    /// Validates the content of the `config` block of a list.
    ///
    /// # Errors
    /// If it is invalid.
    pub async fn validate_list(&self, type_name: &str, config: Json) -> Result<Vec<Diagnostic>> {
        let config = self.list_config(type_name, config)?;
        warnings(self.client.validate_list(type_name, config).await?)
    }

    /// The configuration that Terraform generates for an object with this state.
    ///
    /// # Errors
    /// If the provider cannot generate it.
    pub async fn generate_config(&self, type_name: &str, state: Json) -> Result<Json> {
        let schema = self.schema_of(type_name)?;
        let state = Encoded::from_value(schema, &configuration(schema, state)?)?;
        self.generated_config(type_name, state).await
    }

    pub(super) async fn generated_config(&self, type_name: &str, state: Encoded) -> Result<Json> {
        let response = self.client.generate_config(type_name, state).await?;
        warnings(response.diagnostics)?;
        let schema = self.schema_of(type_name)?;
        let config = response.config.unwrap_or_default().into_value(schema)?;
        Ok(to_json(&config))
    }

    fn list_config(&self, type_name: &str, config: Json) -> Result<Encoded> {
        let schema = self.server.list_schema(type_name)?;
        Encoded::from_value(schema, &configuration(schema, config)?)
    }
}

/// A query for the objects of a resource.
#[derive(Debug)]
pub struct Query<'h, P: Provider> {
    harness: &'h Harness<P>,
    type_name: String,
    config: Json,
    limit: i64,
    includes_objects: bool,
}

impl<P: Provider> Query<'_, P> {
    /// Accepts at most this many objects; 0 is no limit. The default is Terraform's own, 100.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit.into();
        self
    }

    /// Asks for whole objects, as `include_resource` and a generated configuration do.
    #[must_use]
    pub fn with_objects(mut self) -> Self {
        self.includes_objects = true;
        self
    }

    /// Validates the configuration and lists the objects.
    ///
    /// # Errors
    /// If the configuration is invalid, the provider fails, or Core would reject an object.
    pub async fn run(self) -> Result<Listed> {
        self.run_until(usize::MAX).await
    }

    /// Like [`run`](Self::run), but ends the query after this many objects, as Ctrl-C does.
    ///
    /// # Errors
    /// Like [`run`](Self::run).
    pub async fn run_until(self, objects: usize) -> Result<Listed> {
        let harness = self.harness;
        let validated = harness.validate_list(&self.type_name, self.config.clone());
        let mut listed = Listed {
            objects: Vec::new(),
            warnings: validated.await?,
        };
        let request = ListRequest {
            type_name: self.type_name.clone(),
            config: harness.list_config(&self.type_name, self.config.clone())?,
            includes_objects: self.includes_objects,
            limit: self.limit,
        };
        let mut events = std::pin::pin!(harness.client.list(request).await?);
        while listed.objects.len() < objects
            && let Some(event) = events.next().await
        {
            self.accept(event?, &mut listed)?;
        }
        Ok(listed)
    }

    /// Accepts an event under the rules of Core.
    fn accept(&self, event: ListEvent, listed: &mut Listed) -> Result<()> {
        let found = warnings(event.diagnostics)?;
        let only_warns = !found.is_empty();
        listed.warnings.extend(found);
        let Some(identity) = event.identity else {
            if only_warns {
                return Ok(());
            }
            let detail = format!("An object of {} has no identity.", self.type_name);
            return Err(Failure::new("Missing identity", detail));
        };
        let schema = self.harness.required_identity_schema(&self.type_name)?;
        let identity = identity.into_value(schema)?;
        let object = event
            .object
            .map(|object| object.into_value(self.harness.schema_of(&self.type_name)?))
            .transpose()?;
        if object.is_some() != self.includes_objects {
            return Err(Failure::new(
                "A list returned an object without being asked, or none when asked",
                event.display_name,
            ));
        }
        listed.objects.push(ListedInstance {
            display_name: event.display_name,
            identity: to_json(&identity),
            object: object.as_ref().map_or(Json::Null, to_json),
        });
        Ok(())
    }
}

/// The result of a query.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The objects, in the order in which the provider found them.
    pub objects: Vec<ListedInstance>,
    /// The provider's warnings.
    pub warnings: Vec<Diagnostic>,
}

/// An object that a query found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInstance {
    /// What a person calls the object.
    pub display_name: String,
    /// The identity.
    pub identity: Json,
    /// The state of the whole object; null unless the query asked for it.
    pub object: Json,
}
