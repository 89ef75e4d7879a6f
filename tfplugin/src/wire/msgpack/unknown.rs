//! Decodes unknown values and their refinements: what Terraform guarantees about the final value.

use super::read::{Head, Reader};
use crate::dynamic::{Dynamic, Refinements};
use crate::number::Number;
use crate::wire::{WireError, WireErrorKind};

/// The code of an extension with refinements.
const REFINED_CODE: i8 = 12;
/// The maximum size of refinements, in bytes.
const MAX_PAYLOAD: usize = 1024;

/// Decodes the unknown value of an extension, after its head. A payload of at most one byte has no
/// refinements, whatever the code.
pub(super) fn decode(reader: &mut Reader<'_>, length: usize) -> Result<Dynamic, WireError> {
    let (code, payload) = reader.extension(length)?;
    if payload.len() <= 1 {
        return Ok(Dynamic::unknown());
    }
    if code != REFINED_CODE || payload.len() > MAX_PAYLOAD {
        return Err(WireErrorKind::Extension(code).into());
    }
    let refinements =
        refinements(&mut Reader::new(payload))?.ok_or(WireErrorKind::Extension(code))?;
    if refinements == Refinements::default() {
        return Ok(Dynamic::unknown());
    }
    Ok(Dynamic::Unknown(Some(Box::new(refinements))))
}

/// Decodes the refinements in a payload. `None` if it is not a map from numbers to refinements.
/// Unknown numbers come from later protocol versions and are skipped: refinements are optional.
fn refinements(reader: &mut Reader<'_>) -> Result<Option<Refinements>, WireError> {
    let mut refinements = Refinements::default();
    let Head::Map(length @ 1..) = reader.head()? else {
        return Ok(None);
    };
    for _ in 0..length {
        let Head::Number(key) = reader.head()? else {
            return Ok(None);
        };
        let understood = match key.as_i64() {
            Some(1) => bool(reader)?.map(|null| refinements.not_null = !null),
            Some(2) => text(reader)?.map(|prefix| refinements.prefix = Some(prefix)),
            Some(3) => bound(reader)?.map(|bound| refinements.lower = Some(bound)),
            Some(4) => bound(reader)?.map(|bound| refinements.upper = Some(bound)),
            Some(5) => size(reader)?.map(|size| refinements.length_min = Some(size)),
            Some(6) => size(reader)?.map(|size| refinements.length_max = Some(size)),
            _ => Some(reader.skip()?),
        };
        if understood.is_none() {
            return Ok(None);
        }
    }
    Ok((reader.remaining() == 0).then_some(refinements))
}

fn bool(reader: &mut Reader<'_>) -> Result<Option<bool>, WireError> {
    Ok(match reader.head()? {
        Head::Bool(value) => Some(value),
        _ => None,
    })
}

fn text(reader: &mut Reader<'_>) -> Result<Option<String>, WireError> {
    Ok(match reader.head()? {
        Head::Str(length) => Some(reader.text(length)?.to_owned()),
        _ => None,
    })
}

fn size(reader: &mut Reader<'_>) -> Result<Option<u64>, WireError> {
    Ok(match reader.head()? {
        Head::Number(value) => value.as_u64(),
        _ => None,
    })
}

/// Decodes a bound, and whether the bound itself is a possible value.
fn bound(reader: &mut Reader<'_>) -> Result<Option<(Number, bool)>, WireError> {
    let Head::Array(2) = reader.head()? else {
        return Ok(None);
    };
    let number = match reader.head()? {
        Head::Number(number) => number,
        Head::Str(length) => reader.text(length)?.parse().map_err(WireError::new)?,
        _ => return Ok(None),
    };
    Ok(bool(reader)?.map(|inclusive| (number, inclusive)))
}
