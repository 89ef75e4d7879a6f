//! The table of types, by kind of service.
//!
//! The source of a row is the CloudFormation resource schema of the type that it names, and for the
//! ARN the service authorization reference. `tests/test_coverage.rs` compares each row with both.

mod analytics;
mod application;
mod compute;
mod data;
mod edge;
mod integration;
mod network;
mod operations;

use super::table_type::TableType;

/// The rows of each file.
static TABLES: [&[TableType]; 8] = [
    analytics::ROWS,
    application::ROWS,
    compute::ROWS,
    data::ROWS,
    edge::ROWS,
    integration::ROWS,
    network::ROWS,
    operations::ROWS,
];

/// Every type that jiti reads and deletes through Cloud Control.
pub(crate) fn table() -> impl Iterator<Item = &'static TableType> {
    TABLES.into_iter().flatten()
}
