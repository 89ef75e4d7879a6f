//! Runs a schema's validators on a configuration.

use super::walk::Address;
use super::{Block, Nesting, Validator};
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;

impl Block {
    /// Runs the validators of attributes, outer before inner, and then those of blocks. Null and
    /// unknown values are not validated.
    #[must_use]
    pub fn validate(&self, config: &Dynamic) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        self.walk_addresses(config, &mut |address, attribute, value| {
            if !value.is_null() && !value.is_unknown() {
                run(&attribute.validators, value, address, &mut diagnostics);
            }
        });
        validate_block(self, config, &Address::root(), &mut diagnostics);
        diagnostics
    }
}

fn validate_block(
    block: &Block,
    value: &Dynamic,
    address: &Address,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Dynamic::Map(values) = value else { return };
    run(&block.validators, value, address, diagnostics);
    for nested in &block.blocks {
        let address = address.attribute(&nested.name);
        let inner = &nested.block;
        match (nested.nesting, values.get(&nested.name)) {
            (Nesting::Single | Nesting::Group, Some(value)) => {
                validate_block(inner, value, &address, diagnostics);
            }
            (Nesting::List, Some(Dynamic::List(elements))) => {
                for (index, element) in elements.iter().enumerate() {
                    validate_block(inner, element, &address.index(index), diagnostics);
                }
            }
            (Nesting::Set, Some(Dynamic::List(elements))) => {
                for element in elements {
                    validate_block(inner, element, &address.element_of_set(), diagnostics);
                }
            }
            (Nesting::Map, Some(Dynamic::Map(elements))) => {
                for (key, element) in elements {
                    validate_block(inner, element, &address.key(key), diagnostics);
                }
            }
            _ => {}
        }
    }
}

fn run(
    validators: &[Validator],
    value: &Dynamic,
    address: &Address,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for validator in validators {
        let mut found = validator.check(value, address.path());
        if address.in_set() {
            // A validator may extend the path with steps into its value, but no path leads into a
            // set.
            for diagnostic in &mut found {
                diagnostic.path = address.path().clone();
            }
        }
        diagnostics.append(&mut found);
    }
}
