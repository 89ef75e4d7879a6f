//! Private data: data that a provider stores in the state for its own use.
//!
//! It is a compact JSON object, or no bytes at all when it is empty, because it takes space in
//! every state. If the provider changes nothing, the bytes do not change, even if another SDK wrote
//! them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::diag::{Failure, Result};

/// The private data of one resource instance.
#[derive(Clone, Default)]
pub(crate) struct Private {
    raw: Vec<u8>,
    changes: BTreeMap<String, Option<Json>>,
}

impl Private {
    pub(crate) fn new(raw: Vec<u8>) -> Self {
        Self {
            raw,
            changes: BTreeMap::new(),
        }
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value = match self.changes.get(key) {
            Some(change) => change.clone(),
            None => self.stored().remove(key),
        };
        value
            .map(|value| {
                serde_json::from_value(value).map_err(|error| {
                    Failure::new(
                        "Private data has an unexpected shape",
                        format!("Cannot read {key:?} in the resource's private data: {error}"),
                    )
                })
            })
            .transpose()
    }

    pub(crate) fn set<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<()> {
        let value = serde_json::to_value(value)?;
        self.changes.insert(key.to_owned(), Some(value));
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.changes.insert(key.to_owned(), None);
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if self.changes.is_empty() {
            return self.raw.clone();
        }
        let mut entries = self.stored();
        for (key, change) in &self.changes {
            match change {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(key),
            };
        }
        if entries.is_empty() {
            return Vec::new();
        }
        // Serializing a map of strings to JSON values cannot fail.
        serde_json::to_vec(&entries).unwrap_or_default()
    }

    /// The data that Terraform sent; empty if another SDK wrote it in another format.
    fn stored(&self) -> BTreeMap<String, Json> {
        serde_json::from_slice(&self.raw).unwrap_or_default()
    }
}
