//! The SQLite machinery that the ledger and the inventory share.

pub(crate) mod failure;
pub(crate) mod lock_wait;
pub(crate) mod worker_thread;
