//! What ECS types share.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{
    CpuArchitecture, Failure, NetworkConfiguration, OsFamily, RuntimePlatform, Tag,
};
use rust_decimal::Decimal;
use stack::cloud::{CloudError, CloudErrorKind, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{NO_MESSAGE, own_error};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions};
use crate::tags;

/// CPU units per virtual CPU, and MiB per GiB.
const UNITS: Decimal = Decimal::from_parts(1024, 0, 0, false, 0);

/// Converts tags into a map.
pub(crate) fn tags_of(list: &[Tag]) -> BTreeMap<String, String> {
    tags::map(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// The first failure in an answer, other than for resources that do not exist.
pub(crate) fn first_failure(call: &str, failures: &[Failure]) -> Option<CloudError> {
    let failure = failures
        .iter()
        .find(|failure| failure.reason() != Some("MISSING"))?;
    let detail = failure.detail().or(failure.reason());
    Some(CloudError {
        service: "ecs".to_owned(),
        call: call.to_owned(),
        resource: failure.arn().map(str::to_owned),
        code: failure.reason().map(str::to_owned),
        message: detail.unwrap_or(NO_MESSAGE).to_owned(),
        kind: CloudErrorKind::Other,
    })
}

/// Groups ids by cluster name. Returns apart the ids in the old ARN format, which names no cluster.
fn by_cluster<'a>(
    ids: &'a [ResourceId],
    kind: &str,
) -> (BTreeMap<&'a str, Vec<ResourceId>>, Vec<ResourceId>) {
    let mut clusters: BTreeMap<&str, Vec<ResourceId>> = BTreeMap::new();
    let mut old_format = Vec::new();
    for id in ids {
        match cluster_of(id, kind) {
            Some(cluster) => clusters.entry(cluster).or_default().push(id.clone()),
            None => old_format.push(id.clone()),
        }
    }
    (clusters, old_format)
}

/// The name of the cluster in `KIND/CLUSTER/NAME`.
pub(crate) fn cluster_of<'a>(id: &'a ResourceId, kind: &str) -> Option<&'a str> {
    resource_name(id, kind)
        .split_once('/')
        .map(|(cluster, _)| cluster)
}

/// Describes resources that are in clusters, with one call for each batch of `size` ids in a
/// cluster. A cluster that does not exist contains nothing.
pub(crate) async fn in_clusters<'a, A, F>(
    ids: &'a [ResourceId],
    kind: &str,
    size: usize,
    call: &str,
    describe: A,
) -> Descriptions
where
    A: Fn(&'a str, Vec<ResourceId>) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let (clusters, old_format) = by_cluster(ids, kind);
    let mut descriptions = Descriptions::default();
    if !old_format.is_empty() {
        descriptions.fail(&old_format, &no_cluster(call));
    }
    for (cluster, ids) in clusters {
        for ids in ids.chunks(size) {
            match describe(cluster, ids.to_vec()).await {
                Ok(found) => descriptions.found.extend(found),
                Err(error) if error.kind == CloudErrorKind::Gone => {}
                Err(error) => descriptions.fail(ids, &error),
            }
        }
    }
    descriptions
}

/// The error for an ARN in the old format.
fn no_cluster(call: &str) -> CloudError {
    let message = "its ARN has the old format, which does not name its cluster";
    own_error("ecs", call, None, CloudErrorKind::Other, message)
}

/// The subnets and security groups of tasks.
pub(crate) fn network(
    clients: &Clients,
    network: Option<&NetworkConfiguration>,
) -> Vec<ResourceId> {
    let Some(network) = network.and_then(|network| network.awsvpc_configuration()) else {
        return Vec::new();
    };
    let subnets = network.subnets().iter().map(|id| format!("subnet/{id}"));
    let groups = network.security_groups().iter();
    subnets
        .chain(groups.map(|id| format!("security-group/{id}")))
        .map(|path| clients.arn("ec2", &path))
        .collect()
}

