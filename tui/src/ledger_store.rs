//! Opens the ledger at an address: a SQLite file, or a shared one.

use std::sync::Arc;

use stack::config::LedgerAddress;
use stack::{Ledger, LedgerId, SqliteLedger};

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
    Err(without_aws(address))
}

#[cfg(not(feature = "aws"))]
fn without_aws(address: &str) -> CommandError {
    CommandError::failed(format!(
        "{address} is a shared ledger, but this jiti was built without AWS support"
    ))
    .hint("build jiti with AWS support: make install")
}

/// The settings of a new shared ledger's table.
pub(crate) struct SharedLedgerSettings {
    pub(crate) deletion_protection: bool,
    pub(crate) point_in_time_recovery: bool,
    /// Whether to encrypt with the account's own key.
    pub(crate) account_key: bool,
    /// Tags besides jiti's own.
    pub(crate) tags: Vec<(String, String)>,
}

#[cfg(feature = "aws")]
impl SharedLedgerSettings {
    fn table(&self) -> aws::TableSettings {
        let mut settings = aws::TableSettings {
            deletion_protection: self.deletion_protection,
            point_in_time_recovery: self.point_in_time_recovery,
            account_key: self.account_key,
            ..aws::TableSettings::default()
        };
        settings.tags.extend(self.tags.iter().cloned());
        settings
    }
}

/// The table of a shared ledger as a Terraform resource.
#[cfg(feature = "aws")]
pub(crate) fn terraform(
    address: &str,
    settings: &SharedLedgerSettings,
) -> Result<String, CommandError> {
    let address = aws::DynamoAddress::parse(address)?;
    Ok(settings.table().terraform(&address.table))
}

/// This build has no shared ledgers.
#[cfg(not(feature = "aws"))]
pub(crate) fn terraform(
    address: &str,
    _settings: &SharedLedgerSettings,
) -> Result<String, CommandError> {
    Err(without_aws(address))
}

/// Creates a shared ledger. Returns its id, and whether this call created it.
#[cfg(feature = "aws")]
pub(crate) async fn create(
    address: &str,
    settings: &SharedLedgerSettings,
) -> Result<(LedgerId, bool), CommandError> {
    let ledger = aws::DynamoLedger::at(aws::DynamoAddress::parse(address)?);
    let created = ledger.create(&settings.table()).await?;
    Ok((created.id, created.is_new))
}

/// This build has no shared ledgers.
#[cfg(not(feature = "aws"))]
pub(crate) async fn create(
    address: &str,
    _settings: &SharedLedgerSettings,
) -> Result<(LedgerId, bool), CommandError> {
    std::future::ready(Err(without_aws(address))).await
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
