//! From a value and a type to bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rmp::encode::{self, ByteBuf};

use crate::dynamic::Dynamic;
use crate::number::Number;
use crate::types::Type;
use crate::wire::text::{normal, normal_entries};
use crate::wire::{MAX_DEPTH, WireError, WireErrorKind};

/// An unknown value. What Terraform promised of it is left out: said back, it would be our promise.
const UNKNOWN: [u8; 3] = [0xd4, 0x00, 0x00];

/// The bytes of a value of this type.
///
/// Text leaves in Unicode normal form C, as Terraform compares it. Where the type is `dynamic` and
/// the value carries no type, it gets the one it shows by itself.
///
/// # Errors
/// A value that is not of this type, with the path of what is wrong.
pub fn encode(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, WireError> {
    write(value, ty, false)
}

/// The same for an answer to Terraform: every number is text.
///
/// Terraform reads text with the 512 bits that it gives to a number in its state, but the other forms
/// with 64. It calls the two different numbers, and a `plan -refresh-only` then ends with "there are
/// changes" while it says that there are none.
///
/// # Errors
/// As for [`encode`].
pub fn encode_answer(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, WireError> {
    write(value, ty, true)
}

fn write(value: &Dynamic, ty: &Type, numbers_as_text: bool) -> Result<Vec<u8>, WireError> {
    let mut writer = Writer(ByteBuf::new(), numbers_as_text);
    writer.value(value, ty, 0)?;
    Ok(writer.0.into_vec())
}

/// Writes to memory, which cannot fail: the `let Ok` below are complete. The flag makes numbers text.
struct Writer(ByteBuf, bool);

impl Writer {
    fn value(&mut self, value: &Dynamic, ty: &Type, depth: usize) -> Result<(), WireError> {
        if depth > MAX_DEPTH {
            return Err(WireErrorKind::TooDeep.into());
        }
        match (value, ty) {
            (Dynamic::Null, _) => self.nil(),
            (Dynamic::Unknown(_), _) => self.0.as_mut_vec().extend_from_slice(&UNKNOWN),
            (value, Type::Dynamic) => self.dynamic(value, depth)?,
            (Dynamic::Typed(own, value), ty) if **own == *ty => self.value(value, ty, depth + 1)?,
            (Dynamic::Bool(value), Type::Bool) => {
                let Ok(()) = encode::write_bool(&mut self.0, *value);
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

    /// A pair of the type's JSON form and the value.
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
        let Ok(_) = encode::write_bin_len(&mut self.0, size(json.len())?);
        self.0.as_mut_vec().extend_from_slice(json.as_bytes());
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
        let mut given = entries.iter();
        for (name, ty) in types {
            // Both are in the order of names, so that they go in step unless something is wrong.
            let value = match given.next() {
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
        match given.next() {
            Some((extra, _)) => Err(WireError::new(WireErrorKind::Unexpected).in_attribute(extra)),
            None => Ok(()),
        }
    }

    /// The smallest integer, else a float of exactly this value, else plain decimals.
    fn number(&mut self, number: &Number) -> Result<(), WireError> {
        if self.1 {
            return self.text(&number.text());
        }
        if let Some(integer) = number.as_i64() {
            let Ok(_) = encode::write_sint(&mut self.0, integer);
            return Ok(());
        }
        match number.as_f64() {
            Some(float) if !number.is_integer() => {
                let Ok(()) = encode::write_f64(&mut self.0, float);
                Ok(())
            }
            _ => self.text(&number.text()),
        }
    }

    fn nil(&mut self) {
        let Ok(()) = encode::write_nil(&mut self.0);
    }

    fn text(&mut self, text: &str) -> Result<(), WireError> {
        let Ok(_) = encode::write_str_len(&mut self.0, size(text.len())?);
        self.0.as_mut_vec().extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn array(&mut self, length: usize) -> Result<(), WireError> {
        let Ok(_) = encode::write_array_len(&mut self.0, size(length)?);
        Ok(())
    }

    fn map_length(&mut self, length: usize) -> Result<(), WireError> {
        let Ok(_) = encode::write_map_len(&mut self.0, size(length)?);
        Ok(())
    }
}

fn size(length: usize) -> Result<u32, WireError> {
    u32::try_from(length).map_err(|_| WireErrorKind::TooLarge.into())
}
