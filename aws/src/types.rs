//! The types of resource that are known, one file each. Adding one is its file and its line in the list below.

use std::collections::BTreeMap;

use stack::ResourceId;
use stack::cloud::{CloudError, CloudErrorKind, Deleting, Deletion, Resource, Soon, Which};

use crate::arn::Arn;
use crate::client::Clients;
use crate::metrics::Signal;

macro_rules! types {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// Every type that is known.
        pub(crate) static ALL: &[&dyn Type] = &[$(&$module::This),*];
    };
}

// The list: a file in `types/`, whose `This` implements `Type`. rustfmt does not follow modules that a macro declares, so
// that `make fmt` and `make lint` name their files.
types! {
    autoscaling_group
    cloudformation_stack
    cloudwatch_alarm
    dynamodb_table
    ec2_dhcp_options
    ec2_egress_only_internet_gateway
    ec2_elastic_ip
    ec2_flow_log
    ec2_image
    ec2_instance
    ec2_internet_gateway
    ec2_key_pair
    ec2_launch_template
    ec2_natgateway
    ec2_network_acl
    ec2_network_interface
    ec2_prefix_list
    ec2_route_table
    ec2_security_group
    ec2_security_group_rule
    ec2_snapshot
    ec2_subnet
    ec2_volume
    ec2_vpc
    ec2_vpc_endpoint
    ec2_vpc_peering_connection
    ecs_capacity_provider
    ecs_cluster
    ecs_service
    ecs_task
    ecs_task_definition
    eks_access_entry
    eks_addon
    eks_cluster
    eks_fargate_profile
    eks_node_group
    eks_pod_identity_association
    elasticache_cluster
    elasticache_parameter_group
    elasticache_replication_group
    elasticache_subnet_group
    elb_listener
    elb_listener_rule
    elb_load_balancer
    elb_target_group
    iam_instance_profile
    iam_oidc_provider
    iam_policy
    iam_role
    kms_key
    lambda_event_source_mapping
    lambda_function
    logs_log_group
    rds_cluster
    rds_cluster_parameter_group
    rds_cluster_snapshot
    rds_instance
    rds_option_group
    rds_parameter_group
    rds_snapshot
    rds_subnet_group
    s3_bucket
    secretsmanager_secret
    sns_topic
    sqs_queue
}

/// One type of resource: how it is found, described, deleted, stopped and started, by its own service.
///
/// All ids that it is given are of its type and in the place of the clients. Nothing here retries what waits for
/// another resource, or decides whether something may be deleted: whoever calls has.
pub(crate) trait Type: Send + Sync {
    /// Its name, as the index of tags writes it: `ec2:instance`.
    fn name(&self) -> &'static str;

    /// What the ids of a type of EC2 begin with: `vol`. Its name is then `ec2:` and what its ARNs call it.
    fn ids_begin(&self) -> Option<&'static str> {
        None
    }

    /// Whether an ARN is of this type: one of its service in which its kind follows, unless a type knows better.
    fn covers(&self, arn: &Arn<'_>) -> bool {
        let name = self.name().split_once(':');
        name.is_some_and(|(service, kind)| arn.is(service, kind))
    }

    /// Whether it is in no region, and asked about once an account.
    fn is_global(&self) -> bool {
        false
    }

    /// Those that carry a stack's tag, found by the type's own service, for types that the index of tags never lists
    /// (or that are as cheap to list here). What is described already needs not be asked about again.
    fn list<'a>(
        &'a self,
        at: &'a Clients,
        which: &'a Which,
    ) -> Soon<'a, Result<Listed, CloudError>> {
        let _ = (at, which);
        Box::pin(async { Ok(Listed::default()) })
    }

    /// Asks about resources, in batches as large as the service takes. What is neither seen nor failed does not exist.
    ///
    /// What each uses is told in full, in `usage` and `unpriced`: one in which both are empty costs nothing as it is.
    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen>;

    /// Asks whether candidates exist, and what they are: those of the index, with the tags that it knows, and others. A
    /// type of which each description costs a call may take the index's word for tags here: whoever deletes describes
    /// before.
    fn confirm<'a>(
        &'a self,
        at: &'a Clients,
        ids: &'a [ResourceId],
        index: &'a Index,
    ) -> Soon<'a, Seen> {
        let _ = index;
        self.describe(at, ids)
    }

    /// The flag that protects one from deletion, where a description does not tell and one has to be asked about by
    /// itself. It is asked when one stack is looked for, and not when all are.
    fn protection<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
    ) -> Option<Soon<'a, Result<Option<String>, CloudError>>> {
        let _ = (at, resource);
        None
    }

    /// Unties it from its equals: see [`stack::Cloud::loosen`].
    fn loosen<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
    ) -> Soon<'a, Result<(), CloudError>> {
        let _ = (at, resource);
        Box::pin(async { Ok(()) })
    }

    /// Deletes one. Gone already is [`Deletion::Gone`], not an error.
    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>>;

    /// Stops it: only for those with a [`Resource::size`].
    fn stop<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
    ) -> Soon<'a, Result<(), CloudError>> {
        let _ = at;
        Box::pin(async move { Err(cannot(self.name(), "stop", resource)) })
    }

    /// Starts it with the size it had: see [`stack::Cloud::start`].
    fn start<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        prior: &'a serde_json::Value,
    ) -> Soon<'a, Result<(), CloudError>> {
        let _ = (at, prior);
        Box::pin(async move { Err(cannot(self.name(), "start", resource)) })
    }

    /// What tells whether it is used; none where nothing does.
    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let _ = resource;
        Vec::new()
    }
}

