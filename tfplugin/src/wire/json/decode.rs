//! Decodes JSON into a value of a type.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::dynamic::Dynamic;
use crate::types::Type;
use crate::wire::{WireError, WireErrorKind};

/// Decodes a value of the type.
///
/// State may be older than the schema, so differences that a new version of a provider may bring
/// are accepted: a missing attribute becomes null, an attribute that the type does not have is
/// dropped, and strings, numbers and booleans convert to each other where that loses nothing.
///
/// # Errors
/// If the JSON is not a value of the type, with the path. Errors never contain values, which may be
/// secrets.
pub fn decode(json: &[u8], ty: &Type) -> Result<Dynamic, WireError> {
    // The parser keeps all digits of numbers, and rejects values that are nested too deeply.
    let json = serde_json::from_slice(json).map_err(WireErrorKind::Json)?;
    value(json, ty)
}

fn value(json: Json, ty: &Type) -> Result<Dynamic, WireError> {
    match (json, ty) {
        (Json::Null, _) => Ok(Dynamic::Null),
        (Json::Bool(value), Type::Bool) => Ok(Dynamic::Bool(value)),
        (Json::String(text), Type::Bool) => match text.as_str() {
            "true" | "1" => Ok(Dynamic::Bool(true)),
            "false" | "0" => Ok(Dynamic::Bool(false)),
            _ => Err(WireError::mismatch(ty, "a string")),
        },
        (Json::Number(number), Type::Number) => number_of(&number.to_string()),
        (Json::String(text), Type::Number) => number_of(&text),
        (Json::String(text), Type::String) => Ok(Dynamic::String(text)),
        (Json::Number(number), Type::String) => Ok(Dynamic::String(number.to_string())),
        (Json::Bool(value), Type::String) => Ok(Dynamic::String(value.to_string())),
        (Json::Array(list), Type::List(element)) => elements(list, |(index, json)| {
            value(json, element).map_err(|e| e.in_index(index))
        }),
        (Json::Array(list), Type::Set(element)) => elements(list, |(_, json)| {
            value(json, element).map_err(WireError::in_set)
        }),
        (Json::Array(list), Type::Tuple(types)) => tuple(list, types),
        (Json::Object(entries), Type::Map(element)) => map(entries, element),
        (Json::Object(entries), Type::Object(types)) => object(entries, types),
        (Json::Object(entries), Type::Dynamic) => dynamic(entries),
        (json, ty) => Err(WireError::mismatch(ty, kind(&json))),
    }
}

fn number_of(text: &str) -> Result<Dynamic, WireError> {
    let number = text.parse().map_err(WireError::new)?;
    Ok(Dynamic::Number(number))
}

fn elements(
    list: Vec<Json>,
    element: impl FnMut((usize, Json)) -> Result<Dynamic, WireError>,
) -> Result<Dynamic, WireError> {
    let elements: Result<_, _> = list.into_iter().enumerate().map(element).collect();
    elements.map(Dynamic::List)
}

fn tuple(list: Vec<Json>, types: &[Type]) -> Result<Dynamic, WireError> {
    if list.len() != types.len() {
        return Err(WireErrorKind::Length {
            expected: types.len(),
            found: list.len(),
        }
        .into());
    }
    let mut types = types.iter();
    elements(list, |(index, json)| {
        let ty = types.next().unwrap_or(&Type::Dynamic);
        value(json, ty).map_err(|e| e.in_index(index))
    })
}

fn map(entries: Map<String, Json>, element: &Type) -> Result<Dynamic, WireError> {
    let entries: Result<_, _> = entries
        .into_iter()
        .map(|(key, json)| match value(json, element) {
            Ok(value) => Ok((key, value)),
            Err(error) => Err(error.in_key(&key)),
        })
        .collect();
    entries.map(Dynamic::Map)
}

fn object(
    mut entries: Map<String, Json>,
    types: &BTreeMap<String, Type>,
) -> Result<Dynamic, WireError> {
    let entries: Result<_, _> = types
        .iter()
        .map(|(name, ty)| {
            let json = entries.get_mut(name).map(Json::take).unwrap_or_default();
            let value = value(json, ty).map_err(|e| e.in_attribute(name))?;
            Ok((name.clone(), value))
        })
        .collect();
    entries.map(Dynamic::Map)
}

fn dynamic(mut entries: Map<String, Json>) -> Result<Dynamic, WireError> {
    let (Some(json), Some(ty)) = (entries.remove("value"), entries.remove("type")) else {
        return Err(WireError::mismatch(
            &Type::Dynamic,
            "an object without `value` and `type`",
        ));
    };
    let ty = Type::from_json(ty.to_string().as_bytes()).map_err(WireError::new)?;
    let inner = value(json, &ty)?;
    Ok(match ty {
        // A pair with the type `dynamic` is redundant: the inner value has its own pair.
        Type::Dynamic => inner,
        ty => Dynamic::Typed(Box::new(ty), Box::new(inner)),
    })
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
