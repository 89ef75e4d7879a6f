//! The AWS side of jiti: finds the resources of a stack, prices them, reads their metrics, and
//! stops, starts and deletes them.
//!
//! Only this package names AWS resource types. It implements [`stack::Cloud`]. The `stack` package
//! decides what a stack owns, in which order resources are deleted and what the ledger records.

mod arn;
mod batch;
mod client;
mod cloud;
mod delete_command;
mod discovery;
mod metrics;
#[cfg(test)]
mod permissions;
mod pricing;
mod resource_type;
mod saved_size;
mod services;
mod signal;
mod tags;
mod time;
mod type_facts;
mod types;

pub use cloud::AwsCloud;
pub use type_facts::type_facts;
pub use types::recovery_commands;
