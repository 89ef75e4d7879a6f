//! What AWS charges for by a list price, as a type.
//!
//! A resource type can only report a use through a [`Meter`], and the price list query matches all
//! meters. So no use can be reported whose price jiti never asks for.

use std::fmt;
use std::str::FromStr;

/// An enum whose variants have a name in the code of a meter.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            /// The name of the variant.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The variant of this name.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

named! {
    /// Meters with one price in each region.
    Item {
        ApplicationLoadBalancer = "elb:application",
        NetworkLoadBalancer = "elb:network",
        NatGateway = "ec2:nat-gateway",
        PublicIpv4 = "vpc:public-ipv4",
        InterfaceEndpoint = "vpc:interface-endpoint",
        EksCluster = "eks:cluster",
        /// An hour of a virtual CPU.
        FargateVcpu = "ecs:fargate:vcpu",
        /// An hour of a gigabyte of memory.
        FargateMemory = "ecs:fargate:gb",
        /// An IOPS of a gp3 volume above those that its price includes.
        Gp3Iops = "ebs:gp3:iops",
        /// A MiB/s of a gp3 volume above those that its price includes.
        Gp3Throughput = "ebs:gp3:throughput",
        Io1Iops = "ebs:io1:iops",
        Io2Iops = "ebs:io2:iops",
        KmsKey = "kms:key",
        Secret = "secretsmanager:secret",
        /// A gigabyte of logs.
        LogStorage = "logs:storage",
    }
}

named! {
    /// The types of EBS volumes.
    VolumeKind {
        Gp2 = "gp2",
        Gp3 = "gp3",
        Io1 = "io1",
        Io2 = "io2",
        St1 = "st1",
        Sc1 = "sc1",
        Standard = "standard",
    }
}

named! {
    /// Database engines whose price follows from the class alone. The price of other engines also
    /// depends on a license or an edition.
    DatabaseEngine {
        Mysql = "mysql",
        Mariadb = "mariadb",
        Postgres = "postgres",
        AuroraMysql = "aurora-mysql",
        AuroraPostgresql = "aurora-postgresql",
    }
}

named! {
    /// The storage types of database instances.
    DatabaseStorage {
        Gp2 = "gp2",
        Gp3 = "gp3",
        Io1 = "io1",
        Io2 = "io2",
        Standard = "standard",
    }
}

named! {
    /// The engines of caches.
    CacheEngine {
        Redis = "redis",
        Memcached = "memcached",
        Valkey = "valkey",
    }
}

/// Something that AWS charges for by a list price. Its text, such as `ebs:gp3`, is the key of the
/// price tables and of a [`stack::cloud::Usage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meter {
    Item(Item),
    /// An hour of an EC2 instance of a type, with Linux on demand.
    Instance(String),
    /// A gigabyte of a volume for a month.
    Volume(VolumeKind),
    /// An hour of a database instance.
    Database {
        class: String,
        engine: DatabaseEngine,
    },
    /// A gigabyte of database storage for a month.
    DatabaseStorage(DatabaseStorage),
    /// An hour of a cache node.
    CacheNode {
        node_type: String,
        engine: CacheEngine,
    },
}

impl From<Item> for Meter {
    fn from(item: Item) -> Self {
        Self::Item(item)
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => f.write_str(item.name()),
            Self::Instance(kind) => write!(f, "ec2:{kind}"),
            Self::Volume(volume) => write!(f, "ebs:{}", volume.name()),
            Self::Database { class, engine } => write!(f, "rds:{class}:{}", engine.name()),
            Self::DatabaseStorage(storage) => write!(f, "rds:storage:{}", storage.name()),
            Self::CacheNode { node_type, engine } => {
                write!(f, "elasticache:{node_type}:{}", engine.name())
            }
        }
    }
}

/// A text is not the code of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownMeter;

impl FromStr for Meter {
    type Err = UnknownMeter;

    fn from_str(text: &str) -> Result<Self, UnknownMeter> {
        if let Some(item) = Item::from_name(text) {
            return Ok(Self::Item(item));
        }
        let parts: Vec<&str> = text.split(':').collect();
        let meter = match parts.as_slice() {
            ["ec2", kind] => Some(Self::Instance((*kind).to_owned())),
            ["ebs", volume] => VolumeKind::from_name(volume).map(Self::Volume),
            ["rds", "storage", storage] => {
                DatabaseStorage::from_name(storage).map(Self::DatabaseStorage)
            }
            ["rds", class, engine] => {
                DatabaseEngine::from_name(engine).map(|engine| Self::Database {
                    class: (*class).to_owned(),
                    engine,
                })
            }
            ["elasticache", node_type, engine] => {
                CacheEngine::from_name(engine).map(|engine| Self::CacheNode {
                    node_type: (*node_type).to_owned(),
                    engine,
                })
            }
            _ => None,
        };
        meter.ok_or(UnknownMeter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of a meter parses back to the meter.
    #[test]
    fn codes_parse_back() {
        for code in [
            "ec2:t3.micro",
            "ec2:nat-gateway",
            "ebs:gp3",
            "ebs:gp3:throughput",
            "rds:db.t3.micro:aurora-mysql",
            "rds:storage:gp3",
            "elasticache:cache.t3.micro:valkey",
            "ecs:fargate:gb",
        ] {
            let meter: Meter = code.parse().unwrap();
            assert_eq!(meter.to_string(), code);
        }
        assert_eq!("ec2:nat-gateway".parse(), Ok(Meter::Item(Item::NatGateway)));
    }

    /// A meter whose price jiti would have to guess has no code.
    #[test]
    fn unknown_codes_are_refused() {
        for code in [
            "rds:db.m5.large:oracle-se2",
            "ec2",
            "ebs:gp9",
            "s3:storage",
            "rds:a:b:c",
        ] {
            assert_eq!(code.parse::<Meter>(), Err(UnknownMeter), "{code}");
        }
    }
}
