//! What jiti knows of AWS: where a stack's resources are, what they cost, whether they are used, how they stop and go.
//!
//! The only package that names an AWS type. It answers through [`stack::Cloud`]; what a stack owns, in which order it goes
//! and what the ledger says about it is decided in `stack`.

mod access;
mod activity;
mod arn;
mod batch;
mod bill;
mod clients;
mod cloud;
mod discover;
mod ec2;
mod ecs;
mod eks;
mod elasticache;
mod elb;
mod error;
mod http;
mod iam;
mod index;
mod kept;
#[cfg(test)]
mod loopback;
mod pace;
#[cfg(test)]
mod permissions;
mod prices;
mod rds;
mod size;
mod tags;
mod time;
mod types;

pub use cloud::AwsCloud;
