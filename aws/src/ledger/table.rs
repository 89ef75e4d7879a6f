//! The creation of a table for a ledger.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    ScalarAttributeType, SseSpecification, SseType, TableStatus, Tag,
};
use stack::{LedgerError, LedgerId};

use super::connection::{Connection, FORMAT};
use super::fault::{Fault, FaultKind};
use super::{item, keys};

/// The number of shards of a new table. Each is one query of a listing, and one of the dashboard's
/// tick.
const SHARDS: u32 = 8;

/// How long DynamoDB may take to create a table.
const CREATION: Duration = Duration::from_secs(120);

const DOING: &str = "creating the table";

/// The settings of a new table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSettings {
    /// Whether DynamoDB refuses to delete the table until the protection is removed.
    pub deletion_protection: bool,
    /// Whether DynamoDB keeps 35 days of changes, so that the table can be restored to any second.
    pub point_in_time_recovery: bool,
    /// Whether to encrypt with the account's own key `alias/aws/dynamodb`. Otherwise DynamoDB
    /// encrypts with a key that AWS owns.
    pub account_key: bool,
    /// The tags of the table.
    pub tags: Vec<(String, String)>,
}

impl Default for TableSettings {
    fn default() -> Self {
        Self {
            deletion_protection: true,
            point_in_time_recovery: true,
            account_key: true,
            tags: vec![("managed-by".to_owned(), "jiti".to_owned())],
        }
    }
}

/// The result of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTable {
    /// The id of the ledger.
    pub id: LedgerId,
    /// Whether this call made the table a ledger; otherwise it was one before.
    pub is_new: bool,
}

impl TableSettings {
    /// The same table as a Terraform resource. The ledger's own item is not part of it: run
    /// `jiti ledger init` once after the apply.
    #[must_use]
    pub fn terraform(&self, table: &str) -> String {
        let mut text = format!(
            "resource \"aws_dynamodb_table\" \"jiti_ledger\" {{\n\
             \x20 name                        = \"{table}\"\n\
             \x20 billing_mode                = \"PAY_PER_REQUEST\"\n\
             \x20 hash_key                    = \"pk\"\n\
             \x20 range_key                   = \"sk\"\n\
             \x20 deletion_protection_enabled = {}\n\n\
             \x20 attribute {{\n    name = \"pk\"\n    type = \"S\"\n  }}\n\n\
             \x20 attribute {{\n    name = \"sk\"\n    type = \"S\"\n  }}\n\n\
             \x20 point_in_time_recovery {{\n    enabled = {}\n  }}\n\n\
             \x20 server_side_encryption {{\n    enabled = {}\n  }}\n",
            self.deletion_protection, self.point_in_time_recovery, self.account_key
        );
        if !self.tags.is_empty() {
            text.push_str("\n  tags = {\n");
            for (key, value) in &self.tags {
                let _ = writeln!(text, "    \"{key}\" = \"{value}\"");
            }
            text.push_str("  }\n");
        }
        text.push_str("}\n");
        text
    }
}

