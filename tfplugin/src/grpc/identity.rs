//! Converts identities, their schemas, and the requests about them.

use crate::diag::Result;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::resource_identity_schema::IdentityAttribute;
use crate::schema::{Attribute, Mode, Schema};
use crate::server::Encoded;
use crate::server::import_resource::ImportTarget;
use crate::server::upgrade_resource::{UpgradeRequest, UpgradeResponse};

use super::messages::diagnostics;

impl From<Option<proto::ResourceIdentityData>> for Encoded {
    fn from(identity: Option<proto::ResourceIdentityData>) -> Self {
        identity.and_then(|data| data.identity_data).into()
    }
}

impl From<Encoded> for proto::ResourceIdentityData {
    fn from(identity: Encoded) -> Self {
        Self {
            identity_data: Some(identity.into()),
        }
    }
}

/// The message for the schema of an identity.
fn schema(schema: &Schema) -> proto::ResourceIdentitySchema {
    proto::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema.block.attributes.iter().map(attribute).collect(),
    }
}

fn attribute(attribute: &Attribute) -> IdentityAttribute {
    IdentityAttribute {
        name: attribute.name.clone(),
        r#type: attribute.value_type().to_json().into_bytes(),
        required_for_import: attribute.mode == Mode::Required,
        optional_for_import: attribute.mode != Mode::Required,
        description: attribute.description.clone(),
    }
}

/// The response with the schemas of all identities.
pub(super) fn schemas(
    schemas: Result<Vec<(&'static str, std::sync::Arc<Schema>)>>,
) -> proto::get_resource_identity_schemas::Response {
    let (schemas, problems) = match schemas {
        Ok(schemas) => (schemas, Vec::new()),
        Err(failure) => (Vec::new(), failure.into_diagnostics()),
    };
    let schemas = schemas.iter();
    proto::get_resource_identity_schemas::Response {
        identity_schemas: schemas
            .map(|(name, definition)| ((*name).to_owned(), schema(definition)))
            .collect(),
        diagnostics: diagnostics(problems),
    }
}

impl From<proto::upgrade_resource_identity::Request> for UpgradeRequest {
    fn from(request: proto::upgrade_resource_identity::Request) -> Self {
        Self {
            type_name: request.type_name,
            version: request.version,
            json: request.raw_identity.map(|raw| raw.json).unwrap_or_default(),
        }
    }
}

impl From<UpgradeResponse> for proto::upgrade_resource_identity::Response {
    fn from(response: UpgradeResponse) -> Self {
        Self {
            upgraded_identity: response.state.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
        }
    }
}

/// What an import request names: an identity, or else an id.
pub(super) fn import_target(
    id: String,
    identity: Option<proto::ResourceIdentityData>,
) -> ImportTarget {
    let identity = Encoded::from(identity).if_present();
    identity.map_or(ImportTarget::Id(id), ImportTarget::Identity)
}
