//! Converts between protobuf messages and the server's requests and responses.

use crate::deferral::DeferralReason;
use crate::diag::Diagnostic;
use crate::function::{Parameter, Signature};
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::deferred::Reason;
use crate::schema::Schema;
use crate::server::apply_resource::{ApplyRequest, ApplyResponse};
use crate::server::call_function::FunctionError;
use crate::server::import_resource::ImportResponse;
use crate::server::move_resource::{MoveRequest, MoveResponse};
use crate::server::plan_resource::{PlanRequest, PlanResponse};
use crate::server::read_data_source::ReadDataResponse;
use crate::server::read_resource::{ReadRequest, ReadResponse};
use crate::server::schemas::{Functions, Names, Schemas};
use crate::server::upgrade_resource::{UpgradeRequest, UpgradeResponse};
use crate::server::{ClientOptions, Encoded};

/// Converts diagnostics to messages.
pub(super) fn diagnostics(diagnostics: Vec<Diagnostic>) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(Into::into).collect()
}

/// The options of a call: the values of `provider_meta`, and what the client can handle.
pub(super) fn client_options(
    provider_meta: Option<proto::DynamicValue>,
    capabilities: Option<&proto::ClientCapabilities>,
) -> ClientOptions {
    ClientOptions {
        provider_meta: provider_meta.into(),
        deferral_allowed: deferral_allowed(capabilities),
    }
}

/// Whether the client says that it can handle a deferral.
pub(super) fn deferral_allowed(capabilities: Option<&proto::ClientCapabilities>) -> bool {
    capabilities.is_some_and(|capabilities| capabilities.deferral_allowed)
}

/// The message of a deferral.
pub(super) fn deferred(reason: DeferralReason) -> proto::Deferred {
    let reason = match reason {
        DeferralReason::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        DeferralReason::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        DeferralReason::AbsentPrerequisite => Reason::AbsentPrereq,
    };
    proto::Deferred {
        reason: reason.into(),
    }
}

/// The capabilities of this SDK. They are the same for every provider.
pub(super) fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

impl From<Option<proto::DynamicValue>> for Encoded {
    fn from(value: Option<proto::DynamicValue>) -> Self {
        value.map(Self::from).unwrap_or_default()
    }
}

impl From<proto::DynamicValue> for Encoded {
    fn from(value: proto::DynamicValue) -> Self {
        Self {
            msgpack: value.msgpack,
            json: value.json,
        }
    }
}

impl From<Encoded> for proto::DynamicValue {
    fn from(value: Encoded) -> Self {
        Self {
            msgpack: value.msgpack,
            json: value.json,
        }
    }
}

impl From<Schemas> for proto::get_provider_schema::Response {
    fn from(schemas: Schemas) -> Self {
        let with_name =
            |(name, schema): (&str, std::sync::Arc<Schema>)| (name.to_owned(), (&*schema).into());
        Self {
            provider: Some(config_schema(&schemas.provider)),
            provider_meta: schemas.provider_meta.as_deref().map(config_schema),
            resource_schemas: schemas.resources.into_iter().map(with_name).collect(),
            data_source_schemas: schemas.data_sources.into_iter().map(with_name).collect(),
            list_resource_schemas: super::list::schemas(&schemas.lists),
            functions: functions(schemas.functions),
            ephemeral_resource_schemas: schemas
                .ephemeral_resources
                .into_iter()
                .map(with_name)
                .collect(),
            action_schemas: schemas.actions.into_iter().map(action_schema).collect(),
            diagnostics: diagnostics(schemas.diagnostics),
            server_capabilities: Some(capabilities()),
            ..Self::default()
        }
    }
}

/// The schema of a configuration that is not stored: of a provider, an action, a list's filter or
/// `provider_meta`. Nothing in it is computed, so an attribute with a default is optional.
pub(super) fn config_schema(schema: &Schema) -> proto::Schema {
    let mut schema = proto::Schema::from(schema);
    if let Some(block) = &mut schema.block {
        without_computed(block);
    }
    schema
}

