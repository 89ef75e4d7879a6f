//! Variants of a configuration: with one value unknown, or with one optional attribute left out or
//! empty.

use serde_json::Value as Json;

use super::unknown;
use crate::diag::{Failure, Result};
use crate::path::{Path, Step};
use crate::schema::{Attribute, Block, Mode, Nesting, Shape};
use crate::types::Type;

/// The configurations that differ from `config` in one value that is unknown, each with the path of
/// that value: every attribute that can be configured, and every element, entry and nested
/// attribute in it.
///
/// # Errors
/// If the configuration does not set an attribute or a block that the schema has, so that no value
/// of it can be unknown.
pub(super) fn with_each_unknown(block: &Block, config: &Json) -> Result<Vec<(Path, Json)>> {
    let mut found = Found::default();
    walk_block(block, config, &Path::root(), &mut found)?;
    let paths = found.values.into_iter();
    Ok(paths
        .map(|path| {
            let variant = replaced(config, &path, unknown());
            (path, variant)
        })
        .collect())
}

/// The configurations that differ from `config` in one optional attribute, which is null or, where
/// its type allows that, empty. Each has the path of that attribute.
///
/// # Errors
/// Like [`with_each_unknown`].
pub(super) fn with_each_optional_unset(block: &Block, config: &Json) -> Result<Vec<(Path, Json)>> {
    let mut found = Found::default();
    walk_block(block, config, &Path::root(), &mut found)?;
    let mut variants = Vec::new();
    for (path, empty) in found.optional {
        variants.push((path.clone(), replaced(config, &path, Json::Null)));
        if let Some(empty) = empty {
            variants.push((path.clone(), replaced(config, &path, empty)));
        }
    }
    Ok(variants)
}

fn replaced(config: &Json, path: &Path, with: Json) -> Json {
    let mut variant = config.clone();
    if let Some(value) = value_at(&mut variant, path) {
        *value = with;
    }
    variant
}

/// What a walk over a configuration finds.
#[derive(Default)]
struct Found {
    /// The paths of all values.
    values: Vec<Path>,
    /// The paths of the optional attributes, with the empty value of their type.
    optional: Vec<(Path, Option<Json>)>,
}

fn walk_block(block: &Block, config: &Json, path: &Path, found: &mut Found) -> Result<()> {
    walk_attributes(&block.attributes, config, path, found)?;
    for nested in &block.blocks {
        let path = path.attribute(&nested.name);
        let value = configured(config, &nested.name, &path)?;
        each_nested(nested.nesting, value, &path, &mut |value, path| {
            walk_block(&nested.block, value, path, found)
        })?;
    }
    Ok(())
}

/// The empty value of a shape; `None` for text, numbers and booleans.
fn empty_value(shape: &Shape) -> Option<Json> {
    match shape.value_type() {
        Type::List(_) | Type::Set(_) => Some(Json::Array(Vec::new())),
        Type::Map(_) | Type::Object(_) => Some(Json::Object(serde_json::Map::new())),
        _ => None,
    }
}

fn walk_attributes(
    attributes: &[Attribute],
    config: &Json,
    path: &Path,
    found: &mut Found,
) -> Result<()> {
    let configurable = attributes.iter().filter(|a| a.mode.is_configurable());
    for attribute in configurable {
        let path = path.attribute(&attribute.name);
        let value = configured(config, &attribute.name, &path)?;
        found.values.push(path.clone());
        if attribute.mode != Mode::Required {
            let empty = empty_value(&attribute.shape);
            found.optional.push((path.clone(), empty));
        }
        match &attribute.shape {
            Shape::Type(ty) => walk_elements(ty, value, &path, &mut found.values),
            Shape::Nested {
                nesting,
                attributes,
            } => each_nested(*nesting, value, &path, &mut |value, path| {
                if *nesting != Nesting::Single {
                    found.values.push(path.clone());
                }
                walk_attributes(attributes, value, path, found)
            })?,
        }
    }
    Ok(())
}

fn each_nested(
    nesting: Nesting,
    value: &Json,
    path: &Path,
    visit: &mut dyn FnMut(&Json, &Path) -> Result<()>,
) -> Result<()> {
    match (nesting, value) {
        (Nesting::List | Nesting::Set, Json::Array(elements)) => elements
            .iter()
            .enumerate()
            .try_for_each(|(index, element)| visit(element, &path.index(index))),
        (Nesting::Map, Json::Object(elements)) => elements
            .iter()
            .try_for_each(|(key, element)| visit(element, &path.key(key))),
        _ => visit(value, path),
    }
}

