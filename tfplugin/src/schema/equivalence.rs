//! Keeps an earlier value where the provider returns one that means the same.

use super::nested::Members;
use super::{Attribute, Block, Nesting, Shape};
use crate::dynamic::Dynamic;

impl Block {
    /// Replaces each value with the earlier one if both mean the same.
    pub(crate) fn keep_equivalents(&self, earlier: &Dynamic, value: &mut Dynamic) {
        keep_inside(Members::of_block(self), earlier, value);
    }
}

impl Attribute {
    /// Replaces the value, or values inside it, with earlier ones that mean the same.
    pub(crate) fn keep_equivalents(&self, earlier: &Dynamic, value: &mut Dynamic) {
        match &self.shape {
            Shape::Nested {
                nesting,
                attributes,
            } => {
                let members = Members::of_attribute(attributes);
                keep_nested(*nesting, members, earlier, value);
            }
            Shape::Type(_) => {
                if let Some(keep) = self.keep_equivalent {
                    keep(earlier, value);
                }
            }
        }
    }
}

/// Applies `keep` to each element of a collection and the earlier element that corresponds to it.
///
/// Elements of a set have no address. Such an element corresponds to the first earlier one that it
/// equals, or else to the first one that it equals after `keep`.
pub(crate) fn keep_equivalent_in(
    nesting: Nesting,
    earlier: &Dynamic,
    value: &mut Dynamic,
    keep: impl Fn(&Dynamic, &mut Dynamic),
) {
    match (nesting, earlier, value) {
        (Nesting::Single | Nesting::Group, earlier, value) => keep(earlier, value),
        (Nesting::List, Dynamic::List(earlier), Dynamic::List(elements)) => {
            for (earlier, element) in earlier.iter().zip(elements) {
                keep(earlier, element);
            }
        }
        (Nesting::Set, Dynamic::List(earlier), Dynamic::List(elements)) => {
            let mut unmatched: Vec<&Dynamic> = earlier.iter().collect();
            for element in elements {
                // Most elements are equal, which is found without a copy.
                if let Some(index) = unmatched.iter().position(|earlier| fits(earlier, element)) {
                    unmatched.remove(index);
                    continue;
                }
                let mut candidates = unmatched.iter().enumerate();
                let found = candidates.find_map(|(index, earlier)| {
                    let mut kept = element.clone();
                    keep(earlier, &mut kept);
                    fits(earlier, &kept).then_some((index, kept))
                });
                if let Some((index, kept)) = found {
                    unmatched.remove(index);
                    *element = kept;
                }
            }
        }
        (Nesting::Map, Dynamic::Map(earlier), Dynamic::Map(elements)) => {
            for (key, element) in elements {
                if let Some(earlier) = earlier.get(key) {
                    keep(earlier, element);
                }
            }
        }
        _ => {}
    }
}

fn keep_nested(nesting: Nesting, members: Members<'_>, earlier: &Dynamic, value: &mut Dynamic) {
    keep_equivalent_in(nesting, earlier, value, |earlier, value| {
        keep_inside(members, earlier, value);
    });
}

fn keep_inside(members: Members<'_>, earlier: &Dynamic, value: &mut Dynamic) {
    let (Dynamic::Map(earlier), Dynamic::Map(values)) = (earlier, value) else {
        return;
    };
    for attribute in members.attributes {
        let name = &attribute.name;
        if let (Some(earlier), Some(value)) = (earlier.get(name), values.get_mut(name)) {
            attribute.keep_equivalents(earlier, value);
        }
    }
    for block in members.blocks {
        let name = &block.name;
        if let (Some(earlier), Some(value)) = (earlier.get(name), values.get_mut(name)) {
            let members = Members::of_block(&block.block);
            keep_nested(block.nesting, members, earlier, value);
        }
    }
}

/// Whether the value can be what the earlier one became: unknown values can become anything.
fn fits(earlier: &Dynamic, value: &Dynamic) -> bool {
    match (earlier, value) {
        (Dynamic::Unknown(_), _) => true,
        (Dynamic::List(earlier), Dynamic::List(values)) => {
            earlier.len() == values.len() && earlier.iter().zip(values).all(|(e, v)| fits(e, v))
        }
        (Dynamic::Map(earlier), Dynamic::Map(values)) => {
            let fits = |(name, value)| earlier.get(name).is_some_and(|e| fits(e, value));
            earlier.len() == values.len() && values.iter().all(fits)
        }
        _ => earlier == value,
    }
}
