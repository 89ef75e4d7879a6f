//! CloudWatch log groups.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use jiff::Timestamp;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::{Arn, resource_name};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, deleted, failed};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Descriptions, ResourceType};

pub(super) struct LogsLogGroup;

const NAME: &str = "logs:log-group";

/// Bytes in a gigabyte, as AWS bills it.
const GIGABYTE: Decimal = Decimal::from_parts(1_073_741_824, 0, 0, false, 0);

#[async_trait]
impl ResourceType for LogsLogGroup {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        arn.is("logs", "log-group") && !arn.resource.contains(":log-stream:")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        each(ids, |id| describe(clients, id)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = name(&resource.id);
        let answer = clients.logs().delete_log_group().log_group_name(name);
        deleted(
            answer
                .send()
                .await
                .map_err(failed!("logs", "DeleteLogGroup", name)),
            Deletion::Gone,
        )
    }
}

/// The name. Some ARNs end in `:*`, which means all streams of the group.
fn name(id: &ResourceId) -> &str {
    let name = resource_name(id, "log-group");
    name.strip_suffix(":*").unwrap_or(name)
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = name(id);
    let id = clients.arn("logs", &format!("log-group:{name}"));
    let tags = clients
        .logs()
        .list_tags_for_resource()
        .resource_arn(id.as_str());
    let (group, tags) = tokio::join!(group(clients, name), tags.send());
    let group = group?;
    let tags = tags.map_err(failed!("logs", "ListTagsForResource", name))?;
    Ok(to_resource(
        clients,
        id.clone(),
        &group,
        tags.tags.unwrap_or_default(),
    ))
}

/// Describes a group by name. The call lists names by prefix in order, so an exact match comes
/// first.
async fn group(clients: &Clients, name: &str) -> Result<LogGroup, CloudError> {
    let groups = clients
        .logs()
        .describe_log_groups()
        .log_group_name_prefix(name);
    let answer =
        groups
            .limit(1)
            .send()
            .await
            .map_err(failed!("logs", "DescribeLogGroups", name))?;
    let mut groups = answer.log_groups.unwrap_or_default().into_iter();
    groups
        .find(|group| group.log_group_name() == Some(name))
        .ok_or_else(|| absent("logs", "DescribeLogGroups", name, "no group has this name"))
}

fn to_resource(
    clients: &Clients,
    id: ResourceId,
    group: &LogGroup,
    tags: HashMap<String, String>,
) -> Resource {
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags.into_iter().collect();
    let created = group.creation_time();
    resource.created_at = created.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    resource.confirmation = Confirmation::Confirmed;
    if group.deletion_protection_enabled() == Some(true) {
        resource.protection = Some("deletionProtectionEnabled".to_owned());
    }
    let key = group.kms_key_id().map(|key| ResourceId(key.to_owned()));
    resource.uses = key.into_iter().collect();
    if let Some(bytes) = group.stored_bytes() {
        let size = Decimal::from(bytes) / GIGABYTE;
        resource.usage = vec![usage_of(Item::LogStorage, size)];
    }
    resource.unpriced = vec!["ingestion".to_owned()];
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group has one name, however its ARN is written.
    #[test]
    fn the_star_is_not_part_of_the_name() {
        let clients = Clients::for_tests();
        let id = clients.arn("logs", "log-group:/aws/lambda/web:*");
        assert_eq!(name(&id), "/aws/lambda/web");
        assert!(LogsLogGroup.matches(&Arn::from_id(&id).unwrap()));
        let stream = clients.arn("logs", "log-group:/aws/lambda/web:log-stream:1");
        assert!(!LogsLogGroup.matches(&Arn::from_id(&stream).unwrap()));
    }

    /// Storage is priced per gigabyte, protection is reported, and the key is deleted after the
    /// group.
    #[test]
    fn describes_size_protection_and_key() {
        let clients = Clients::for_tests();
        let key = "arn:aws:kms:eu-west-1:123456789012:key/1";
        let group = LogGroup::builder()
            .stored_bytes(730 * 1_073_741_824)
            .deletion_protection_enabled(true)
            .kms_key_id(key)
            .creation_time(1_795_269_435_509);
        let id = clients.arn("logs", "log-group:app");
        let resource = to_resource(&clients, id, &group.build(), HashMap::new());
        assert_eq!(resource.usage[0].meter, "logs:storage");
        assert_eq!(resource.usage[0].quantity, Decimal::ONE);
        assert_eq!(
            resource.protection.as_deref(),
            Some("deletionProtectionEnabled")
        );
        assert_eq!(resource.uses, [ResourceId(key.to_owned())]);
        assert!(resource.created_at.is_some());
    }
}
