//! Ephemeral resources in a test.

use std::time::SystemTime;

use serde_json::Value as Json;

use super::config::{configuration, to_json};
use super::harness::{Harness, warnings};
use crate::diag::{Diagnostic, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::provider::Provider;
use crate::server::Encoded;

/// An ephemeral resource that is open.
pub struct Opened<'h, P: Provider> {
    harness: &'h Harness<P>,
    type_name: String,
    result: Dynamic,
    /// The private data of the open, which the close gets.
    opened: Vec<u8>,
    /// The private data of the open or of the latest renewal, which the next renewal gets.
    renewed: Vec<u8>,
    renew_at: Option<SystemTime>,
    warnings: Vec<Diagnostic>,
}

impl<P: Provider> Harness<P> {
    /// Validates the configuration of an ephemeral resource. Terraform does nothing else before
    /// apply when a configured value is unknown.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn validate_ephemeral(
        &self,
        type_name: &str,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let config = self.encode_ephemeral(type_name, config)?;
        warnings(self.client.validate_ephemeral(type_name, config).await?)
    }

    /// Validates and opens an ephemeral resource.
    ///
    /// # Errors
    /// If the configuration is invalid, or the resource cannot be opened.
    pub async fn open(&self, type_name: &str, config: Json) -> Result<Opened<'_, P>> {
        self.validate_ephemeral(type_name, config.clone()).await?;
        let config = self.encode_ephemeral(type_name, config)?;
        let response = self.client.open_ephemeral(type_name, config).await?;
        let warnings = warnings(response.diagnostics)?;
        let schema = self.server.ephemeral_schema(type_name)?;
        let result = response.result.unwrap_or_default();
        Ok(Opened {
            harness: self,
            type_name: type_name.to_owned(),
            result: result.into_value(schema)?,
            opened: response.private.clone(),
            renewed: response.private,
            renew_at: response.renew_at,
            warnings,
        })
    }

    fn encode_ephemeral(&self, type_name: &str, config: Json) -> Result<Encoded> {
        let schema = self.server.ephemeral_schema(type_name)?;
        Encoded::from_value(schema, &configuration(schema, config)?)
    }
}

impl<P: Provider> Opened<'_, P> {
    /// The result.
    #[must_use]
    pub fn result(&self) -> Json {
        to_json(&self.result)
    }

    /// The value at a path in the result; null when there is none.
    #[must_use]
    pub fn get(&self, path: impl Into<Path>) -> Json {
        self.result.get(&path.into()).map_or(Json::Null, to_json)
    }

    /// The time of the next renewal; `None` when there is none.
    #[must_use]
    pub fn renew_at(&self) -> Option<SystemTime> {
        self.renew_at
    }

    /// The warnings of the open.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Renews it, as Terraform does near [`renew_at`](Self::renew_at).
    ///
    /// # Errors
    /// If it cannot be renewed. Terraform then tries no other renewal.
    pub async fn renew(&mut self) -> Result<Vec<Diagnostic>> {
        let client = &self.harness.client;
        let renewal = client.renew_ephemeral(&self.type_name, self.renewed.clone());
        let response = renewal.await?;
        self.renew_at = None;
        let found = warnings(response.diagnostics)?;
        self.renewed = response.private;
        self.renew_at = response.renew_at;
        Ok(found)
    }

    /// Closes it, with the private data of the open, as Terraform does.
    ///
    /// # Errors
    /// If it cannot be closed.
    pub async fn close(self) -> Result<Vec<Diagnostic>> {
        let closing = self
            .harness
            .client
            .close_ephemeral(&self.type_name, self.opened);
        warnings(closing.await?)
    }
}

impl<P: Provider> std::fmt::Debug for Opened<'_, P> {
    /// Masks sensitive values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let schema = self.harness.server.ephemeral_schema(&self.type_name);
        let result = schema.map(|schema| schema.block().masked(&self.result));
        f.debug_struct("Opened")
            .field("type_name", &self.type_name)
            .field("result", &result.ok())
            .field("renew_at", &self.renew_at)
            .finish_non_exhaustive()
    }
}
