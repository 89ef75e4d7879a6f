//! Running a schema's validators on a configuration.

use super::walk::Address;
use super::{Block, Nesting, Validator};
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;

impl Block {
    /// What the validators say of a configuration: first those of attributes, outer before inner,
    /// then those of blocks. They are not asked about what is null or unknown.
    #[must_use]
    pub fn validate(&self, config: &Dynamic) -> Vec<Diagnostic> {
        let mut said = Vec::new();
        self.walk_addresses(config, &mut |address, attribute, value| {
            if !value.is_null() && !value.is_unknown() {
                ask(&attribute.validators, value, address, &mut said);
            }
        });
        validate_whole(self, config, &Address::root(), &mut said);
        said
    }
}

fn validate_whole(block: &Block, value: &Dynamic, address: &Address, said: &mut Vec<Diagnostic>) {
    let Dynamic::Map(values) = value else { return };
    ask(&block.validators, value, address, said);
    for nested in &block.blocks {
        let address = address.attribute(&nested.name);
        let inner = &nested.block;
        match (nested.nesting, values.get(&nested.name)) {
            (Nesting::Single | Nesting::Group, Some(value)) => {
                validate_whole(inner, value, &address, said);
            }
            (Nesting::List, Some(Dynamic::List(elements))) => {
                for (index, element) in elements.iter().enumerate() {
                    validate_whole(inner, element, &address.index(index), said);
                }
            }
            (Nesting::Set, Some(Dynamic::List(elements))) => {
                for element in elements {
                    validate_whole(inner, element, &address.element_of_set(), said);
                }
            }
            (Nesting::Map, Some(Dynamic::Map(elements))) => {
                for (key, element) in elements {
                    validate_whole(inner, element, &address.key(key), said);
                }
            }
            _ => {}
        }
    }
}

fn ask(validators: &[Validator], value: &Dynamic, address: &Address, said: &mut Vec<Diagnostic>) {
    for validator in validators {
        let mut answer = validator.check(value, address.path());
        if address.in_set() {
            // A validator that looks into its value goes on from a path that already stopped.
            for diagnostic in &mut answer {
                diagnostic.path = address.path().clone();
            }
        }
        said.append(&mut answer);
    }
}