/// Adds what tasks of this size use on Fargate. The list price is that of Linux on x86.
pub(crate) fn add_fargate_usage(
    resource: &mut Resource,
    tasks: i32,
    cpu: Option<&str>,
    memory: Option<&str>,
    other_platform: Option<&str>,
) {
    if tasks == 0 {
        return;
    }
    let amount = |text: Option<&str>| text.and_then(|text| text.parse::<Decimal>().ok());
    match (amount(cpu), amount(memory), other_platform) {
        (Some(cpu), Some(memory), None) => {
            let tasks = Decimal::from(tasks);
            resource.usage.extend([
                usage_of(Item::FargateVcpu, tasks * cpu / UNITS),
                usage_of(Item::FargateMemory, tasks * memory / UNITS),
            ]);
        }
        (_, _, Some(platform)) => {
            resource
                .unpriced
                .push(format!("{} on Fargate ({platform})", count(tasks)));
        }
        _ => {
            resource
                .unpriced
                .push(format!("{} on Fargate", count(tasks)));
        }
    }
}

fn count(tasks: i32) -> String {
    if tasks == 1 {
        "1 task".to_owned()
    } else {
        format!("{tasks} tasks")
    }
}

/// The Fargate platform if its price differs from the list price; `None` for Linux on x86.
pub(crate) fn other_platform(platform: Option<&RuntimePlatform>) -> Option<String> {
    let platform = platform?;
    let cpu = platform.cpu_architecture().map(CpuArchitecture::as_str);
    let system = platform.operating_system_family().map(OsFamily::as_str);
    let names: BTreeSet<&str> = [
        cpu.filter(|cpu| *cpu != "X86_64"),
        system.filter(|system| *system != "LINUX"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names: Vec<_> = names.into_iter().collect();
    (!names.is_empty()).then(|| names.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tasks cost by their size. Those without a list price or a known size are listed as unpriced.
    #[test]
    fn what_tasks_cost() {
        let clients = Clients::for_tests();
        let cost = |tasks, cpu, platform: Option<&str>| {
            let mut resource = clients.resource(clients.arn("ecs", "service/c/s"), "ecs:service");
            add_fargate_usage(&mut resource, tasks, cpu, Some("512"), platform);
            (resource.usage, resource.unpriced)
        };
        let usage = [
            usage_of(Item::FargateVcpu, Decimal::new(75, 2)),
            usage_of(Item::FargateMemory, Decimal::new(15, 1)),
        ];
        assert_eq!(cost(3, Some("256"), None), (usage.into(), Vec::new()));
        assert_eq!(cost(0, None, None), (Vec::new(), Vec::new()));
        assert_eq!(cost(1, None, None).1, ["1 task on Fargate"]);
        assert_eq!(cost(2, None, None).1, ["2 tasks on Fargate"]);
        assert_eq!(
            cost(2, Some("256"), Some("ARM64")).1,
            ["2 tasks on Fargate (ARM64)"]
        );
    }

    /// The list price applies to Linux on x86 only.
    #[test]
    fn platforms_without_a_list_price() {
        let platform = |cpu, system| {
            let platform = RuntimePlatform::builder().cpu_architecture(cpu);
            other_platform(Some(&platform.operating_system_family(system).build()))
        };
        assert_eq!(other_platform(None), None);
        assert_eq!(platform(CpuArchitecture::X8664, OsFamily::Linux), None);
        let arm = platform(CpuArchitecture::Arm64, OsFamily::Linux);
        assert_eq!(arm.as_deref(), Some("ARM64"));
    }

    /// Ids in the old format are returned apart; a missing resource is not a failure.
    #[test]
    fn groups_ids_and_finds_failures() {
        let id = |path: &str| ResourceId(format!("arn:aws:ecs:eu-west-1:1:{path}"));
        let ids = [id("service/c/one"), id("service/old"), id("service/c/two")];
        let (clusters, old_format) = by_cluster(&ids, "service");
        assert_eq!(clusters["c"].len(), 2);
        assert_eq!(old_format, [id("service/old")]);
        let failure = |reason: &str| Failure::builder().arn("arn:a").reason(reason).build();
        assert_eq!(
            first_failure("DescribeServices", &[failure("MISSING")]),
            None
        );
        let failures = [failure("MISSING"), failure("DENIED")];
        let refused = first_failure("DescribeServices", &failures);
        assert_eq!(refused.unwrap().code.as_deref(), Some("DENIED"));
    }
}
