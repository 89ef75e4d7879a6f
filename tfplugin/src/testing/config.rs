//! Configuration as tests write it: JSON, in which a value may be unknown.

use serde_json::Value as Json;

use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::registry::Shapes;
use crate::types::Type;
use crate::wire::{fill, json};

/// Stands for a value that is not known before apply, such as another resource's computed one.
#[must_use]
pub fn unknown() -> Json {
    Json::String(UNKNOWN.to_owned())
}

const UNKNOWN: &str = "\u{1}unknown until apply";

/// The value of a configuration, with every attribute that it leaves out.
pub(super) fn configuration(shapes: &Shapes, mut config: Json) -> Result<Dynamic> {
    let mut unknowns = Vec::new();
    take(&shapes.ty, &mut config, &Path::root(), &mut unknowns)?;
    let mut value = json::decode(config.to_string().as_bytes(), &shapes.ty)?;
    for path in unknowns {
        value.set(&path, Dynamic::unknown())?;
    }
    Ok(fill(&shapes.schema.block, value))
}

/// One value of a type, for a function's argument.
pub(super) fn argument(ty: &Type, value: &Json) -> Result<Dynamic> {
    if *value == unknown() {
        return Ok(Dynamic::unknown());
    }
    Ok(json::decode(value.to_string().as_bytes(), ty)?)
}

/// What a value looks like in a test; unknown values are [`unknown`].
pub(super) fn json_of(value: &Dynamic) -> Json {
    match value {
        Dynamic::Null => Json::Null,
        Dynamic::Unknown(_) => unknown(),
        Dynamic::Bool(value) => Json::Bool(*value),
        Dynamic::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or(Json::Null),
        Dynamic::String(text) => Json::String(text.clone()),
        Dynamic::List(elements) => elements.iter().map(json_of).collect(),
        Dynamic::Map(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), json_of(value)))
            .collect(),
        Dynamic::Typed(_, value) => json_of(value),
    }
}

/// Takes the unknown values out, and refuses names that the schema does not have: stored state may
/// have some, a configuration never.
fn take(ty: &Type, value: &mut Json, path: &Path, unknowns: &mut Vec<Path>) -> Result<()> {
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
                        format!("The schema has nothing named {name:?} here."),
                    )
                    .at(path));
                };
                take(ty, value, &path, unknowns)?;
            }
        }
        (Type::Map(ty), Json::Object(entries)) => {
            for (key, value) in entries {
                take(ty, value, &path.key(key), unknowns)?;
            }
        }
        (Type::List(ty) | Type::Set(ty), Json::Array(elements)) => {
            for (index, value) in elements.iter_mut().enumerate() {
                take(ty, value, &path.index(index), unknowns)?;
            }
        }
        _ => {}
    }
    Ok(())
}
