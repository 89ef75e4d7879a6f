//! Encodes a value of a type as `MessagePack` bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rmp::encode::{self, ByteBuf};

use crate::dynamic::Dynamic;
use crate::number::Number;
use crate::types::Type;
use crate::wire::normal_form::{normal, normal_entries};
use crate::wire::{MAX_DEPTH, WireError, WireErrorKind};

/// An unknown value. Terraform's refinements are left out: a provider that returns them guarantees
/// them itself.
const UNKNOWN: [u8; 3] = [0xd4, 0x00, 0x00];

/// Encodes a value of the type.
///
/// Text is encoded in Unicode normal form C, the form in which Terraform compares it. A value of
/// type `dynamic` that has no type of its own gets its implied type.
///
/// # Errors
/// If the value is not of the type, with the path.
#[cfg(feature = "testing")]
pub fn encode(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, WireError> {
    write(value, ty, false)
}

/// Encodes a value of the type for a response to Terraform, with every number as text.
///
/// Terraform parses text to 512 bits, the precision of numbers in its state, but integers and
/// floats to 64 bits. It treats the two as different numbers, so that `plan -refresh-only` reports
/// changes where there are none.
///
/// # Errors
/// If the value is not of the type, with the path.
pub fn encode_response(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, WireError> {
    write(value, ty, true)
}

fn write(value: &Dynamic, ty: &Type, numbers_as_text: bool) -> Result<Vec<u8>, WireError> {
    let mut writer = Writer {
        buffer: ByteBuf::new(),
        numbers_as_text,
    };
    writer.value(value, ty, 0)?;
    Ok(writer.buffer.into_vec())
}

/// Writes to memory, which cannot fail, so the `let Ok` patterns below are irrefutable.
struct Writer {
    buffer: ByteBuf,
    numbers_as_text: bool,
}

impl Writer {
    fn value(&mut self, value: &Dynamic, ty: &Type, depth: usize) -> Result<(), WireError> {
        if depth > MAX_DEPTH {
            return Err(WireErrorKind::TooDeep.into());
        }
        match (value, ty) {
            (Dynamic::Null, _) => self.nil(),
            (Dynamic::Unknown(_), _) => self.buffer.as_mut_vec().extend_from_slice(&UNKNOWN),
            (value, Type::Dynamic) => self.dynamic(value, depth)?,
            (Dynamic::Typed(own, value), ty) if **own == *ty => self.value(value, ty, depth + 1)?,
            (Dynamic::Bool(value), Type::Bool) => {
                let Ok(()) = encode::write_bool(&mut self.buffer, *value);
            }
            (Dynamic::Number(value), Type::Number) => self.number(value)?,
            (Dynamic::String(value), Type::String) => self.text(&normal(value))?,
            (Dynamic::List(elements), Type::List(ty)) => {
                self.array(elements.len())?;
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, ty, depth + 1)
                        .map_err(|e| e.in_index(index))?;
                }
            }
            (Dynamic::List(elements), Type::Set(ty)) => {
                self.array(elements.len())?;
                for element in elements {
                    self.value(element, ty, depth + 1)
                        .map_err(WireError::in_set)?;
                }
            }
            (Dynamic::List(elements), Type::Tuple(types)) => self.tuple(elements, types, depth)?,
            (Dynamic::Map(entries), Type::Map(ty)) => self.map(entries, ty, depth)?,
            (Dynamic::Map(entries), Type::Object(types)) => self.object(entries, types, depth)?,
            (value, ty) => return Err(WireError::mismatch(ty, value.kind())),
        }
        Ok(())
    }

    /// Writes a pair of the type's JSON form and the value.
    fn dynamic(&mut self, value: &Dynamic, depth: usize) -> Result<(), WireError> {
        let (ty, value) = match value {
            Dynamic::Typed(ty, value) if **ty == Type::Dynamic => {
                return self.value(value, ty, depth + 1);
            }
            Dynamic::Typed(ty, value) => (Cow::Borrowed(&**ty), &**value),
            bare => (Cow::Owned(bare.implied_type()), bare),
        };
        self.array(2)?;
        let json = ty.to_json();
        let Ok(_) = encode::write_bin_len(&mut self.buffer, size(json.len())?);
        self.buffer.as_mut_vec().extend_from_slice(json.as_bytes());
        self.value(value, &ty, depth + 1)
    }

    fn tuple(
        &mut self,
        elements: &[Dynamic],
        types: &[Type],
        depth: usize,
    ) -> Result<(), WireError> {
        if elements.len() != types.len() {
            return Err(WireErrorKind::Length {
                expected: types.len(),
                found: elements.len(),
            }
            .into());
        }
        self.array(elements.len())?;
        for (index, (element, ty)) in elements.iter().zip(types).enumerate() {
            self.value(element, ty, depth + 1)
                .map_err(|e| e.in_index(index))?;
        }
        Ok(())
    }

    fn map(
        &mut self,
        entries: &BTreeMap<String, Dynamic>,
        ty: &Type,
        depth: usize,
    ) -> Result<(), WireError> {
        self.map_length(entries.len())?;
        for (key, value) in normal_entries(entries)? {
            self.text(&key)?;
            self.value(value, ty, depth + 1)
                .map_err(|e| e.in_key(&key))?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        entries: &BTreeMap<String, Dynamic>,
        types: &BTreeMap<String, Type>,
        depth: usize,
    ) -> Result<(), WireError> {
        self.map_length(types.len())?;
        let mut entries = entries.iter();
        for (name, ty) in types {
            // Both are sorted by name, so they advance together unless one has an extra name.
            let value = match entries.next() {
                Some((next, value)) if next == name => value,
                Some((next, _)) if !types.contains_key(next) => {
                    return Err(WireError::new(WireErrorKind::Unexpected).in_attribute(next));
                }
                _ => return Err(WireError::new(WireErrorKind::Missing).in_attribute(name)),
            };
            self.text(name)?;
            self.value(value, ty, depth + 1)
                .map_err(|e| e.in_attribute(name))?;
        }
        match entries.next() {
            Some((extra, _)) => Err(WireError::new(WireErrorKind::Unexpected).in_attribute(extra)),
            None => Ok(()),
        }
    }

    /// Writes the smallest integer, or a float of exactly this value, or plain decimals.
    fn number(&mut self, number: &Number) -> Result<(), WireError> {
        if self.numbers_as_text {
            return self.text(&number.text());
        }
        if let Some(integer) = number.as_i64() {
            let Ok(_) = encode::write_sint(&mut self.buffer, integer);
            return Ok(());
        }
        match number.as_f64() {
            Some(float) if !number.is_integer() => {
                let Ok(()) = encode::write_f64(&mut self.buffer, float);
                Ok(())
            }
            _ => self.text(&number.text()),
        }
    }

    fn nil(&mut self) {
        let Ok(()) = encode::write_nil(&mut self.buffer);
    }

    fn text(&mut self, text: &str) -> Result<(), WireError> {
        let Ok(_) = encode::write_str_len(&mut self.buffer, size(text.len())?);
        self.buffer.as_mut_vec().extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn array(&mut self, length: usize) -> Result<(), WireError> {
        let Ok(_) = encode::write_array_len(&mut self.buffer, size(length)?);
        Ok(())
    }

    fn map_length(&mut self, length: usize) -> Result<(), WireError> {
        let Ok(_) = encode::write_map_len(&mut self.buffer, size(length)?);
        Ok(())
    }
}

fn size(length: usize) -> Result<u32, WireError> {
    u32::try_from(length).map_err(|_| WireErrorKind::TooLarge.into())
}
