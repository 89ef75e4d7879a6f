//! One transaction: its items with their conditions, and the reasons why DynamoDB cancelled it.

use std::sync::Arc;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, ReturnConsumedCapacity, TransactWriteItem};
use stack::Seq;

use super::connection::Connection;
use super::fault::{self, Cancelled, Fault, FaultKind};
use super::item;
use super::keys::{Item, Key};

/// One item of a transaction, without its table.
#[derive(Clone, Debug)]
pub(super) enum Write {
    /// Puts an item that must not exist.
    New(Item),
    /// Puts an item; the one in its place must have this number, if a number is given.
    Replace(Item, Option<Seq>),
    /// Deletes an item with this number.
    Remove(Key, Seq),
}

/// The condition on the number of the item in the table.
const HAS_NUMBER: &str = "seq = :after";

impl Write {
    fn in_table(&self, table: &str) -> TransactWriteItem {
        let put = |item: &Item| {
            Put::builder()
                .table_name(table)
                .set_item(Some(item.clone()))
        };
        let put = match self {
            Self::New(item) => put(item).condition_expression("attribute_not_exists(pk)"),
            Self::Replace(item, None) => put(item),
            Self::Replace(item, Some(after)) => put(item)
                .condition_expression(HAS_NUMBER)
                .expression_attribute_values(":after", item::whole(after.0)),
            Self::Remove(key, after) => {
                let delete = Delete::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .condition_expression(HAS_NUMBER)
                    .expression_attribute_values(":after", item::whole(after.0));
                return TransactWriteItem::builder()
                    .set_delete(delete.build().ok())
                    .build();
            }
        };
        TransactWriteItem::builder()
            .set_put(put.build().ok())
            .build()
    }
}

/// Why one item was not written.
pub(super) struct Reason {
    pub(super) meaning: Cancelled,
    text: String,
}

impl Reason {
    pub(super) fn fault(&self, kind: FaultKind) -> Fault {
        let cause = fault::cause(self.text.clone());
        Fault { kind, cause }
    }
}

/// Sends a transaction once: `None` when it was written, else the reason of each item.
pub(super) async fn transact(
    connection: &Connection,
    writes: &[Write],
    token: &str,
) -> Result<Option<Vec<Reason>>, Fault> {
    let client = connection.client().await.map_err(|error| Fault {
        kind: FaultKind::Other,
        cause: Arc::new(error),
    })?;
    let table = &connection.address.table;
    let items = writes.iter().map(|write| write.in_table(table)).collect();
    connection.usage.request();
    let call = client
        .transact_write_items()
        .set_transact_items(Some(items))
        .client_request_token(token)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let error = match call.send().await {
        Ok(answer) => {
            connection.answered();
            connection.usage.consumed(answer.consumed_capacity(), true);
            return Ok(None);
        }
        Err(error) => error,
    };
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return Err(Fault::from_sdk(&error));
    };
    let reasons = cancelled.cancellation_reasons().iter();
    let reasons = reasons.map(|reason| Reason {
        meaning: fault::cancelled(reason.code()),
        text: format!(
            "DynamoDB cancelled the transaction: {}: {}",
            reason.code().unwrap_or("no code"),
            reason.message().unwrap_or("no message")
        ),
    });
    Ok(Some(reasons.collect()))
}
