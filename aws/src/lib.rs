//! The AWS side of jiti: finds the resources of a stack, prices them, reads their metrics, and
//! stops, starts and deletes them.
//!
//! Only this package names AWS resource types. It implements [`stack::Cloud`]. The `stack` package
//! decides what a stack owns, in which order resources are deleted and what the ledger records.

#[cfg(feature = "cloud")]
mod application_auto_scaling;
#[cfg(feature = "cloud")]
mod arn;
#[cfg(feature = "cloud")]
mod batch;
mod causes;
#[cfg(feature = "cloud")]
mod client;
#[cfg(feature = "cloud")]
mod cloud;
#[cfg(feature = "cloud")]
mod cloud_control;
#[cfg(feature = "cloud")]
mod coverage;
#[cfg(feature = "cloud")]
mod delete_command;
#[cfg(feature = "cloud")]
mod discovery;
#[cfg(feature = "cloud")]
mod governance;
#[cfg(feature = "ledger")]
mod ledger;
#[cfg(feature = "cloud")]
mod metrics;
#[cfg(feature = "cloud")]
mod not_ready;
#[cfg(any(feature = "cloud", feature = "ledger"))]
mod partition;
#[cfg(feature = "cloud")]
mod pricing;
#[cfg(feature = "cloud")]
mod resource_type;
#[cfg(feature = "ledger")]
mod role_policy;
#[cfg(feature = "cloud")]
mod saved_size;
#[cfg(feature = "cloud")]
mod services;
#[cfg(feature = "cloud")]
mod signal;
#[cfg(feature = "cloud")]
mod tags;
#[cfg(all(test, feature = "cloud"))]
mod test_fuzz;
#[cfg(feature = "cloud")]
mod time;
#[cfg(feature = "cloud")]
mod type_facts;
#[cfg(feature = "cloud")]
mod types;

#[cfg(feature = "cloud")]
pub use cloud::AwsCloud;
#[cfg(feature = "cloud")]
pub use coverage::{
    SchemaFacts, TypeCoverage, UNLISTED, UnlistedCause, UnlistedType, type_coverage,
};
#[cfg(feature = "ledger")]
pub use ledger::{CreatedTable, DynamoAddress, DynamoLedger, OwnPartitions, TableSettings};
#[cfg(feature = "cloud")]
pub use pricing::ListPrices;
#[cfg(feature = "ledger")]
pub use role_policy::{PolicyDocument, PolicyRole, PolicyScope};
#[cfg(feature = "cloud")]
pub use type_facts::type_facts;
#[cfg(feature = "cloud")]
pub use types::recovery_commands;
