//! Checks a configuration against its schema, and runs the schema's validators on it.

use super::walk::Address;
use super::{Attribute, Block, Mode, Nesting, Validator};
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;

impl Block {
    /// Checks that required attributes have a value and that attributes of the provider have none.
    /// Then runs the validators of attributes, outer before inner, and those of blocks. Validators
    /// do not see null and unknown values.
    #[must_use]
    pub fn validate(&self, config: &Dynamic) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut refused: Option<Path> = None;
        self.walk_addresses(config, &mut |address, attribute, value| {
            let location = address.location();
            if refused
                .as_ref()
                .is_some_and(|outer| location.starts_with(outer))
            {
                return;
            }
            if let Some(problem) = misconfigured(attribute, value) {
                diagnostics.push(problem.at(location));
                refused = Some(location.clone());
            } else if !value.is_null() && !value.is_unknown() {
                run(&attribute.validators, value, address, &mut diagnostics);
            }
        });
        validate_block(self, config, &Address::root(), &mut diagnostics);
        diagnostics
    }
}

/// The error for a value that the attribute's mode does not allow. Terraform finds a required
/// argument that is missing, but not one that is null; and it lets users set every attribute.
fn misconfigured(attribute: &Attribute, value: &Dynamic) -> Option<Diagnostic> {
    let name = &attribute.name;
    match attribute.mode {
        Mode::Required if value.is_null() => Some(Diagnostic::error(
            "Missing required argument",
            format!(
                "The argument `{name}` is required, but its value is null. Set it, or check the \
                 variable or expression that it comes from."
            ),
        )),
        Mode::Computed if !value.is_null() => Some(Diagnostic::error(
            "Read-only attribute",
            format!("Only the provider sets `{name}`. Remove it from the configuration."),
        )),
        _ => None,
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
        diagnostics.append(&mut validator.check(value, address.location()));
    }
}
