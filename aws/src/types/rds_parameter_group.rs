//! Parameter groups of database instances.

use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon};

use super::{Seen, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::rds::{group, tagged};

pub(super) struct This;

const NAME: &str = "rds:pg";

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
            let name = short(&resource.id, "pg");
            let asked = at
                .rds()
                .delete_db_parameter_group()
                .db_parameter_group_name(name);
            let answer = asked.send().await;
            deleted(
                answer.map_err(failed!("rds", "DeleteDBParameterGroup", name)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = short(id, "pg");
    let asked = at
        .rds()
        .describe_db_parameter_groups()
        .db_parameter_group_name(name);
    let (answer, tags) = tokio::join!(asked.send(), tagged(at, id));
    let answer = answer.map_err(failed!("rds", "DescribeDBParameterGroups", name))?;
    if answer.db_parameter_groups().is_empty() {
        return Err(missing("rds", "DescribeDBParameterGroups", name));
    }
    let is_default = name.starts_with("default.");
    Ok(group(at, id, NAME, is_default, tags?))
}
