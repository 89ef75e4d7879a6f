//! What a planned resource uses that has a list price.

use rust_decimal::Decimal;

use super::super::PlanSubject;
use crate::attribute::{Attribute, Block};
use crate::plan::PlannedResource;

/// A use of a meter of the price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// The meter, such as `ec2:t3.micro`; for a value that is not known yet, what it would be.
    pub(super) meter: String,
    /// How many units; `None` if that is not known.
    pub(super) quantity: Option<Decimal>,
}

/// The size of a volume in gigabytes that the image decides, if the configuration does not.
const IMAGE_DECIDES: &str = "the size of the root disk";

/// What a resource uses; `None` if its type costs nothing by the hour, as far as jiti knows.
pub(super) fn of(resource: &PlannedResource<'_>, subject: &PlanSubject<'_>) -> Option<Vec<Use>> {
    let block = &resource.block;
    Some(match resource.kind {
        "aws_instance" => instance(block),
        "aws_autoscaling_group" => group(resource, subject),
        "aws_ebs_volume" => vec![volume(block, "type", "size")],
        "aws_db_instance" => database(block),
        "aws_rds_cluster_instance"
        | "aws_docdb_cluster_instance"
        | "aws_neptune_cluster_instance" => {
            vec![one(meter(
                block,
                "rds:{}:{}",
                &["instance_class", "engine"],
            ))]
        }
        "aws_elasticache_cluster" => vec![Use {
            meter: meter(block, "elasticache:{}:{}", &["node_type", "engine"]),
            quantity: number(block, "num_cache_nodes", Some(1)),
        }],
        "aws_elasticache_replication_group" => vec![Use {
            meter: meter(block, "elasticache:{}:{}", &["node_type", "engine"]),
            quantity: number(block, "num_cache_clusters", None),
        }],
        // Its public address is a resource of its own.
        "aws_nat_gateway" => vec![one("ec2:nat-gateway")],
        "aws_eip" => vec![one("vpc:public-ipv4")],
        "aws_lb" | "aws_alb" => {
            let kind = block.attribute("load_balancer_type").text();
            vec![one(format!("elb:{}", kind.unwrap_or("application")))]
        }
        "aws_elb" => vec![one("elb:classic")],
        "aws_eks_cluster" => vec![one("eks:cluster")],
        "aws_kms_key" => vec![one("kms:key")],
        "aws_secretsmanager_secret" => vec![one("secretsmanager:secret")],
        "aws_vpc_endpoint" => {
            if block.attribute("vpc_endpoint_type").text() != Some("Interface") {
                return None;
            }
            let subnets = block.attribute("subnet_ids");
            let known = matches!(subnets, Attribute::Known(_));
            vec![Use {
                meter: "vpc:interface-endpoint".to_owned(),
                quantity: known.then(|| subnets.items().len().max(1).into()),
            }]
        }
        "aws_docdb_cluster"
        | "aws_ecs_service"
        | "aws_eks_node_group"
        | "aws_msk_cluster"
        | "aws_mq_broker"
        | "aws_opensearch_domain"
        | "aws_redshift_cluster"
        | "aws_rds_cluster"
        | "aws_sagemaker_endpoint"
        | "aws_spot_instance_request" => {
            vec![one(resource.kind)]
        }
        _ => return None,
    })
}

fn one(meter: impl Into<String>) -> Use {
    Use {
        meter: meter.into(),
        quantity: Some(Decimal::ONE),
    }
}

fn instance(block: &Block<'_>) -> Vec<Use> {
    let mut uses = vec![one(meter(block, "ec2:{}", &["instance_type"]))];
    for disk in block.blocks("root_block_device") {
        let mut root = volume(&disk, "volume_type", "volume_size");
        if root.quantity.is_none() {
            root.meter = IMAGE_DECIDES.to_owned();
        }
        uses.push(root);
    }
    let disks = block.blocks("ebs_block_device");
    // Without a block in the configuration, their number is unknown, and it is none.
    let disks = disks.iter().filter(|disk| disk.has("volume_size"));
    uses.extend(disks.map(|disk| volume(disk, "volume_type", "volume_size")));
    if block.attribute("associate_public_ip_address").is_true() {
        uses.push(one("vpc:public-ipv4"));
    }
    uses
}

/// The machines of a group, if its launch template is in the plan.
fn group(resource: &PlannedResource<'_>, subject: &PlanSubject<'_>) -> Vec<Use> {
    let count = number(&resource.block, "desired_capacity", None)
        .or_else(|| number(&resource.block, "min_size", None));
    let kind = "aws_launch_template";
    let named = resource.referenced(kind);
    let found = named.as_deref();
    let found = found.and_then(|name| subject.by_kind.at(kind, name).next());
    let kind = found.map_or("ec2:(unknown)".to_owned(), |template| {
        meter(&template.block, "ec2:{}", &["instance_type"])
    });
    vec![Use {
        meter: kind,
        quantity: count,
    }]
}

fn database(block: &Block<'_>) -> Vec<Use> {
    let copies = if block.attribute("multi_az").is_true() {
        2
    } else {
        1
    };
    let copies = Decimal::from(copies);
    let kind = block.attribute("storage_type").text().unwrap_or("gp2");
    let size = number(block, "allocated_storage", None);
    vec![
        Use {
            meter: meter(block, "rds:{}:{}", &["instance_class", "engine"]),
            quantity: Some(copies),
        },
        Use {
            meter: format!("rds:storage:{kind}"),
            quantity: size.map(|size| size.saturating_mul(copies)),
        },
    ]
}

fn volume(block: &Block<'_>, kind: &str, size: &str) -> Use {
    let kind = block.attribute(kind).text().unwrap_or("gp2");
    Use {
        meter: format!("ebs:{kind}"),
        quantity: number(block, size, None),
    }
}

/// A meter whose name contains attributes.
fn meter(block: &Block<'_>, pattern: &str, attributes: &[&str]) -> String {
    attributes.iter().fold(pattern.to_owned(), |text, name| {
        let value = block.attribute(name).text().unwrap_or("(unknown)");
        text.replacen("{}", value, 1)
    })
}

/// A number; `default` if the attribute is not set.
fn number(block: &Block<'_>, name: &str, default: Option<u32>) -> Option<Decimal> {
    match block.attribute(name) {
        Attribute::Known(value) => value.to_string().parse().ok(),
        Attribute::NotSet => default.map(Decimal::from),
        Attribute::Unknown => None,
    }
}
