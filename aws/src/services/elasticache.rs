//! What ElastiCache types share.

use std::collections::BTreeMap;

use stack::cloud::{CloudError, ResourceId};

use crate::client::Clients;
use crate::client::error::failed;
use crate::tags;

/// Reads the tags of one resource, which no description contains.
pub(crate) async fn read_tags(
    clients: &Clients,
    id: &ResourceId,
) -> Result<BTreeMap<String, String>, CloudError> {
    let answer = clients
        .elasticache()
        .list_tags_for_resource()
        .resource_name(id.as_str())
        .send()
        .await
        .map_err(failed!("elasticache", "ListTagsForResource", id.as_str()))?;
    let tags = answer.tag_list().iter();
    Ok(tags::map(tags.map(|tag| (tag.key(), tag.value()))))
}
