//! Walks a planned value together with the configuration and the prior state.

use super::nested::Members;
use super::walk::{Address, NULL};
use super::{Attribute, Block, Nesting, Shape};
use crate::dynamic::Dynamic;
use crate::path::Path;

/// The attribute that a walk visits.
#[derive(Clone, Copy, Debug)]
pub struct AttributePosition<'a> {
    /// The attribute's path; inside a set, the path of the set.
    pub path: &'a Path,
    /// The attribute's schema.
    pub attribute: &'a Attribute,
    /// Whether it is inside an element of a set, where attributes have no path of their own.
    pub in_set: bool,
}

/// The configured and the prior value of the same attribute; null where there is none.
#[derive(Clone, Copy, Debug)]
pub struct Counterparts<'a> {
    /// The configured value.
    pub config: &'a Dynamic,
    /// The value in the prior state.
    pub prior: &'a Dynamic,
}

impl Block {
    /// Visits the attributes of the value, outer before inner, and lets the visitor change them.
    /// The walk continues inside the changed value. Missing attributes are inserted as null.
    ///
    /// Elements of a set have no path, so an attribute inside one has the path of the set.
    pub fn walk_mut(
        &self,
        value: &mut Dynamic,
        visit: &mut impl FnMut(&Path, &Attribute, &mut Dynamic),
    ) {
        let none = Counterparts {
            config: &NULL,
            prior: &NULL,
        };
        self.walk_correlated(
            value,
            none,
            &mut |position: AttributePosition<'_>, value, _| {
                visit(position.path, position.attribute, value);
            },
        );
    }

    /// Like [`Block::walk_mut`], and passes the configured and the prior value of each attribute.
    /// Elements of lists correspond by index, elements of maps by key.
    ///
    /// Elements of sets correspond as in Terraform Core: a configured element corresponds to the
    /// planned and the prior element that have all its configured values.
    pub fn walk_correlated(
        &self,
        value: &mut Dynamic,
        counterparts: Counterparts<'_>,
        visit: &mut impl FnMut(AttributePosition<'_>, &mut Dynamic, Counterparts<'_>),
    ) {
        walk_inside(
            Members::of_block(self),
            value,
            counterparts,
            &Address::root(),
            visit,
        );
    }
}

impl<'a> Counterparts<'a> {
    fn select(self, pick: impl Fn(&'a Dynamic) -> Option<&'a Dynamic>) -> Self {
        Self {
            config: pick(self.config).unwrap_or(&NULL),
            prior: pick(self.prior).unwrap_or(&NULL),
        }
    }

    fn entry(self, name: &str) -> Self {
        self.select(|value| match value {
            Dynamic::Map(values) => values.get(name),
            _ => None,
        })
    }

    fn index(self, index: usize) -> Self {
        self.select(|value| match value {
            Dynamic::List(values) => values.get(index),
            _ => None,
        })
    }
}

fn walk_inside(
    members: Members<'_>,
    value: &mut Dynamic,
    counterparts: Counterparts<'_>,
    address: &Address,
    visit: &mut impl FnMut(AttributePosition<'_>, &mut Dynamic, Counterparts<'_>),
) {
    let Dynamic::Map(values) = value else { return };
    for attribute in members.attributes {
        let address = address.attribute(&attribute.name);
        let counterparts = counterparts.entry(&attribute.name);
        let value = values.entry(attribute.name.clone()).or_default();
        let position = AttributePosition {
            path: address.path(),
            attribute,
            in_set: address.in_set(),
        };
        visit(position, value, counterparts);
        if let Shape::Nested {
            nesting,
            attributes,
        } = &attribute.shape
        {
            let members = Members::of_attribute(attributes);
            walk_nested(*nesting, members, value, counterparts, &address, visit);
        }
    }
    for block in members.blocks {
        if let Some(value) = values.get_mut(&block.name) {
            let address = address.attribute(&block.name);
            let counterparts = counterparts.entry(&block.name);
            let members = Members::of_block(&block.block);
            walk_nested(block.nesting, members, value, counterparts, &address, visit);
        }
    }
}

fn walk_nested(
    nesting: Nesting,
    members: Members<'_>,
    value: &mut Dynamic,
    counterparts: Counterparts<'_>,
    address: &Address,
    visit: &mut impl FnMut(AttributePosition<'_>, &mut Dynamic, Counterparts<'_>),
) {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, value) => {
            walk_inside(members, value, counterparts, address, visit);
        }
        (Nesting::List, Dynamic::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let address = address.index(index);
                walk_inside(members, element, counterparts.index(index), &address, visit);
            }
        }
        (Nesting::Set, Dynamic::List(elements)) => {
            let mut unmatched = UnmatchedElements::new(counterparts);
            for element in elements {
                let counterparts = unmatched.take_counterparts(members, element);
                walk_inside(
                    members,
                    element,
                    counterparts,
                    &address.element_of_set(),
                    visit,
                );
            }
        }
        (Nesting::Map, Dynamic::Map(elements)) => {
            for (key, element) in elements {
                let address = address.key(key);
                walk_inside(members, element, counterparts.entry(key), &address, visit);
            }
        }
        _ => {}
    }
}

