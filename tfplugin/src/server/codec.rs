//! Decodes the values of requests, and prepares and encodes the values of responses.

use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::plan::without_write_only;
use crate::schema::{Block, Counterparts, PreparedSchema};
use crate::types::Type;
use crate::wire::{conform, json, msgpack};

/// A value in one of the protocol's two encodings. OpenTofu sends null as neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) msgpack: Vec<u8>,
    pub(crate) json: Vec<u8>,
}

impl Encoded {
    pub(crate) fn decode(&self, ty: &Type) -> Result<Dynamic> {
        if !self.msgpack.is_empty() {
            Ok(msgpack::decode(&self.msgpack, ty)?)
        } else if !self.json.is_empty() {
            Ok(json::decode(&self.json, ty)?)
        } else {
            Ok(Dynamic::Null)
        }
    }

    /// `None` if Terraform sent no value at all.
    pub(crate) fn if_present(self) -> Option<Self> {
        let is_present = !self.msgpack.is_empty() || !self.json.is_empty();
        is_present.then_some(self)
    }

    pub(crate) fn encode(value: &Dynamic, ty: &Type) -> Result<Self> {
        Ok(Self {
            msgpack: msgpack::encode_response(value, ty)?,
            json: Vec::new(),
        })
    }

    /// Encodes a state, a plan or a configuration.
    pub(crate) fn from_value(schema: &PreparedSchema, value: &Dynamic) -> Result<Self> {
        Self::encode(value, &schema.value_type)
    }

    /// Decodes a state, a plan or a configuration.
    pub(crate) fn into_value(self, schema: &PreparedSchema) -> Result<Dynamic> {
        self.decode(&schema.value_type)
    }
}

/// Brings a value from the provider into the form that Terraform stores: every attribute is
/// present, no block is null, and write-only values are null.
pub(super) fn normalise_state(schema: &PreparedSchema, value: Dynamic) -> Dynamic {
    let block = schema.block();
    let mut value = conform(block, value);
    without_write_only(block, &mut value);
    value
}

/// Replaces each unknown in a value that must be wholly known with null, as Core would. Returns an
/// error for each.
pub(super) fn null_remaining_unknowns(
    schema: &PreparedSchema,
    value: &mut Dynamic,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    while let Some(path) = value.locate(&schema.value_type, Dynamic::is_unknown) {
        diagnostics.push(
            Diagnostic::error(
                "The provider left a value unknown",
                format!(
                    "The provider did not set `{path}`. After an apply or a read, every value must \
                     be known. Terraform stores null for this value. This is a bug in the provider."
                ),
            )
            .at(path.clone()),
        );
        let replaced = value
            .get_mut(&path.addressable())
            .map(|unknown| *unknown = null_unknowns(std::mem::take(unknown)));
        if replaced.is_none() {
            break;
        }
    }
    diagnostics
}

/// Replaces every unknown in the value with null.
pub(super) fn null_unknowns(value: Dynamic) -> Dynamic {
    match value {
        Dynamic::Unknown(_) => Dynamic::Null,
        Dynamic::List(elements) => Dynamic::List(elements.into_iter().map(null_unknowns).collect()),
        Dynamic::Map(entries) => Dynamic::Map(
            entries
                .into_iter()
                .map(|(name, value)| (name, null_unknowns(value)))
                .collect(),
        ),
        Dynamic::Typed(ty, value) => Dynamic::Typed(ty, Box::new(null_unknowns(*value))),
        known => known,
    }
}

/// Parses stored state, which is a JSON object.
pub(super) fn parse_state(
    json: &[u8],
    path: &Path,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(json).map_err(|error| {
        Failure::new(
            "Cannot read the stored state",
            format!("The state is not a JSON object: {error}"),
        )
        .at(path.clone())
    })
}

/// Puts the configured values back into the result of a read or an open. Core does not compare the
/// result of a read, but users do.
pub(super) fn restore_configured_values(block: &Block, config: &Dynamic, found: &mut Dynamic) {
    if let (Dynamic::Map(config), Dynamic::Map(found)) = (config, &mut *found) {
        for nested in &block.blocks {
            let (Some(config), Some(found)) =
                (config.get(&nested.name), found.get_mut(&nested.name))
            else {
                continue;
            };
            if len(config) != len(found) {
                *found = config.clone();
            }
        }
    }
    let counterparts = Counterparts {
        config,
        prior: &Dynamic::Null,
    };
    block.walk_correlated(found, counterparts, &mut |position, value, counterparts| {
        let same_elements =
            position.attribute.nested().is_some() && len(counterparts.config) == len(value);
        if !counterparts.config.is_null() && !same_elements {
            *value = counterparts.config.clone();
        }
    });
}

/// The number of elements of a collection; `None` for other values.
fn len(value: &Dynamic) -> Option<usize> {
    match value.untyped() {
        Dynamic::List(elements) => Some(elements.len()),
        Dynamic::Map(entries) => Some(entries.len()),
        _ => None,
    }
}
