//! Step 1: attributes without a configured value get their default.

use crate::resource::Draft;

pub(super) fn fill(draft: &mut Draft) {
    draft.visit(|position, value, counterparts| {
        // An unknown value is configured; it just becomes known during apply.
        if let Some(default) = &position.attribute.default
            && counterparts.config.is_null()
            && !value.is_unknown()
        {
            *value = default.clone();
        }
    });
}
