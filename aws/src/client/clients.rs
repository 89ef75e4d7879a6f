//! The clients of one account in one region, each made when it is first needed.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::region::Region;
use stack::Place;
use stack::cloud::{Resource, ResourceId};

use crate::client::http::PacedClient;
use crate::client::rate_limit::Pace;
use crate::services::iam::Unmarked;

/// The clients of one place.
pub(crate) struct Clients {
    /// The place. Its region is `global` for what is in none; calls then go to the account's first region.
    pub(crate) place: Place,
    /// `aws`, `aws-cn`, `aws-us-gov`: what ARNs begin with.
    pub(crate) partition: String,
    /// What IAM has shown to carry no stack's tag.
    pub(crate) unmarked: Unmarked,
    config: SdkConfig,
    /// The region that calls go to.
    region: String,
    pace: Arc<Pace>,
    http: SharedHttpClient,
    made: Made,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident $service:literal $sdk:ident)*) => {
        #[derive(Default)]
        struct Made {
            $($name: OnceLock<$sdk::Client>,)*
        }

        impl Clients {
            $(
                $(#[$doc])*
                pub(crate) fn $name(&self) -> &$sdk::Client {
                    self.made.$name.get_or_init(|| {
                        let config = $sdk::config::Builder::from(&self.config)
                            .region(Region::new(self.region.clone()))
                            .http_client(self.paced($service));
                        $sdk::Client::from_conf(clients!(@special $name config).build())
                    })
                }
            )*
        }
    };
    // Buckets are addressed by path where the endpoint is one's own: its host has no names of buckets before it.
    (@special s3 $config:ident) => { $config.force_path_style(true) };
    (@special $name:ident $config:ident) => { $config };
}

clients! {
    autoscaling "autoscaling" aws_sdk_autoscaling
    cloudformation "cloudformation" aws_sdk_cloudformation
    cloudwatch "monitoring" aws_sdk_cloudwatch
    cost_explorer "ce" aws_sdk_costexplorer
    dynamodb "dynamodb" aws_sdk_dynamodb
    ec2 "ec2" aws_sdk_ec2
    ecs "ecs" aws_sdk_ecs
    eks "eks" aws_sdk_eks
    elasticache "elasticache" aws_sdk_elasticache
    elb "elasticloadbalancing" aws_sdk_elasticloadbalancingv2
    iam "iam" aws_sdk_iam
    kms "kms" aws_sdk_kms
    lambda "lambda" aws_sdk_lambda
    logs "logs" aws_sdk_cloudwatchlogs
    pricing "pricing" aws_sdk_pricing
    rds "rds" aws_sdk_rds
    s3 "s3" aws_sdk_s3
    secrets "secretsmanager" aws_sdk_secretsmanager
    sns "sns" aws_sdk_sns
    sqs "sqs" aws_sdk_sqs
    sts "sts" aws_sdk_sts
    tagging "tagging" aws_sdk_resourcegroupstagging
}

impl Clients {
    /// Clients for a place that call `region`.
    pub(crate) fn new(
        place: Place,
        region: &str,
        config: SdkConfig,
        pace: Arc<Pace>,
        http: SharedHttpClient,
    ) -> Self {
        Self {
            partition: partition(region).to_owned(),
            place,
            unmarked: Unmarked::default(),
            config,
            region: region.to_owned(),
            pace,
            http,
            made: Made::default(),
        }
    }

    /// The region that calls go to.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The id of something here: `ec2`, `volume/vol-1`.
    pub(crate) fn id(&self, service: &str, resource: &str) -> ResourceId {
        let (partition, account) = (&self.partition, &self.place.account);
        let region = self.regional();
        ResourceId(format!(
            "arn:{partition}:{service}:{region}:{account}:{resource}"
        ))
    }

    /// A resource of a type of which nothing is known yet.
    pub(crate) fn resource(&self, id: ResourceId, kind: &str) -> Resource {
        Resource::named(id, kind, self.place.clone())
    }

    /// The region as ARNs have it: none for what is in none.
    fn regional(&self) -> &str {
        if self.place.region == Place::GLOBAL {
            ""
        } else {
            &self.region
        }
    }

    fn paced(&self, service: &'static str) -> PacedClient {
        PacedClient {
            inner: self.http.clone(),
            pace: Arc::clone(&self.pace),
            service,
            account: self.place.account.clone(),
            region: self.region.clone(),
        }
    }
}

/// The region of the bill and the price list, wherever that is; resources never lie there.
pub(crate) const BILLING: &str = "billing";

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

#[cfg(test)]
impl Clients {
    /// Clients that are never called: what a test of descriptions makes ids with.
    pub(crate) fn of_nobody() -> Self {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let config = SdkConfig::builder().build();
        let http = aws_smithy_http_client::Builder::new().build_http();
        Self::new(place, "eu-west-1", config, Arc::new(Pace::new(true)), http)
    }
}
