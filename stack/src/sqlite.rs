//! What the SQLite ledger and the SQLite inventory share: a worker thread, waits for a lock, and error mapping.

pub(crate) mod failure;
pub(crate) mod lock_wait;
pub(crate) mod worker_thread;
