//! Resource types that jiti reads and deletes through the Cloud Control API, by a table.
//!
//! Cloud Control has one call for each verb and over a thousand types. A type that has its own file
//! in `types/` is not in the table: its own service says more and answers faster.

mod calls;
mod error;
mod pattern;
mod properties;
mod requests;
mod table;
mod table_type;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use self::calls::{get, list, parts_of};
use self::error::{SERVICE, from_call};
pub(crate) use self::properties::text_at;
use self::properties::{protection, referenced, tags_in, time_at};
pub(crate) use self::requests::{KnownIdentifiers, PendingRequests};
use self::requests::{Operation, PendingRequest, RequestStatus, status, status_of};
pub(crate) use self::table::table;
pub(crate) use self::table_type::{Cost, TableType, TagSource};
use crate::arn::Arn;
use crate::batch::with_limit;
use crate::client::Clients;
use crate::client::error::{absent, gone_is_done, own_error};
use crate::delete_command::delete_command;
use crate::discovery::tagged_among;
use crate::governance;
use crate::resource_type::{Description, Descriptions, ResourceType};

/// The detail of a resource that has to be switched off before it is deleted.
const ENABLED: &str = "enabled";

/// The detail with the type that its service knows the resource as, where several are possible.
const CLOUD_FORMATION: &str = "cloudformation";

/// The state of a resource that Cloud Control deletes.
const DELETING: &str = "deleting";

/// What became of a resource that was asked about.
enum Reading {
    Found(Box<Description>),
    /// Its deletion had started and failed.
    Undeleted(CloudError),
}

#[async_trait]
impl ResourceType for TableType {
    fn name(&self) -> &'static str {
        self.name
    }

    fn id_prefix(&self) -> Option<&'static str> {
        self.id_prefix
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        self.arn.matches(arn)
    }

    fn is_global(&self) -> bool {
        self.arn.is_global()
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        let mut descriptions = Descriptions::default();
        let index = match self.tags {
            TagSource::Index => {
                let arns: Vec<String> = ids.iter().map(ToString::to_string).collect();
                match tagged_among(clients, &arns).await {
                    Ok(index) => index,
                    Err(error) => {
                        descriptions.fail(ids, &error);
                        return descriptions;
                    }
                }
            }
            TagSource::Property(_) | TagSource::None => BTreeMap::new(),
        };
        let calls = ids
            .iter()
            .map(async |id| (id, self.read(clients, id, index.get(id)).await));
        for (id, answer) in with_limit(calls.collect()).await {
            match answer {
                Ok(Reading::Found(found)) => descriptions.found.push(*found),
                Ok(Reading::Undeleted(error)) => {
                    descriptions.failed.push((id.clone(), error));
                    descriptions.undeleted.push(id.clone());
                }
                Err(error) if error.kind == CloudErrorKind::Gone => {}
                Err(error) => descriptions.failed.push((id.clone(), error)),
            }
        }
        descriptions
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let about = self.about(&resource.id);
        if let Some(flag) = self
            .disable
            .filter(|_| resource.details.contains_key(ENABLED))
        {
            return Err(self.disable(clients, resource, flag).await?);
        }
        let call = clients.cloud_control().delete_resource();
        let answer = call
            .type_name(self.type_of(resource))
            .identifier(self.identifier_of(clients, &resource.id).await?)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return gone_is_done(from_call("DeleteResource", &about, &error)),
        };
        let Some(event) = answer.progress_event() else {
            return Ok(Deletion::Started);
        };
        match status_of(event, Operation::Delete, &about) {
            RequestStatus::Done => Ok(Deletion::Gone),
            RequestStatus::Failed(error) => gone_is_done(self.with_command(error, &resource.id)),
            RequestStatus::InProgress | RequestStatus::Unknown => {
                self.remember(clients, resource, event.request_token(), Operation::Delete);
                Ok(Deletion::Started)
            }
        }
    }
}

