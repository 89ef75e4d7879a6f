//! `GenerateResourceConfig`: the configuration of an object that exists, for `terraform query` and
//! for imports with a generated configuration.

use super::catch_panic::catch_panic_sync;
use super::{Encoded, Server};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::schema::{Attribute, Block, Mode, Nesting};
use crate::wire::conform;

#[derive(Clone, Debug, Default)]
pub(crate) struct GenerateResponse {
    pub(crate) config: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) fn generate_config(&self, type_name: &str, state: Encoded) -> GenerateResponse {
        match catch_panic_sync(|| self.try_generate_config(type_name, state)) {
            Ok(config) => GenerateResponse {
                config: Some(config),
                diagnostics: Vec::new(),
            },
            Err(failure) => GenerateResponse {
                config: None,
                diagnostics: failure.into_diagnostics(),
            },
        }
    }

    fn try_generate_config(&self, type_name: &str, state: Encoded) -> Result<Encoded> {
        let entry = self.resource(type_name)?;
        let schema = &*entry.schema;
        let config = state.into_value(schema)?;
        if config.is_null() {
            return Err(Failure::new(
                format!("Cannot generate the configuration of {type_name}"),
                "The object has no state.",
            ));
        }
        let block = schema.block();
        let config = keep_configurable(block, config);
        let config = (entry.calls.generate_config)(config)?;
        Encoded::from_value(schema, &keep_configurable(block, conform(block, config)))
    }
}

/// Removes what a configuration cannot set and what a person would not write.
fn keep_configurable(block: &Block, mut config: Dynamic) -> Dynamic {
    block.walk_mut(&mut config, &mut |_, attribute, value| {
        if !is_written(attribute, value) {
            *value = Dynamic::Null;
        }
    });
    // An object that the provider chose consists only of what the walk has removed.
    block.walk_mut(&mut config, &mut |_, attribute, value| {
        let is_open = attribute.mode == Mode::OptionalComputed && attribute.nested().is_some();
        if is_open && is_empty(value) {
            *value = Dynamic::Null;
        }
    });
    remove_deprecated_blocks(block, &mut config);
    conform(block, config)
}

fn is_written(attribute: &Attribute, value: &Dynamic) -> bool {
    let is_default = || {
        let default = attribute.default.as_ref();
        default.is_some_and(|default| default.same_as(value, &attribute.value_type()))
    };
    let is_deprecated = attribute.deprecated.is_some() && attribute.mode != Mode::Required;
    attribute.mode.is_configurable() && !attribute.write_only && !is_deprecated && !is_default()
}

/// Whether the value is an object, or a collection of objects, without any value.
fn is_empty(value: &Dynamic) -> bool {
    match value.untyped() {
        Dynamic::Null => true,
        Dynamic::List(elements) => !elements.is_empty() && elements.iter().all(is_empty),
        Dynamic::Map(entries) => entries.values().all(is_empty),
        _ => false,
    }
}

/// Sets deprecated blocks to null, which [`conform`] turns into no block.
fn remove_deprecated_blocks(block: &Block, config: &mut Dynamic) {
    let Dynamic::Map(entries) = config else {
        return;
    };
    for nested in &block.blocks {
        let Some(value) = entries.get_mut(&nested.name) else {
            continue;
        };
        if nested.block.deprecated.is_some() && nested.min_items == 0 {
            *value = Dynamic::Null;
        }
        match (nested.nesting, value) {
            (Nesting::List | Nesting::Set, Dynamic::List(elements)) => {
                for element in elements {
                    remove_deprecated_blocks(&nested.block, element);
                }
            }
            (Nesting::Map, Dynamic::Map(elements)) => {
                for element in elements.values_mut() {
                    remove_deprecated_blocks(&nested.block, element);
                }
            }
            (_, value) => remove_deprecated_blocks(&nested.block, value),
        }
    }
}
