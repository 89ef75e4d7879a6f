//! The part of planning that Terraform Core does before it calls the provider.

use crate::dynamic::Dynamic;
use crate::schema::Counterparts;
use crate::schema::PreparedSchema;

/// The state that Core proposes: the configuration, with the prior values of computed attributes
/// that are not configured.
pub(super) fn proposed_state(
    schema: &PreparedSchema,
    config: &Dynamic,
    prior: &Dynamic,
) -> Dynamic {
    let mut proposed = config.clone();
    let counterparts = Counterparts { config, prior };
    let block = schema.block();
    block.walk_correlated(
        &mut proposed,
        counterparts,
        &mut |position, value, counterparts| {
            if counterparts.config.is_null() && position.attribute.mode.is_computed() {
                *value = counterparts.prior.clone();
            }
        },
    );
    proposed
}
