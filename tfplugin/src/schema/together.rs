//! Changing a planned value with the configuration and the prior state held beside it.

use super::nested::Inside;
use super::walk::{Address, NULL};
use super::{Attribute, Block, Nesting, Shape};
use crate::dynamic::Dynamic;
use crate::path::Path;

/// Where a walk that changes values has come to.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// The attribute's place; inside a set it is the place of the set.
    pub path: &'a Path,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Whether it is inside an element of a set and so has no address of its own.
    pub in_set: bool,
}

/// What the configuration and the prior state have at the same place; null where they have nothing.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// What the configuration says.
    pub config: &'a Dynamic,
    /// What the prior state says.
    pub prior: &'a Dynamic,
}

impl Block {
    /// Visits every attribute that the value has a place for, outer before inner, and lets the
    /// visitor change it; what it puts there is what is visited next. An attribute that the value
    /// leaves out is there as null afterwards.
    ///
    /// Elements of a set have no address, so the path of whatever is inside one is the set's own.
    pub fn walk_mut(
        &self,
        value: &mut Dynamic,
        visit: &mut impl FnMut(&Path, &Attribute, &mut Dynamic),
    ) {
        let nothing = Beside {
            config: &NULL,
            prior: &NULL,
        };
        self.walk_together(value, nothing, &mut |spot: Spot<'_>, value, _| {
            visit(spot.path, spot.attribute, value);
        });
    }

    /// As [`Block::walk_mut`], with what the configuration and the prior state have in the same
    /// place: lists correspond by index and maps by key.
    ///
    /// Elements of a set correspond as they do in Terraform Core: to a configured element belong
    /// the planned and the prior element that agree with it in all that it says.
    pub fn walk_together(
        &self,
        value: &mut Dynamic,
        beside: Beside<'_>,
        visit: &mut impl FnMut(Spot<'_>, &mut Dynamic, Beside<'_>),
    ) {
        walk_inside(Inside::block(self), value, beside, &Address::root(), visit);
    }
}

impl<'a> Beside<'a> {
    fn each(self, pick: impl Fn(&'a Dynamic) -> Option<&'a Dynamic>) -> Self {
        Self {
            config: pick(self.config).unwrap_or(&NULL),
            prior: pick(self.prior).unwrap_or(&NULL),
        }
    }

    fn entry(self, name: &str) -> Self {
        self.each(|value| match value {
            Dynamic::Map(values) => values.get(name),
            _ => None,
        })
    }

    fn index(self, index: usize) -> Self {
        self.each(|value| match value {
            Dynamic::List(values) => values.get(index),
            _ => None,
        })
    }
}

fn walk_inside(
    inside: Inside<'_>,
    value: &mut Dynamic,
    beside: Beside<'_>,
    address: &Address,
    visit: &mut impl FnMut(Spot<'_>, &mut Dynamic, Beside<'_>),
) {
    let Dynamic::Map(values) = value else { return };
    for attribute in inside.attributes {
        let address = address.attribute(&attribute.name);
        let beside = beside.entry(&attribute.name);
        let value = values.entry(attribute.name.clone()).or_default();
        let spot = Spot {
            path: address.path(),
            attribute,
            in_set: address.in_set(),
        };
        visit(spot, value, beside);
        if let Shape::Nested {
            nesting,
            attributes,
        } = &attribute.shape
        {
            let inside = Inside::attributes(attributes);
            walk_nested(*nesting, inside, value, beside, &address, visit);
        }
    }
    for block in inside.blocks {
        if let Some(value) = values.get_mut(&block.name) {
            let address = address.attribute(&block.name);
            let beside = beside.entry(&block.name);
            let inside = Inside::block(&block.block);
            walk_nested(block.nesting, inside, value, beside, &address, visit);
        }
    }
}

fn walk_nested(
    nesting: Nesting,
    inside: Inside<'_>,
    value: &mut Dynamic,
    beside: Beside<'_>,
    address: &Address,
    visit: &mut impl FnMut(Spot<'_>, &mut Dynamic, Beside<'_>),
) {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, value) => {
            walk_inside(inside, value, beside, address, visit);
        }
        (Nesting::List, Dynamic::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let address = address.index(index);
                walk_inside(inside, element, beside.index(index), &address, visit);
            }
        }
        (Nesting::Set, Dynamic::List(elements)) => {
            let mut pairs = Pairs::new(beside);
            for element in elements {
                let beside = pairs.take(inside, element);
                walk_inside(inside, element, beside, &address.element_of_set(), visit);
            }
        }
        (Nesting::Map, Dynamic::Map(elements)) => {
            for (key, element) in elements {
                let address = address.key(key);
                walk_inside(inside, element, beside.entry(key), &address, visit);
            }
        }
        _ => {}
    }
}

