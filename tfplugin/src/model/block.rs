//! Fields that are nested blocks.

use std::collections::BTreeMap;

use super::collection::collect;
use super::element::unexpected;
use super::{Model, Uses};
use crate::diag::{Diagnostic, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::Block;
use crate::value::Value;

/// The kinds of nesting as types, so that a field of the wrong type does not compile.
pub mod nesting {
    /// `#[block(single)]`
    #[derive(Clone, Copy, Debug)]
    pub enum Single {}
    /// `#[block(group)]`
    #[derive(Clone, Copy, Debug)]
    pub enum Group {}
    /// `#[block(list)]`
    #[derive(Clone, Copy, Debug)]
    pub enum List {}
    /// `#[block(set)]`
    #[derive(Clone, Copy, Debug)]
    pub enum Set {}
    /// `#[block(map)]`
    #[derive(Clone, Copy, Debug)]
    pub enum Map {}
}

/// The type of a field with `#[block]`: `Vec<M>` for a list or a set, `Option<M>` for a single
/// block, `M` for a group, `BTreeMap<String, M>` for a map.
///
/// A `dynamic` block with an unknown `for_each` makes the blocks unknown as a whole. A [`Value`]
/// can hold that (`Value<Vec<M>>`, `Value<M>`, `Value<BTreeMap<String, M>>`). Decoding any other
/// field fails. In `validate` and `plan` that error waits until the blocks are known.
#[diagnostic::on_unimplemented(
    message = "a `{Nesting}` block cannot be a `{Self}`",
    label = "not the type for this kind of block",
    note = "use `Vec<M>` for a list or a set, `Option<M>` for a single block, `M` for a group and `BTreeMap<String, M>` for a map, where M has `#[derive(tfplugin::Model)]`"
)]
pub trait BlockField<Nesting>: Sized {
    /// The options that the model of the blocks uses.
    #[doc(hidden)]
    const USES: Uses;

    /// The schema of each block.
    fn block() -> Block;

    /// Converts a value of the blocks' type to the field.
    ///
    /// # Errors
    /// If the value does not match the field, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// Converts the field to a value.
    fn encode(self) -> Dynamic;
}

impl<M: Model> BlockField<nesting::Single> for Option<M> {
    const USES: Uses = M::USES;

    fn block() -> Block {
        M::block()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        match value {
            Dynamic::Null => Ok(None),
            value => M::decode(known(value, path)?, path).map(Some),
        }
    }

    fn encode(self) -> Dynamic {
        self.map_or(Dynamic::Null, M::encode)
    }
}

impl<M: Model> BlockField<nesting::Group> for M {
    const USES: Uses = M::USES;

    fn block() -> Block {
        M::block()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        M::decode(known(value, path)?, path)
    }

    fn encode(self) -> Dynamic {
        M::encode(self)
    }
}

/// Lists and sets differ only in paths: an element of a set has no index.
macro_rules! sequences {
    ($($nesting:ty, $address:expr;)*) => {$(
        impl<M: Model> BlockField<$nesting> for Vec<M> {
            const USES: Uses = M::USES;

            fn block() -> Block {
                M::block()
            }

            fn decode(value: Dynamic, path: &Path) -> Result<Self> {
                let elements = match known(value, path)? {
                    Dynamic::Null => return Ok(Self::new()),
                    Dynamic::List(elements) => elements.into_iter().enumerate(),
                    other => return Err(unexpected("blocks", &other, path)),
                };
                let address: fn(&Path, usize) -> Path = $address;
                collect(elements.map(|(index, element)| decode_block(element, || address(path, index))))
            }

            fn encode(self) -> Dynamic {
                Dynamic::List(self.into_iter().map(M::encode).collect())
            }
        }
    )*};
}

sequences! {
    nesting::List, |path, index| path.index(index);
    nesting::Set, |path, _| path.element();
}

impl<M: Model> BlockField<nesting::Map> for BTreeMap<String, M> {
    const USES: Uses = M::USES;

    fn block() -> Block {
        M::block()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = match known(value, path)? {
            Dynamic::Null => return Ok(Self::new()),
            Dynamic::Map(elements) => elements.into_iter(),
            other => return Err(unexpected("blocks", &other, path)),
        };
        collect(elements.map(|(key, element)| {
            let element = decode_block(element, || path.key(&key))?;
            Ok((key, element))
        }))
    }

    fn encode(self) -> Dynamic {
        let elements = self.into_iter();
        Dynamic::Map(elements.map(|(key, model)| (key, model.encode())).collect())
    }
}

/// Blocks that can be unknown. Null means that there are no blocks.
macro_rules! optional_blocks {
    ($($nesting:ty: $known:ty, $absent:expr;)*) => {$(
        impl<M: Model> BlockField<$nesting> for Value<$known> {
            const USES: Uses = M::USES;

            fn block() -> Block {
                M::block()
            }

            fn decode(value: Dynamic, path: &Path) -> Result<Self> {
                match value {
                    Dynamic::Null => Ok(Self::Null),
                    Dynamic::Unknown(_) => Ok(Self::Unknown),
                    value => {
                        <$known as BlockField<$nesting>>::decode(value, path).map(Self::Known)
                    }
                }
            }

            fn encode(self) -> Dynamic {
                match self {
                    Self::Known(known) => <$known as BlockField<$nesting>>::encode(known),
                    Self::Null => $absent,
                    Self::Unknown => Dynamic::unknown(),
                }
            }
        }
    )*};
}

optional_blocks! {
    nesting::List: Vec<M>, Dynamic::List(Vec::new());
    nesting::Set: Vec<M>, Dynamic::List(Vec::new());
    nesting::Map: BTreeMap<String, M>, Dynamic::Map(BTreeMap::new());
}

impl<M: Model> BlockField<nesting::Single> for Value<M> {
    const USES: Uses = M::USES;

    fn block() -> Block {
        M::block()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        match value {
            Dynamic::Null => Ok(Self::Null),
            Dynamic::Unknown(_) => Ok(Self::Unknown),
            value => M::decode(value, path).map(Self::Known),
        }
    }

    fn encode(self) -> Dynamic {
        match self {
            Self::Known(model) => model.encode(),
            Self::Null => Dynamic::Null,
            Self::Unknown => Dynamic::unknown(),
        }
    }
}

/// Decodes one of several blocks. Its path is built only for an error.
fn decode_block<M: Model>(value: Dynamic, path: impl FnOnce() -> Path) -> Result<M> {
    M::decode(value, &Path::root()).map_err(|failure| failure.under(&path()))
}

fn known(value: Dynamic, path: &Path) -> Result<Dynamic> {
    if value.is_unknown() {
        let error = Diagnostic::error(
            "Unknown blocks",
            "The number of these blocks becomes known only during apply, but the provider needs it \
             now. First apply what their for_each depends on, for example with -target.",
        );
        return Err(error.at(path.clone()).about_unknown().into());
    }
    Ok(value)
}
