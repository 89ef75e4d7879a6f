//! Upgrade: state that an older version of the resource has stored.

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::context::Cx;
use crate::diag::{Failure, Result};
use crate::resource::Resource;

/// A resource that reads the state of its own older versions.
///
/// Registered with [`upgradable`](crate::registry::Registration::upgradable). State of the current
/// version never comes here: attributes that are new to it are null, attributes that it no longer
/// has are dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot upgrade state of older versions",
    label = "needs an implementation of `tfplugin::Upgrade`",
    note = "`.upgradable()` promises `impl tfplugin::Upgrade for {Self}`: write it, or drop the promise"
)]
pub trait Upgrade: Resource {
    /// The model of state that an older version stored. No client: it runs before configuration.
    ///
    /// # Errors
    /// Why this state cannot be read. Terraform then stops, and the state stays as it was.
    fn upgrade(cx: &mut Cx, prior: Prior) -> Result<Self::Model>;
}

/// State as an older version, or another resource type, has stored it.
#[derive(Clone, Debug)]
pub struct Prior {
    version: i64,
    attributes: serde_json::Map<String, Json>,
}

impl Prior {
    pub(crate) fn new(version: i64, attributes: serde_json::Map<String, Json>) -> Self {
        Self {
            version,
            attributes,
        }
    }

    /// The version of the schema that stored it.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The attributes by name, numbers with all their digits.
    #[must_use]
    pub fn attributes(&self) -> &serde_json::Map<String, Json> {
        &self.attributes
    }

    /// The attribute, unless it is absent or null.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&Json> {
        self.attributes
            .get(attribute)
            .filter(|json| !json.is_null())
    }

    /// The attribute as text, unless it is absent, null or something else.
    #[must_use]
    pub fn str(&self, attribute: &str) -> Option<&str> {
        self.get(attribute).and_then(Json::as_str)
    }

    /// The whole as a struct of the older shape.
    ///
    /// # Errors
    /// Where the state does not have that shape.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(Json::Object(self.attributes.clone())).map_err(|error| {
            Failure::new(
                "Stored state has an unexpected shape",
                format!(
                    "State of schema version {} does not fit: {error}",
                    self.version
                ),
            )
        })
    }
}
