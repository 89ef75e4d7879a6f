//! The ledger of the provider block. It is opened only when it is needed.

use std::path::Path;
use std::sync::Arc;

use stack::config::LedgerAddress;
use stack::service::{ServiceError, ledger_policy};
use stack::{Lease, Ledger, LedgerError, Policy, ReaperStatus, SqliteLedger, StackName};

/// The address of a ledger, and its store. A plan does not create a file.
pub(crate) struct OpenLedger {
    address: LedgerAddress,
    store: Arc<dyn Ledger>,
}

impl OpenLedger {
    /// The ledger at an address. This touches no file and makes no call.
    ///
    /// # Errors
    /// If the address of a shared ledger is invalid.
    pub(crate) fn at(address: LedgerAddress) -> Result<Self, LedgerError> {
        let store: Arc<dyn Ledger> = match &address {
            LedgerAddress::File(path) => Arc::new(SqliteLedger::at(path)),
            LedgerAddress::Shared { address, .. } => shared(address)?,
        };
        Ok(Self { address, store })
    }

    /// The address, for messages.
    pub(crate) fn address(&self) -> &LedgerAddress {
        &self.address
    }

    /// Whether the ledger exists, as far as that is known without a call.
    pub(crate) fn exists(&self) -> bool {
        self.address.file().is_none_or(Path::exists)
    }

    pub(crate) fn store(&self) -> &dyn Ledger {
        self.store.as_ref()
    }

    pub(crate) fn shared_store(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.store)
    }

    /// The lease of a stack. A missing ledger has no leases, and this does not create it.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub(crate) async fn lease(&self, name: &StackName) -> Result<Option<Lease>, LedgerError> {
        if !self.exists() {
            return Ok(None);
        }
        self.store.lease(name).await
    }

    /// The policy that the ledger holds. A missing ledger has none.
    ///
    /// # Errors
    /// If the ledger cannot be read, or the text of its policy is invalid.
    pub(crate) async fn policy(&self) -> Result<Option<Policy>, ServiceError> {
        if !self.exists() {
            return Ok(None);
        }
        ledger_policy(self.store()).await
    }

    /// The reaper's last run. A missing ledger has none.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub(crate) async fn reaper(&self) -> Result<ReaperStatus, LedgerError> {
        if !self.exists() {
            return Ok(ReaperStatus::default());
        }
        self.store.reaper().await
    }
}

#[cfg(feature = "shared-ledger")]
fn shared(address: &str) -> Result<Arc<dyn Ledger>, LedgerError> {
    let address = aws::DynamoAddress::parse(address)?;
    Ok(Arc::new(aws::DynamoLedger::at(address)))
}

/// This build has no shared ledgers.
#[cfg(not(feature = "shared-ledger"))]
fn shared(address: &str) -> Result<Arc<dyn Ledger>, LedgerError> {
    Err(LedgerError::Address {
        ledger: address.to_owned(),
        why: "this provider was built without shared ledgers; run `make install` in jiti's repository to build one that has them".to_owned(),
    })
}
