//! What jiti knows of AWS: where a stack's resources are, what they cost, whether they are used, how they stop and go.
//!
//! The only package that names an AWS type. It answers through [`stack::Cloud`]; what a stack owns, in which order it goes
//! and what the ledger says about it is decided in `stack`.

mod arn;
mod batch;
mod client;
mod cloud;
mod discovery;
mod metrics;
#[cfg(test)]
mod permissions;
mod pricing;
mod saved_size;
mod services;
mod tags;
mod time;
mod types;

pub use cloud::AwsCloud;
