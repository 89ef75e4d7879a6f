//! Reads the elements of `MessagePack` from untrusted bytes.

use rmp::Marker;

use crate::number::Number;
use crate::wire::{WireError, WireErrorKind};

/// The bytes that are not read yet.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// The head of a value: its kind, and the number for numbers, and the length for kinds that have
/// one.
pub(super) enum Head {
    Nil,
    Bool(bool),
    Number(Number),
    Str(usize),
    Bin(usize),
    Array(usize),
    Map(usize),
    Ext(usize),
}

impl Head {
    /// Names the kind for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Str(_) => "a string",
            Self::Bin(_) => "bytes",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Ext(_) => "an unknown value",
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The number of bytes that are not read yet.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn head(&mut self) -> Result<Head, WireError> {
        let [first] = self.array()?;
        Ok(match Marker::from_u8(first) {
            Marker::Null => Head::Nil,
            Marker::False => Head::Bool(false),
            Marker::True => Head::Bool(true),
            Marker::FixPos(value) => Head::Number(value.into()),
            Marker::FixNeg(value) => Head::Number(value.into()),
            Marker::U8 => Head::Number(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Head::Number(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Head::Number(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => Head::Number(u64::from_be_bytes(self.array()?).into()),
            Marker::I8 => Head::Number(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Head::Number(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Head::Number(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Head::Number(i64::from_be_bytes(self.array()?).into()),
            Marker::F32 => float(f32::from_be_bytes(self.array()?).into())?,
            Marker::F64 => float(f64::from_be_bytes(self.array()?))?,
            Marker::FixStr(length) => Head::Str(length.into()),
            Marker::Str8 => Head::Str(self.size8()?),
            Marker::Str16 => Head::Str(self.size16()?),
            Marker::Str32 => Head::Str(self.size32()?),
            Marker::Bin8 => Head::Bin(self.size8()?),
            Marker::Bin16 => Head::Bin(self.size16()?),
            Marker::Bin32 => Head::Bin(self.size32()?),
            Marker::FixArray(length) => Head::Array(length.into()),
            Marker::Array16 => Head::Array(self.size16()?),
            Marker::Array32 => Head::Array(self.size32()?),
            Marker::FixMap(length) => Head::Map(length.into()),
            Marker::Map16 => Head::Map(self.size16()?),
            Marker::Map32 => Head::Map(self.size32()?),
            Marker::FixExt1 => Head::Ext(1),
            Marker::FixExt2 => Head::Ext(2),
            Marker::FixExt4 => Head::Ext(4),
            Marker::FixExt8 => Head::Ext(8),
            Marker::FixExt16 => Head::Ext(16),
            Marker::Ext8 => Head::Ext(self.size8()?),
            Marker::Ext16 => Head::Ext(self.size16()?),
            Marker::Ext32 => Head::Ext(self.size32()?),
            Marker::Reserved => {
                return Err(WireError::new(WireErrorKind::Mismatch {
                    expected: "a value",
                    found: "a reserved byte",
                }));
            }
        })
    }

    /// Reads the code and the payload of an extension, after its head.
    pub(super) fn extension(&mut self, length: usize) -> Result<(i8, &'a [u8]), WireError> {
        let [code] = self.array()?;
        Ok((i8::from_be_bytes([code]), self.bytes(length)?))
    }

    /// Reads the text of a string, after its head.
    pub(super) fn text(&mut self, length: usize) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes(length)?).map_err(|_| WireErrorKind::Text.into())
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(WireErrorKind::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads the key of a map entry.
    pub(super) fn key(&mut self) -> Result<&'a str, WireError> {
        match self.head()? {
            Head::Str(length) => self.text(length),
            other => Err(WireError::new(WireErrorKind::Mismatch {
                expected: "a string key",
                found: other.kind(),
            })),
        }
    }

    /// Skips one value of any kind, without recursion, so that depth is not limited.
    pub(super) fn skip(&mut self) -> Result<(), WireError> {
        let mut pending = 1_usize;
        while pending > 0 {
            pending -= 1;
            match self.head()? {
                Head::Nil | Head::Bool(_) | Head::Number(_) => {}
                Head::Str(length) | Head::Bin(length) => _ = self.bytes(length)?,
                Head::Ext(length) => _ = self.extension(length)?,
                Head::Array(length) => pending = pending.saturating_add(length),
                Head::Map(length) => pending = pending.saturating_add(length.saturating_mul(2)),
            }
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(WireErrorKind::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn size8(&mut self) -> Result<usize, WireError> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    fn size16(&mut self) -> Result<usize, WireError> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn size32(&mut self) -> Result<usize, WireError> {
        let size = u32::from_be_bytes(self.array()?);
        usize::try_from(size).map_err(|_| WireErrorKind::TooLarge.into())
    }
}

/// A float has exactly its binary value: Terraform sends a decimal such as 0.1 as text.
fn float(value: f64) -> Result<Head, WireError> {
    Number::from_exact_f64(value)
        .map(Head::Number)
        .map_err(WireError::new)
}
