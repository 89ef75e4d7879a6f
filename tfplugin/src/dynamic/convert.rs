//! Conversions from Rust types.

use std::collections::BTreeMap;

use super::Dynamic;
use crate::number::Number;
use crate::value::Value;

impl From<bool> for Dynamic {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Number> for Dynamic {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Dynamic {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<String> for Dynamic {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<&str> for Dynamic {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<Vec<Dynamic>> for Dynamic {
    fn from(elements: Vec<Dynamic>) -> Self {
        Self::List(elements)
    }
}

impl From<BTreeMap<String, Dynamic>> for Dynamic {
    fn from(entries: BTreeMap<String, Dynamic>) -> Self {
        Self::Map(entries)
    }
}

impl<T: Into<Dynamic>> From<Option<T>> for Dynamic {
    /// `None` becomes null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Dynamic>> From<Value<T>> for Dynamic {
    fn from(value: Value<T>) -> Self {
        match value {
            Value::Known(value) => value.into(),
            Value::Null => Self::Null,
            Value::Unknown => Self::unknown(),
        }
    }
}
