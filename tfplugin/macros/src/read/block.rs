//! `#[block(…)]`: how many of it, and how addressed.

use syn::{Error, Ident, LitStr, Result};

use crate::options::words;

/// A nested block that makes sense.
pub(crate) struct Block {
    pub(crate) nesting: Nesting,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) deprecated: Option<LitStr>,
}

/// How many of it, and how addressed.
#[derive(Clone, Copy)]
pub(crate) enum Nesting {
    Single,
    Group,
    List,
    Set,
    Map,
}

/// The block, and the name it is given.
pub(crate) fn read(
    field: &Ident,
    attributes: &[syn::Attribute],
) -> Result<(Block, Option<LitStr>)> {
    let mut nestings = Vec::new();
    let (mut min, mut max, mut deprecated, mut name) = (None, None, None, None);
    for word in words(attributes, "block")? {
        let nesting = match word.name.to_string().as_str() {
            "single" => Nesting::Single,
            "group" => Nesting::Group,
            "list" => Nesting::List,
            "set" => Nesting::Set,
            "map" => Nesting::Map,
            "min" => {
                word.count(&mut min)?;
                continue;
            }
            "max" => {
                word.count(&mut max)?;
                continue;
            }
            "deprecated" => {
                word.text(&mut deprecated)?;
                continue;
            }
            "name" => {
                word.text(&mut name)?;
                continue;
            }
            _ => {
                let known = "`list`, `set`, `single`, `group`, `map`, `min`, `max`, \
                             `deprecated`, `name`";
                return word.unknown(known);
            }
        };
        let mut flag = None;
        word.flag(&mut flag)?;
        nestings.push(nesting);
    }
    let [nesting] = nestings[..] else {
        let problem = format!(
            "say how many of `{field}` there are: `list`, `set`, `single`, `group` or `map`"
        );
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

/// The limits as the protocol has them, where a single block says 1 and 1 when it is required.
fn limits(
    field: &Ident,
    nesting: Nesting,
    min: Option<i64>,
    max: Option<i64>,
) -> Result<(i64, i64)> {
    let refuse = |problem: &str| Err(Error::new(field.span(), problem));
    match (nesting, min, max) {
        (Nesting::Single, None | Some(0), None | Some(1))
        | (Nesting::Group | Nesting::Map, None, None) => Ok((0, 0)),
        (Nesting::Single, Some(1), None | Some(1)) => Ok((1, 1)),
        (Nesting::Single, _, _) => {
            refuse("a single block is there once or not at all: `min = 1` requires it")
        }
        (Nesting::Group | Nesting::Map, _, _) => {
            refuse("Terraform has no limits for group and map blocks")
        }
        (Nesting::List | Nesting::Set, _, Some(0)) => {
            refuse("`max = 0` allows none; leave it out for any number")
        }
        (Nesting::List | Nesting::Set, Some(min), Some(max)) if min > max => {
            refuse("`min` is above `max`")
        }
        (Nesting::List | Nesting::Set, min, max) => Ok((min.unwrap_or(0), max.unwrap_or(0))),
    }
}
