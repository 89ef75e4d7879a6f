//! A schema together with the type of its values, built on first use.

use std::sync::{Arc, LazyLock};

use super::{Block, Schema};
use crate::model::Model;
use crate::types::Type;

/// A prepared schema that is built when a process first uses it. One Terraform command starts
/// several processes, and most of them use only a few of a provider's schemas.
pub(crate) type LazySchema = LazyLock<PreparedSchema, Box<dyn FnOnce() -> PreparedSchema + Send>>;

/// A schema and the type of its values. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PreparedSchema {
    pub(crate) definition: Arc<Schema>,
    pub(crate) value_type: Arc<Type>,
}

impl PreparedSchema {
    /// The schema of a model, built on first use.
    pub(crate) fn lazy<M: Model>(version: i64) -> LazySchema {
        LazyLock::new(Box::new(move || {
            let block = M::block();
            let value_type = Arc::new(block.implied_type());
            let definition = Arc::new(Schema { version, block });
            Self {
                definition,
                value_type,
            }
        }))
    }

    /// The outermost block.
    pub(crate) fn block(&self) -> &Block {
        &self.definition.block
    }
}
