//! Third step: in a plan that changes anything, computed values are for apply to decide.

use crate::dynamic::Dynamic;
use crate::resource::Draft;

pub(super) fn mark(draft: &mut Draft) {
    draft.visit(|spot, value, beside| {
        if spot.attribute.mode.is_computed()
            && spot.attribute.default.is_none()
            && !spot.attribute.write_only
            && beside.config.is_null()
        {
            *value = Dynamic::unknown();
        }
    });
}