impl TableType {
    /// A resource as Cloud Control describes it, or how far its deletion is. `tags` are those that
    /// the tagging API lists.
    async fn read(
        &self,
        clients: &Clients,
        id: &ResourceId,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Result<Reading, CloudError> {
        let about = self.about(id);
        let deletion = clients.requests.get(id);
        if let Some(request) = deletion.filter(|one| one.operation == Operation::Delete) {
            match status(clients, &request, &about).await? {
                RequestStatus::InProgress => {
                    let mut resource = request.resource;
                    resource.state = Some(DELETING.to_owned());
                    return Ok(Reading::Found(Box::new(resource.into())));
                }
                RequestStatus::Done => {
                    return Err(absent(SERVICE, "DeleteResource", &about, "it was deleted"));
                }
                RequestStatus::Failed(error) if error.kind == CloudErrorKind::Gone => {
                    return Err(error);
                }
                RequestStatus::Failed(error) => {
                    return Ok(Reading::Undeleted(self.with_command(error, id)));
                }
                RequestStatus::Unknown => {
                    let identifier = self.identifier_of(clients, id).await?;
                    self.properties(clients, &identifier).await?;
                    let why = "the resource exists, and its deletion is no longer known";
                    let error = own_error(
                        SERVICE,
                        "DeleteResource",
                        Some(&about),
                        CloudErrorKind::Wait,
                        why,
                    );
                    return Ok(Reading::Undeleted(error));
                }
            }
        }
        let identifier = self.identifier_of(clients, id).await?;
        let (type_name, properties) = self.properties(clients, &identifier).await?;
        let mut resource = self.resource(clients, id, &properties);
        if type_name != self.cloud_formation {
            let detail = (CLOUD_FORMATION.to_owned(), type_name.to_owned());
            resource.details.extend([detail]);
        }
        if let Some(tags) = tags {
            resource.tags.clone_from(tags);
        }
        let mut owns = Vec::new();
        for parts in self.parts {
            owns.extend(parts_of(clients, &identifier, &properties, parts).await?);
        }
        Ok(Reading::Found(Box::new(Description { resource, owns })))
    }

    /// A resource with these properties.
    fn resource(&self, clients: &Clients, id: &ResourceId, properties: &Value) -> Resource {
        let mut resource = clients.resource(id.clone(), self.name);
        resource.confirmation = Confirmation::Confirmed;
        if let TagSource::Property(path) = self.tags {
            resource.tags = tags_in(properties, path);
        }
        resource.state = self.state.and_then(|path| text_at(properties, path));
        resource.created_at = self.created.and_then(|path| time_at(properties, path));
        resource.uses = referenced(clients, properties, self.references);
        let owner = Vec::from_iter(self.owner);
        resource.owner = referenced(clients, properties, &owner).into_iter().next();
        // A part has to be deleted before what contains it.
        resource.uses.extend(resource.owner.clone());
        resource.protection = self
            .protection
            .and_then(|flag| protection(properties, flag));
        let identifier = self.arn.identifier(self.identifier, id);
        if identifier.is_some_and(|identifier| self.defaults.contains(&identifier.as_str())) {
            resource.untouchable = Some("AWS creates one in each account".to_owned());
        }
        let enabled = self.disable.and_then(|path| text_at(properties, path));
        if enabled.as_deref() == Some("true") {
            let flag = (ENABLED.to_owned(), "true".to_owned());
            resource.details.extend([flag]);
        }
        if let Cost::Unpriced(what) = self.cost {
            resource.unpriced = vec![what.to_owned()];
        }
        resource.outlives = self.outlives.map(str::to_owned);
        governance::of_properties(&mut resource, properties);
        resource
    }

    /// The properties of a resource, and the type that its service knows it as.
    async fn properties(
        &self,
        clients: &Clients,
        identifier: &str,
    ) -> Result<(&'static str, Value), CloudError> {
        let mut result = get(clients, self.cloud_formation, identifier).await;
        let mut type_name = self.cloud_formation;
        for other in self.also {
            // The handler of another type does not find it, or says that the request is invalid.
            let Err(error) = &result else { break };
            if !matches!(error.kind, CloudErrorKind::Gone | CloudErrorKind::Other) {
                break;
            }
            let answer = get(clients, other, identifier).await;
            // A type that answered with an error may be the one.
            if answer.is_ok() || error.kind == CloudErrorKind::Gone {
                (result, type_name) = (answer, other);
            }
        }
        Ok((type_name, result?))
    }

    /// Switches a resource off. Returns why it cannot be deleted yet.
    async fn disable(
        &self,
        clients: &Clients,
        resource: &Resource,
        flag: &'static str,
    ) -> Result<CloudError, CloudError> {
        let about = self.about(&resource.id);
        let wait = "it is being disabled, which precedes its deletion";
        let wait = own_error(
            SERVICE,
            "UpdateResource",
            Some(&about),
            CloudErrorKind::Wait,
            wait,
        );
        if let Some(request) = clients.requests.get(&resource.id) {
            return match status(clients, &request, &about).await? {
                RequestStatus::Failed(error) => Err(error),
                _ => Ok(wait),
            };
        }
        let patch = serde_json::json!([{ "op": "replace", "path": flag, "value": false }]);
        let call = clients.cloud_control().update_resource();
        let answer = call
            .type_name(self.type_of(resource))
            .identifier(self.identifier_of(clients, &resource.id).await?)
            .patch_document(patch.to_string())
            .send()
            .await
            .map_err(|error| from_call("UpdateResource", &about, &error))?;
        let Some(event) = answer.progress_event() else {
            return Ok(wait);
        };
        if let RequestStatus::Failed(error) = status_of(event, Operation::Disable, &about) {
            return Err(error);
        }
        self.remember(clients, resource, event.request_token(), Operation::Disable);
        Ok(wait)
    }

    fn remember(
        &self,
        clients: &Clients,
        resource: &Resource,
        token: Option<&str>,
        operation: Operation,
    ) {
        if let Some(token) = token {
            clients.requests.insert(PendingRequest {
                token: token.to_owned(),
                operation,
                resource: resource.clone(),
            });
        }
    }

    /// Adds the command of the AWS CLI to an error that no retry of jiti overcomes: it may delete
    /// what Cloud Control cannot, such as a repository with images.
    fn with_command(&self, mut error: CloudError, id: &ResourceId) -> CloudError {
        let command = Arn::from_id(id).and_then(|arn| delete_command(&arn));
        if let Some(command) = command.filter(|_| error.kind == CloudErrorKind::Other) {
            let message = error.message.trim_end_matches('.');
            error.message = format!("{message}; this command may delete it: {command}");
        }
        error
    }

    /// The type that its service knows a resource as.
    fn type_of<'a>(&self, resource: &'a Resource) -> &'a str {
        let other = resource.details.get(CLOUD_FORMATION);
        other.map_or(self.cloud_formation, String::as_str)
    }

    /// The identifier that Cloud Control knows a resource by.
    async fn identifier_of(
        &self,
        clients: &Clients,
        id: &ResourceId,
    ) -> Result<String, CloudError> {
        if let Some(property) = self.found_by {
            return self.searched_identifier(clients, id, property).await;
        }
        self.arn.identifier(self.identifier, id).ok_or_else(|| {
            let message = format!("its ARN is none of {}", self.cloud_formation);
            let id = Some(id.as_str());
            own_error(SERVICE, "identifier", id, CloudErrorKind::Other, message)
        })
    }

    /// The identifier of the resource that has this ARN in one of its properties. A list may leave
    /// that property out.
    async fn searched_identifier(
        &self,
        clients: &Clients,
        id: &ResourceId,
        property: &str,
    ) -> Result<String, CloudError> {
        if let Some(identifier) = clients.identifiers.get(id) {
            return Ok(identifier);
        }
        let type_name = self.cloud_formation;
        for (identifier, mut properties) in list(clients, type_name, None).await? {
            if text_at(&properties, property).is_none() {
                properties = match get(clients, type_name, &identifier).await {
                    Ok(properties) => properties,
                    Err(error) if error.kind == CloudErrorKind::Gone => continue,
                    Err(error) => return Err(error),
                };
            }
            if let Some(arn) = text_at(&properties, property) {
                clients
                    .identifiers
                    .insert(ResourceId(arn), identifier.clone());
            }
        }
        let found = clients.identifiers.get(id);
        found.ok_or_else(|| {
            let why = "no resource of the type has this ARN";
            absent(SERVICE, "ListResources", &self.about(id), why)
        })
    }

    /// How errors name a resource.
    fn about(&self, id: &ResourceId) -> String {
        let identifier = self.arn.identifier(self.identifier, id);
        let identifier = identifier.unwrap_or_else(|| id.to_string());
        format!("{} {identifier}", self.cloud_formation)
    }
}

/// The row of this name.
pub(crate) fn by_name(name: &str) -> Option<&'static TableType> {
    table().find(|row| row.name == name)
}