fn action_schema((name, schema): (&str, std::sync::Arc<Schema>)) -> (String, proto::ActionSchema) {
    let schema = Some(config_schema(&schema));
    (name.to_owned(), proto::ActionSchema { schema })
}

fn without_computed(block: &mut proto::schema::Block) {
    let mut attributes: Vec<_> = block.attributes.iter_mut().collect();
    while let Some(attribute) = attributes.pop() {
        attribute.computed = false;
        if let Some(nested) = &mut attribute.nested_type {
            attributes.extend(&mut nested.attributes);
        }
    }
    for nested in &mut block.block_types {
        if let Some(block) = &mut nested.block {
            without_computed(block);
        }
    }
}

impl From<Functions> for proto::get_functions::Response {
    fn from(found: Functions) -> Self {
        Self {
            functions: functions(found.signatures),
            diagnostics: diagnostics(found.diagnostics),
        }
    }
}

impl From<Names> for proto::get_metadata::Response {
    fn from(names: Names) -> Self {
        use proto::get_metadata::{
            ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata,
            ResourceMetadata,
        };
        let resource = |name: &str| ResourceMetadata {
            type_name: name.to_owned(),
        };
        let data_source = |name: &str| DataSourceMetadata {
            type_name: name.to_owned(),
        };
        let function = |name: &str| FunctionMetadata {
            name: name.to_owned(),
        };
        let ephemeral = |name: &str| EphemeralMetadata {
            type_name: name.to_owned(),
        };
        let action = |name: &str| ActionMetadata {
            type_name: name.to_owned(),
        };
        Self {
            server_capabilities: Some(capabilities()),
            resources: names.resources.into_iter().map(resource).collect(),
            data_sources: names.data_sources.into_iter().map(data_source).collect(),
            functions: names.functions.into_iter().map(function).collect(),
            ephemeral_resources: names
                .ephemeral_resources
                .into_iter()
                .map(ephemeral)
                .collect(),
            actions: names.actions.into_iter().map(action).collect(),
            list_resources: super::list::metadata(&names.lists),
            ..Self::default()
        }
    }
}

fn functions(
    functions: Vec<(&str, Signature)>,
) -> std::collections::BTreeMap<String, proto::Function> {
    functions
        .into_iter()
        .map(|(name, signature)| (name.to_owned(), signature.into()))
        .collect()
}

impl From<Signature> for proto::Function {
    fn from(signature: Signature) -> Self {
        Self {
            parameters: signature.parameters.into_iter().map(Into::into).collect(),
            variadic_parameter: signature.variadic.map(Into::into),
            r#return: Some(proto::function::Return {
                r#type: signature.returns.to_json().into_bytes(),
            }),
            summary: signature.summary.to_owned(),
            description: signature.description.to_owned(),
            description_kind: proto::StringKind::Markdown.into(),
            deprecation_message: signature.deprecated.unwrap_or_default().to_owned(),
        }
    }
}

impl From<Parameter> for proto::function::Parameter {
    fn from(parameter: Parameter) -> Self {
        Self {
            name: parameter.name,
            r#type: parameter.ty.to_json().into_bytes(),
            allow_null_value: parameter.allow_null,
            allow_unknown_values: parameter.allow_unknown,
            description: parameter.description,
            description_kind: proto::StringKind::Markdown.into(),
        }
    }
}

impl From<proto::plan_resource_change::Request> for PlanRequest {
    fn from(request: proto::plan_resource_change::Request) -> Self {
        Self {
            type_name: request.type_name,
            prior: request.prior_state.into(),
            proposed: request.proposed_new_state.into(),
            config: request.config.into(),
            private: request.prior_private,
            identity: request.prior_identity.into(),
        }
    }
}

