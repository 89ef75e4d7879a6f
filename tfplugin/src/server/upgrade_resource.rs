//! `UpgradeResourceState`: converts stored state to the current schema.
//!
//! Terraform makes this call before every plan, even when the versions are equal, because only the
//! provider can turn stored JSON into values. At any version, new attributes become null and
//! removed attributes are dropped.

use super::catch_panic::catch_panic_sync;
use super::codec::{normalise_state, null_unknowns, parse_state};
use super::{Encoded, Server, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::provider::Provider;
use crate::resource::StoredState;
use crate::wire::json;

#[derive(Clone, Debug, Default)]
pub(crate) struct UpgradeRequest {
    pub(crate) type_name: String,
    pub(crate) version: i64,
    pub(crate) json: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct UpgradeResponse {
    pub(crate) state: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) fn upgrade_resource(&self, request: &UpgradeRequest) -> UpgradeResponse {
        let mut context = self.context();
        let (state, failure) = match catch_panic_sync(|| self.try_upgrade(&mut context, request)) {
            Ok(state) => (Some(state), None),
            Err(failure) => (None, Some(failure)),
        };
        UpgradeResponse {
            state,
            diagnostics: diagnostics(context, failure),
        }
    }

    fn try_upgrade(&self, context: &mut Context, request: &UpgradeRequest) -> Result<Encoded> {
        let entry = self.resource(&request.type_name)?;
        let schema = &*entry.schema;
        let current = schema.definition.version;
        if request.json.is_empty() {
            return Err(too_old());
        }
        if request.version > current {
            return Err(Failure::new(
                "The state is newer than the provider",
                format!(
                    "Version {} of this resource's schema stored it, and this provider has version \
                     {current}. Upgrade the provider.",
                    request.version
                ),
            ));
        }
        let state = if request.version == current {
            json::decode(&request.json, &schema.value_type)?
        } else {
            let upgrade = entry
                .calls
                .upgrade
                .ok_or_else(|| no_upgrade(request, current))?;
            let attributes = parse_state(&request.json, &Path::root())?;
            upgrade(context, StoredState::new(request.version, attributes))?
        };
        Encoded::from_value(schema, &null_unknowns(normalise_state(schema, state)))
    }
}

/// The error for a state without JSON.
pub(super) fn too_old() -> Failure {
    Failure::new(
        "The state is too old",
        "Terraform 0.11 or older stored it. Apply it once with a Terraform version from 0.12 on, \
         then retry.",
    )
}

/// The error for an older state. Reading it as the current version would drop what has moved.
fn no_upgrade(request: &UpgradeRequest, current: i64) -> Failure {
    Failure::new(
        format!("The state of {} cannot be upgraded", request.type_name),
        format!(
            "Version {} of this resource's schema stored it, this provider has version {current}, \
             and it has no upgrade between them. This is a bug in the provider.",
            request.version
        ),
    )
}
