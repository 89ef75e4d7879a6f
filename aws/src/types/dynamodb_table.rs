//! DynamoDB tables.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{BillingMode, TableDescription};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::{Arn, resource_name};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Descriptions, ResourceType};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct DynamodbTable;

const NAME: &str = "dynamodb:table";

/// The detail with the billing mode: whether capacity costs while it is idle.
const BILLING: &str = "billing";

#[async_trait]
impl ResourceType for DynamodbTable {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // With another `/` it is an index, a stream or a backup.
        arn.service == "dynamodb" && arn.name("table").is_some_and(|name| !name.contains('/'))
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
        let name = resource_name(&resource.id, "table");
        let answer = clients
            .dynamodb()
            .delete_table()
            .table_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("dynamodb", "DeleteTable", name)),
            Deletion::Started,
        )
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        // An on-demand table costs nothing while it is idle.
        let billing = resource.details.get(BILLING).map(String::as_str);
        if billing != Some(BillingMode::Provisioned.as_str()) {
            return Vec::new();
        }
        let signal = |metric| Signal {
            namespace: "AWS/DynamoDB",
            metric,
            statistic: "Sum",
            dimensions: vec![("TableName", resource_name(&resource.id, "table").to_owned())],
            threshold: 1.0,
            silence_is_zero: true,
        };
        vec![
            signal("ConsumedReadCapacityUnits"),
            signal("ConsumedWriteCapacityUnits"),
        ]
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = resource_name(id, "table");
    let table = clients.dynamodb().describe_table().table_name(name);
    let (table, tags) = tokio::join!(table.send(), tags(clients, id));
    let table = table.map_err(failed!("dynamodb", "DescribeTable", name))?;
    let mut resource = match table.table() {
        Some(table) => to_resource(clients, id, table),
        None => clients.resource(id.clone(), NAME),
    };
    resource.tags = tags?;
    Ok(resource)
}

/// Reads all tags, which come in small pages.
async fn tags(clients: &Clients, id: &ResourceId) -> Result<BTreeMap<String, String>, CloudError> {
    let mut tags = BTreeMap::new();
    let mut next = None;
    loop {
        let list = clients
            .dynamodb()
            .list_tags_of_resource()
            .resource_arn(id.as_str())
            .set_next_token(next.clone());
        let page =
            list.send()
                .await
                .map_err(failed!("dynamodb", "ListTagsOfResource", id.as_str()))?;
        tags.extend(
            page.tags
                .unwrap_or_default()
                .into_iter()
                .map(|tag| (tag.key, tag.value)),
        );
        let more = page.next_token.filter(|token| !token.is_empty());
        // A token that does not change would loop for ever.
        if more.is_none() || more == next {
            return Ok(tags);
        }
        next = more;
    }
}

fn to_resource(clients: &Clients, id: &ResourceId, table: &TableDescription) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.state = table
        .table_status()
        .map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(table.creation_date_time());
    resource.confirmation = Confirmation::Confirmed;
    if table.deletion_protection_enabled() == Some(true) {
        resource.protection = Some("DeletionProtectionEnabled".to_owned());
    }
    let key = table
        .sse_description()
        .and_then(|key| key.kms_master_key_arn());
    resource.uses = key
        .map(|key| ResourceId(key.to_owned()))
        .into_iter()
        .collect();
    // A table without a billing mode is provisioned, as all tables once were.
    let billing = table
        .billing_mode_summary()
        .and_then(|summary| summary.billing_mode())
        .unwrap_or(&BillingMode::Provisioned);
    let used = if *billing == BillingMode::Provisioned {
        "capacity units"
    } else {
        "requests"
    };
    resource.unpriced = vec![used.to_owned(), "storage".to_owned()];
    let billing = billing.as_str().to_owned();
    resource.details.insert(BILLING.to_owned(), billing);
    resource
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::BillingModeSummary;

    use super::*;

    fn described(table: &TableDescription) -> Resource {
        let clients = Clients::for_tests();
        to_resource(&clients, &clients.arn("dynamodb", "table/orders"), table)
    }

    /// Only a provisioned table, which costs while it is idle, has signals.
    #[test]
    fn only_provisioned_tables_can_be_idle() {
        let provisioned = described(&TableDescription::builder().build());
        assert_eq!(DynamodbTable.signals(&provisioned).len(), 2);
        assert_eq!(provisioned.unpriced, ["capacity units", "storage"]);
        let mode = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest);
        let table = TableDescription::builder().billing_mode_summary(mode.build());
        let on_demand = described(&table.build());
        assert_eq!(DynamodbTable.signals(&on_demand), []);
        assert_eq!(on_demand.unpriced, ["requests", "storage"]);
    }

    /// Deletion protection is reported before a delete.
    #[test]
    fn reports_protection() {
        let table = TableDescription::builder().deletion_protection_enabled(true);
        let table = described(&table.build());
        assert_eq!(
            table.protection.as_deref(),
            Some("DeletionProtectionEnabled")
        );
    }

    /// Streams and indexes are not tables.
    #[test]
    fn parts_of_tables_are_not_tables() {
        let matches = |text| DynamodbTable.matches(&Arn::parse(text).unwrap());
        assert!(matches("arn:aws:dynamodb:eu-west-1:1:table/orders"));
        assert!(!matches(
            "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026"
        ));
    }
}
