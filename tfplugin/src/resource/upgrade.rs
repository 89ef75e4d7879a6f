//! Upgrade: converting state that an older version of the resource stored.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::context::Context;
use crate::diag::{Failure, Result};
use crate::resource::Resource;

/// A resource that can upgrade state from its older schema versions.
///
/// Register it with [`upgradable`](crate::Registration::upgradable). The SDK itself converts state
/// of the current version: new attributes become null, and removed attributes are dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot upgrade state of older versions",
    label = "needs an implementation of `tfplugin::Upgrade`",
    note = "`.upgradable()` needs `impl tfplugin::Upgrade for {Self}`: add it, or remove the call"
)]
pub trait Upgrade: Resource {
    /// Converts state that an older version stored. There is no client: Terraform upgrades state
    /// before it configures the provider.
    ///
    /// # Errors
    /// If the state cannot be converted. Terraform then stops, and the state does not change.
    fn upgrade(context: &mut Context, stored: StoredState) -> Result<Self::Model>;
}

/// State that an older schema version, or another resource type, stored.
#[derive(Clone)]
pub struct StoredState {
    version: i64,
    attributes: serde_json::Map<String, Json>,
}

impl StoredState {
    pub(crate) fn new(version: i64, attributes: serde_json::Map<String, Json>) -> Self {
        Self {
            version,
            attributes,
        }
    }

    /// The schema version that stored it.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The attributes by name. Numbers keep all their digits.
    #[must_use]
    pub fn attributes(&self) -> &serde_json::Map<String, Json> {
        &self.attributes
    }

    /// The value of an attribute; `None` when it is absent or null.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&Json> {
        self.attributes
            .get(attribute)
            .filter(|json| !json.is_null())
    }

    /// The value of a string attribute; `None` when it is absent, null or not a string.
    #[must_use]
    pub fn str(&self, attribute: &str) -> Option<&str> {
        self.get(attribute).and_then(Json::as_str)
    }

    /// Deserializes the whole state into a struct of the older shape.
    ///
    /// # Errors
    /// If the state does not have that shape.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(Json::Object(self.attributes.clone())).map_err(|error| {
            Failure::new(
                "The stored state has an unexpected shape",
                format!(
                    "Cannot read state of schema version {}: {error}",
                    self.version
                ),
            )
        })
    }
}

impl fmt::Debug for StoredState {
    /// Prints the names of the attributes only: the values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredState")
            .field("version", &self.version)
            .field("attributes", &self.attributes.keys().collect::<Vec<_>>())
            .finish()
    }
}
