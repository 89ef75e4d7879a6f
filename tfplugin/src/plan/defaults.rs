//! First step: what the configuration leaves out gets its default.

use crate::resource::Draft;

pub(super) fn fill(draft: &mut Draft) {
    draft.visit(|spot, value, beside| {
        // An unknown configuration is not left out: apply will show what it is.
        if let Some(default) = &spot.attribute.default
            && beside.config.is_null()
            && !value.is_unknown()
        {
            *value = default.clone();
        }
    });
}
