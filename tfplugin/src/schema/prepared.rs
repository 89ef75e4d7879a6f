//! A schema together with the type of its values, built on first use.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::{Block, Schema};
use crate::model::Model;
use crate::types::Type;

/// A prepared schema that is built when a process first uses it. One Terraform command starts
/// several processes, and most of them use only a few of a provider's schemas. If the build panics,
/// the next use builds it again.
pub(crate) struct LazySchema {
    version: i64,
    build: fn(i64) -> PreparedSchema,
    built: OnceLock<PreparedSchema>,
}

impl Deref for LazySchema {
    type Target = PreparedSchema;

    fn deref(&self) -> &PreparedSchema {
        self.built.get_or_init(|| (self.build)(self.version))
    }
}

impl fmt::Debug for LazySchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazySchema")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A schema and the type of its values. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PreparedSchema {
    pub(crate) definition: Arc<Schema>,
    pub(crate) value_type: Arc<Type>,
}

impl PreparedSchema {
    /// The schema of a model, built on first use.
    pub(crate) fn lazy<M: Model>(version: i64) -> LazySchema {
        LazySchema {
            version,
            build: Self::of::<M>,
            built: OnceLock::new(),
        }
    }

    fn of<M: Model>(version: i64) -> Self {
        let block = M::block();
        let value_type = Arc::new(block.implied_type());
        let definition = Arc::new(Schema { version, block });
        Self {
            definition,
            value_type,
        }
    }

    /// The outermost block.
    pub(crate) fn block(&self) -> &Block {
        &self.definition.block
    }
}
