//! Key pairs.

use aws_sdk_ec2::types::KeyPairInfo;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{BATCH, filter, tags};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "ec2:key-pair";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("key")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, "key-pair");
            // A name may have been given again to another pair; whose name it is now is asked again.
            let pairs = pairs(at, std::slice::from_ref(&resource.id)).await?;
            let Some(name) = pairs.first().and_then(|pair| pair.key_name()) else {
                return Ok(Deletion::Gone);
            };
            let answer = at.ec2().delete_key_pair().key_name(name).send().await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteKeyPair", id)),
                Deletion::Gone,
            )
        })
    }
}

async fn pairs(at: &Clients, ids: &[ResourceId]) -> Result<Vec<KeyPairInfo>, CloudError> {
    let filter = filter("key-pair-id", ids, "key-pair");
    let answer = at.ec2().describe_key_pairs().filters(filter).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeKeyPairs"))?;
    Ok(answer.key_pairs.unwrap_or_default())
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = pairs(at, ids).await?;
    let all = all.iter().filter_map(|pair| seen(at, pair));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, pair: &KeyPairInfo) -> Option<Resource> {
    let id = at.id("ec2", &format!("key-pair/{}", pair.key_pair_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(pair.tags());
    resource.created_at = timestamp(pair.create_time());
    resource.standing = Standing::Confirmed;
    Some(resource)
}
