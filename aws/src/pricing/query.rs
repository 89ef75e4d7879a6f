//! The price list query of each meter, and how to recognise the right product in the answer.
//!
//! The price list has many rows for what looks like one thing: other tenancies, reserved capacity,
//! Outposts. The filters narrow them down. The usage type then identifies the row; between regions
//! it differs only in its prefix.

use super::meter::{CacheEngine, DatabaseEngine, DatabaseStorage, Item, Meter, VolumeKind};

/// A query to the price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// The service code: `AmazonEC2`.
    pub(super) service: &'static str,
    /// Names and values of the attributes that a product must have.
    pub(super) filters: Vec<(&'static str, String)>,
    /// The usage type without the prefix for the region.
    pub(super) usage_type: String,
    /// The unit of the price.
    pub(super) unit: Unit,
}

/// The time that a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Hour,
    Month,
}

/// The query for a meter.
pub(super) fn query(meter: &Meter) -> Query {
    match meter {
        Meter::Item(item) => item_query(*item),
        Meter::Instance(kind) => instance_query(kind),
        Meter::Volume(volume) => volume_query(*volume),
        Meter::Database { class, engine } => database_query(class, *engine),
        Meter::DatabaseStorage(storage) => database_storage_query(*storage),
        Meter::CacheNode { node_type, engine } => cache_query(node_type, *engine),
    }
}

impl Query {
    /// Whether a usage type is the one that the query is for, with nothing but a region before it.
    ///
    /// The price list writes regions as `EU-`, `USW2-` or `USE1-`, and for some services as
    /// `us-east-1-`. The oldest region has no prefix.
    pub(super) fn matches(&self, usage_type: &str) -> bool {
        let Some(prefix) = usage_type.strip_suffix(&self.usage_type) else {
            return false;
        };
        let Some(region) = prefix.strip_suffix('-') else {
            return prefix.is_empty();
        };
        let is_short = region.len() <= 4
            && region != "TS"
            && region.starts_with(|first: char| first.is_ascii_uppercase())
            && region
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        let is_long = region.split('-').count() >= 3
            && region
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        is_short || is_long
    }
}

fn item_query(item: Item) -> Query {
    match item {
        Item::ApplicationLoadBalancer => load_balancer_query("Load Balancer-Application"),
        Item::NetworkLoadBalancer => load_balancer_query("Load Balancer-Network"),
        Item::NatGateway => hourly(
            "AmazonEC2",
            "NatGateway-Hours",
            &[("productFamily", "NAT Gateway")],
        ),
        Item::PublicIpv4 => hourly("AmazonVPC", "PublicIPv4:InUseAddress", &[]),
        Item::InterfaceEndpoint => hourly(
            "AmazonVPC",
            "VpcEndpoint-Hours",
            &[("productFamily", "VpcEndpoint")],
        ),
        Item::EksCluster => hourly("AmazonEKS", "AmazonEKS-Hours:perCluster", &[]),
        Item::FargateVcpu => hourly("AmazonECS", "Fargate-vCPU-Hours:perCPU", &[]),
        Item::FargateMemory => hourly("AmazonECS", "Fargate-GB-Hours", &[]),
        Item::Gp3Iops => iops_query(VolumeKind::Gp3, "gp3"),
        Item::Io1Iops => iops_query(VolumeKind::Io1, "piops"),
        Item::Io2Iops => iops_query(VolumeKind::Io2, "io2"),
        Item::Gp3Throughput => monthly(
            "AmazonEC2",
            "EBS:VolumeP-Throughput.gp3",
            &[
                ("productFamily", "Provisioned Throughput"),
                ("volumeApiName", "gp3"),
            ],
        ),
        Item::KmsKey => monthly("awskms", "KMS-Keys", &[]),
        Item::Secret => monthly(
            "AWSSecretsManager",
            "AWSSecretsManager-Secrets",
            &[("productFamily", "Secret")],
        ),
        Item::LogStorage => monthly("AmazonCloudWatch", "TimedStorage-ByteHrs", &[]),
    }
}

fn load_balancer_query(family: &str) -> Query {
    hourly("AWSELB", "LoadBalancerUsage", &[("productFamily", family)])
}

fn iops_query(volume: VolumeKind, suffix: &str) -> Query {
    let filters = [
        ("productFamily", "System Operation"),
        ("volumeApiName", volume.name()),
    ];
    let usage_type = format!("EBS:VolumeP-IOPS.{suffix}");
    monthly("AmazonEC2", &usage_type, &filters)
}

fn instance_query(kind: &str) -> Query {
    let (usage, family, tenancy) = if kind.contains(".metal") {
        (
            "DedicatedUsage",
            "Compute Instance (bare metal)",
            "Dedicated",
        )
    } else {
        ("BoxUsage", "Compute Instance", "Shared")
    };
    hourly(
        "AmazonEC2",
        &format!("{usage}:{kind}"),
        &[
            ("productFamily", family),
            ("tenancy", tenancy),
            ("instanceType", kind),
            ("operatingSystem", "Linux"),
            ("preInstalledSw", "NA"),
            ("capacitystatus", "Used"),
            ("marketoption", "OnDemand"),
        ],
    )
}

