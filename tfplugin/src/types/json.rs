//! The JSON form of types.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::Type;

/// The maximum depth of a type. Real types stay under ten levels.
const MAX_TYPE_DEPTH: usize = 64;

/// An error of parsing a type from JSON.
#[derive(Debug, thiserror::Error)]
#[error("invalid type: {0}")]
pub struct TypeError(#[from] serde_json::Error);

impl Type {
    /// The compact JSON form, with the attributes of objects sorted by name.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    /// Parses the JSON form.
    ///
    /// # Errors
    /// If the JSON is not exactly one type, with the position in the text. Objects with optional
    /// attributes are not supported, because Terraform never sends them.
    pub fn from_json(json: &[u8]) -> Result<Self, TypeError> {
        let mut text = serde_json::Deserializer::from_slice(json);
        let ty = TypeSeed { depth: 0 }.deserialize(&mut text)?;
        text.end()?;
        Ok(ty)
    }

    fn write_json(&self, json: &mut String) {
        match self {
            Self::Bool => json.push_str("\"bool\""),
            Self::Number => json.push_str("\"number\""),
            Self::String => json.push_str("\"string\""),
            Self::Dynamic => json.push_str("\"dynamic\""),
            Self::List(element) => element.write_collection("list", json),
            Self::Set(element) => element.write_collection("set", json),
            Self::Map(element) => element.write_collection("map", json),
            Self::Tuple(elements) => {
                json.push_str("[\"tuple\",[");
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    element.write_json(json);
                }
                json.push_str("]]");
            }
            Self::Object(attributes) => {
                json.push_str("[\"object\",{");
                for (index, (name, ty)) in attributes.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    // `Value` prints a string with JSON escapes.
                    json.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    json.push(':');
                    ty.write_json(json);
                }
                json.push_str("}]");
            }
        }
    }

    fn write_collection(&self, kind: &str, json: &mut String) {
        json.push_str("[\"");
        json.push_str(kind);
        json.push_str("\",");
        self.write_json(json);
        json.push(']');
    }
}

/// Parses a type at a depth.
#[derive(Clone, Copy)]
struct TypeSeed {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for TypeSeed {
    type Value = Type;

    fn deserialize<D: de::Deserializer<'de>>(self, json: D) -> Result<Type, D::Error> {
        if self.depth > MAX_TYPE_DEPTH {
            return Err(de::Error::custom("nested too deeply"));
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TypeSeed {
    type Value = Type;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a type, or an array of a kind and its element types")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Type, E> {
        match name {
            "bool" => Ok(Type::Bool),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            "dynamic" => Ok(Type::Dynamic),
            _ => Err(E::unknown_variant(
                name,
                &["bool", "number", "string", "dynamic"],
            )),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Type, A::Error> {
        let inner = TypeSeed {
            depth: self.depth + 1,
        };
        let missing = |length| de::Error::invalid_length(length, &"a kind and its element types");
        let kind: String = parts.next_element()?.ok_or_else(|| missing(0))?;
        let ty = match kind.as_str() {
            "list" => parts.next_element_seed(inner)?.map(Type::list),
            "set" => parts.next_element_seed(inner)?.map(Type::set),
            "map" => parts.next_element_seed(inner)?.map(Type::map),
            "tuple" => parts.next_element_seed(Elements(inner))?.map(Type::Tuple),
            "object" => parts
                .next_element_seed(Attributes(inner))?
                .map(Type::Object),
            _ => {
                let kinds = &["list", "set", "map", "tuple", "object"];
                return Err(de::Error::unknown_variant(&kind, kinds));
            }
        };
        if parts.next_element::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(
                3,
                &"a kind and its element types",
            ));
        }
        ty.ok_or_else(|| missing(1))
    }
}

/// Parses the element types of a tuple.
struct Elements(TypeSeed);

impl<'de> DeserializeSeed<'de> for Elements {
    type Value = Vec<Type>;

    fn deserialize<D: de::Deserializer<'de>>(self, json: D) -> Result<Vec<Type>, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the element types of a tuple")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Type>, A::Error> {
        let mut types = Vec::new();
        while let Some(ty) = list.next_element_seed(self.0)? {
            types.push(ty);
        }
        Ok(types)
    }
}

/// Parses the attribute types of an object.
struct Attributes(TypeSeed);

impl<'de> DeserializeSeed<'de> for Attributes {
    type Value = BTreeMap<String, Type>;

    fn deserialize<D: de::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Attributes {
    type Value = BTreeMap<String, Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attribute types of an object, by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut types = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let ty = entries.next_value_seed(self.0)?;
            if types.insert(name, ty).is_some() {
                return Err(de::Error::custom("an attribute is declared twice"));
            }
        }
        Ok(types)
    }
}