/// The elements of a set's configuration and prior state that no planned element has taken yet.
struct Pairs<'a> {
    config: Vec<&'a Dynamic>,
    prior: Vec<&'a Dynamic>,
}

impl<'a> Pairs<'a> {
    fn new(beside: Beside<'a>) -> Self {
        let elements = |value: &'a Dynamic| match value {
            Dynamic::List(elements) => elements.iter().collect(),
            _ => Vec::new(),
        };
        Self {
            config: elements(beside.config),
            prior: elements(beside.prior),
        }
    }

    fn take(&mut self, inside: Inside<'_>, planned: &Dynamic) -> Beside<'a> {
        let Some(config) = take_first(&mut self.config, |c| agrees(inside, c, planned)) else {
            // Nothing was configured for it: it is an element that the provider made up, and
            // only the very same element of the prior state is the same thing.
            let prior = take_first(&mut self.prior, |p| *p == planned).unwrap_or(&NULL);
            return Beside {
                config: &NULL,
                prior,
            };
        };
        let prior = take_first(&mut self.prior, |p| agrees(inside, config, p)).unwrap_or(&NULL);
        Beside { config, prior }
    }
}

fn take_first<'a>(
    from: &mut Vec<&'a Dynamic>,
    fits: impl FnMut(&&'a Dynamic) -> bool,
) -> Option<&'a Dynamic> {
    let place = from.iter().position(fits)?;
    Some(from.remove(place))
}

/// Whether a value says everything that the configuration says; what the configuration leaves to
/// the provider may be anything.
fn agrees(inside: Inside<'_>, config: &Dynamic, value: &Dynamic) -> bool {
    let (Dynamic::Map(configured), Dynamic::Map(values)) = (config, value) else {
        return config == value;
    };
    let attributes = inside.attributes.iter().all(|attribute| {
        let configured = configured.get(&attribute.name).unwrap_or(&NULL);
        let value = values.get(&attribute.name).unwrap_or(&NULL);
        match &attribute.shape {
            // A value that is never stored cannot tell elements apart.
            _ if attribute.write_only => true,
            _ if *configured == Dynamic::Null && attribute.mode.is_computed() => true,
            Shape::Nested {
                nesting,
                attributes,
            } => agrees_nested(*nesting, Inside::attributes(attributes), configured, value),
            Shape::Type(_) => configured == value,
        }
    });
    attributes
        && inside.blocks.iter().all(|block| {
            let configured = configured.get(&block.name).unwrap_or(&NULL);
            let value = values.get(&block.name).unwrap_or(&NULL);
            let inside = Inside::block(&block.block);
            agrees_nested(block.nesting, inside, configured, value)
        })
}

fn agrees_nested(nesting: Nesting, inside: Inside<'_>, config: &Dynamic, value: &Dynamic) -> bool {
    match (nesting, config, value) {
        (Nesting::Single | Nesting::Group, _, _) => agrees(inside, config, value),
        (Nesting::List, Dynamic::List(config), Dynamic::List(values)) => {
            config.len() == values.len()
                && config
                    .iter()
                    .zip(values)
                    .all(|(config, value)| agrees(inside, config, value))
        }
        (Nesting::Set, Dynamic::List(config), Dynamic::List(values)) => {
            let mut left: Vec<&Dynamic> = values.iter().collect();
            config.len() == values.len()
                && config
                    .iter()
                    .all(|config| take_first(&mut left, |v| agrees(inside, config, v)).is_some())
        }
        (Nesting::Map, Dynamic::Map(config), Dynamic::Map(values)) => {
            config.len() == values.len()
                && config.iter().all(|(key, config)| {
                    values
                        .get(key)
                        .is_some_and(|value| agrees(inside, config, value))
                })
        }
        _ => config == value,
    }
}
