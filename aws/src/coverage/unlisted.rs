//! The types that neither the tagging API nor Cloud Control lists by a stack's tag.
//!
//! Source: for a type without tags, its CloudFormation resource schema, which says so; for the
//! others, the list of the services that the tagging API supports, in its user guide.

/// A type that no index lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlistedType {
    /// The type in CloudFormation.
    pub cloud_formation: &'static str,
    /// Why no index lists it.
    pub cause: UnlistedCause,
    /// What jiti does about it.
    pub outcome: &'static str,
}

/// Why no index lists a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlistedCause {
    /// It cannot carry tags.
    NoTags,
    /// It carries tags, but the tagging API does not support it.
    NotIndexed,
}

impl UnlistedCause {
    /// The cause in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoTags => "has no tags",
            Self::NotIndexed => "not in the index",
        }
    }
}

const LISTED: &str = "jiti lists it through its own service";
const WITH_ITS_OWNER: &str = "AWS deletes it with its owner";
const BEFORE_ITS_OWNER: &str = "jiti deletes it before its owner";
const NOT_LOOKED_AT: &str = "not looked at";

/// Every such type that Terraform or CloudFormation creates often.
pub const UNLISTED: &[UnlistedType] = &[
    not_indexed("AWS::AutoScaling::AutoScalingGroup"),
    not_indexed("AWS::IAM::InstanceProfile"),
    not_indexed("AWS::IAM::ManagedPolicy"),
    not_indexed("AWS::IAM::OIDCProvider"),
    not_indexed("AWS::IAM::Role"),
    not_indexed("AWS::IAM::SAMLProvider"),
    not_indexed("AWS::IAM::ServerCertificate"),
    not_indexed("AWS::IAM::User"),
    without_tags("AWS::ApiGateway::Deployment", WITH_ITS_OWNER),
    without_tags("AWS::ApiGateway::Method", WITH_ITS_OWNER),
    without_tags("AWS::ApiGateway::Resource", WITH_ITS_OWNER),
    without_tags("AWS::ApiGatewayV2::Integration", WITH_ITS_OWNER),
    without_tags("AWS::ApiGatewayV2::Route", WITH_ITS_OWNER),
    without_tags("AWS::ApplicationAutoScaling::ScalingPolicy", WITH_ITS_OWNER),
    without_tags("AWS::CloudFront::CachePolicy", NOT_LOOKED_AT),
    without_tags(
        "AWS::CloudFront::CloudFrontOriginAccessIdentity",
        NOT_LOOKED_AT,
    ),
    without_tags("AWS::CloudFront::KeyGroup", NOT_LOOKED_AT),
    without_tags("AWS::CloudFront::OriginAccessControl", NOT_LOOKED_AT),
    without_tags("AWS::CloudFront::OriginRequestPolicy", NOT_LOOKED_AT),
    without_tags("AWS::CloudFront::PublicKey", NOT_LOOKED_AT),
    without_tags("AWS::CloudFront::RealtimeLogConfig", NOT_LOOKED_AT),
    without_tags("AWS::CloudFront::ResponseHeadersPolicy", NOT_LOOKED_AT),
    without_tags("AWS::Cognito::UserPoolClient", WITH_ITS_OWNER),
    without_tags("AWS::Cognito::UserPoolDomain", NOT_LOOKED_AT),
    without_tags("AWS::EFS::MountTarget", BEFORE_ITS_OWNER),
    without_tags("AWS::Events::ApiDestination", NOT_LOOKED_AT),
    without_tags("AWS::Events::Archive", NOT_LOOKED_AT),
    without_tags("AWS::Events::Connection", NOT_LOOKED_AT),
    without_tags("AWS::Glue::Database", NOT_LOOKED_AT),
    without_tags("AWS::Glue::SecurityConfiguration", NOT_LOOKED_AT),
    without_tags("AWS::Glue::Table", NOT_LOOKED_AT),
    without_tags("AWS::IoT::Thing", NOT_LOOKED_AT),
    without_tags("AWS::Lambda::LayerVersion", NOT_LOOKED_AT),
    without_tags("AWS::Lambda::Permission", WITH_ITS_OWNER),
    without_tags("AWS::MSK::Configuration", NOT_LOOKED_AT),
    without_tags("AWS::Route53::RecordSet", BEFORE_ITS_OWNER),
    without_tags("AWS::Scheduler::Schedule", WITH_ITS_OWNER),
    without_tags("AWS::SNS::Subscription", WITH_ITS_OWNER),
    without_tags("AWS::WAFv2::WebACLAssociation", WITH_ITS_OWNER),
];

const fn not_indexed(cloud_formation: &'static str) -> UnlistedType {
    UnlistedType {
        cloud_formation,
        cause: UnlistedCause::NotIndexed,
        outcome: LISTED,
    }
}

const fn without_tags(cloud_formation: &'static str, outcome: &'static str) -> UnlistedType {
    UnlistedType {
        cloud_formation,
        cause: UnlistedCause::NoTags,
        outcome,
    }
}
