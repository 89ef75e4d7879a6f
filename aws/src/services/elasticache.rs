//! What all types of ElastiCache share.

use std::collections::BTreeMap;

use stack::cloud::{CloudError, ResourceId};

use crate::client::Clients;
use crate::client::error::failed;
use crate::tags;

/// The tags of one resource: no description tells them.
pub(crate) async fn tagged(
    clients: &Clients,
    id: &ResourceId,
) -> Result<BTreeMap<String, String>, CloudError> {
    let asked = clients.elasticache().list_tags_for_resource();
    let answer = asked.resource_name(id.as_str()).send().await;
    let answer = answer.map_err(failed!("elasticache", "ListTagsForResource", id.as_str()))?;
    let tags = answer.tag_list().iter();
    Ok(tags::map(tags.map(|tag| (tag.key(), tag.value()))))
}
