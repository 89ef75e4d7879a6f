//! Helpers for tests of EC2 types.

use stack::cloud::ResourceId;

use crate::arn::Arn;

/// The resource parts of ids: `subnet/subnet-1`.
pub(crate) fn resource_parts(ids: &[ResourceId]) -> Vec<&str> {
    let arns = ids.iter().filter_map(Arn::from_id);
    arns.map(|arn| arn.resource).collect()
}
