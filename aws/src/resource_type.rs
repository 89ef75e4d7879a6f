//! The contract of a resource type, and what its calls return.

use std::collections::BTreeMap;

use async_trait::async_trait;
use stack::ResourceId;
use stack::cloud::{
    AutomaticStart, CloudError, CloudErrorKind, DeleteOptions, Deletion, DiscoveryScope, Resource,
};

use crate::arn::Arn;
use crate::client::Clients;
use crate::client::error::own_error;
use crate::signal::Signal;

/// One AWS resource type: how its service finds, describes, deletes, stops and starts resources.
///
/// Callers pass only ids of this type that live in the account and region of `clients`. An
/// implementation makes its calls and reports the outcome. The caller decides whether to delete a
/// resource, and retries one that waits for another.
#[async_trait]
pub(crate) trait ResourceType: Send + Sync {
    /// The name of the type, as the tagging API writes it: `ec2:instance`.
    fn name(&self) -> &'static str;

    /// For an EC2 type, the prefix of its ids: `vol`. Its name is then `ec2:` and the resource part
    /// of its ARNs.
    fn id_prefix(&self) -> Option<&'static str> {
        None
    }

    /// Whether an ARN belongs to this type. By default it compares the ARN's service and the part
    /// before the first `/` or `:` with the name of the type.
    fn matches(&self, arn: &Arn<'_>) -> bool {
        let name = self.name().split_once(':');
        name.is_some_and(|(service, kind)| arn.is(service, kind))
    }

    /// Whether the type belongs to no region. Such types are listed once for each account.
    fn is_global(&self) -> bool {
        false
    }

    /// Lists the resources that carry a stack's tag, through the type's own service. Types that the
    /// tagging API never lists need this, and types that are as cheap to list here.
    ///
    /// Discovery does not describe the resources in [`Listing::described`] again.
    async fn list(&self, clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
        let _ = (clients, scope);
        Ok(Listing::default())
    }

    /// Describes resources, in batches as large as the service accepts. A resource that is neither
    /// found nor failed does not exist.
    ///
    /// Each description lists everything that the resource uses in `usage` and `unpriced`. If both
    /// are empty, the resource is free in its present state.
    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions;

    /// Confirms that candidates exist and describes them. Some come from the tag index, with tags.
    ///
    /// A type that needs one call for each description may take its tags from the index instead:
    /// callers describe a resource again before they delete it.
    async fn confirm(
        &self,
        clients: &Clients,
        ids: &[ResourceId],
        index: &TagIndex,
    ) -> Descriptions {
        let _ = index;
        self.describe(clients, ids).await
    }

    /// The name of the flag that protects a resource from deletion, if it is set and takes a call
    /// of its own to read. Discovery asks only when it looks for a single stack.
    async fn protection(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Option<String>, CloudError> {
        let _ = (clients, resource);
        Ok(None)
    }

    /// Detaches the resource from others of its type: see [`stack::Cloud::detach_references`].
    async fn detach_references(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<(), CloudError> {
        let _ = (clients, resource);
        Ok(())
    }

    /// Finds what uses a resource: see [`stack::Cloud::users`].
    async fn users(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<Resource>, CloudError> {
        let _ = (clients, resource);
        Ok(Vec::new())
    }

    /// Removes the references of a resource to another one: see [`stack::Cloud::detach_reference`].
    async fn detach_reference(
        &self,
        clients: &Clients,
        resource: &Resource,
        used: &ResourceId,
    ) -> Result<(), CloudError> {
        let _ = (clients, resource, used);
        Ok(())
    }

    /// Deletes a resource. One that is already gone is [`Deletion::Gone`], not an error.
    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        options: DeleteOptions,
    ) -> Result<Deletion, CloudError>;

    /// Stops a resource. Callers stop only resources that have a [`Resource::size`].
    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        let _ = clients;
        Err(unsupported(self.name(), "stop", resource))
    }

    /// Starts a resource with the size that it had: see [`stack::Cloud::start`].
    async fn start(
        &self,
        clients: &Clients,
        resource: &Resource,
        prior: &serde_json::Value,
    ) -> Result<(), CloudError> {
        let _ = (clients, prior);
        Err(unsupported(self.name(), "start", resource))
    }

    /// What starts a stopped resource again without jiti: see
    /// [`stack::Cloud::automatic_starts`]. Callers ask only about resources that have a
    /// [`Resource::size`].
    async fn automatic_starts(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<AutomaticStart>, CloudError> {
        let _ = (clients, resource);
        Ok(Vec::new())
    }

    /// The metrics that show whether a resource is in use; empty if there are none.
    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let _ = resource;
        Vec::new()
    }
}

/// Candidate resources, with the tags that a tag index reports.
pub(crate) type TagIndex = BTreeMap<ResourceId, BTreeMap<String, String>>;

/// The result of a type's own list call.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The resources that carry the tag.
    pub(crate) ids: Vec<ResourceId>,
    /// Those of them that the list call described in full.
    pub(crate) described: Vec<Description>,
    /// Why the tags of some resources could not be read.
    pub(crate) failed: Option<CloudError>,
}

/// The result of describing a set of ids.
#[derive(Debug, Default)]
pub(crate) struct Descriptions {
    /// The resources that exist.
    pub(crate) found: Vec<Description>,
    /// The resources that could not be described, and why.
    pub(crate) failed: Vec<(ResourceId, CloudError)>,
    /// Those of `failed` whose deletion had started and then failed.
    pub(crate) undeleted: Vec<ResourceId>,
}

/// A resource and what it owns.
#[derive(Debug)]
pub(crate) struct Description {
    /// The resource.
    pub(crate) resource: Resource,
    /// Resources that are deleted with this one, whether they carry a tag or not: the members of a
    /// group, or volumes that are deleted on termination.
    pub(crate) owns: Vec<ResourceId>,
}

impl From<Resource> for Description {
    fn from(resource: Resource) -> Self {
        Self {
            resource,
            owns: Vec::new(),
        }
    }
}

impl Descriptions {
    /// Adds the descriptions of other resources.
    pub(crate) fn extend(&mut self, others: Self) {
        self.found.extend(others.found);
        self.failed.extend(others.failed);
        self.undeleted.extend(others.undeleted);
    }

    /// Records that the call for these ids failed.
    pub(crate) fn fail(&mut self, ids: &[ResourceId], error: &CloudError) {
        self.failed
            .extend(ids.iter().map(|id| (id.clone(), error.clone())));
    }
}

fn unsupported(kind: &str, verb: &str, resource: &Resource) -> CloudError {
    let service = kind.split(':').next().unwrap_or(kind);
    let id = Some(resource.id.as_str());
    let message = format!("jiti cannot {verb} a resource of type {kind}");
    own_error(service, verb, id, CloudErrorKind::Other, message)
}
