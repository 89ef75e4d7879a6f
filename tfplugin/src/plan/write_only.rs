//! Step 2: write-only values become null, because Terraform must not store them.

use crate::dynamic::Dynamic;
use crate::resource::Draft;
use crate::schema::Block;

pub(super) fn clear(draft: &mut Draft) {
    let schema = draft.schema.clone();
    clear_in(schema.block(), &mut draft.planned);
}

/// Sets every write-only value to null. Terraform 1.11 drops the whole object from its state when
/// an apply response contains one.
pub(crate) fn clear_in(block: &Block, value: &mut Dynamic) {
    block.walk_mut(value, &mut |_, attribute, value| {
        if attribute.write_only {
            *value = Dynamic::Null;
        }
    });
}
