//! Second step: write-only values, which Terraform sends and never wants back.

use crate::dynamic::Dynamic;
use crate::resource::Draft;
use crate::schema::Block;

pub(super) fn clear(draft: &mut Draft) {
    let shapes = draft.shapes.clone();
    clear_in(&shapes.schema.block, &mut draft.planned);
}

/// Nulls every write-only value. Terraform 1.11 drops a whole object from its state for one that
/// an answer to apply still has.
pub(crate) fn clear_in(block: &Block, value: &mut Dynamic) {
    block.walk_mut(value, &mut |_, attribute, value| {
        if attribute.write_only {
            *value = Dynamic::Null;
        }
    });
}
