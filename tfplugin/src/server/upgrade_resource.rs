//! `UpgradeResourceState`: stored state, brought to the schema of today.
//!
//! Terraform asks before every plan, also when the versions are equal, because only the provider
//! can turn stored JSON into values. So an attribute that is new since is null, and one that is
//! no longer there is dropped, at any version.

use super::codec::{null_unknowns, object, storable};
use super::panic::guard_now;
use super::{Encoded, Server, said};
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::provider::Provider;
use crate::resource::Prior;
use crate::wire::json;

#[derive(Clone, Debug, Default)]
pub(crate) struct UpgradeRequest {
    pub(crate) type_name: String,
    pub(crate) version: i64,
    pub(crate) json: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct UpgradeAnswer {
    pub(crate) state: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) fn upgrade_resource(&self, request: &UpgradeRequest) -> UpgradeAnswer {
        let mut cx = self.cx();
        let (state, failure) = match guard_now(|| self.try_upgrade(&mut cx, request)) {
            Ok(state) => (Some(state), None),
            Err(failure) => (None, Some(failure)),
        };
        UpgradeAnswer {
            state,
            diagnostics: said(cx, failure),
        }
    }

    fn try_upgrade(&self, cx: &mut Cx, request: &UpgradeRequest) -> Result<Encoded> {
        let entry = self.resource(&request.type_name)?;
        let shapes = &*entry.schema;
        let current = shapes.schema.version;
        if request.json.is_empty() {
            return Err(Failure::new(
                "State of this age cannot be read",
                "It was stored by Terraform 0.11 or older. Apply it once with a version between.",
            ));
        }
        if request.version > current {
            return Err(Failure::new(
                "State is newer than the provider",
                format!(
                    "It was stored by version {} of this resource's schema, and this provider has \
                     version {current}. Upgrade the provider.",
                    request.version
                ),
            ));
        }
        let state = match entry.calls.upgrade {
            Some(upgrade) if request.version < current => {
                let attributes = object(&request.json, &Path::root())?;
                upgrade(cx, Prior::new(request.version, attributes))?
            }
            _ => json::decode(&request.json, &shapes.ty)?,
        };
        Encoded::of(shapes, &null_unknowns(storable(shapes, state)))
    }
}
