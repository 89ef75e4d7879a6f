//! What the code that `#[derive(Model)]` writes calls. It may change in any version.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

pub use super::{BlockField, Element, Field, Model, nesting};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Attribute, Block, Mode, Modifier, NestedBlock, Nesting, Shape, Validator};

/// An attribute of a field's type.
#[must_use]
pub fn attribute<F: Field>(name: &str, mode: Mode, description: &str) -> Attribute {
    let mut attribute = Attribute::new(name, F::Element::shape(), mode);
    description.clone_into(&mut attribute.description);
    attribute.validators = F::Element::validators();
    attribute
}

/// A block of a field's type; its own description counts where the field has none.
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

/// The shape of a model that stands in a value.
#[must_use]
pub fn shape<M: Model>() -> Shape {
    Shape::Nested {
        nesting: Nesting::Single,
        attributes: M::block().attributes,
    }
}

/// What a model that stands in a value says of itself.
#[must_use]
pub fn validators<M: Model>() -> Vec<Validator> {
    M::block().validators
}

/// A default of the field's type.
#[must_use]
pub fn default<F: Field>(default: F::Element) -> Dynamic {
    default.encode()
}

/// A check of the field's known values.
pub fn validator<F: Field, E: Display>(
    name: &'static str,
    check: impl Fn(&F::Element) -> Result<(), E> + Send + Sync + 'static,
) -> Validator {
    Validator::new(move |value, path| {
        // What has no room for something unknown yet is checked when it is known.
        if !F::Element::has_room(value) {
            return Vec::new();
        }
        match F::Element::decode(value.clone(), path) {
            Ok(known) => check(&known).err().map_or_else(Vec::new, |why| {
                let summary = format!("Invalid value for {name}");
                vec![Diagnostic::error(summary, why.to_string()).at(path.clone())]
            }),
            Err(failure) => failure.into_diagnostics(),
        }
    })
}

/// A check of a whole model.
pub fn whole<M: Model, E: Into<Failure>>(
    check: impl Fn(&M) -> Result<(), E> + Send + Sync + 'static,
) -> Validator {
    Validator::new(move |value, path| {
        // A value that does not fit is told of where it is decoded, with what does not fit.
        let Ok(model) = M::decode(value.clone(), path) else {
            return Vec::new();
        };
        match check(&model) {
            Ok(()) => Vec::new(),
            Err(failure) => failure.into().under(path).into_diagnostics(),
        }
    })
}

/// A replacement that depends on both values.
#[must_use]
pub fn replace_if<F: Field>(decides: impl Fn(&F, &F) -> bool + Send + Sync + 'static) -> Modifier {
    Modifier::RequiresReplaceIf(Arc::new(move |prior, planned| {
        let decode = |value: &Dynamic| F::decode(value.clone(), &Path::root());
        match (decode(prior), decode(planned)) {
            (Ok(prior), Ok(planned)) => decides(&prior, &planned),
            // A prior value that the type no longer takes cannot be changed in place.
            _ => true,
        }
    }))
}

/// The entries of an object on their way into a struct, and what is wrong with them so far.
#[derive(Debug)]
pub struct Fields<'p> {
    values: BTreeMap<String, Dynamic>,
    path: &'p Path,
    failed: Option<Failure>,
}

impl<'p> Fields<'p> {
    /// The entries of an object.
    ///
    /// # Errors
    /// A value that is no object, or not known.
    pub fn open(value: Dynamic, path: &'p Path) -> Result<Self> {
        match value.into_untyped() {
            Dynamic::Map(values) => Ok(Self {
                values,
                path,
                failed: None,
            }),
            other => Err(super::element::unexpected("an object", &other, path)),
        }
    }

    /// An attribute; one that is not there is null.
    pub fn attribute<F: Field>(&mut self, name: &str) -> Option<F> {
        let value = self.values.remove(name).unwrap_or_default();
        self.keep(name, F::decode(value, &Path::root()))
    }

    /// Blocks; where there is nothing, there are none.
    pub fn block<N, F: BlockField<N>>(&mut self, name: &str) -> Option<F> {
        let value = self.values.remove(name).unwrap_or_default();
        self.keep(name, F::decode(value, &Path::root()))
    }

    /// The struct, or everything that was wrong.
    ///
    /// # Errors
    /// What was wrong, in the order of the fields.
    pub fn close<M>(self, model: Option<M>) -> Result<M> {
        match (model, self.failed) {
            (_, Some(failure)) => Err(failure),
            (Some(model), None) => Ok(model),
            (None, None) => Err(Failure::new(
                "Unexpected value",
                "The provider could not read a value and does not say why.",
            )
            .at(self.path.clone())),
        }
    }

    /// Fields are decoded with paths that begin at themselves, so that a path is made only for
    /// what went wrong.
    fn keep<T>(&mut self, name: &str, decoded: Result<T>) -> Option<T> {
        let failure = match decoded {
            Ok(value) => return Some(value),
            Err(failure) => failure.under(&self.path.attribute(name)),
        };
        self.failed = Some(match self.failed.take() {
            Some(earlier) => earlier.and(failure),
            None => failure,
        });
        None
    }
}

/// An object of encoded fields.
#[must_use]
pub fn object<const N: usize>(fields: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::object(fields)
}

/// A value from its text.
///
/// # Errors
/// Text that the type refuses.
pub fn parse_text<T: FromStr<Err: Display>>(value: Dynamic, path: &Path) -> Result<T> {
    super::text::parse(value, path)
}

/// A block with its validators.
#[must_use]
pub fn outer(
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
