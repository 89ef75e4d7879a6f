//! Step 3: in a plan that changes something, computed values without a configured value become
//! unknown.

use crate::dynamic::Dynamic;
use crate::resource::Draft;

pub(super) fn mark(draft: &mut Draft) {
    draft.visit(|position, value, counterparts| {
        if position.attribute.mode.is_computed()
            && position.attribute.default.is_none()
            && !position.attribute.write_only
            && counterparts.config.is_null()
        {
            *value = Dynamic::unknown();
        }
    });
}