/// Candidates, with the tags that an index of tags knows.
pub(crate) type Index = BTreeMap<ResourceId, BTreeMap<String, String>>;

/// What a type's own list gave.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Those that carry the tag.
    pub(crate) ids: Vec<ResourceId>,
    /// Those of them that the list has described already.
    pub(crate) seen: Vec<Sighting>,
    /// Why some could not be asked whether they carry it.
    pub(crate) failed: Option<CloudError>,
}

/// What a type's service said about ids that it was asked about.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Those that exist.
    pub(crate) found: Vec<Sighting>,
    /// Those about which no answer could be had.
    pub(crate) failed: Vec<(ResourceId, CloudError)>,
}

/// A resource, with what it alone owns.
#[derive(Debug)]
pub(crate) struct Sighting {
    /// The resource.
    pub(crate) resource: Resource,
    /// Resources that go with this one, tag or no tag: members of a group, volumes that are deleted on termination.
    pub(crate) owns: Vec<ResourceId>,
}

impl From<Resource> for Sighting {
    fn from(resource: Resource) -> Self {
        Self {
            resource,
            owns: Vec::new(),
        }
    }
}

impl Seen {
    /// That a call which asked about all of these failed.
    pub(crate) fn fail(&mut self, ids: &[ResourceId], error: &CloudError) {
        self.failed
            .extend(ids.iter().map(|id| (id.clone(), error.clone())));
    }
}

/// The type of an ARN; `None` when it is not known here.
pub(crate) fn of(id: &ResourceId) -> Option<&'static dyn Type> {
    let arn = Arn::of(id)?;
    ALL.iter().copied().find(|kind| kind.covers(&arn))
}

/// The type of this name.
pub(crate) fn named(name: &str) -> Option<&'static dyn Type> {
    ALL.iter().copied().find(|kind| kind.name() == name)
}

/// The name of a type that is not known here: what its ARN says.
pub(crate) fn unknown_name(arn: &Arn<'_>) -> String {
    match arn.resource.split_once(['/', ':']) {
        Some((kind, _)) => format!("{}:{kind}", arn.service),
        None => arn.service.to_owned(),
    }
}

fn cannot(kind: &str, verb: &str, resource: &Resource) -> CloudError {
    CloudError {
        service: kind.split(':').next().unwrap_or(kind).to_owned(),
        call: verb.to_owned(),
        resource: Some(resource.id.to_string()),
        code: None,
        message: format!("a {kind} is not a thing to {verb}"),
        kind: CloudErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every type of EC2 says how its ids begin, no two alike, and knows the ARN that is made of such an id.
    #[test]
    fn ids_of_ec2_lead_to_their_types() {
        let at = Clients::of_nobody();
        let of_ec2 = ALL.iter().filter(|kind| kind.name().starts_with("ec2:"));
        let mut count = 0;
        for kind in of_ec2 {
            let id = format!("{}-1", kind.ids_begin().unwrap());
            let arn = at.id("ec2", &crate::services::ec2::path(&id).unwrap());
            assert_eq!(of(&arn).map(Type::name), Some(kind.name()));
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    /// No two types have one name.
    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
