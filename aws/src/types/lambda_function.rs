//! Lambda functions.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::VpcConfigResponse;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};
use stack::values::tags::{APP, OWNER, STACK};

use crate::arn::{Arn, resource_name};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::signal::Signal;

pub(super) struct LambdaFunction;

const NAME: &str = "lambda:function";

#[async_trait]
impl ResourceType for LambdaFunction {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // With another colon it is a version or an alias, which have no tags.
        arn.service == "lambda" && arn.name("function").is_some_and(|name| !name.contains(':'))
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        each(ids, |id| describe(clients, id)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "function");
        let answer = clients
            .lambda()
            .delete_function()
            .function_name(name)
            .send()
            .await
            .map_err(failed!("lambda", "DeleteFunction", name));
        // Status 202: the deletion runs asynchronously.
        let is_async = matches!(&answer, Ok(answer) if answer.status_code() == 202);
        let done = if is_async {
            Deletion::Started
        } else {
            Deletion::Gone
        };
        deleted(answer, done)
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let name = resource_name(&resource.id, "function").to_owned();
        vec![Signal {
            namespace: "AWS/Lambda",
            metric: "Invocations",
            statistic: "Sum",
            dimensions: vec![("FunctionName", name)],
            threshold: 1.0,
            silence_is_zero: true,
        }]
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Description, CloudError> {
    let name = resource_name(id, "function");
    let function = clients.lambda().get_function().function_name(name);
    let (function, mappings) = tokio::join!(function.send(), mappings(clients, name));
    let function = function.map_err(failed!("lambda", "GetFunction", name))?;
    let mut resource = to_resource(clients, id, &function)?;
    let mut owns = mappings?;
    if let Some(group) = log_group(clients, name, &resource.tags).await? {
        // A function that still runs creates its log group again.
        resource.uses.push(group.clone());
        owns.push(group);
    }
    Ok(Description { resource, owns })
}

fn to_resource(
    clients: &Clients,
    id: &ResourceId,
    function: &GetFunctionOutput,
) -> Result<Resource, CloudError> {
    if let Some(error) = function.tags_error() {
        // An answer without tags does not mean that the function has none.
        return Err(CloudError {
            service: "lambda".to_owned(),
            call: "ListTags".to_owned(),
            resource: Some(id.to_string()),
            code: Some(error.error_code().to_owned()),
            message: error.message().to_owned(),
            kind: CloudErrorKind::Denied,
        });
    }
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = function.tags().into_iter().flatten().map(pair).collect();
    resource.confirmation = Confirmation::Confirmed;
    resource.unpriced = vec![
        "invocations".to_owned(),
        "provisioned concurrency".to_owned(),
    ];
    let Some(configuration) = function.configuration() else {
        return Ok(resource);
    };
    // Lambda reports the last change of a function but not its creation.
    resource.state = configuration.state().map(|state| state.as_str().to_owned());
    let vpc = configuration.vpc_config();
    let groups = vpc
        .into_iter()
        .flat_map(VpcConfigResponse::security_group_ids);
    let subnets = vpc.into_iter().flat_map(VpcConfigResponse::subnet_ids);
    let role = configuration.role().map(str::to_owned);
    let key = configuration.kms_key_arn().filter(|key| !key.is_empty());
    resource.uses = role.map(ResourceId).into_iter().collect();
    resource
        .uses
        .extend(groups.map(|group| clients.arn("ec2", &format!("security-group/{group}"))));
    resource
        .uses
        .extend(subnets.map(|subnet| clients.arn("ec2", &format!("subnet/{subnet}"))));
    resource
        .uses
        .extend(key.map(|key| ResourceId(key.to_owned())));
    Ok(resource)
}

fn pair((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

/// The event source mappings of the function. Without the function, they would fail.
async fn mappings(clients: &Clients, name: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut pages = clients
        .lambda()
        .list_event_source_mappings()
        .function_name(name)
        .into_paginator()
        .items()
        .send();
    let mut mappings = Vec::new();
    while let Some(mapping) = pages.next().await {
        let mapping = mapping.map_err(failed!("lambda", "ListEventSourceMappings", name))?;
        let uuid = mapping.uuid();
        mappings
            .extend(uuid.map(|id| clients.arn("lambda", &format!("event-source-mapping:{id}"))));
    }
    Ok(mappings)
}

/// The log group that Lambda creates for the function, unless it belongs to another stack.
async fn log_group(
    clients: &Clients,
    name: &str,
    tags: &BTreeMap<String, String>,
) -> Result<Option<ResourceId>, CloudError> {
    let group = clients.arn("logs", &format!("log-group:/aws/lambda/{name}"));
    let answer = clients
        .logs()
        .list_tags_for_resource()
        .resource_arn(group.as_str())
        .send()
        .await;
    match answer.map_err(failed!("logs", "ListTagsForResource", group.as_str())) {
        Ok(answer) => {
            let of_group = answer.tags().into_iter().flatten().map(pair).collect();
            Ok(is_claimed_by(&of_group, tags).then_some(group))
        }
        Err(error) if error.kind == CloudErrorKind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a log group belongs to the function: untagged, as Lambda creates it, or tagged for the
/// same stack.
fn is_claimed_by(group: &BTreeMap<String, String>, function: &BTreeMap<String, String>) -> bool {
    let is_user_tag = |key: &&String| !key.starts_with("aws:");
    let same_stack = [STACK, APP, OWNER]
        .iter()
        .all(|key| group.contains_key(*key) && group.get(*key) == function.get(*key));
    same_stack || group.keys().filter(is_user_tag).count() == 0
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::{FunctionConfiguration, TagsError};

    use super::*;

    fn id(clients: &Clients) -> ResourceId {
        clients.arn("lambda", "function:web")
    }

    /// A function reports what can only be deleted after it.
    #[test]
    fn a_function_uses_its_role_and_its_network() {
        let clients = Clients::for_tests();
        let vpc = VpcConfigResponse::builder()
            .security_group_ids("sg-1")
            .subnet_ids("subnet-1");
        let configuration = FunctionConfiguration::builder()
            .role("arn:aws:iam::123456789012:role/web")
            .vpc_config(vpc.build());
        let function = GetFunctionOutput::builder()
            .configuration(configuration.build())
            .tags(STACK, "pr-1");
        let resource = to_resource(&clients, &id(&clients), &function.build()).unwrap();
        let uses: Vec<_> = resource.uses.iter().map(ResourceId::as_str).collect();
        assert_eq!(
            uses,
            [
                "arn:aws:iam::123456789012:role/web",
                "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1",
                "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
            ]
        );
        assert_eq!(resource.tag(STACK), Some("pr-1"));
    }

    /// A function whose tags could not be read does not count as untagged.
    #[test]
    fn unreadable_tags_are_not_missing_tags() {
        let clients = Clients::for_tests();
        let error = TagsError::builder()
            .error_code("AccessDeniedException")
            .message("not authorized to perform lambda:ListTags")
            .build()
            .unwrap();
        let function = GetFunctionOutput::builder().tags_error(error).build();
        let error = to_resource(&clients, &id(&clients), &function).unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Denied);
    }

    /// A log group is deleted with its function if it is untagged or has the same tags; otherwise
    /// it stays.
    #[test]
    fn a_foreign_log_group_stays() {
        let tags = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        let function = tags(&[(STACK, "pr-1"), (APP, "shop"), (OWNER, "ana"), ("a", "b")]);
        let same_stack = tags(&[(STACK, "pr-1"), (APP, "shop"), (OWNER, "ana")]);
        let other = tags(&[(STACK, "pr-1"), (APP, "shop"), (OWNER, "bob")]);
        assert!(is_claimed_by(&tags(&[]), &function));
        assert!(is_claimed_by(
            &tags(&[("aws:cloudformation:stack-name", "x")]),
            &function
        ));
        assert!(is_claimed_by(&same_stack, &function));
        assert!(!is_claimed_by(&other, &function));
        assert!(!is_claimed_by(&tags(&[("team", "data")]), &function));
        assert!(!is_claimed_by(&tags(&[("team", "data")]), &tags(&[])));
    }

    /// Versions and aliases are not functions.
    #[test]
    fn versions_are_not_functions() {
        let matches = |text| LambdaFunction.matches(&Arn::parse(text).unwrap());
        assert!(matches("arn:aws:lambda:eu-west-1:1:function:web"));
        assert!(!matches("arn:aws:lambda:eu-west-1:1:function:web:live"));
        assert!(!matches("arn:aws:lambda:eu-west-1:1:layer:web"));
    }
}
