//! Customer-managed KMS keys.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState};
use jiff::Timestamp;
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, failed, gone_is_done, own_error, unless_gone};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Descriptions, ResourceType};
use crate::time::timestamp;

pub(super) struct KmsKey;

const NAME: &str = "kms:key";

#[async_trait]
impl ResourceType for KmsKey {
    fn name(&self) -> &'static str {
        NAME
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
        match delete(clients, &resource.id).await {
            Ok(Some(date)) => Ok(Deletion::Scheduled(date)),
            Ok(None) => Ok(Deletion::Started),
            Err(error) => gone_is_done(error),
        }
    }
}

/// A key that is scheduled for deletion does not exist: it is unusable and free.
async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (key, tags) = tokio::join!(key(clients, id), tags(clients, id));
    let key = key?;
    if is_pending_deletion(&key) {
        let why = "its deletion is scheduled";
        return Err(absent("kms", "DescribeKey", id.as_str(), why));
    }
    Ok(to_resource(clients, id, &key, tags?))
}

async fn key(clients: &Clients, id: &ResourceId) -> Result<KeyMetadata, CloudError> {
    let answer = clients
        .kms()
        .describe_key()
        .key_id(id.as_str())
        .send()
        .await
        .map_err(failed!("kms", "DescribeKey", id.as_str()))?;
    answer.key_metadata.ok_or_else(|| {
        let (id, kind) = (Some(id.as_str()), CloudErrorKind::Other);
        own_error("kms", "DescribeKey", id, kind, "the answer is empty")
    })
}

async fn tags(clients: &Clients, id: &ResourceId) -> Result<BTreeMap<String, String>, CloudError> {
    let mut tags = clients
        .kms()
        .list_resource_tags()
        .key_id(id.as_str())
        .into_paginator()
        .items()
        .send();
    let mut all = BTreeMap::new();
    while let Some(tag) = tags.next().await {
        let tag = tag.map_err(failed!("kms", "ListResourceTags", id.as_str()))?;
        all.insert(tag.tag_key, tag.tag_value);
    }
    Ok(all)
}

/// Whether the key is scheduled for deletion.
fn is_pending_deletion(key: &KeyMetadata) -> bool {
    matches!(
        key.key_state(),
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
    )
}

fn to_resource(
    clients: &Clients,
    id: &ResourceId,
    key: &KeyMetadata,
    tags: BTreeMap<String, String>,
) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags;
    resource.state = key.key_state().map(|state| state.as_str().to_owned());
    resource.created_at = timestamp(key.creation_date());
    resource.confirmation = Confirmation::Confirmed;
    if key.key_manager() == Some(&KeyManagerType::Customer) {
        resource.usage = vec![usage_of(Item::KmsKey, Decimal::ONE)];
        resource.unpriced = vec!["requests".to_owned()];
    } else {
        resource.untouchable = Some("it is managed by AWS".to_owned());
    }
    resource
}

/// Schedules the deletion with the default waiting period, which is the longest, and deletes the
/// aliases of the key, so that the next version of the stack can use them.
async fn delete(clients: &Clients, id: &ResourceId) -> Result<Option<Timestamp>, CloudError> {
    let date = schedule(clients, id).await?;
    let mut aliases = clients
        .kms()
        .list_aliases()
        .key_id(resource_name(id, "key"))
        .into_paginator()
        .items()
        .send();
    while let Some(alias) = aliases.next().await {
        let alias = alias.map_err(failed!("kms", "ListAliases", id.as_str()))?;
        let delete = clients
            .kms()
            .delete_alias()
            .set_alias_name(alias.alias_name);
        let answer = delete.send().await;
        unless_gone(answer.map_err(failed!("kms", "DeleteAlias", id.as_str())))?;
    }
    Ok(date)
}

/// When KMS deletes the key, scheduled now or earlier.
async fn schedule(clients: &Clients, id: &ResourceId) -> Result<Option<Timestamp>, CloudError> {
    let answer = clients
        .kms()
        .schedule_key_deletion()
        .key_id(resource_name(id, "key"))
        .send()
        .await;
    match answer.map_err(failed!("kms", "ScheduleKeyDeletion", id.as_str())) {
        Ok(answer) => Ok(timestamp(answer.deletion_date())),
        Err(error) if error.code.as_deref() == Some("KMSInvalidStateException") => {
            let key = key(clients, id).await?;
            if is_pending_deletion(&key) {
                Ok(timestamp(key.deletion_date()))
            } else {
                Err(error)
            }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_metadata(state: KeyState, manager: KeyManagerType) -> KeyMetadata {
        let key = KeyMetadata::builder().key_id("1").key_state(state);
        key.key_manager(manager).build().unwrap()
    }

    /// A key scheduled for deletion is gone; a disabled one is not.
    #[test]
    fn scheduled_is_gone() {
        let customer = KeyManagerType::Customer;
        assert!(is_pending_deletion(&key_metadata(
            KeyState::PendingDeletion,
            customer.clone()
        )));
        assert!(is_pending_deletion(&key_metadata(
            KeyState::PendingReplicaDeletion,
            customer.clone()
        )));
        assert!(!is_pending_deletion(&key_metadata(
            KeyState::Disabled,
            customer
        )));
    }

    /// Keys of AWS are free and must not be touched.
    #[test]
    fn keys_of_aws_are_untouchable() {
        let clients = Clients::for_tests();
        let id = clients.arn("kms", "key/1");
        let key = |manager| {
            to_resource(
                &clients,
                &id,
                &key_metadata(KeyState::Enabled, manager),
                BTreeMap::new(),
            )
        };
        let of_aws = key(KeyManagerType::Aws);
        assert!(of_aws.untouchable.is_some() && of_aws.usage.is_empty());
        let own = key(KeyManagerType::Customer);
        assert_eq!(
            (own.untouchable, own.usage[0].meter.as_str()),
            (None, "kms:key")
        );
    }
}
