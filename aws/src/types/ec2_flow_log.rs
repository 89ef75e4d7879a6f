//! Flow logs of VPCs, subnets and network interfaces.

use async_trait::async_trait;
use aws_sdk_ec2::types::FlowLog;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{check_items, existing_batches, tags};
use crate::time::timestamp;

pub(super) struct Ec2FlowLog;

const NAME: &str = "ec2:vpc-flow-log";
const KIND: &str = "vpc-flow-log";

#[async_trait]
impl ResourceType for Ec2FlowLog {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("fl")
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
        deleted(delete(clients, resource).await, Deletion::Gone)
    }
}

async fn delete(clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
    let id = resource_name(&resource.id, KIND);
    let answer = clients
        .ec2()
        .delete_flow_logs()
        .flow_log_ids(id)
        .send()
        .await
        .map_err(failed!("ec2", "DeleteFlowLogs", id))?;
    check_items("DeleteFlowLogs", id, answer.unsuccessful())
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let answer = clients
        .ec2()
        .describe_flow_logs()
        .set_flow_log_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeFlowLogs"))?;
    let all = answer
        .flow_logs()
        .iter()
        .filter_map(|log| to_resource(clients, log));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, log: &FlowLog) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("{KIND}/{}", log.flow_log_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(log.tags());
    resource.state = log.flow_log_status().map(str::to_owned);
    resource.created_at = timestamp(log.creation_time());
    resource.confirmation = Confirmation::Confirmed;
    // A flow log creates its destination again as long as it writes.
    let group = log.log_group_name().filter(|name| !name.is_empty());
    let group = group.map(|name| clients.arn("logs", &format!("log-group:{name}")));
    let destination = log
        .log_destination()
        .filter(|arn| arn.starts_with("arn:"))
        .map(|arn| destination_resource(arn).to_owned());
    let role = log.deliver_logs_permission_arn().map(str::to_owned);
    let others = destination.into_iter().chain(role).map(ResourceId);
    resource.uses = ec2_arns(clients, log.resource_id());
    resource.uses.extend(group.into_iter().chain(others));
    resource.uses.sort();
    resource.uses.dedup();
    resource.unpriced = vec!["log delivery".to_owned()];
    Some(resource)
}

/// The bucket or log group of a destination, which may name a folder or all log streams.
fn destination_resource(arn: &str) -> &str {
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    if arn.contains(":s3:::") {
        arn.split('/').next().unwrap_or(arn)
    } else {
        arn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flow log is deleted before what it watches, its destination and its role.
    #[test]
    fn a_log_uses_source_and_destination() {
        let clients = Clients::for_tests();
        let log = FlowLog::builder()
            .flow_log_id("fl-1")
            .resource_id("vpc-1")
            .log_group_name("flows")
            .log_destination("arn:aws:logs:eu-west-1:123456789012:log-group:flows:*")
            .deliver_logs_permission_arn("arn:aws:iam::123456789012:role/writes");
        let resource = to_resource(&clients, &log.build()).unwrap();
        let role = ResourceId("arn:aws:iam::123456789012:role/writes".to_owned());
        let uses = [
            clients.arn("ec2", "vpc/vpc-1"),
            role,
            clients.arn("logs", "log-group:flows"),
        ];
        assert_eq!(resource.uses, uses);
        assert_eq!(
            destination_resource("arn:aws:s3:::flows/of/vpc/"),
            "arn:aws:s3:::flows"
        );
    }
}
