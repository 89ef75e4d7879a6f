//! What Core does between the calls.

use crate::dynamic::Dynamic;
use crate::registry::Shapes;
use crate::schema::Beside;

/// The state that Core proposes: the configuration, and the prior value of whatever it leaves to
/// the provider.
pub(super) fn proposed(shapes: &Shapes, config: &Dynamic, prior: &Dynamic) -> Dynamic {
    let mut proposed = config.clone();
    let beside = Beside { config, prior };
    let block = &shapes.schema.block;
    block.walk_together(&mut proposed, beside, &mut |spot, value, beside| {
        if beside.config.is_null() && spot.attribute.mode.is_computed() {
            *value = beside.prior.clone();
        }
    });
    proposed
}
