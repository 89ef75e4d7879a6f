//! Values as they cross the wire, and what every answer's value goes through before it does.

use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::plan::without_write_only;
use crate::registry::Shapes;
use crate::types::Type;
use crate::wire::{fill, json, msgpack};

/// A value in one of the protocol's two encodings; OpenTofu's null has neither.
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

    pub(crate) fn encode(value: &Dynamic, ty: &Type) -> Result<Self> {
        Ok(Self {
            msgpack: msgpack::encode_answer(value, ty)?,
            json: Vec::new(),
        })
    }

    /// A value that is a state, a plan or a configuration.
    pub(crate) fn of(shapes: &Shapes, value: &Dynamic) -> Result<Self> {
        Self::encode(value, &shapes.ty)
    }

    pub(crate) fn shaped(self, shapes: &Shapes) -> Result<Dynamic> {
        self.decode(&shapes.ty)
    }
}

/// Brings what an author returned into the form that Terraform stores: every attribute there, no
/// block null, nothing write-only.
pub(super) fn storable(shapes: &Shapes, value: Dynamic) -> Dynamic {
    let block = &shapes.schema.block;
    let mut value = fill(block, value);
    without_write_only(block, &mut value);
    value
}

/// Says what is unknown in a value that must be known by now, and makes it null, as Core would.
pub(super) fn settle(shapes: &Shapes, value: &mut Dynamic) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    while let Some(path) = value.find(&shapes.ty, Dynamic::is_unknown) {
        said.push(
            Diagnostic::error(
                "The provider left a value unknown",
                "Everything is decided when apply ends and when something is read, and this value \
                 is not. It is stored as null. This is a mistake in the provider.",
            )
            .at(path.clone()),
        );
        let settled = value
            .get_mut(&path)
            .map(|place| *place = null_unknowns(std::mem::take(place)));
        if settled.is_none() {
            break;
        }
    }
    said
}

/// The value, with null for whatever is unknown.
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

/// Stored state as JSON, which is an object.
pub(super) fn object(
    json: &[u8],
    path: &Path,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(json).map_err(|error| {
        Failure::new(
            "Stored state cannot be read",
            format!("It is not a JSON object: {error}"),
        )
        .at(path.clone())
    })
}
