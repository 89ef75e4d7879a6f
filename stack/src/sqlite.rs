//! The SQLite machinery that the ledger and the inventory share.

mod create;
pub(crate) mod failure;
pub(crate) mod file;
pub(crate) mod lock_wait;
pub(crate) mod open;
pub(crate) mod schema;
pub(crate) mod worker_thread;
