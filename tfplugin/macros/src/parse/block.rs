//! Parses `#[block(…)]`.

use syn::{Error, Ident, LitStr, Result};

use crate::options::options;

/// A parsed and checked block.
pub(crate) struct Block {
    pub(crate) nesting: Nesting,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) deprecated: Option<LitStr>,
}

/// How many blocks there are, and how paths address them.
#[derive(Clone, Copy)]
pub(crate) enum Nesting {
    Single,
    Group,
    List,
    Set,
    Map,
}

/// Parses a block, and the name in `name = "…"`.
pub(crate) fn parse(
    field: &Ident,
    attributes: &[syn::Attribute],
) -> Result<(Block, Option<LitStr>)> {
    let mut nestings = Vec::new();
    let (mut min, mut max, mut deprecated, mut name) = (None, None, None, None);
    for option in options(attributes, "block")? {
        let nesting = match option.name.to_string().as_str() {
            "single" => Nesting::Single,
            "group" => Nesting::Group,
            "list" => Nesting::List,
            "set" => Nesting::Set,
            "map" => Nesting::Map,
            "min" => {
                option.count(&mut min)?;
                continue;
            }
            "max" => {
                option.count(&mut max)?;
                continue;
            }
            "deprecated" => {
                option.text(&mut deprecated)?;
                continue;
            }
            "name" => {
                option.text(&mut name)?;
                continue;
            }
            _ => {
                let known = "`list`, `set`, `single`, `group`, `map`, `min`, `max`, \
                             `deprecated`, `name`";
                return option.unknown(known);
            }
        };
        let mut flag = None;
        option.flag(&mut flag)?;
        nestings.push(nesting);
    }
    let [nesting] = nestings[..] else {
        let problem =
            format!("`{field}` needs exactly one of `list`, `set`, `single`, `group` and `map`");
        return Err(Error::new(field.span(), problem));
    };
    let (min, max) = limits(field, nesting, min, max)?;
    let block = Block {
        nesting,
        min,
        max,
        deprecated,
    };
    Ok((block, name))
}

/// The minimum and maximum for the protocol. They are 0 and 0 without limits, and 1 and 1 for a
/// required single block.
fn limits(
    field: &Ident,
    nesting: Nesting,
    min: Option<i64>,
    max: Option<i64>,
) -> Result<(i64, i64)> {
    let fail = |problem: &str| Err(Error::new(field.span(), problem));
    match (nesting, min, max) {
        (Nesting::Single, None | Some(0), None | Some(1))
        | (Nesting::Group | Nesting::Map, None, None) => Ok((0, 0)),
        (Nesting::Single, Some(1), None | Some(1)) => Ok((1, 1)),
        (Nesting::Single, _, _) => {
            fail("a single block occurs at most once; use `min = 1` to require it")
        }
        (Nesting::Group | Nesting::Map, _, _) => fail("group and map blocks cannot have limits"),
        (Nesting::List | Nesting::Set, _, Some(0)) => {
            fail("`max = 0` would allow no block; remove it for no limit")
        }
        (Nesting::List | Nesting::Set, Some(min), Some(max)) if min > max => {
            fail("`min` is above `max`")
        }
        (Nesting::List | Nesting::Set, min, max) => Ok((min.unwrap_or(0), max.unwrap_or(0))),
    }
}
