//! Decodes `MessagePack` bytes into a value of a type.

use std::collections::BTreeMap;

use super::read::{Head, Reader};
use super::unknown;
use crate::dynamic::Dynamic;
use crate::types::Type;
use crate::wire::{MAX_DEPTH, WireError, WireErrorKind};

/// The maximum number of elements to allocate space for before reading them. Four hostile bytes can
/// announce four billion elements, and nested lengths multiply.
const MAX_PREALLOCATED_ELEMENTS: usize = 256;

/// Decodes a value of the type.
///
/// Objects must have exactly the attributes of their type. An unknown value fits any type and keeps
/// its refinements. Numbers keep all their digits.
///
/// # Errors
/// If the bytes are not a value of the type, with the path.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Dynamic, WireError> {
    let mut reader = Reader::new(bytes);
    let value = value(&mut reader, ty, 0)?;
    match reader.remaining() {
        0 => Ok(value),
        remaining => Err(WireErrorKind::Trailing(remaining).into()),
    }
}

fn value(reader: &mut Reader<'_>, ty: &Type, depth: usize) -> Result<Dynamic, WireError> {
    if depth > MAX_DEPTH {
        return Err(WireErrorKind::TooDeep.into());
    }
    match (reader.head()?, ty) {
        (Head::Nil, _) => Ok(Dynamic::Null),
        (Head::Ext(length), _) => unknown::decode(reader, length),
        (Head::Bool(value), Type::Bool) => Ok(Dynamic::Bool(value)),
        (Head::Number(value), Type::Number) => Ok(Dynamic::Number(value)),
        (Head::Str(length), Type::Number) => {
            let number = reader.text(length)?.parse().map_err(WireError::new)?;
            Ok(Dynamic::Number(number))
        }
        (Head::Str(length), Type::String) => Ok(Dynamic::String(reader.text(length)?.to_owned())),
        (Head::Array(2), Type::Dynamic) => dynamic(reader, depth),
        (Head::Array(length), Type::List(element)) => elements(reader, length, |reader, index| {
            value(reader, element, depth + 1).map_err(|e| e.in_index(index))
        }),
        (Head::Array(length), Type::Set(element)) => elements(reader, length, |reader, _| {
            value(reader, element, depth + 1).map_err(WireError::in_set)
        }),
        (Head::Array(length), Type::Tuple(types)) => {
            if length != types.len() {
                return Err(WireErrorKind::Length {
                    expected: types.len(),
                    found: length,
                }
                .into());
            }
            let mut types = types.iter();
            elements(reader, length, |reader, index| {
                let ty = types.next().unwrap_or(&Type::Dynamic);
                value(reader, ty, depth + 1).map_err(|e| e.in_index(index))
            })
        }
        (Head::Map(length), Type::Map(element)) => map(reader, length, element, depth),
        (Head::Map(length), Type::Object(types)) => object(reader, length, types, depth),
        (head, ty) => Err(WireError::mismatch(ty, head.kind())),
    }
}

/// Decodes a value of type `dynamic`, after the head of its pair.
fn dynamic(reader: &mut Reader<'_>, depth: usize) -> Result<Dynamic, WireError> {
    let ty = match reader.head()? {
        Head::Bin(length) => Type::from_json(reader.bytes(length)?).map_err(WireError::new)?,
        head => return Err(WireError::mismatch(&Type::Dynamic, head.kind())),
    };
    let inner = value(reader, &ty, depth + 1)?;
    Ok(match ty {
        // A pair with the type `dynamic` is redundant: the inner value has its own pair.
        Type::Dynamic => inner,
        ty => Dynamic::Typed(Box::new(ty), Box::new(inner)),
    })
}

fn elements<'a>(
    reader: &mut Reader<'a>,
    length: usize,
    mut element: impl FnMut(&mut Reader<'a>, usize) -> Result<Dynamic, WireError>,
) -> Result<Dynamic, WireError> {
    check_length(reader, length)?;
    let mut elements = Vec::with_capacity(length.min(MAX_PREALLOCATED_ELEMENTS));
    for index in 0..length {
        elements.push(element(reader, index)?);
    }
    Ok(Dynamic::List(elements))
}

fn map(
    reader: &mut Reader<'_>,
    length: usize,
    element: &Type,
    depth: usize,
) -> Result<Dynamic, WireError> {
    check_length(reader, length)?;
    let mut entries = BTreeMap::new();
    for _ in 0..length {
        let key = reader.key()?;
        let value = value(reader, element, depth + 1).map_err(|e| e.in_key(key))?;
        if entries.insert(key.to_owned(), value).is_some() {
            return Err(WireError::new(WireErrorKind::Duplicate).in_key(key));
        }
    }
    Ok(Dynamic::Map(entries))
}

fn object(
    reader: &mut Reader<'_>,
    length: usize,
    types: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Dynamic, WireError> {
    check_length(reader, length)?;
    let mut entries = Vec::with_capacity(types.len());
    // Terraform sends attributes sorted by name, the order of the type's attributes.
    let mut expected = types.iter();
    for _ in 0..length {
        let name = reader.key()?;
        let ty = match expected.next() {
            Some((next, ty)) if next == name => ty,
            _ => types
                .get(name)
                .ok_or_else(|| WireError::new(WireErrorKind::Unexpected).in_attribute(name))?,
        };
        let value = value(reader, ty, depth + 1).map_err(|e| e.in_attribute(name))?;
        if entries.len() == types.len() {
            return Err(WireError::new(WireErrorKind::Duplicate).in_attribute(name));
        }
        entries.push((name.to_owned(), value));
    }
    let entries: BTreeMap<_, _> = entries.into_iter().collect();
    if entries.len() < length {
        return Err(WireErrorKind::Duplicate.into());
    }
    match types.keys().find(|name| !entries.contains_key(*name)) {
        Some(missing) => Err(WireError::new(WireErrorKind::Missing).in_attribute(missing)),
        None => Ok(Dynamic::Map(entries)),
    }
}

/// Rejects a length that the bytes cannot hold: every element takes at least one byte.
fn check_length(reader: &Reader<'_>, length: usize) -> Result<(), WireError> {
    if length > reader.remaining() {
        return Err(WireErrorKind::Truncated.into());
    }
    Ok(())
}
