//! EBS volumes.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Volume, VolumeState};
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId, Usage,
};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::set_encrypted;
use crate::pricing::{Item, Meter, VolumeKind, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, service_managed_reason, tags};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct Ec2Volume;

const NAME: &str = "ec2:volume";

/// The device names of root volumes. The operating system always reads and writes there, which does
/// not show whether the volume is in use.
const ROOT_DEVICES: &[&str] = &["/dev/sda1", "/dev/xvda"];

/// The detail with the device name that the volume is attached as.
const DEVICE: &str = "device";

/// The IOPS and MiB/s that the price of a gp3 volume includes.
const GP3_INCLUDED_IOPS: i32 = 3_000;
const GP3_INCLUDED_THROUGHPUT: i32 = 125;

/// The IOPS of an io2 volume that have the first price. IOPS above it are cheaper.
const IO2_FIRST_TIER_IOPS: i32 = 32_000;

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
        _options: DeleteOptions,
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
        if device.is_none_or(|device| ROOT_DEVICES.contains(&device)) {
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
    let items = described!(clients, ids, "volume", describe_volumes, "DescribeVolumes");
    let all = items
        .iter()
        .filter_map(|volume| to_resource(clients, volume));
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
    resource.untouchable = service_managed_reason(volume.operator());
    set_encrypted(&mut resource, volume.encrypted());
    // A volume becomes unreadable once the deletion of its key is scheduled.
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

/// What a volume uses, and what no list price covers. AWS bills what is provisioned, attached or
/// not.
fn usage(volume: &Volume) -> (Vec<Usage>, Vec<String>) {
    let (Some(kind), Some(size)) = (volume.volume_type(), volume.size()) else {
        return (Vec::new(), vec!["its storage".to_owned()]);
    };
    let Some(kind) = VolumeKind::from_name(kind.as_str()) else {
        return (Vec::new(), vec![format!("{} storage", kind.as_str())]);
    };
    let mut usage = vec![usage_of(Meter::Volume(kind), Decimal::from(size))];
    let mut add_extra = |item: Item, provisioned: Option<i32>, included: i32| {
        let extra = provisioned.unwrap_or(included) - included;
        if extra > 0 {
            usage.push(usage_of(item, Decimal::from(extra)));
        }
    };
    let mut unpriced = Vec::new();
    match kind {
        VolumeKind::Gp3 => {
            add_extra(Item::Gp3Iops, volume.iops(), GP3_INCLUDED_IOPS);
            add_extra(
                Item::Gp3Throughput,
                volume.throughput(),
                GP3_INCLUDED_THROUGHPUT,
            );
        }
        VolumeKind::Io1 => add_extra(Item::Io1Iops, volume.iops(), 0),
        VolumeKind::Io2 => {
            let first_tier = volume.iops().map(|iops| iops.min(IO2_FIRST_TIER_IOPS));
            add_extra(Item::Io2Iops, first_tier, 0);
            if volume.iops().is_some_and(|iops| iops > IO2_FIRST_TIER_IOPS) {
                unpriced.push(format!("IOPS above {IO2_FIRST_TIER_IOPS}"));
            }
        }
        VolumeKind::Standard => unpriced.push("requests".to_owned()),
        VolumeKind::Gp2 | VolumeKind::St1 | VolumeKind::Sc1 => {}
    }
    (usage, unpriced)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::VolumeType;

    use super::*;

    fn meters(volume: &Volume) -> Vec<String> {
        let (usage, unpriced) = usage(volume);
        let usage = usage.into_iter().map(|usage| {
            let month = usage.quantity * Decimal::from(730);
            format!("{} {}", usage.meter, month.round_dp(6).normalize())
        });
        usage.chain(unpriced).collect()
    }

    /// Only IOPS and throughput above the included ones count, and an unknown size is unpriced.
    #[test]
    fn counts_what_is_above_the_included() {
        let volume = |kind: VolumeType| Volume::builder().volume_type(kind).size(100);
        let plain = volume(VolumeType::Gp3).iops(3000).throughput(125).build();
        assert_eq!(meters(&plain), ["ebs:gp3 100"]);
        let fast = volume(VolumeType::Gp3).iops(4000).throughput(250).build();
        let expected = ["ebs:gp3 100", "ebs:gp3:iops 1000", "ebs:gp3:throughput 125"];
        assert_eq!(meters(&fast), expected);
        let io2 = volume(VolumeType::Io2).iops(500).build();
        assert_eq!(meters(&io2), ["ebs:io2 100", "ebs:io2:iops 500"]);
        let io2 = volume(VolumeType::Io2).iops(40_000).build();
        let beyond = "IOPS above 32000";
        assert_eq!(meters(&io2), ["ebs:io2 100", "ebs:io2:iops 32000", beyond]);
        let gp2 = volume(VolumeType::Gp2).iops(300).build();
        assert_eq!(meters(&gp2), ["ebs:gp2 100"]);
        let old = volume(VolumeType::Standard).build();
        assert_eq!(meters(&old), ["ebs:standard 100", "requests"]);
        assert_eq!(meters(&Volume::builder().build()), ["its storage"]);
    }
}
