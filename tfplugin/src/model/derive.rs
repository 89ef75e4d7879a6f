//! Functions for the code that `#[derive(Model)]` generates. Any version may change them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

pub use super::rules::{RuleKind, RuleMember, rule};
pub use super::{BlockField, Element, Field, Model, Sensitive, Uses, nesting};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Attribute, Block, Mode, Modifier, NestedBlock, Nesting, Shape, Validator};

/// Creates the attribute of a field.
#[must_use]
pub fn attribute<F: Field>(name: &str, mode: Mode, description: &str) -> Attribute {
    let mut attribute = Attribute::new(name, F::Element::shape(), mode);
    description.clone_into(&mut attribute.description);
    attribute.validators = F::Element::validators();
    attribute.null_elements = F::Element::NULL_ELEMENTS;
    attribute.keep_equivalent = Some(F::Element::keep_equivalent);
    attribute
}

/// Creates the attribute of a sensitive or write-only field.
#[must_use]
pub fn secret_attribute<F>(name: &str, mode: Mode, description: &str) -> Attribute
where
    F: Field<Element: Sensitive>,
{
    attribute::<F>(name, mode, description)
}

/// The known value of a field, or an error at the attribute.
///
/// # Errors
/// If the value is null or unknown.
pub fn expect_known<'f, F: Field>(field: &'f F, name: &str) -> Result<&'f F::Element> {
    field.value().expect_known(name)
}

/// The known value of a field, or `None` for null, or an error at the attribute.
///
/// # Errors
/// If the value is unknown.
pub fn known_or_null<'f, F: Field>(field: &'f F, name: &str) -> Result<Option<&'f F::Element>> {
    field.value().known_or_null(name)
}

/// The options that the models in a field use.
#[must_use]
pub const fn uses<F: Field>() -> Uses {
    <F::Element as Element>::USES
}

/// The options that the model of a block uses.
#[must_use]
pub const fn block_uses<N, F: BlockField<N>>() -> Uses {
    <F as BlockField<N>>::USES
}

/// Creates the nested block of a field. Without a description, it keeps the one of its model.
#[must_use]
pub fn block<N, F: BlockField<N>>(
    name: &str,
    nesting: Nesting,
    (min_items, max_items): (i64, i64),
    description: &str,
    deprecated: Option<&str>,
) -> NestedBlock {
    let mut block = F::block();
    if !description.is_empty() {
        description.clone_into(&mut block.description);
    }
    if let Some(instead) = deprecated {
        block.deprecated = Some(instead.to_owned());
    }
    NestedBlock {
        name: name.to_owned(),
        nesting,
        min_items,
        max_items,
        block,
    }
}

/// The shape of a nested model.
#[must_use]
pub fn shape<M: Model>() -> Shape {
    Shape::Nested {
        nesting: Nesting::Single,
        attributes: M::block().attributes,
    }
}

/// The validators of a nested model.
#[must_use]
pub fn validators<M: Model>() -> Vec<Validator> {
    M::block().validators
}

/// Converts a default of the field's type to a value.
#[must_use]
pub fn default<F: Field>(default: F::Element) -> Dynamic {
    default.encode()
}

/// Creates a validator of the field's known values.
pub fn validator<F: Field, E: Display>(
    name: &'static str,
    check: impl Fn(&F::Element) -> Result<(), E> + Send + Sync + 'static,
) -> Validator {
    Validator::new(move |value, path| {
        // A value with unknowns that the type cannot hold is validated when it is known.
        if !F::Element::can_hold(value) {
            return Vec::new();
        }
        match F::Element::decode(value.clone(), path) {
            Ok(known) => check(&known).err().map_or_else(Vec::new, |reason| {
                let summary = format!("Invalid value for {name}");
                vec![Diagnostic::error(summary, reason.to_string()).at(path.clone())]
            }),
            Err(failure) => failure.into_diagnostics(),
        }
    })
}

