//! Volumes.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Volume, VolumeState, VolumeType};
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId, Usage,
};

use super::{Description, Descriptions, ResourceType};
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::metrics::Signal;
use crate::pricing::monthly;
use crate::services::ec2::{BATCH, described, managed, tags};
use crate::time::timestamp;

pub(super) struct Ec2Volume;

const NAME: &str = "ec2:volume";

/// Where instances have their root: its operating system always reads and writes there, which tells nothing about a use.
const ROOTS: &[&str] = &["/dev/sda1", "/dev/xvda"];

/// The detail under which the device that it is attached as is kept.
const DEVICE: &str = "device";

/// What the price of a gp3 volume includes: operations and megabytes a second.
const GP3_IOPS: i32 = 3_000;
const GP3_THROUGHPUT: i32 = 125;

/// Up to here operations of an io2 volume have one price; what is beyond is cheaper.
const IO2_IOPS: i32 = 32_000;

#[async_trait]
impl ResourceType for Ec2Volume {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("vol")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "volume");
        let answer = clients.ec2().delete_volume().volume_id(id).send().await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteVolume", id)),
            Deletion::Started,
        )
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let device = resource.details.get(DEVICE).map(String::as_str);
        if device.is_none_or(|device| ROOTS.contains(&device)) {
            return Vec::new();
        }
        let signal = |metric| Signal {
            namespace: "AWS/EBS",
            metric,
            statistic: "Sum",
            dimensions: vec![("VolumeId", resource_name(&resource.id, "volume").to_owned())],
            threshold: 1.0,
            silence_is_zero: false,
        };
        vec![signal("VolumeReadOps"), signal("VolumeWriteOps")]
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let all = described!(clients, ids, "volume", describe_volumes, "DescribeVolumes");
    let all = all.iter().filter_map(|volume| to_resource(clients, volume));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, volume: &Volume) -> Option<Resource> {
    if volume.state() == Some(&VolumeState::Deleted) {
        return None;
    }
    let id = clients.arn("ec2", &format!("volume/{}", volume.volume_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(volume.tags());
    resource.state = volume.state().map(|state| state.as_str().to_owned());
    resource.created_at = timestamp(volume.create_time());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = managed(volume.operator());
    // A key that is scheduled for deletion makes a volume that still exists unreadable.
    let key = volume.kms_key_id().map(|arn| ResourceId(arn.to_owned()));
    resource.uses = key.into_iter().collect();
    let attachment = volume.attachments().first();
    if let Some(device) = attachment.and_then(|attachment| attachment.device()) {
        let device = (DEVICE.to_owned(), device.to_owned());
        resource.details.extend([device]);
    }
    if volume.state() != Some(&VolumeState::Deleting) {
        (resource.usage, resource.unpriced) = usage(volume);
    }
    Some(resource)
}

/// What is provisioned is paid for, attached or not.
fn usage(volume: &Volume) -> (Vec<Usage>, Vec<String>) {
    let (Some(kind), Some(size)) = (volume.volume_type(), volume.size()) else {
        return (Vec::new(), vec!["its storage".to_owned()]);
    };
    let name = kind.as_str();
    let mut usage = vec![monthly(&format!("ebs:{name}"), Decimal::from(size))];
    let mut beyond = |what: &str, provisioned: Option<i32>, included: i32| {
        let more = provisioned.unwrap_or(included) - included;
        if more > 0 {
            let meter = format!("ebs:{name}:{what}");
            usage.push(monthly(&meter, Decimal::from(more)));
        }
    };
    let mut unpriced = Vec::new();
    match kind {
        VolumeType::Gp3 => {
            beyond("iops", volume.iops(), GP3_IOPS);
            beyond("throughput", volume.throughput(), GP3_THROUGHPUT);
        }
        VolumeType::Io1 => beyond("iops", volume.iops(), 0),
        VolumeType::Io2 => {
            beyond("iops", volume.iops().map(|iops| iops.min(IO2_IOPS)), 0);
            if volume.iops().is_some_and(|iops| iops > IO2_IOPS) {
                unpriced.push(format!("operations beyond {IO2_IOPS} a second"));
            }
        }
        VolumeType::Standard => unpriced.push("requests".to_owned()),
        _ => {}
    }
    (usage, unpriced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meters(volume: &Volume) -> Vec<String> {
        let (usage, unpriced) = usage(volume);
        let usage = usage.into_iter().map(|usage| {
            let month = usage.quantity * Decimal::from(730);
            format!("{} {}", usage.meter, month.round_dp(6).normalize())
        });
        usage.chain(unpriced).collect()
    }

    /// What a type's price includes is not counted twice, and a size that is not known is not counted as none.
    #[test]
    fn what_is_beyond_the_included_is_counted() {
        let volume = |kind: VolumeType| Volume::builder().volume_type(kind).size(100);
        let plain = volume(VolumeType::Gp3).iops(3000).throughput(125).build();
        assert_eq!(meters(&plain), ["ebs:gp3 100"]);
        let fast = volume(VolumeType::Gp3).iops(4000).throughput(250).build();
        let expected = ["ebs:gp3 100", "ebs:gp3:iops 1000", "ebs:gp3:throughput 125"];
        assert_eq!(meters(&fast), expected);
        let io2 = volume(VolumeType::Io2).iops(500).build();
        assert_eq!(meters(&io2), ["ebs:io2 100", "ebs:io2:iops 500"]);
        let io2 = volume(VolumeType::Io2).iops(40_000).build();
        let beyond = "operations beyond 32000 a second";
        assert_eq!(meters(&io2), ["ebs:io2 100", "ebs:io2:iops 32000", beyond]);
        let gp2 = volume(VolumeType::Gp2).iops(300).build();
        assert_eq!(meters(&gp2), ["ebs:gp2 100"]);
        let old = volume(VolumeType::Standard).build();
        assert_eq!(meters(&old), ["ebs:standard 100", "requests"]);
        assert_eq!(meters(&Volume::builder().build()), ["its storage"]);
    }
}
