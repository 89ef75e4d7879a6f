//! The domain of jiti: stacks and their leases, the ledger, costs, and what is due.
//!
//! This crate knows no cloud, no Terraform protocol, no terminal and no environment, and it reads
//! no clock except through [`Clock`]: callers pass these in.
#![doc = include_str!("../docs/model.md")]

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod cost;
pub mod due;
pub mod economics;
pub mod git;
pub mod idle;
pub mod init;
pub mod init_queue;
pub mod inventory;
pub mod lease;
pub mod ledger;
pub mod listing;
pub mod origin_record;
pub mod policy;
pub mod pool;
mod private_path;
pub mod process;
pub mod random;
pub mod reaper;
pub mod regular_file;
pub mod report;
pub mod service;
pub mod sleep;
mod sqlite;
pub mod sweep;
pub mod teardown_history;
pub mod terraform;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod values;
pub mod view;
pub mod warning;

pub use clock::{Clock, SystemClock};
pub use cloud::{Cloud, CloudError, Place, Resource, ResourceId};
pub use config::Config;
pub use inventory::{Inventory, MemoryInventory, SqliteInventory};
pub use lease::{
    Event, EventKind, IllegalTransition, Lease, NewEvent, Origin, Phase, ProcessId, Registration,
    RenewOn, Source, Terms,
};
pub use ledger::{Ledger, LedgerError, MemoryLedger, SqliteLedger};
pub use listing::{Flag, Listing};
pub use policy::{BreakerMode, Policy, Refusal, Refusals};
pub use private_path::Exposure;
pub use reaper::ReaperStatus;
pub use service::{Service, ServiceError};
pub use values::id::{
    Actor, AppName, AppVersion, DependencyName, LedgerId, NameError, Owner, PoolName, RunId, Seq,
    StackName,
};
pub use values::money::{HourlyRate, Usd};
pub use values::tags::Labels;
pub use values::ttl::{Elapsed, Span, Ttl};
pub use view::View;