/// The elements of a plain collection, at every depth.
fn walk_elements(ty: &Type, value: &Json, path: &Path, paths: &mut Vec<Path>) {
    let mut visit = |ty: &Type, value: &Json, path: Path| {
        paths.push(path.clone());
        walk_elements(ty, value, &path, paths);
    };
    match (ty, value) {
        (Type::List(ty) | Type::Set(ty), Json::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                visit(ty, element, path.index(index));
            }
        }
        (Type::Tuple(types), Json::Array(elements)) => {
            for (index, (ty, element)) in types.iter().zip(elements).enumerate() {
                visit(ty, element, path.index(index));
            }
        }
        (Type::Map(ty), Json::Object(entries)) => {
            for (key, entry) in entries {
                visit(ty, entry, path.key(key));
            }
        }
        (Type::Object(types), Json::Object(entries)) => {
            for (name, entry) in entries {
                if let Some(ty) = types.get(name) {
                    visit(ty, entry, path.attribute(name));
                }
            }
        }
        _ => {}
    }
}

fn configured<'c>(config: &'c Json, name: &str, path: &Path) -> Result<&'c Json> {
    let empty = |value: &&Json| match value {
        Json::Null => true,
        Json::Array(elements) => elements.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        _ => false,
    };
    config
        .get(name)
        .filter(|value| !empty(value))
        .ok_or_else(|| {
            Failure::new(
                "Incomplete configuration",
                format!("The configuration of this test must set `{path}`."),
            )
            .at(path.clone())
        })
}

fn value_at<'j>(json: &'j mut Json, path: &Path) -> Option<&'j mut Json> {
    path.steps().iter().try_fold(json, |json, step| match step {
        Step::Attribute(name) | Step::Key(name) => json.get_mut(name),
        Step::Index(index) => json.get_mut(usize::try_from(*index).ok()?),
        Step::Element => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::NestedBlock;

    fn block() -> Block {
        let strings = Type::List(Box::new(Type::String));
        let nested = Shape::Nested {
            nesting: Nesting::List,
            attributes: vec![Attribute::new("command", strings.clone(), Mode::Required)],
        };
        Block {
            attributes: vec![
                Attribute::new("name", Type::String, Mode::Required),
                Attribute::new("labels", Type::Map(Box::new(Type::String)), Mode::Optional),
                Attribute::new("id", Type::String, Mode::Computed),
                Attribute::new("exec", nested, Mode::Optional),
            ],
            blocks: vec![NestedBlock {
                name: "rule".to_owned(),
                nesting: Nesting::Single,
                min_items: 0,
                max_items: 0,
                block: Block {
                    attributes: vec![Attribute::new("port", Type::Number, Mode::Optional)],
                    ..Block::default()
                },
            }],
            ..Block::default()
        }
    }

    /// Every attribute, element, entry and nested attribute is unknown in one variant.
    #[test]
    fn every_value_is_unknown_once() {
        let config = json!({
            "name": "n", "labels": {"team": "a"}, "exec": [{"command": ["x"]}], "rule": {"port": 1},
        });
        let variants = with_each_unknown(&block(), &config).unwrap();
        let paths: Vec<_> = variants.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(
            paths,
            [
                "name",
                "labels",
                "labels[\"team\"]",
                "exec",
                "exec[0]",
                "exec[0].command",
                "exec[0].command[0]",
                "rule.port"
            ]
        );
        assert_eq!(variants[2].1["labels"]["team"], unknown());
        assert_eq!(variants[6].1["exec"][0]["command"][0], unknown());
    }

    /// Every optional attribute is left out in one variant, and empty in another.
    #[test]
    fn every_optional_attribute_is_unset_once() {
        let config = json!({
            "name": "n", "labels": {"team": "a"}, "exec": [{"command": ["x"]}], "rule": {"port": 1},
        });
        let variants = with_each_optional_unset(&block(), &config).unwrap();
        let found: Vec<_> = variants
            .iter()
            .map(|(path, variant)| {
                let value = variant.pointer(&format!("/{}", path.to_string().replace('.', "/")));
                format!("{path}={}", value.unwrap())
            })
            .collect();
        assert_eq!(
            found,
            [
                "labels=null",
                "labels={}",
                "exec=null",
                "exec=[]",
                "rule.port=null"
            ]
        );
    }

    /// A configuration that leaves out an attribute is an error, so that a test covers new
    /// attributes.
    #[test]
    fn an_incomplete_configuration_is_an_error() {
        let config = json!({"name": "n", "labels": {}, "exec": [{"command": ["x"]}]});
        let failure = with_each_unknown(&block(), &config).unwrap_err();
        assert!(failure.to_string().contains("labels"), "{failure}");
    }
}
