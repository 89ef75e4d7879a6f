//! Imports by identity, and upgrades of identities.

use serde_json::Value as Json;

use super::config::{configuration, to_json};
use super::harness::warnings;
use super::{Harness, Instance};
use crate::diag::{Failure, Result};
use crate::grpc::IdentityMessages;
use crate::provider::Provider;
use crate::schema::PreparedSchema;
use crate::server::Encoded;
use crate::server::import_resource::ImportTarget;
use crate::server::upgrade_resource::UpgradeRequest;

impl<P: Provider> Harness<P> {
    /// The types of the resources that have an identity, sorted.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn identity_types(&self) -> Result<Vec<String>> {
        let (names, diagnostics) = self.client.identity_types().await?;
        warnings(diagnostics)?;
        Ok(names)
    }

    /// The schemas of the identities as Terraform gets them.
    ///
    /// # Errors
    /// If the call itself fails.
    #[doc(hidden)]
    pub async fn identity_messages(&self) -> Result<IdentityMessages> {
        self.client.identity_messages().await
    }

    /// Imports the object with this identity, as an `import` block with `identity` does, and reads
    /// it.
    ///
    /// # Errors
    /// If the import fails, no object has this identity, or the provider returns no identity.
    pub async fn import_by_identity(
        &self,
        type_name: &str,
        identity: Json,
    ) -> Result<Instance<'_, P>> {
        let schema = self.required_identity_schema(type_name)?;
        let shown = identity.to_string();
        let identity = Encoded::from_value(schema, &configuration(schema, identity)?)?;
        let target = ImportTarget::Identity(identity);
        let imported = self.import_target(type_name, target, &shown).await?;
        if imported.identity().is_null() {
            return Err(Failure::new(
                "The import returned no identity",
                format!("The import of {type_name} {shown} must return its identity."),
            ));
        }
        Ok(imported)
    }

    /// Upgrades an identity that the given version of the identity's schema stored.
    ///
    /// # Errors
    /// If it cannot be upgraded.
    pub async fn upgrade_identity(
        &self,
        type_name: &str,
        version: i64,
        stored: Json,
    ) -> Result<Json> {
        let request = UpgradeRequest {
            type_name: type_name.to_owned(),
            version,
            json: stored.to_string().into_bytes(),
        };
        let response = self.client.upgrade_identity(request).await?;
        warnings(response.diagnostics)?;
        let schema = self.required_identity_schema(type_name)?;
        let upgraded = response.state.unwrap_or_default().into_value(schema)?;
        Ok(to_json(&upgraded))
    }

    pub(super) fn identity_schema_of(&self, type_name: &str) -> Option<&PreparedSchema> {
        self.server.identity_schema(type_name)
    }

    pub(super) fn required_identity_schema(&self, type_name: &str) -> Result<&PreparedSchema> {
        self.identity_schema_of(type_name).ok_or_else(|| {
            Failure::new(
                format!("{type_name} has no identity"),
                "Add `.identifiable()` to its registration.",
            )
        })
    }
}
