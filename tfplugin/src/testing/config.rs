//! Configurations in tests: JSON that can contain unknown values.

use serde_json::Value as Json;

use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::PreparedSchema;
use crate::types::Type;
use crate::wire::{conform, json};

/// A placeholder for an unknown value, such as a computed attribute of another resource.
#[must_use]
pub fn unknown() -> Json {
    Json::String(UNKNOWN_PLACEHOLDER.to_owned())
}

const UNKNOWN_PLACEHOLDER: &str = "\u{1}unknown until apply";

/// Converts a configuration to a value; omitted attributes become null.
pub(super) fn configuration(schema: &PreparedSchema, mut config: Json) -> Result<Dynamic> {
    let mut unknowns = Vec::new();
    extract_unknowns(
        &schema.value_type,
        &mut config,
        &Path::root(),
        &mut unknowns,
    )?;
    let mut value = json::decode(config.to_string().as_bytes(), &schema.value_type)?;
    for path in unknowns {
        value.set(&path, Dynamic::unknown())?;
    }
    Ok(conform(schema.block(), value))
}

/// Converts a function's argument to a value of the type.
pub(super) fn argument(ty: &Type, value: &Json) -> Result<Dynamic> {
    if *value == unknown() {
        return Ok(Dynamic::unknown());
    }
    Ok(json::decode(value.to_string().as_bytes(), ty)?)
}

/// Converts a value to JSON. Unknown values become the placeholder from [`unknown`].
pub(super) fn to_json(value: &Dynamic) -> Json {
    match value {
        Dynamic::Null => Json::Null,
        Dynamic::Unknown(_) => unknown(),
        Dynamic::Bool(value) => Json::Bool(*value),
        Dynamic::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or(Json::Null),
        Dynamic::String(text) => Json::String(text.clone()),
        Dynamic::List(elements) => elements.iter().map(to_json).collect(),
        Dynamic::Map(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), to_json(value)))
            .collect(),
        Dynamic::Typed(_, value) => to_json(value),
    }
}

/// Replaces the placeholders with null and collects their paths. Rejects attributes that the schema
/// does not have, which decoding would drop.
fn extract_unknowns(
    ty: &Type,
    value: &mut Json,
    path: &Path,
    unknowns: &mut Vec<Path>,
) -> Result<()> {
    if *value == unknown() {
        *value = Json::Null;
        unknowns.push(path.clone());
        return Ok(());
    }
    match (ty, value) {
        (Type::Object(types), Json::Object(entries)) => {
            for (name, value) in entries {
                let path = path.attribute(name);
                let Some(ty) = types.get(name) else {
                    return Err(Failure::new(
                        "Unsupported argument",
                        format!("An argument named {name:?} is not expected here."),
                    )
                    .at(path));
                };
                extract_unknowns(ty, value, &path, unknowns)?;
            }
        }
        (Type::Map(ty), Json::Object(entries)) => {
            for (key, value) in entries {
                extract_unknowns(ty, value, &path.key(key), unknowns)?;
            }
        }
        (Type::List(ty) | Type::Set(ty), Json::Array(elements)) => {
            for (index, value) in elements.iter_mut().enumerate() {
                extract_unknowns(ty, value, &path.index(index), unknowns)?;
            }
        }
        _ => {}
    }
    Ok(())
}
