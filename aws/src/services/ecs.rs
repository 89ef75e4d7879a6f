//! What all types of ECS share.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{
    CpuArchitecture, Failure, NetworkConfiguration, OsFamily, RuntimePlatform, Tag,
};
use rust_decimal::Decimal;
use stack::cloud::{CloudError, CloudErrorKind, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::NO_MESSAGE;
use crate::pricing::hourly;
use crate::tags;
use crate::types::{Description, Descriptions};

/// CPU units of one virtual CPU, and mebibytes of a gibibyte.
const UNITS: Decimal = Decimal::from_parts(1024, 0, 0, false, 0);

/// Tags as a map.
pub(crate) fn tags_of(list: &[Tag]) -> BTreeMap<String, String> {
    tags::map(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// The first failure of an answer that is not that something does not exist.
pub(crate) fn refusal(call: &str, failures: &[Failure]) -> Option<CloudError> {
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

/// The ids of what lies in clusters, by the names of these; and those that do not name theirs, as the service did years ago.
fn by_cluster<'a>(
    ids: &'a [ResourceId],
    kind: &str,
) -> (BTreeMap<&'a str, Vec<ResourceId>>, Vec<ResourceId>) {
    let mut clusters: BTreeMap<&str, Vec<ResourceId>> = BTreeMap::new();
    let mut nameless = Vec::new();
    for id in ids {
        match cluster_of(id, kind) {
            Some(cluster) => clusters.entry(cluster).or_default().push(id.clone()),
            None => nameless.push(id.clone()),
        }
    }
    (clusters, nameless)
}

/// The name of the cluster in `KIND/CLUSTER/NAME`.
pub(crate) fn cluster_of<'a>(id: &'a ResourceId, kind: &str) -> Option<&'a str> {
    resource_name(id, kind)
        .split_once('/')
        .map(|(cluster, _)| cluster)
}

/// Asks about what lies in clusters, each cluster by itself and so many at a time. A cluster that does not exist has
/// nothing in it.
pub(crate) async fn in_clusters<'a, A, F>(
    ids: &'a [ResourceId],
    kind: &str,
    size: usize,
    call: &str,
    ask: A,
) -> Descriptions
where
    A: Fn(&'a str, Vec<ResourceId>) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let (clusters, old) = by_cluster(ids, kind);
    let mut descriptions = Descriptions::default();
    if !old.is_empty() {
        descriptions.fail(&old, &nameless(call));
    }
    for (cluster, ids) in clusters {
        for ids in ids.chunks(size) {
            match ask(cluster, ids.to_vec()).await {
                Ok(found) => descriptions.found.extend(found),
                Err(error) if error.kind == CloudErrorKind::Gone => {}
                Err(error) => descriptions.fail(ids, &error),
            }
        }
    }
    descriptions
}

/// That an ARN is of the form that does not say in which cluster it is.
fn nameless(call: &str) -> CloudError {
    CloudError {
        service: "ecs".to_owned(),
        call: call.to_owned(),
        resource: None,
        code: None,
        message: "its ARN has the old form, which does not name its cluster".to_owned(),
        kind: CloudErrorKind::Other,
    }
}

/// Subnets and security groups of tasks.
pub(crate) fn network(
    clients: &Clients,
    network: Option<&NetworkConfiguration>,
) -> Vec<ResourceId> {
    let Some(network) = network.and_then(|network| network.awsvpc_configuration()) else {
        return Vec::new();
    };
    let subnets = network.subnets().iter();
    let subnets = subnets.map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    let groups = network.security_groups().iter();
    let groups = groups.map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    subnets.chain(groups).collect()
}

/// What so many tasks of a size on Fargate use. The list price is that of Linux on x86.
pub(crate) fn fargate(
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
            let usage = [("vcpu", cpu), ("gb", memory)];
            let usage = usage.map(|(unit, amount)| {
                hourly(&format!("ecs:fargate:{unit}"), tasks * amount / UNITS)
            });
            resource.usage.extend(usage);
        }
        (_, _, Some(platform)) => {
            let what = format!("{tasks} tasks on Fargate ({platform})");
            resource.unpriced.push(what);
        }
        _ => {
            let what = format!("{tasks} tasks on Fargate");
            resource.unpriced.push(what);
        }
    }
}

/// A platform of Fargate whose price is another one; `None` for Linux on x86.
pub(crate) fn other_platform(platform: Option<&RuntimePlatform>) -> Option<String> {
    let platform = platform?;
    let cpu = platform.cpu_architecture().map(CpuArchitecture::as_str);
    let system = platform.operating_system_family();
    let system = system.map(OsFamily::as_str);
    let other: BTreeSet<&str> = [
        cpu.filter(|cpu| *cpu != "X86_64"),
        system.filter(|system| *system != "LINUX"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let other: Vec<_> = other.into_iter().collect();
    (!other.is_empty()).then(|| other.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tasks cost by their size, and are named where no list price is theirs or their size is not known.
    #[test]
    fn what_tasks_cost() {
        let clients = Clients::for_tests();
        let cost = |tasks, cpu, platform: Option<&str>| {
            let mut resource = clients.resource(clients.arn("ecs", "service/c/s"), "ecs:service");
            fargate(&mut resource, tasks, cpu, Some("512"), platform);
            (resource.usage, resource.unpriced)
        };
        let usage = [
            hourly("ecs:fargate:vcpu", Decimal::new(75, 2)),
            hourly("ecs:fargate:gb", Decimal::new(15, 1)),
        ];
        assert_eq!(cost(3, Some("256"), None), (usage.into(), Vec::new()));
        assert_eq!(cost(0, None, None), (Vec::new(), Vec::new()));
        assert_eq!(cost(2, None, None).1, ["2 tasks on Fargate"]);
        assert_eq!(
            cost(2, Some("256"), Some("ARM64")).1,
            ["2 tasks on Fargate (ARM64)"]
        );
    }

    /// Linux on x86 is the platform of the list price.
    #[test]
    fn platforms_of_other_prices() {
        let platform = |cpu, system| {
            let platform = RuntimePlatform::builder().cpu_architecture(cpu);
            other_platform(Some(&platform.operating_system_family(system).build()))
        };
        assert_eq!(other_platform(None), None);
        assert_eq!(platform(CpuArchitecture::X8664, OsFamily::Linux), None);
        let arm = platform(CpuArchitecture::Arm64, OsFamily::Linux);
        assert_eq!(arm.as_deref(), Some("ARM64"));
    }

    /// What does not name its cluster is told apart, and what is merely missing is no refusal.
    #[test]
    fn answers_about_clusters() {
        let id = |path: &str| ResourceId(format!("arn:aws:ecs:eu-west-1:1:{path}"));
        let ids = [id("service/c/one"), id("service/old"), id("service/c/two")];
        let (clusters, old) = by_cluster(&ids, "service");
        assert_eq!(clusters["c"].len(), 2);
        assert_eq!(old, [id("service/old")]);
        let failure = |reason: &str| Failure::builder().arn("arn:a").reason(reason).build();
        assert_eq!(refusal("DescribeServices", &[failure("MISSING")]), None);
        let refused = refusal("DescribeServices", &[failure("MISSING"), failure("DENIED")]);
        assert_eq!(refused.unwrap().code.as_deref(), Some("DENIED"));
    }
}
