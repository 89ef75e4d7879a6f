//! Opens the ledger at an address: a SQLite file, or a shared one.

use std::sync::Arc;

use stack::config::LedgerAddress;
use stack::{Ledger, SqliteLedger};

use crate::error::CommandError;

/// Opens a ledger. This touches no file and makes no call before the first use.
pub(crate) fn open(
    address: &LedgerAddress,
    read_only: bool,
) -> Result<Arc<dyn Ledger>, CommandError> {
    match address {
        LedgerAddress::File(path) if read_only => Ok(Arc::new(SqliteLedger::read_only(path))),
        LedgerAddress::File(path) => Ok(Arc::new(SqliteLedger::at(path))),
        LedgerAddress::Shared { address, .. } => shared(address, read_only),
    }
}

#[cfg(feature = "aws")]
fn shared(address: &str, read_only: bool) -> Result<Arc<dyn Ledger>, CommandError> {
    let address = aws::DynamoAddress::parse(address)?;
    Ok(match read_only {
        true => Arc::new(aws::DynamoLedger::read_only(address)),
        false => Arc::new(aws::DynamoLedger::at(address)),
    })
}

/// This build has no shared ledgers.
#[cfg(not(feature = "aws"))]
fn shared(address: &str, _read_only: bool) -> Result<Arc<dyn Ledger>, CommandError> {
    Err(CommandError::failed(format!(
        "{address} is a shared ledger, but this jiti was built without AWS support"
    ))
    .hint("build jiti with AWS support: make install"))
}

/// Whether the ledger exists, as far as that is known without a call. Fails if the folder of a file
/// is not accessible.
pub(crate) fn exists(address: &LedgerAddress) -> Result<bool, CommandError> {
    let Some(path) = address.file() else {
        return Ok(true);
    };
    path.try_exists().map_err(|error| {
        CommandError::failed(format!("cannot access the ledger {}", path.display()))
            .because(&error)
            .hint("ask its owner for access, or set another ledger with --ledger or JITI_LEDGER")
    })
}