/// The configured and prior elements of a set that no planned element corresponds to yet.
struct UnmatchedElements<'a> {
    config: Vec<&'a Dynamic>,
    prior: Vec<&'a Dynamic>,
}

impl<'a> UnmatchedElements<'a> {
    fn new(counterparts: Counterparts<'a>) -> Self {
        let elements = |value: &'a Dynamic| match value {
            Dynamic::List(elements) => elements.iter().collect(),
            _ => Vec::new(),
        };
        Self {
            config: elements(counterparts.config),
            prior: elements(counterparts.prior),
        }
    }

    fn take_counterparts(&mut self, members: Members<'_>, planned: &Dynamic) -> Counterparts<'a> {
        let Some(config) = take_first(&mut self.config, |c| matches_config(members, c, planned))
        else {
            // The provider added this element without a configured one. Only an equal element of
            // the prior state corresponds to it.
            let prior = take_first(&mut self.prior, |p| *p == planned).unwrap_or(&NULL);
            return Counterparts {
                config: &NULL,
                prior,
            };
        };
        let prior =
            take_first(&mut self.prior, |p| matches_config(members, config, p)).unwrap_or(&NULL);
        Counterparts { config, prior }
    }
}

fn take_first<'a>(
    elements: &mut Vec<&'a Dynamic>,
    matches: impl FnMut(&&'a Dynamic) -> bool,
) -> Option<&'a Dynamic> {
    let index = elements.iter().position(matches)?;
    Some(elements.remove(index))
}

/// Whether the value has all configured values. Computed attributes without a configured value may
/// be anything.
fn matches_config(members: Members<'_>, config: &Dynamic, value: &Dynamic) -> bool {
    let (Dynamic::Map(configured), Dynamic::Map(values)) = (config, value) else {
        return config == value;
    };
    let attributes = members.attributes.iter().all(|attribute| {
        let configured = configured.get(&attribute.name).unwrap_or(&NULL);
        let value = values.get(&attribute.name).unwrap_or(&NULL);
        match &attribute.shape {
            // A write-only value is never stored, so it cannot distinguish elements.
            _ if attribute.write_only => true,
            _ if *configured == Dynamic::Null && attribute.mode.is_computed() => true,
            Shape::Nested {
                nesting,
                attributes,
            } => nested_matches_config(
                *nesting,
                Members::of_attribute(attributes),
                configured,
                value,
            ),
            Shape::Type(_) => configured == value,
        }
    });
    attributes
        && members.blocks.iter().all(|block| {
            let configured = configured.get(&block.name).unwrap_or(&NULL);
            let value = values.get(&block.name).unwrap_or(&NULL);
            let members = Members::of_block(&block.block);
            nested_matches_config(block.nesting, members, configured, value)
        })
}

fn nested_matches_config(
    nesting: Nesting,
    members: Members<'_>,
    config: &Dynamic,
    value: &Dynamic,
) -> bool {
    match (nesting, config, value) {
        (Nesting::Single | Nesting::Group, _, _) => matches_config(members, config, value),
        (Nesting::List, Dynamic::List(config), Dynamic::List(values)) => {
            config.len() == values.len()
                && config
                    .iter()
                    .zip(values)
                    .all(|(config, value)| matches_config(members, config, value))
        }
        (Nesting::Set, Dynamic::List(config), Dynamic::List(values)) => {
            let mut unmatched: Vec<&Dynamic> = values.iter().collect();
            config.len() == values.len()
                && config.iter().all(|config| {
                    take_first(&mut unmatched, |v| matches_config(members, config, v)).is_some()
                })
        }
        (Nesting::Map, Dynamic::Map(config), Dynamic::Map(values)) => {
            config.len() == values.len()
                && config.iter().all(|(key, config)| {
                    values
                        .get(key)
                        .is_some_and(|value| matches_config(members, config, value))
                })
        }
        _ => config == value,
    }
}
