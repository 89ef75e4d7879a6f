//! The messages of the calls, from and to what the server speaks.

use crate::diag::Diagnostic;
use crate::proto::tfplugin6 as proto;
use crate::server::Encoded;
use crate::server::apply_resource::{ApplyAnswer, ApplyRequest};
use crate::server::call_function::FunctionError;
use crate::server::function::{Parameter, Signature};
use crate::server::import_resource::ImportAnswer;
use crate::server::move_resource::{MoveAnswer, MoveRequest};
use crate::server::plan_resource::{PlanAnswer, PlanRequest};
use crate::server::read_data_source::DataAnswer;
use crate::server::read_resource::{ReadAnswer, ReadRequest};
use crate::server::schemas::{Names, Schemas};
use crate::server::upgrade_resource::{UpgradeAnswer, UpgradeRequest};

/// Diagnostics as messages carry them.
pub(super) fn diagnostics(diagnostics: Vec<Diagnostic>) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(Into::into).collect()
}

/// What this SDK can do, whatever the provider does.
pub(super) fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: false,
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
        let described = |(name, schema): (&str, std::sync::Arc<crate::schema::Schema>)| {
            (name.to_owned(), (&*schema).into())
        };
        Self {
            provider: Some((&*schemas.provider).into()),
            resource_schemas: schemas.resources.into_iter().map(described).collect(),
            data_source_schemas: schemas.data_sources.into_iter().map(described).collect(),
            functions: functions(schemas.functions),
            diagnostics: diagnostics(schemas.diagnostics),
            server_capabilities: Some(capabilities()),
            ..Self::default()
        }
    }
}

impl From<Schemas> for proto::get_functions::Response {
    fn from(schemas: Schemas) -> Self {
        Self {
            functions: functions(schemas.functions),
            diagnostics: diagnostics(schemas.diagnostics),
        }
    }
}

impl From<Names> for proto::get_metadata::Response {
    fn from(names: Names) -> Self {
        use proto::get_metadata::{DataSourceMetadata, FunctionMetadata, ResourceMetadata};
        let resource = |name: &str| ResourceMetadata {
            type_name: name.to_owned(),
        };
        let data_source = |name: &str| DataSourceMetadata {
            type_name: name.to_owned(),
        };
        let function = |name: &str| FunctionMetadata {
            name: name.to_owned(),
        };
        Self {
            server_capabilities: Some(capabilities()),
            resources: names.resources.into_iter().map(resource).collect(),
            data_sources: names.data_sources.into_iter().map(data_source).collect(),
            functions: names.functions.into_iter().map(function).collect(),
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
        }
    }
}

impl From<PlanAnswer> for proto::plan_resource_change::Response {
    fn from(answer: PlanAnswer) -> Self {
        let paths = answer.requires_replace.iter();
        Self {
            planned_state: answer.planned.map(Into::into),
            requires_replace: paths.map(Into::into).collect(),
            planned_private: answer.private,
            diagnostics: diagnostics(answer.diagnostics),
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
        }
    }
}

impl From<ApplyAnswer> for proto::apply_resource_change::Response {
    fn from(answer: ApplyAnswer) -> Self {
        Self {
            new_state: answer.state.map(Into::into),
            private: answer.private,
            diagnostics: diagnostics(answer.diagnostics),
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
        }
    }
}

impl From<ReadAnswer> for proto::read_resource::Response {
    fn from(answer: ReadAnswer) -> Self {
        Self {
            new_state: Some(answer.state.into()),
            private: answer.private,
            diagnostics: diagnostics(answer.diagnostics),
            ..Self::default()
        }
    }
}

impl From<DataAnswer> for proto::read_data_source::Response {
    fn from(answer: DataAnswer) -> Self {
        Self {
            state: answer.state.map(Into::into),
            diagnostics: diagnostics(answer.diagnostics),
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

impl From<UpgradeAnswer> for proto::upgrade_resource_state::Response {
    fn from(answer: UpgradeAnswer) -> Self {
        Self {
            upgraded_state: answer.state.map(Into::into),
            diagnostics: diagnostics(answer.diagnostics),
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
            target_type: request.target_type_name,
        }
    }
}

impl From<MoveAnswer> for proto::move_resource_state::Response {
    fn from(answer: MoveAnswer) -> Self {
        Self {
            target_state: answer.state.map(Into::into),
            target_private: answer.private,
            diagnostics: diagnostics(answer.diagnostics),
            ..Self::default()
        }
    }
}

/// The answer to an import of this type.
pub(super) fn imported(
    type_name: String,
    answer: ImportAnswer,
) -> proto::import_resource_state::Response {
    let private = answer.private;
    let resource = answer
        .state
        .map(|state| proto::import_resource_state::ImportedResource {
            type_name,
            state: Some(state.into()),
            private,
            ..Default::default()
        });
    proto::import_resource_state::Response {
        imported_resources: resource.into_iter().collect(),
        diagnostics: diagnostics(answer.diagnostics),
        ..Default::default()
    }
}

impl From<Result<Encoded, FunctionError>> for proto::call_function::Response {
    fn from(answer: Result<Encoded, FunctionError>) -> Self {
        match answer {
            Ok(result) => Self {
                result: Some(result.into()),
                error: None,
            },
            Err(error) => Self {
                result: None,
                error: Some(proto::FunctionError {
                    text: error.text,
                    function_argument: error.argument.and_then(|at| i64::try_from(at).ok()),
                }),
            },
        }
    }
}
