//! The AWS clients of one account and region, created on first use.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::region::Region;
use stack::Place;
use stack::cloud::{Resource, ResourceId};

use crate::client::http::RateLimitedClient;
use crate::client::rate_limit::RateLimiter;
use crate::client::untagged_cache::UntaggedCache;
use crate::cloud_control::{KnownIdentifiers, PendingRequests};
use crate::partition::{home_region, partition};

/// The AWS clients of one account and region.
pub(crate) struct Clients {
    /// The account and region. For resources that belong to no region, the region is `global` and
    /// calls go to the first region of the account.
    pub(crate) place: Place,
    /// The partition in ARNs: `aws`, `aws-cn` or `aws-us-gov`.
    pub(crate) partition: String,
    /// The IAM resources that carry no stack's tag.
    pub(crate) untagged: UntaggedCache,
    /// The unfinished requests of Cloud Control.
    pub(crate) requests: PendingRequests,
    /// The identifiers that Cloud Control knows resources by, where their ARNs do not tell.
    pub(crate) identifiers: KnownIdentifiers,
    config: SdkConfig,
    /// The region that calls go to.
    region: String,
    limiter: Arc<RateLimiter>,
    http: SharedHttpClient,
    cache: ClientCache,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident $service:literal $sdk:ident)*) => {
        #[derive(Default)]
        struct ClientCache {
            $($name: OnceLock<$sdk::Client>,)*
        }

        impl Clients {
            $(
                $(#[$doc])*
                pub(crate) fn $name(&self) -> &$sdk::Client {
                    self.cache.$name.get_or_init(|| {
                        let config = $sdk::config::Builder::from(&self.config)
                            .region(Region::new(self.region_for($service).to_owned()))
                            .http_client(self.rate_limited($service));
                        $sdk::Client::from_conf(clients!(@special $name config).build())
                    })
                }
            )*
        }
    };
    // A custom endpoint has no host name for each bucket, so the bucket goes into the path.
    (@special s3 $config:ident) => { $config.force_path_style(true) };
    (@special $name:ident $config:ident) => { $config };
}

clients! {
    application_autoscaling "application-autoscaling" aws_sdk_applicationautoscaling
    autoscaling "autoscaling" aws_sdk_autoscaling
    cloud_control "cloudcontrol" aws_sdk_cloudcontrol
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
    /// Clients of a place whose calls go to `region`.
    pub(crate) fn new(
        place: Place,
        region: &str,
        config: SdkConfig,
        limiter: Arc<RateLimiter>,
        http: SharedHttpClient,
    ) -> Self {
        Self {
            partition: partition(region).to_owned(),
            place,
            untagged: UntaggedCache::default(),
            requests: PendingRequests::default(),
            identifiers: KnownIdentifiers::default(),
            config,
            region: region.to_owned(),
            limiter,
            http,
            cache: ClientCache::default(),
        }
    }

    /// The region that calls go to.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The region that calls of a service go to. Resources without a region are listed and deleted
    /// in one region of the partition.
    pub(crate) fn region_for(&self, service: &str) -> &str {
        let is_home = matches!(service, "tagging" | "cloudcontrol");
        match self.place.region == Place::GLOBAL && is_home {
            true => home_region(&self.partition),
            false => &self.region,
        }
    }

    /// The ARN of a resource in this account and region: `ec2`, `volume/vol-1`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> ResourceId {
        let (partition, account) = (&self.partition, &self.place.account);
        let region = self.arn_region();
        ResourceId(format!(
            "arn:{partition}:{service}:{region}:{account}:{resource}"
        ))
    }

    /// A resource in this account and region with nothing but an id and a type.
    pub(crate) fn resource(&self, id: ResourceId, kind: &str) -> Resource {
        Resource::named(id, kind, self.place.clone())
    }

    /// The region in ARNs: empty for resources that belong to no region.
    fn arn_region(&self) -> &str {
        if self.place.region == Place::GLOBAL {
            ""
        } else {
            &self.region
        }
    }

    fn rate_limited(&self, service: &'static str) -> RateLimitedClient {
        RateLimitedClient {
            inner: self.http.clone(),
            limiter: Arc::clone(&self.limiter),
            service,
            account: self.place.account.clone(),
            region: self.region_for(service).to_owned(),
        }
    }
}

/// Stands for the region that serves the bill and the price list. It holds no resources.
pub(crate) const BILLING: &str = "billing";

#[cfg(test)]
impl Clients {
    /// Clients for tests that make no calls.
    pub(crate) fn for_tests() -> Self {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let config = SdkConfig::builder().build();
        let http = aws_smithy_http_client::Builder::new().build_http();
        let limiter = Arc::new(RateLimiter::new(true));
        Self::new(place, "eu-west-1", config, limiter, http)
    }
}
