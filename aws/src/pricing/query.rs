//! What the Price List API is asked for each meter, and which of the products that it answers is meant.
//!
//! The list holds many rows for what looks like one thing: other tenancies, reserved capacity, Outposts. The filters
//! narrow them down, and the name of the usage type, which differs between regions only in what stands before it,
//! decides.

/// A question to the price list, with how its answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// `AmazonEC2`
    pub(super) service: &'static str,
    /// Names and values that a product has to have exactly.
    pub(super) filters: Vec<(&'static str, String)>,
    /// How its usage type ends, after what stands for the region.
    pub(super) usage: String,
    /// What one unit of the price is.
    pub(super) unit: Unit,
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// An hour of something.
    Hour,
    /// A month of something.
    Month,
}

/// The question for a meter; `None` when the list cannot be asked for it without guessing.
pub(super) fn query(meter: &str) -> Option<Query> {
    let mut parts = meter.split(':');
    let (service, what) = (parts.next()?, parts.next()?);
    let (third, rest) = (parts.next(), parts.next());
    if rest.is_some() {
        return None;
    }
    match (service, what, third) {
        ("ec2", "nat-gateway", None) => Some(hours(
            "AmazonEC2",
            "NatGateway-Hours",
            &[("productFamily", "NAT Gateway")],
        )),
        ("ec2", kind, None) => Some(instance(kind)),
        ("ebs", "snapshot", None) => Some(months(
            "AmazonEC2",
            "EBS:SnapshotUsage",
            &[("productFamily", "Storage Snapshot")],
        )),
        ("ebs", kind, third) => volume(kind, third),
        ("vpc", "public-ipv4", None) => Some(hours("AmazonVPC", "PublicIPv4:InUseAddress", &[])),
        ("vpc", "interface-endpoint", None) => Some(hours(
            "AmazonVPC",
            "VpcEndpoint-Hours",
            &[("productFamily", "VpcEndpoint")],
        )),
        ("elb", kind, None) => {
            let family = match kind {
                "application" => "Load Balancer-Application",
                "network" => "Load Balancer-Network",
                "classic" => "Load Balancer",
                _ => return None,
            };
            Some(hours(
                "AWSELB",
                "LoadBalancerUsage",
                &[("productFamily", family)],
            ))
        }
        ("rds", "storage", Some(kind)) => database_storage(kind),
        ("rds", class, Some(engine)) => database(class, engine),
        ("elasticache", node, Some(engine)) => cache(node, engine),
        ("ecs", "fargate", Some("vcpu")) => {
            Some(hours("AmazonECS", "Fargate-vCPU-Hours:perCPU", &[]))
        }
        ("ecs", "fargate", Some("gb")) => Some(hours("AmazonECS", "Fargate-GB-Hours", &[])),
        ("eks", "cluster", None) => Some(hours("AmazonEKS", "AmazonEKS-Hours:perCluster", &[])),
        ("kms", "key", None) => Some(months("awskms", "KMS-Keys", &[])),
        ("secretsmanager", "secret", None) => Some(months(
            "AWSSecretsManager",
            "AWSSecretsManager-Secrets",
            &[("productFamily", "Secret")],
        )),
        ("logs", "storage", None) => Some(months("AmazonCloudWatch", "TimedStorage-ByteHrs", &[])),
        _ => None,
    }
}

impl Query {
    /// Whether a usage type is the one that is meant: with nothing but a region before it. The price list writes regions
    /// as `EU-`, `USW2-`, `USE1-`, and for some services as `us-east-1-`; the oldest region has nothing there.
    pub(super) fn means(&self, usage_type: &str) -> bool {
        let Some(before) = usage_type.strip_suffix(&self.usage) else {
            return false;
        };
        let Some(region) = before.strip_suffix('-') else {
            return before.is_empty();
        };
        let short = region.len() <= 4
            && region != "TS"
            && region.starts_with(|first: char| first.is_ascii_uppercase())
            && region
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        let long = region.split('-').count() >= 3
            && region
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        short || long
    }
}

