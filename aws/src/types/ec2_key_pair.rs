//! Key pairs.

use async_trait::async_trait;
use aws_sdk_ec2::types::KeyPairInfo;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, filter, tags};
use crate::time::timestamp;

pub(super) struct Ec2KeyPair;

const NAME: &str = "ec2:key-pair";

#[async_trait]
impl ResourceType for Ec2KeyPair {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("key")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "key-pair");
        // The name may belong to another pair by now, so read the present name of the id.
        let pairs = pairs(clients, std::slice::from_ref(&resource.id)).await?;
        let Some(name) = pairs.first().and_then(|pair| pair.key_name()) else {
            return Ok(Deletion::Gone);
        };
        let answer = clients.ec2().delete_key_pair().key_name(name).send().await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteKeyPair", id)),
            Deletion::Gone,
        )
    }
}

async fn pairs(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<KeyPairInfo>, CloudError> {
    let filter = filter("key-pair-id", ids, "key-pair");
    let answer = clients
        .ec2()
        .describe_key_pairs()
        .filters(filter)
        .send()
        .await
        .map_err(failed!("ec2", "DescribeKeyPairs"))?;
    Ok(answer.key_pairs.unwrap_or_default())
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = pairs(clients, ids).await?;
    let all = items.iter().filter_map(|pair| to_resource(clients, pair));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, pair: &KeyPairInfo) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("key-pair/{}", pair.key_pair_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(pair.tags());
    resource.created_at = timestamp(pair.create_time());
    resource.confirmation = Confirmation::Confirmed;
    Some(resource)
}
