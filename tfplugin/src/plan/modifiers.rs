//! Step 4: attribute modifiers keep a prior value or require replacement.

use std::collections::BTreeSet;

use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::resource::Draft;
use crate::schema::{Attribute, AttributePosition, Counterparts, Modifier};

pub(super) fn apply(draft: &mut Draft) {
    if draft.prior.is_null() {
        return;
    }
    let mut replace = BTreeSet::new();
    draft.visit(|position, value, counterparts| {
        let AttributePosition {
            path, attribute, ..
        } = position;
        for modifier in &attribute.modifiers {
            match modifier {
                Modifier::KeepPrior => keep_prior(position, value, counterparts),
                Modifier::RequiresReplace => {
                    if is_changed(attribute, value, counterparts) {
                        replace.insert(path.clone());
                    }
                }
                Modifier::RequiresReplaceIfConfigured => {
                    if is_changed(attribute, value, counterparts) && !counterparts.config.is_null()
                    {
                        replace.insert(path.clone());
                    }
                }
                Modifier::RequiresReplaceIf(condition) => {
                    if is_changed(attribute, value, counterparts)
                        && condition(counterparts.prior, value)
                    {
                        replace.insert(path.clone());
                    }
                }
            }
        }
    });
    draft.replace.append(&mut replace);
}

/// Plans the prior value. An attribute of a new nested object has no prior value to keep; for a
/// top-level attribute, null is a prior value like any other.
fn keep_prior(
    position: AttributePosition<'_>,
    value: &mut Dynamic,
    counterparts: Counterparts<'_>,
) {
    let is_open = counterparts.config.is_null() && value.is_unknown();
    // Inside a set the path is the set's own, so its length does not tell the depth.
    let is_top_level = position.path.steps().len() == 1 && !position.in_set;
    let has_prior = is_top_level || !counterparts.prior.is_null();
    if is_open && has_prior {
        *value = counterparts.prior.clone();
    }
}

/// Whether the value changes, and not only its spelling.
fn is_changed(attribute: &Attribute, value: &Dynamic, counterparts: Counterparts<'_>) -> bool {
    // A computed value that is unknown only because another attribute changes does not count.
    let is_side_effect = value.is_unknown() && counterparts.config.is_null();
    let (prior, ty) = (counterparts.prior, attribute.value_type());
    if attribute.write_only || is_side_effect || prior.same_as(value, &ty) {
        return false;
    }
    let mut equivalent = value.clone();
    attribute.keep_equivalents(prior, &mut equivalent);
    !prior.same_as(&equivalent, &ty)
}

/// The paths that require replacement and do change. Core ignores all others, and all of them on
/// create and destroy.
pub(super) fn effective_replacements(draft: &Draft) -> BTreeSet<Path> {
    if draft.prior.is_null() || draft.planned.is_null() {
        return BTreeSet::new();
    }
    let changing = draft.replace.iter().filter(|path| draft.changes(path));
    changing.cloned().collect()
}
