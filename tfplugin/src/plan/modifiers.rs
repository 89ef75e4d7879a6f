//! Fourth step: what attributes declare of themselves, to keep a value or to ask for a replacement.

use std::collections::BTreeSet;

use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::resource::Draft;
use crate::schema::{Attribute, Beside, Modifier, Spot};

pub(super) fn apply(draft: &mut Draft) {
    let exists = !draft.prior.is_null();
    if !exists {
        return;
    }
    let mut replace = BTreeSet::new();
    draft.visit(|spot, value, beside| {
        let Spot {
            path, attribute, ..
        } = spot;
        for modifier in &attribute.modifiers {
            match modifier {
                Modifier::KeepPrior => keep(spot, value, beside),
                Modifier::RequiresReplace => {
                    if is_changed(attribute, value, beside) {
                        replace.insert(path.clone());
                    }
                }
                Modifier::RequiresReplaceIf(decides) => {
                    if is_changed(attribute, value, beside) && decides(beside.prior, value) {
                        replace.insert(path.clone());
                    }
                }
            }
        }
    });
    draft.replace.append(&mut replace);
}

/// A value inside a nested object that is new has nothing to keep; at the top, null is a prior
/// value like any other.
fn keep(spot: Spot<'_>, value: &mut Dynamic, beside: Beside<'_>) {
    let left_out = beside.config.is_null() && value.is_unknown();
    // The path of what is inside a set is the set's own, which says nothing of its depth.
    let at_the_top = spot.path.steps().len() == 1 && !spot.in_set;
    let was_there = at_the_top || !beside.prior.is_null();
    if left_out && was_there {
        *value = beside.prior.clone();
    }
}

fn is_changed(attribute: &Attribute, value: &Dynamic, beside: Beside<'_>) -> bool {
    // A computed value that is unknown only because something else changes is nobody's wish.
    let nobodys_wish = value.is_unknown() && beside.config.is_null();
    !attribute.write_only && !nobodys_wish && !beside.prior.same_as(value, &attribute.ty())
}

/// What requires replacement, reduced to what Core lets count: it exists, and it does change.
pub(super) fn effective(draft: &Draft) -> BTreeSet<Path> {
    if draft.prior.is_null() || draft.planned.is_null() {
        return BTreeSet::new();
    }
    let changing = draft.replace.iter().filter(|path| draft.changes(path));
    changing.cloned().collect()
}
