//! Parameter groups of caches.

use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::elasticache::tagged;

pub(super) struct This;

const NAME: &str = "elasticache:parametergroup";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(each(ids, |id| describe(at, id)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let name = short(&resource.id, "parametergroup");
            let asked = at.elasticache().delete_cache_parameter_group();
            let answer = asked.cache_parameter_group_name(name).send().await;
            deleted(
                answer.map_err(failed!("elasticache", "DeleteCacheParameterGroup", name)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = short(id, "parametergroup");
    let asked = at.elasticache().describe_cache_parameter_groups();
    let asked = asked.cache_parameter_group_name(name);
    let (answer, tags) = tokio::join!(asked.send(), tagged(at, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeCacheParameterGroups", name))?;
    if answer.cache_parameter_groups().is_empty() {
        return Err(missing("elasticache", "DescribeCacheParameterGroups", name));
    }
    let mut resource = at.resource(id.clone(), NAME);
    resource.tags = tags?;
    resource.standing = Standing::Confirmed;
    if name.starts_with("default.") {
        resource.untouchable = Some("it is a default of the service".to_owned());
    }
    Ok(resource)
}
