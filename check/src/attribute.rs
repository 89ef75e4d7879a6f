//! The planned attributes of a resource: known, known only after the apply, or not set.

use serde_json::Value;

pub(crate) static NULL: Value = Value::Null;

/// The planned value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Attribute<'a> {
    /// The apply sets this value.
    Known(&'a Value),
    /// The value is known only after the apply.
    Unknown,
    /// The attribute is null, or the resource has no such attribute.
    NotSet,
}

impl<'a> Attribute<'a> {
    /// The text, if the attribute is a known text.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Known(value) => value.as_str(),
            Self::Unknown | Self::NotSet => None,
        }
    }

    /// Whether the attribute is true. Some attributes write a boolean as a text.
    pub(crate) fn is_true(self) -> bool {
        match self {
            Self::Known(Value::Bool(flag)) => *flag,
            Self::Known(Value::String(text)) => text == "true",
            _ => false,
        }
    }

    /// The items of a known list or set.
    pub(crate) fn items(self) -> &'a [Value] {
        match self {
            Self::Known(Value::Array(items)) => items,
            _ => &[],
        }
    }
}

/// A resource, or a nested block of one: planned values, and which of them are unknown.
#[derive(Clone, Debug)]
pub(crate) struct Block<'a> {
    value: &'a Value,
    unknown: &'a Value,
    /// The path of the block in its resource, with a dot at the end; empty for the resource itself.
    path: String,
}

impl<'a> Block<'a> {
    /// A whole resource.
    pub(crate) fn root(value: &'a Value, unknown: &'a Value) -> Self {
        Self {
            value,
            unknown,
            path: String::new(),
        }
    }

    /// An attribute of the block.
    pub(crate) fn attribute(&self, name: &str) -> Attribute<'a> {
        if is_unknown(self.unknown) || is_unknown(&self.unknown[name]) {
            return Attribute::Unknown;
        }
        match &self.value[name] {
            Value::Null => Attribute::NotSet,
            value => Attribute::Known(value),
        }
    }

    /// The path of an attribute in the resource: `root_block_device[0].encrypted`.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// Whether the resource type has this attribute, known or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        let is_field = |value: &Value| value.as_object().is_some_and(|o| o.contains_key(name));
        is_field(self.value) || is_field(self.unknown)
    }

    /// The nested blocks of a name. If their number is unknown, one block with unknown attributes.
    pub(crate) fn blocks(&self, name: &str) -> Vec<Self> {
        let (value, unknown) = (&self.value[name], &self.unknown[name]);
        if is_unknown(self.unknown) || is_unknown(unknown) {
            let path = format!("{}.", self.path(name));
            let unknown = if is_unknown(unknown) {
                unknown
            } else {
                self.unknown
            };
            return vec![Self {
                value: &NULL,
                unknown,
                path,
            }];
        }
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| Self {
                    value,
                    unknown: unknown.get(index).unwrap_or(&NULL),
                    path: format!("{}[{index}].", self.path(name)),
                })
                .collect(),
            Value::Object(_) => vec![Self {
                value,
                unknown,
                path: format!("{}.", self.path(name)),
            }],
            _ => Vec::new(),
        }
    }
}

fn is_unknown(marker: &Value) -> bool {
    *marker == Value::Bool(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An attribute is known, unknown or not set; blocks are read with their own markers.
    #[test]
    fn attributes_have_three_states() {
        let value = json!({"size": 8, "disk": [{"encrypted": true, "key": null}], "kind": null});
        let unknown = json!({"id": true, "disk": [{"key": true}], "rules": true});
        let resource = Block::root(&value, &unknown);
        assert_eq!(resource.attribute("size"), Attribute::Known(&json!(8)));
        assert_eq!(resource.attribute("id"), Attribute::Unknown);
        assert_eq!(resource.attribute("kind"), Attribute::NotSet);
        assert_eq!(resource.attribute("other"), Attribute::NotSet);
        assert!(resource.has("kind") && resource.has("id") && !resource.has("other"));
        let disks = resource.blocks("disk");
        assert_eq!(disks.len(), 1);
        assert!(disks[0].attribute("encrypted").is_true());
        assert_eq!(disks[0].attribute("key"), Attribute::Unknown);
        assert_eq!(disks[0].path("key"), "disk[0].key");
        let rules = resource.blocks("rules");
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].attribute("port"), Attribute::Unknown);
        assert_eq!(rules[0].path("port"), "rules.port");
    }
}