/// Creates a validator of a whole model.
pub fn model_validator<M: Model, E: Into<Failure>>(
    check: impl Fn(&M) -> Result<(), E> + Send + Sync + 'static,
) -> Validator {
    Validator::new(move |value, path| {
        // Decoding the configuration reports the values that do not match.
        let Ok(model) = M::decode(value.clone(), path) else {
            return Vec::new();
        };
        match check(&model) {
            Ok(()) => Vec::new(),
            Err(failure) => failure.into().under(path).into_diagnostics(),
        }
    })
}

/// Creates a modifier that replaces the resource depending on the prior and the planned value.
#[must_use]
pub fn replace_if<F: Field>(
    condition: impl Fn(&F, &F) -> bool + Send + Sync + 'static,
) -> Modifier {
    Modifier::RequiresReplaceIf(Arc::new(move |prior, planned| {
        let decode = |value: &Dynamic| F::decode(value.clone(), &Path::root());
        match (decode(prior), decode(planned)) {
            (Ok(prior), Ok(planned)) => condition(&prior, &planned),
            // A prior value that the type no longer accepts cannot be changed in place.
            _ => true,
        }
    }))
}

/// The entries of an object during decoding, and the failures so far.
#[derive(Debug)]
pub struct Fields<'p> {
    values: BTreeMap<String, Dynamic>,
    path: &'p Path,
    failures: Option<Failure>,
}

impl<'p> Fields<'p> {
    /// Starts decoding an object.
    ///
    /// # Errors
    /// If the value is not a known object.
    pub fn new(value: Dynamic, path: &'p Path) -> Result<Self> {
        match value.into_untyped() {
            Dynamic::Map(values) => Ok(Self {
                values,
                path,
                failures: None,
            }),
            other => Err(super::element::unexpected("an object", &other, path)),
        }
    }

    /// Decodes an attribute. A missing attribute is null.
    pub fn attribute<F: Field>(&mut self, name: &str) -> Option<F> {
        let value = self.values.remove(name).unwrap_or_default();
        self.record(name, F::decode(value, &Path::root()))
    }

    /// Decodes blocks. A missing entry means no blocks.
    pub fn block<N, F: BlockField<N>>(&mut self, name: &str) -> Option<F> {
        let value = self.values.remove(name).unwrap_or_default();
        self.record(name, F::decode(value, &Path::root()))
    }

    /// Returns the struct, or the failures.
    ///
    /// # Errors
    /// If a field could not be decoded; the failure has all errors in field order.
    pub fn finish<M>(self, model: Option<M>) -> Result<M> {
        match (model, self.failures) {
            (_, Some(failure)) => Err(failure),
            (Some(model), None) => Ok(model),
            (None, None) => Err(Failure::new(
                "Unexpected value",
                "The provider could not decode a value and gave no reason.",
            )
            .at(self.path.clone())),
        }
    }

    /// Keeps a decoded value or records its failure. Fields are decoded with paths relative to
    /// themselves, so that a full path is built only for an error.
    fn record<T>(&mut self, name: &str, decoded: Result<T>) -> Option<T> {
        let failure = match decoded {
            Ok(value) => return Some(value),
            Err(failure) => failure.under(&self.path.attribute(name)),
        };
        self.failures = Some(match self.failures.take() {
            Some(earlier) => earlier.and(failure),
            None => failure,
        });
        None
    }
}

/// Creates an object from encoded fields.
#[must_use]
pub fn object<const N: usize>(fields: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::object(fields)
}

/// Parses a value from text.
///
/// # Errors
/// If the text is invalid.
pub fn parse_text<T: FromStr<Err: Display>>(value: Dynamic, path: &Path) -> Result<T> {
    super::text::parse(value, path)
}

/// Creates the block of a model.
#[must_use]
pub fn model_block(
    description: &str,
    deprecated: Option<&str>,
    attributes: Vec<Attribute>,
    blocks: Vec<NestedBlock>,
    validators: Vec<Validator>,
) -> Block {
    Block {
        description: description.to_owned(),
        deprecated: deprecated.map(str::to_owned),
        attributes,
        blocks,
        validators,
    }
}