fn volume_query(volume: VolumeKind) -> Query {
    let usage_type = match volume {
        VolumeKind::Gp2 | VolumeKind::Gp3 | VolumeKind::Io2 | VolumeKind::St1 | VolumeKind::Sc1 => {
            format!("EBS:VolumeUsage.{}", volume.name())
        }
        VolumeKind::Io1 => "EBS:VolumeUsage.piops".to_owned(),
        VolumeKind::Standard => "EBS:VolumeUsage".to_owned(),
    };
    let filters = [
        ("productFamily", "Storage"),
        ("volumeApiName", volume.name()),
    ];
    monthly("AmazonEC2", &usage_type, &filters)
}

fn database_query(class: &str, engine: DatabaseEngine) -> Query {
    let engine = match engine {
        DatabaseEngine::Mysql => "MySQL",
        DatabaseEngine::Mariadb => "MariaDB",
        DatabaseEngine::Postgres => "PostgreSQL",
        DatabaseEngine::AuroraMysql => "Aurora MySQL",
        DatabaseEngine::AuroraPostgresql => "Aurora PostgreSQL",
    };
    let filters = [
        ("productFamily", "Database Instance"),
        ("instanceType", class),
        ("databaseEngine", engine),
        ("deploymentOption", "Single-AZ"),
    ];
    hourly("AmazonRDS", &format!("InstanceUsage:{class}"), &filters)
}

fn database_storage_query(storage: DatabaseStorage) -> Query {
    let usage_type = match storage {
        DatabaseStorage::Gp2 => "RDS:GP2-Storage",
        DatabaseStorage::Gp3 => "RDS:GP3-Storage",
        DatabaseStorage::Io1 => "RDS:PIOPS-Storage",
        DatabaseStorage::Io2 => "RDS:PIOPS-Storage-IO2",
        DatabaseStorage::Standard => "RDS:StorageUsage",
    };
    let filters = [
        ("productFamily", "Database Storage"),
        ("databaseEngine", "Any"),
        ("deploymentOption", "Single-AZ"),
    ];
    monthly("AmazonRDS", usage_type, &filters)
}

fn cache_query(node_type: &str, engine: CacheEngine) -> Query {
    let engine = match engine {
        CacheEngine::Redis => "Redis",
        CacheEngine::Memcached => "Memcached",
        CacheEngine::Valkey => "Valkey",
    };
    let filters = [
        ("productFamily", "Cache Instance"),
        ("instanceType", node_type),
        ("cacheEngine", engine),
    ];
    let usage_type = format!("NodeUsage:{node_type}");
    hourly("AmazonElastiCache", &usage_type, &filters)
}

fn hourly(service: &'static str, usage_type: &str, filters: &[(&'static str, &str)]) -> Query {
    new_query(service, usage_type, Unit::Hour, filters)
}

fn monthly(service: &'static str, usage_type: &str, filters: &[(&'static str, &str)]) -> Query {
    new_query(service, usage_type, Unit::Month, filters)
}

fn new_query(
    service: &'static str,
    usage_type: &str,
    unit: Unit,
    filters: &[(&'static str, &str)],
) -> Query {
    let filters = filters
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Query {
        service,
        filters: filters.collect(),
        usage_type: usage_type.to_owned(),
        unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A usage type matches with any region before it, and with nothing else before or after it.
    #[test]
    fn recognises_usage_types() {
        let matches = |meter: &str, usage_type| query(&meter.parse().unwrap()).matches(usage_type);
        for (meter, usage_type) in [
            ("ec2:t3.micro", "BoxUsage:t3.micro"),
            ("ec2:t3.micro", "EU-BoxUsage:t3.micro"),
            ("ec2:nat-gateway", "USW2-NatGateway-Hours"),
            ("vpc:public-ipv4", "USE1-PublicIPv4:InUseAddress"),
            ("elb:application", "EUC1-LoadBalancerUsage"),
            ("kms:key", "us-east-1-KMS-Keys"),
            ("ebs:standard", "EBS:VolumeUsage"),
        ] {
            assert!(matches(meter, usage_type), "{usage_type}");
        }
        for (meter, usage_type) in [
            ("ec2:t3.micro", "UnusedBox:t3.micro"),
            ("elb:application", "TS-LoadBalancerUsage"),
            ("elb:application", "EU-TS-LoadBalancerUsage"),
            ("elb:application", "EU-Outposts-LoadBalancerUsage"),
            ("ebs:gp2", "EBS:VolumeUsage.gp3"),
            ("ebs:io2:iops", "EBS:VolumeP-IOPS.io2.tier2"),
            ("ecs:fargate:vcpu", "EU-Fargate-ARM-vCPU-Hours:perCPU"),
            ("rds:db.t3.micro:mysql", "Multi-AZUsage:db.t3.micro"),
        ] {
            assert!(!matches(meter, usage_type), "{usage_type}");
        }
    }
}
