//! A place to stand in, for tests of types.

use std::sync::Arc;

use aws_types::SdkConfig;
use stack::Place;
use stack::cloud::ResourceId;

use crate::arn::Arn;
use crate::client::Clients;
use crate::client::rate_limit::Pace;

/// Clients of a place that call nothing.
pub(crate) fn here() -> Clients {
    let place = Place {
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = SdkConfig::builder().build();
    let pace = Arc::new(Pace::new(false));
    Clients::new(place, "eu-west-1", config, pace, http)
}

/// The last parts of ids, which say what they are.
pub(crate) fn text(ids: &[ResourceId]) -> Vec<&str> {
    let arns = ids.iter().filter_map(Arn::of);
    arns.map(|arn| arn.resource).collect()
}
