//! The contract of a ledger on the one in memory and the one in a file.

#[path = "ledger_contract.rs"]
mod contract;

use std::future::{Ready, ready};

use stack::{MemoryLedger, SqliteLedger};

use self::contract::ledger_contract;

fn in_memory() -> Ready<(MemoryLedger, ())> {
    ready((MemoryLedger::new(), ()))
}

fn in_a_file() -> Ready<(SqliteLedger, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::at(folder.path().join("ledger.db"));
    ready((ledger, folder))
}

ledger_contract!(memory, super::in_memory);
ledger_contract!(sqlite, super::in_a_file);
