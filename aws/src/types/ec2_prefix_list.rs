//! Customer-managed prefix lists.

use async_trait::async_trait;
use aws_sdk_ec2::types::{ManagedPrefixList, PrefixListState};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{existing_batches, foreign_owner_reason, tags};

pub(super) struct Ec2PrefixList;

const NAME: &str = "ec2:prefix-list";
const KIND: &str = "prefix-list";

#[async_trait]
impl ResourceType for Ec2PrefixList {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("pl")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        existing_batches(ids, KIND, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, KIND);
        let answer = clients
            .ec2()
            .delete_managed_prefix_list()
            .prefix_list_id(id)
            .send()
            .await
            .map_err(failed!("ec2", "DeleteManagedPrefixList", id));
        deleted(answer, Deletion::Started)
    }
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let answer = clients
        .ec2()
        .describe_managed_prefix_lists()
        .set_prefix_list_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeManagedPrefixLists"))?;
    let all = answer
        .prefix_lists()
        .iter()
        .filter_map(|list| to_resource(clients, list));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, list: &ManagedPrefixList) -> Option<Resource> {
    if list.state() == Some(&PrefixListState::DeleteComplete) {
        return None;
    }
    let id = clients.arn("ec2", &format!("{KIND}/{}", list.prefix_list_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(list.tags());
    resource.state = list.state().map(|state| state.as_str().to_owned());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign_owner_reason(clients, list.owner_id());
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The account's own lists may be deleted; lists of AWS or of other accounts must not be
    /// touched.
    #[test]
    fn foreign_lists_are_untouchable() {
        let list = |owner: &str| {
            let list = ManagedPrefixList::builder().prefix_list_id("pl-1");
            list.owner_id(owner)
        };
        let own = to_resource(&Clients::for_tests(), &list("123456789012").build()).unwrap();
        assert_eq!(own.untouchable, None);
        assert!(
            to_resource(&Clients::for_tests(), &list("AWS").build())
                .unwrap()
                .untouchable
                .is_some()
        );
        let gone = list("123456789012").state(PrefixListState::DeleteComplete);
        assert_eq!(to_resource(&Clients::for_tests(), &gone.build()), None);
    }
}