fn instance(kind: &str) -> Query {
    let metal = kind.contains(".metal");
    let (family, tenancy) = if metal {
        ("Compute Instance (bare metal)", "Dedicated")
    } else {
        ("Compute Instance", "Shared")
    };
    let usage = if metal { "DedicatedUsage" } else { "BoxUsage" };
    hours(
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

fn volume(kind: &str, part: Option<&str>) -> Option<Query> {
    let name = match kind {
        "gp2" | "gp3" | "io2" | "st1" | "sc1" => format!("VolumeUsage.{kind}"),
        "io1" => "VolumeUsage.piops".to_owned(),
        "standard" => "VolumeUsage".to_owned(),
        _ => return None,
    };
    let (family, name) = match (part, kind) {
        (None, _) => ("Storage", name),
        (Some("iops"), "io1") => ("System Operation", "VolumeP-IOPS.piops".to_owned()),
        (Some("iops"), "gp3" | "io2") => ("System Operation", format!("VolumeP-IOPS.{kind}")),
        (Some("throughput"), "gp3") => (
            "Provisioned Throughput",
            "VolumeP-Throughput.gp3".to_owned(),
        ),
        _ => return None,
    };
    let filters = [("productFamily", family), ("volumeApiName", kind)];
    Some(months("AmazonEC2", &format!("EBS:{name}"), &filters))
}

fn database(class: &str, engine: &str) -> Option<Query> {
    // Engines with licences and editions have several prices: which one holds is not told by the class.
    let engine = match engine {
        "mysql" => "MySQL",
        "postgres" => "PostgreSQL",
        "mariadb" => "MariaDB",
        "aurora-mysql" => "Aurora MySQL",
        "aurora-postgresql" => "Aurora PostgreSQL",
        _ => return None,
    };
    let filters = [
        ("productFamily", "Database Instance"),
        ("instanceType", class),
        ("databaseEngine", engine),
        ("deploymentOption", "Single-AZ"),
    ];
    Some(hours(
        "AmazonRDS",
        &format!("InstanceUsage:{class}"),
        &filters,
    ))
}

fn database_storage(kind: &str) -> Option<Query> {
    let usage = match kind {
        "gp2" => "RDS:GP2-Storage",
        "gp3" => "RDS:GP3-Storage",
        "io1" => "RDS:PIOPS-Storage",
        "io2" => "RDS:PIOPS-Storage-IO2",
        "standard" => "RDS:StorageUsage",
        _ => return None,
    };
    let filters = [
        ("productFamily", "Database Storage"),
        ("databaseEngine", "Any"),
        ("deploymentOption", "Single-AZ"),
    ];
    Some(months("AmazonRDS", usage, &filters))
}

fn cache(node: &str, engine: &str) -> Option<Query> {
    let engine = match engine {
        "redis" => "Redis",
        "memcached" => "Memcached",
        "valkey" => "Valkey",
        _ => return None,
    };
    let filters = [
        ("productFamily", "Cache Instance"),
        ("instanceType", node),
        ("cacheEngine", engine),
    ];
    Some(hours(
        "AmazonElastiCache",
        &format!("NodeUsage:{node}"),
        &filters,
    ))
}

fn hours(service: &'static str, usage: &str, filters: &[(&'static str, &str)]) -> Query {
    asked(service, usage, Unit::Hour, filters)
}

fn months(service: &'static str, usage: &str, filters: &[(&'static str, &str)]) -> Query {
    asked(service, usage, Unit::Month, filters)
}

fn asked(
    service: &'static str,
    usage: &str,
    unit: Unit,
    filters: &[(&'static str, &str)],
) -> Query {
    let filters = filters
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Query {
        service,
        filters: filters.collect(),
        usage: usage.to_owned(),
        unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A usage type is meant with any region before it, and with nothing else before or after it.
    #[test]
    fn usage_types_are_told_apart() {
        let means = |meter: &str, usage| query(meter).unwrap().means(usage);
        for (meter, usage) in [
            ("ec2:t3.micro", "BoxUsage:t3.micro"),
            ("ec2:t3.micro", "EU-BoxUsage:t3.micro"),
            ("ec2:nat-gateway", "USW2-NatGateway-Hours"),
            ("vpc:public-ipv4", "USE1-PublicIPv4:InUseAddress"),
            ("elb:application", "EUC1-LoadBalancerUsage"),
            ("kms:key", "us-east-1-KMS-Keys"),
            ("ebs:standard", "EBS:VolumeUsage"),
        ] {
            assert!(means(meter, usage), "{usage}");
        }
        for (meter, usage) in [
            ("ec2:t3.micro", "UnusedBox:t3.micro"),
            ("elb:application", "TS-LoadBalancerUsage"),
            ("elb:application", "EU-TS-LoadBalancerUsage"),
            ("elb:application", "EU-Outposts-LoadBalancerUsage"),
            ("ebs:gp2", "EBS:VolumeUsage.gp3"),
            ("ebs:io2:iops", "EBS:VolumeP-IOPS.io2.tier2"),
            ("ecs:fargate:vcpu", "EU-Fargate-ARM-vCPU-Hours:perCPU"),
            ("rds:db.t3.micro:mysql", "Multi-AZUsage:db.t3.micro"),
        ] {
            assert!(!means(meter, usage), "{usage}");
        }
    }

    /// What would have to be guessed is not asked.
    #[test]
    fn nothing_is_guessed() {
        for meter in [
            "rds:db.m5.large:oracle-se2",
            "ec2",
            "ebs:gp9",
            "s3:storage",
            "rds:a:b:c",
        ] {
            assert_eq!(query(meter), None, "{meter}");
        }
    }

    /// Every meter that has a price built in can be asked about.
    #[test]
    fn what_is_built_in_can_be_refreshed() {
        let text = include_str!("us-east-1.json");
        let file: serde_json::Value = serde_json::from_str(text).unwrap();
        for list in file["lists"].as_array().unwrap() {
            for meter in list["prices"].as_object().unwrap().keys() {
                assert!(query(meter).is_some(), "{meter}");
            }
        }
    }
}
