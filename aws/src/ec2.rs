//! What all types of EC2 share.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Tag;

/// Ids in one filter. A filter takes 200 values.
pub(crate) const BATCH: usize = 200;

/// Tags as a map.
pub(crate) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .filter_map(|tag| {
            Some((
                tag.key()?.to_owned(),
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}
