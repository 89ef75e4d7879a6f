//! Prefix lists of the account's own: named sets of addresses.

use aws_sdk_ec2::types::{ManagedPrefixList, PrefixListState};
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{foreign, tags, tolerant};

pub(super) struct This;

const NAME: &str = "ec2:prefix-list";
const KIND: &str = "prefix-list";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("pl")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(tolerant(ids, KIND, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, KIND);
            let call = at.ec2().delete_managed_prefix_list().prefix_list_id(id);
            let answer = call.send().await;
            let answer = answer.map_err(failed!("ec2", "DeleteManagedPrefixList", id));
            deleted(answer, Deletion::Begun)
        })
    }
}

async fn describe(at: &Clients, ids: Vec<String>) -> Result<Vec<Sighting>, CloudError> {
    let call = at.ec2().describe_managed_prefix_lists();
    let answer = call.set_prefix_list_ids(Some(ids)).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeManagedPrefixLists"))?;
    let all = answer
        .prefix_lists()
        .iter()
        .filter_map(|list| seen(at, list));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, list: &ManagedPrefixList) -> Option<Resource> {
    if list.state() == Some(&PrefixListState::DeleteComplete) {
        return None;
    }
    let id = at.id("ec2", &format!("{KIND}/{}", list.prefix_list_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(list.tags());
    resource.state = list.state().map(|state| state.as_str().to_owned());
    resource.standing = Standing::Confirmed;
    resource.untouchable = foreign(at, list.owner_id());
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ec2::testing::here;

    /// A list of the account's own may go; one of AWS, or of another account that shares it, is not touched.
    #[test]
    fn lists_of_others_are_not_touched() {
        let list = |owner: &str| {
            let list = ManagedPrefixList::builder().prefix_list_id("pl-1");
            list.owner_id(owner)
        };
        let own = seen(&here(), &list("123456789012").build()).unwrap();
        assert_eq!(own.untouchable, None);
        assert!(
            seen(&here(), &list("AWS").build())
                .unwrap()
                .untouchable
                .is_some()
        );
        let gone = list("123456789012").state(PrefixListState::DeleteComplete);
        assert_eq!(seen(&here(), &gone.build()), None);
    }
}