/// Creates the table and the ledger's own item. Each step that is done already is skipped.
pub(super) async fn create(
    connection: &Connection,
    settings: &TableSettings,
) -> Result<CreatedTable, LedgerError> {
    let (client, table) = (connection.client().await?, &connection.address.table);
    match connection.read_ledger_item().await {
        Ok(Some(opened)) => {
            return Ok(CreatedTable {
                id: opened.id,
                is_new: false,
            });
        }
        // A table without the item: an interrupted creation, a table that Terraform made, or
        // another program's table.
        Ok(None) => refuse_foreign(connection).await?,
        Err(LedgerError::NotCreated { .. }) => {
            let key = |name: &str, kind| {
                KeySchemaElement::builder()
                    .attribute_name(name)
                    .key_type(kind)
                    .build()
            };
            let attribute = |name: &str| {
                AttributeDefinition::builder()
                    .attribute_name(name)
                    .attribute_type(ScalarAttributeType::S)
                    .build()
            };
            let tags = settings
                .tags
                .iter()
                .map(|(key, value)| Tag::builder().key(key).value(value).build().ok());
            let encryption = settings.account_key.then(|| {
                SseSpecification::builder()
                    .enabled(true)
                    .sse_type(SseType::Kms)
                    .build()
            });
            connection.usage.request();
            let created = client
                .create_table()
                .table_name(table)
                .set_key_schema(
                    key(keys::PK, KeyType::Hash)
                        .ok()
                        .zip(key(keys::SK, KeyType::Range).ok())
                        .map(|(pk, sk)| vec![pk, sk]),
                )
                .set_attribute_definitions(
                    attribute(keys::PK)
                        .ok()
                        .zip(attribute(keys::SK).ok())
                        .map(|(pk, sk)| vec![pk, sk]),
                )
                .billing_mode(BillingMode::PayPerRequest)
                .deletion_protection_enabled(settings.deletion_protection)
                .set_sse_specification(encryption)
                .set_tags(Some(tags.flatten().collect()))
                .send()
                .await;
            if let Err(error) = created {
                let exists = error
                    .as_service_error()
                    .is_some_and(CreateTableError::is_resource_in_use_exception);
                if !exists {
                    return Err(failed(connection, Fault::from_sdk(&error), "CreateTable"));
                }
            }
        }
        Err(error) => return Err(error),
    }
    wait_until_active(connection).await?;
    if settings.point_in_time_recovery {
        let enabled = PointInTimeRecoverySpecification::builder()
            .point_in_time_recovery_enabled(true)
            .build()
            .ok();
        connection
            .repeated("UpdateContinuousBackups", DOING, || {
                client
                    .update_continuous_backups()
                    .table_name(table)
                    .set_point_in_time_recovery_specification(enabled.clone())
                    .send()
            })
            .await?;
    }
    let mut item = keys::ledger().attributes();
    let id = LedgerId::random();
    item.insert("id".to_owned(), item::text(id.as_str()));
    item.insert("format".to_owned(), item::whole(FORMAT));
    item.insert("shards".to_owned(), item::whole(SHARDS));
    let put = connection
        .repeated("PutItem", DOING, || async {
            let put = client
                .put_item()
                .table_name(table)
                .set_item(Some(item.clone()))
                .condition_expression("attribute_not_exists(pk)");
            match put.send().await {
                Ok(_) => Ok(true),
                Err(error) if Fault::from_sdk(&error).kind == FaultKind::Condition => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await?;
    // Another process may have been faster, or the answer to an earlier attempt was lost.
    let opened = connection.opened().await?;
    Ok(CreatedTable {
        is_new: put || opened.id == id,
        id: opened.id.clone(),
    })
}

/// Fails when the table holds anything.
async fn refuse_foreign(connection: &Connection) -> Result<(), LedgerError> {
    let (client, table) = (connection.client().await?, &connection.address.table);
    let scanned = connection
        .repeated("Scan", DOING, || {
            client
                .scan()
                .table_name(table)
                .limit(1)
                .consistent_read(true)
                .send()
        })
        .await?;
    if scanned.items().is_empty() {
        return Ok(());
    }
    Err(LedgerError::NotALedger {
        ledger: connection.location.clone(),
        why: format!("the table {table} holds the data of another program"),
    })
}

async fn wait_until_active(connection: &Connection) -> Result<(), LedgerError> {
    let (client, table) = (connection.client().await?, &connection.address.table);
    let since = Instant::now();
    loop {
        connection.usage.request();
        let status = match client.describe_table().table_name(table).send().await {
            Ok(answer) => answer.table.and_then(|table| table.table_status),
            Err(error) => {
                let fault = Fault::from_sdk(&error);
                // A new table may not be visible at once.
                if !fault.is_transient() && fault.kind != FaultKind::NoTable {
                    return Err(failed(connection, fault, "DescribeTable"));
                }
                None
            }
        };
        if status == Some(TableStatus::Active) {
            return Ok(());
        }
        if since.elapsed() > CREATION {
            let cause = super::fault::cause(format!("the table's status is {status:?}"));
            let fault = Fault {
                kind: FaultKind::Other,
                cause,
            };
            return Err(failed(connection, fault, "DescribeTable"));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn failed(connection: &Connection, fault: Fault, action: &'static str) -> LedgerError {
    connection.failed(fault, action, DOING, Duration::ZERO, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Terraform text has every setting.
    #[test]
    fn the_terraform_text_is_the_same_table() {
        let text = TableSettings::default().terraform("jiti-ledger");
        for part in [
            "resource \"aws_dynamodb_table\" \"jiti_ledger\" {",
            "  name                        = \"jiti-ledger\"",
            "  billing_mode                = \"PAY_PER_REQUEST\"",
            "  deletion_protection_enabled = true",
            "    \"managed-by\" = \"jiti\"",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(text.matches("enabled = true").count(), 3, "{text}");
    }
}
