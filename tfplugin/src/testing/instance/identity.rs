//! The identity of an instance, and the configuration that Terraform generates for it.

use serde_json::Value as Json;

use super::Instance;
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::server::Encoded;
use crate::testing::config::to_json;

impl<P: Provider> Instance<'_, P> {
    /// The identity that Terraform would store; null if the resource has none.
    #[must_use]
    pub fn identity(&self) -> Json {
        to_json(&self.identity)
    }

    /// The configuration that Terraform generates for the state.
    ///
    /// # Errors
    /// If the provider cannot generate it.
    pub async fn generate_config(&self) -> Result<Json> {
        let state = Encoded::from_value(self.schema()?, &self.state)?;
        self.harness.generated_config(&self.type_name, state).await
    }

    pub(in crate::testing) fn set_identity(&mut self, identity: Option<Encoded>) -> Result<()> {
        self.identity = self.decode_identity(identity)?;
        Ok(())
    }

    /// Terraform sends no identity while it has none.
    pub(super) fn encoded_identity(&self, identity: &Dynamic) -> Result<Encoded> {
        match self.harness.identity_schema_of(&self.type_name) {
            Some(schema) if !identity.is_null() => Encoded::from_value(schema, identity),
            _ => Ok(Encoded::default()),
        }
    }

    /// Decodes the identity in a response. A resource without an identity returns none.
    pub(super) fn decode_identity(&self, identity: Option<Encoded>) -> Result<Dynamic> {
        match (self.harness.identity_schema_of(&self.type_name), identity) {
            (Some(schema), Some(identity)) => identity.into_value(schema),
            (None, Some(_)) => Err(Failure::new(
                "Unknown identity type",
                format!("{} has no identity, but returned one.", self.type_name),
            )),
            (_, None) => Ok(Dynamic::Null),
        }
    }
}

/// Fails as Core does for an identity with unknown values.
pub(super) fn expect_known_identity(identity: &Dynamic) -> Result<()> {
    if identity.is_wholly_known() {
        return Ok(());
    }
    Err(Failure::new(
        "Provider produced invalid identity",
        "The provider returned an identity with unknown values.",
    ))
}
