//! Converts schemas to messages. Terraform never sends a schema, so there is no way back.

use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::StringKind;
use crate::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use crate::proto::tfplugin6::schema::object::NestingMode as ObjectNesting;
use crate::schema::{Attribute, Block, Mode, NestedBlock, Nesting, Schema, Shape};

impl From<&Schema> for proto::Schema {
    fn from(schema: &Schema) -> Self {
        Self {
            version: schema.version,
            block: Some((&schema.block).into()),
        }
    }
}

impl From<&Block> for proto::schema::Block {
    fn from(block: &Block) -> Self {
        Self {
            // Terraform reads the version of the schema and ignores the version of a block.
            version: 0,
            attributes: block.attributes.iter().map(Into::into).collect(),
            block_types: block.blocks.iter().map(Into::into).collect(),
            description: block.description.clone(),
            description_kind: StringKind::Markdown.into(),
            deprecated: block.deprecated.is_some(),
            deprecation_message: block.deprecated.clone().unwrap_or_default(),
            computed: false,
        }
    }
}

impl From<&Attribute> for proto::schema::Attribute {
    fn from(attribute: &Attribute) -> Self {
        let (ty, nested_type) = match &attribute.shape {
            Shape::Type(ty) => (ty.to_json().into_bytes(), None),
            Shape::Nested {
                nesting,
                attributes,
            } => (Vec::new(), Some(object(*nesting, attributes))),
        };
        Self {
            name: attribute.name.clone(),
            r#type: ty,
            nested_type,
            description: attribute.description.clone(),
            description_kind: StringKind::Markdown.into(),
            required: attribute.mode == Mode::Required,
            optional: matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
            computed: matches!(attribute.mode, Mode::OptionalComputed | Mode::Computed),
            sensitive: attribute.sensitive,
            write_only: attribute.write_only,
            deprecated: attribute.deprecated.is_some(),
            deprecation_message: attribute.deprecated.clone().unwrap_or_default(),
        }
    }
}

impl From<&NestedBlock> for proto::schema::NestedBlock {
    fn from(nested: &NestedBlock) -> Self {
        let nesting = match nested.nesting {
            Nesting::Single => BlockNesting::Single,
            Nesting::Group => BlockNesting::Group,
            Nesting::List => BlockNesting::List,
            Nesting::Set => BlockNesting::Set,
            Nesting::Map => BlockNesting::Map,
        };
        Self {
            type_name: nested.name.clone(),
            block: Some((&nested.block).into()),
            nesting: nesting.into(),
            min_items: nested.min_items,
            max_items: nested.max_items,
        }
    }
}

/// The message for a nested attribute. Only blocks can be groups; a group attribute, which
/// [`Schema::check`] rejects, has the same values as a single one.
fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    let nesting = match nesting {
        Nesting::Single | Nesting::Group => ObjectNesting::Single,
        Nesting::List => ObjectNesting::List,
        Nesting::Set => ObjectNesting::Set,
        Nesting::Map => ObjectNesting::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(Into::into).collect(),
        nesting: nesting.into(),
        // The protocol deprecates the other fields, and Terraform ignores them.
        ..proto::schema::Object::default()
    }
}
