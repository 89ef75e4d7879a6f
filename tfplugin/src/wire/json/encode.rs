//! Encodes a value of a type as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::dynamic::Dynamic;
use crate::types::Type;
use crate::wire::normal_form::{normal, normal_entries};
use crate::wire::{MAX_DEPTH, WireError, WireErrorKind};

/// Encodes a value of the type as compact JSON.
///
/// # Errors
/// If the value is not of the type, or contains an unknown value, with the path.
pub fn encode(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, WireError> {
    let mut json = Vec::new();
    write(&mut json, value, ty, 0)?;
    Ok(json)
}

fn write(json: &mut Vec<u8>, value: &Dynamic, ty: &Type, depth: usize) -> Result<(), WireError> {
    if depth > MAX_DEPTH {
        return Err(WireErrorKind::TooDeep.into());
    }
    match (value, ty) {
        (Dynamic::Null, _) => json.extend_from_slice(b"null"),
        (Dynamic::Unknown(_), _) => return Err(WireErrorKind::Unknown.into()),
        (value, Type::Dynamic) => dynamic(json, value, depth)?,
        (Dynamic::Typed(own, value), ty) if **own == *ty => write(json, value, ty, depth + 1)?,
        (Dynamic::Bool(value), Type::Bool) => {
            json.extend_from_slice(if *value { b"true" } else { b"false" });
        }
        (Dynamic::Number(value), Type::Number) => json.extend_from_slice(value.text().as_bytes()),
        (Dynamic::String(value), Type::String) => text(json, &normal(value))?,
        (Dynamic::List(elements), Type::List(ty)) => {
            list(
                json,
                elements.iter().enumerate(),
                |json, (index, element)| {
                    write(json, element, ty, depth + 1).map_err(|e| e.in_index(index))
                },
            )?;
        }
        (Dynamic::List(elements), Type::Set(ty)) => {
            list(json, elements.iter(), |json, element| {
                write(json, element, ty, depth + 1).map_err(WireError::in_set)
            })?;
        }
        (Dynamic::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            let indexed = elements.iter().zip(types).enumerate();
            list(json, indexed, |json, (index, (element, ty))| {
                write(json, element, ty, depth + 1).map_err(|e| e.in_index(index))
            })?;
        }
        (Dynamic::List(elements), Type::Tuple(types)) => {
            return Err(WireError::new(WireErrorKind::Length {
                expected: types.len(),
                found: elements.len(),
            }));
        }
        (Dynamic::Map(entries), Type::Map(ty)) => {
            map(json, normal_entries(entries)?, |json, key, value| {
                write(json, value, ty, depth + 1).map_err(|e| e.in_key(key))
            })?;
        }
        (Dynamic::Map(entries), Type::Object(types)) => object(json, entries, types, depth)?,
        (value, ty) => return Err(WireError::mismatch(ty, value.kind())),
    }
    Ok(())
}

fn dynamic(json: &mut Vec<u8>, value: &Dynamic, depth: usize) -> Result<(), WireError> {
    let (ty, value) = match value {
        Dynamic::Typed(ty, value) if **ty == Type::Dynamic => {
            return write(json, value, ty, depth + 1);
        }
        Dynamic::Typed(ty, value) => (Cow::Borrowed(&**ty), &**value),
        bare => (Cow::Owned(bare.implied_type()), bare),
    };
    json.extend_from_slice(b"{\"value\":");
    write(json, value, &ty, depth + 1)?;
    json.extend_from_slice(b",\"type\":");
    json.extend_from_slice(ty.to_json().as_bytes());
    json.push(b'}');
    Ok(())
}

fn object(
    json: &mut Vec<u8>,
    entries: &BTreeMap<String, Dynamic>,
    types: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<(), WireError> {
    if let Some(missing) = types.keys().find(|name| !entries.contains_key(*name)) {
        return Err(WireError::new(WireErrorKind::Missing).in_attribute(missing));
    }
    let named = entries.iter().map(|(name, value)| (name.into(), value));
    map(json, named, |json, name, value| {
        let ty = types.get(name).ok_or(WireErrorKind::Unexpected);
        ty.map_err(WireError::new)
            .and_then(|ty| write(json, value, ty, depth + 1))
            .map_err(|e| e.in_attribute(name))
    })
}

fn list<T>(
    json: &mut Vec<u8>,
    elements: impl Iterator<Item = T>,
    mut element: impl FnMut(&mut Vec<u8>, T) -> Result<(), WireError>,
) -> Result<(), WireError> {
    json.push(b'[');
    for (index, value) in elements.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        element(json, value)?;
    }
    json.push(b']');
    Ok(())
}

fn map<'a>(
    json: &mut Vec<u8>,
    entries: impl IntoIterator<Item = (Cow<'a, str>, &'a Dynamic)>,
    mut entry: impl FnMut(&mut Vec<u8>, &str, &Dynamic) -> Result<(), WireError>,
) -> Result<(), WireError> {
    json.push(b'{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        text(json, &key)?;
        json.push(b':');
        entry(json, &key, value)?;
    }
    json.push(b'}');
    Ok(())
}

fn text(json: &mut Vec<u8>, text: &str) -> Result<(), WireError> {
    serde_json::to_writer(json, text).map_err(|e| WireErrorKind::Json(e).into())
}