impl From<PlanResponse> for proto::plan_resource_change::Response {
    fn from(response: PlanResponse) -> Self {
        let paths = response.requires_replace.iter();
        Self {
            planned_state: response.planned.map(Into::into),
            requires_replace: paths.map(Into::into).collect(),
            planned_private: response.private,
            deferred: response.deferral.map(deferred),
            planned_identity: response.identity.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
            ..Self::default()
        }
    }
}

impl From<proto::apply_resource_change::Request> for ApplyRequest {
    fn from(request: proto::apply_resource_change::Request) -> Self {
        Self {
            type_name: request.type_name,
            prior: request.prior_state.into(),
            planned: request.planned_state.into(),
            config: request.config.into(),
            private: request.planned_private,
            identity: request.planned_identity.into(),
        }
    }
}

impl From<ApplyResponse> for proto::apply_resource_change::Response {
    fn from(response: ApplyResponse) -> Self {
        Self {
            new_state: response.state.map(Into::into),
            private: response.private,
            new_identity: response.identity.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
            ..Self::default()
        }
    }
}

impl From<proto::read_resource::Request> for ReadRequest {
    fn from(request: proto::read_resource::Request) -> Self {
        Self {
            type_name: request.type_name,
            state: request.current_state.into(),
            private: request.private,
            identity: request.current_identity.into(),
        }
    }
}

impl From<ReadResponse> for proto::read_resource::Response {
    fn from(response: ReadResponse) -> Self {
        Self {
            new_state: Some(response.state.into()),
            private: response.private,
            new_identity: response.identity.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
            ..Self::default()
        }
    }
}

impl From<ReadDataResponse> for proto::read_data_source::Response {
    fn from(response: ReadDataResponse) -> Self {
        Self {
            state: response.state.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
            ..Self::default()
        }
    }
}

impl From<proto::upgrade_resource_state::Request> for UpgradeRequest {
    fn from(request: proto::upgrade_resource_state::Request) -> Self {
        Self {
            type_name: request.type_name,
            version: request.version,
            json: request.raw_state.map(|raw| raw.json).unwrap_or_default(),
        }
    }
}

impl From<UpgradeResponse> for proto::upgrade_resource_state::Response {
    fn from(response: UpgradeResponse) -> Self {
        Self {
            upgraded_state: response.state.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
        }
    }
}

impl From<proto::move_resource_state::Request> for MoveRequest {
    fn from(request: proto::move_resource_state::Request) -> Self {
        Self {
            source_provider: request.source_provider_address,
            source_type: request.source_type_name,
            source_version: request.source_schema_version,
            source_json: request.source_state.map(|raw| raw.json).unwrap_or_default(),
            source_private: request.source_private,
            target_type: request.target_type_name,
        }
    }
}

impl From<MoveResponse> for proto::move_resource_state::Response {
    fn from(response: MoveResponse) -> Self {
        Self {
            target_state: response.state.map(Into::into),
            target_private: response.private,
            target_identity: response.identity.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
        }
    }
}

/// The response to an import of this resource type.
pub(super) fn import_response(
    type_name: String,
    response: ImportResponse,
) -> proto::import_resource_state::Response {
    let (private, identity) = (response.private, response.identity);
    let resource = response
        .state
        .map(|state| proto::import_resource_state::ImportedResource {
            type_name,
            state: Some(state.into()),
            private,
            identity: identity.map(Into::into),
        });
    proto::import_resource_state::Response {
        imported_resources: resource.into_iter().collect(),
        diagnostics: diagnostics(response.diagnostics),
        ..Default::default()
    }
}

impl From<Result<Encoded, FunctionError>> for proto::call_function::Response {
    fn from(response: Result<Encoded, FunctionError>) -> Self {
        match response {
            Ok(result) => Self {
                result: Some(result.into()),
                error: None,
            },
            Err(error) => Self {
                result: None,
                error: Some(proto::FunctionError {
                    text: error.text,
                    function_argument: error
                        .argument
                        .and_then(|position| i64::try_from(position).ok()),
                }),
            },
        }
    }
}
