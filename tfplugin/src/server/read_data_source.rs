//! `ReadDataSource`: what was looked up, with the configuration as it was written.

use super::codec::{settle, storable};
use super::{Encoded, Server, guard, said};
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::schema::{Beside, Block};

#[derive(Clone, Debug, Default)]
pub(crate) struct DataAnswer {
    pub(crate) state: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn read_data_source(&self, type_name: &str, config: Encoded) -> DataAnswer {
        let mut cx = self.cx();
        let (state, failure) = match guard(self.try_look_up(&mut cx, type_name, config)).await {
            Ok(state) => (Some(state), None),
            Err(failure) => (None, Some(failure)),
        };
        DataAnswer {
            state,
            diagnostics: said(cx, failure),
        }
    }

    async fn try_look_up(&self, cx: &mut Cx, type_name: &str, config: Encoded) -> Result<Encoded> {
        let entry = self.data_source(type_name)?;
        let shapes = &*entry.schema;
        let config = config.shaped(shapes)?;
        cx.set_config(config.clone());
        let found = (entry.calls.read)(self.client()?, cx, config.clone()).await?;
        let mut found = storable(shapes, found);
        as_written(&shapes.schema.block, &config, &mut found);
        match Failure::from_diagnostics(settle(shapes, &mut found)) {
            None => Encoded::of(shapes, &found),
            Some(failure) => Err(failure),
        }
    }
}

/// Core does not compare a data source's answer with its configuration, and people do.
fn as_written(block: &Block, config: &Dynamic, found: &mut Dynamic) {
    if let (Dynamic::Map(config), Dynamic::Map(found)) = (config, &mut *found) {
        for nested in &block.blocks {
            let (Some(config), Some(found)) =
                (config.get(&nested.name), found.get_mut(&nested.name))
            else {
                continue;
            };
            if size(config) != size(found) {
                *found = config.clone();
            }
        }
    }
    let beside = Beside {
        config,
        prior: &Dynamic::Null,
    };
    block.walk_together(found, beside, &mut |spot, value, beside| {
        let has_parts = spot.attribute.nested().is_some() && size(beside.config) == size(value);
        if !beside.config.is_null() && !has_parts {
            *value = beside.config.clone();
        }
    });
}

/// How many parts a collection has; none for what is not a collection.
fn size(value: &Dynamic) -> Option<usize> {
    match value.untyped() {
        Dynamic::List(elements) => Some(elements.len()),
        Dynamic::Map(entries) => Some(entries.len()),
        _ => None,
    }
}
