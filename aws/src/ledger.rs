//! The shared ledger: a DynamoDB table behind [`Ledger`].
//!
//! One transaction appends the events of a stack, replaces its snapshot, and adds an entry to the
//! log of its shard. Each part has a condition, so a transaction that lost a race writes nothing.
//! docs/dev/shared-ledger.md describes the items.

mod address;
mod append;
mod connection;
mod fault;
mod item;
mod keys;
mod own_partitions;
mod read;
mod stream;
mod table;
mod transaction;
mod usage;

use std::fmt;
use std::sync::Arc;

use aws_types::SdkConfig;

pub use address::DynamoAddress;
pub use own_partitions::OwnPartitions;
pub use table::{CreatedTable, TableSettings};

use stack::breaker::{BreakerEvent, Breakers};
use stack::lease::{Event, Lease, NewEvent};
use stack::ledger::{
    Cursor, LeaseList, LedgerFuture, LedgerSettings, LogPage, Scope, SettingsEvent, StoreUsage,
};
use stack::pool::{Pool, PoolEvent};
use stack::reaper::{ReaperEvent, ReaperStatus};
use stack::{Ledger, LedgerError, LedgerId, PoolName, Seq, StackName};

use self::append::Writer;
use self::connection::Connection;
use self::stream::StreamName;

/// A ledger in a DynamoDB table.
///
/// Creating the value makes no call. The first call loads the credentials and checks that the table
/// is a ledger. Calls retry throttled and lost requests within a deadline.
pub struct DynamoLedger {
    connection: Arc<Connection>,
    writer: Writer,
    read_only: bool,
}

impl fmt::Debug for DynamoLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DynamoLedger")
            .field(&self.connection.address)
            .finish()
    }
}

impl DynamoLedger {
    /// The ledger at an address, with the credentials of the environment.
    #[must_use]
    pub fn at(address: DynamoAddress) -> Self {
        Self::connected(address, None)
    }

    /// Like [`Self::at`], with this configuration in place of the environment's.
    #[must_use]
    pub fn with_config(address: DynamoAddress, config: SdkConfig) -> Self {
        Self::connected(address, Some(config))
    }

    fn connected(address: DynamoAddress, config: Option<SdkConfig>) -> Self {
        let connection = Arc::new(Connection::new(address, config));
        Self {
            writer: Writer::new(Arc::clone(&connection)),
            connection,
            read_only: false,
        }
    }

    /// Like [`Self::at`], but every append is [`LedgerError::ReadOnly`].
    #[must_use]
    pub fn read_only(address: DynamoAddress) -> Self {
        Self {
            read_only: true,
            ..Self::at(address)
        }
    }

    /// Creates the table of the ledger with the given settings, or completes a table whose creation
    /// was interrupted. A table that is a ledger already stays as it is.
    ///
    /// # Errors
    /// [`LedgerError::NotALedger`] when the table exists and is something else, and the errors of
    /// every call.
    pub async fn create(&self, settings: &TableSettings) -> Result<CreatedTable, LedgerError> {
        table::create(&self.connection, settings).await
    }

    /// The partitions that the commands of one stack read and write. The stack may not exist yet.
    ///
    /// # Errors
    /// When the ledger's own item, which has the number of shards, cannot be read.
    pub async fn own_partitions(&self, stack: &StackName) -> Result<OwnPartitions, LedgerError> {
        let shards = self.connection.opened().await?.shards;
        Ok(OwnPartitions::new(stack, shards))
    }

    /// Fails when this value may only read.
    fn writable(&self) -> Result<(), LedgerError> {
        if self.read_only {
            let ledger = self.location();
            return Err(LedgerError::ReadOnly { ledger });
        }
        Ok(())
    }
}

impl Ledger for DynamoLedger {
    fn location(&self) -> String {
        self.connection.location.clone()
    }

    fn id(&self) -> LedgerFuture<'_, LedgerId> {
        Box::pin(async { Ok(self.connection.opened().await?.id.clone()) })
    }

    fn verify_private(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn usage(&self) -> Option<StoreUsage> {
        Some(self.connection.usage.summary())
    }

    fn append(
        &self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> LedgerFuture<'_, Lease> {
        let stack = stack.clone();
        Box::pin(async move {
            self.writable()?;
            self.writer.append(stack, after, events).await
        })
    }

    fn lease(&self, stack: &StackName) -> LedgerFuture<'_, Option<Lease>> {
        let stack = stack.clone();
        Box::pin(async move {
            let found = read::stack(&self.connection, &stack).await?;
            let lease = found.map(|found| found.lease);
            if let Some(lease) = &lease {
                self.writer.remember(lease);
            }
            Ok(lease)
        })
    }

    fn events(&self, stack: &StackName, after: Seq) -> LedgerFuture<'_, Vec<Event>> {
        let stack = stack.clone();
        Box::pin(async move { read::events(&self.connection, &stack, after).await })
    }

    fn list_leases(&self, scope: Scope) -> LedgerFuture<'_, LeaseList> {
        Box::pin(async move { read::leases(&self.connection, scope).await })
    }

    fn log(&self, cursor: &Cursor, limit: usize) -> LedgerFuture<'_, LogPage> {
        let cursor = cursor.clone();
        Box::pin(async move { read::log(&self.connection, &cursor, limit).await })
    }

    fn end(&self) -> LedgerFuture<'_, Cursor> {
        Box::pin(async { read::end(&self.connection).await })
    }

    fn pool(&self, pool: &PoolName) -> LedgerFuture<'_, Pool> {
        let name = StreamName::pool(pool);
        Box::pin(async move { stream::state(&self.connection, &name).await })
    }

    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool> {
        let name = StreamName::pool(pool);
        Box::pin(async move {
            self.writable()?;
            stream::append(&self.connection, &name, after, events).await
        })
    }

    fn pools(&self) -> LedgerFuture<'_, Vec<PoolName>> {
        Box::pin(async { stream::pools(&self.connection).await })
    }

    fn pool_events(&self, pool: &PoolName, after: Seq) -> LedgerFuture<'_, Vec<PoolEvent>> {
        let name = StreamName::pool(pool);
        Box::pin(async move { stream::events::<Pool>(&self.connection, &name, after).await })
    }

    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus> {
        Box::pin(async { stream::state(&self.connection, &StreamName::reaper()).await })
    }

    fn append_reaper(
        &self,
        after: Seq,
        events: Vec<ReaperEvent>,
    ) -> LedgerFuture<'_, ReaperStatus> {
        Box::pin(async move {
            self.writable()?;
            stream::append(&self.connection, &StreamName::reaper(), after, events).await
        })
    }

    fn reaper_events(&self, after: Seq) -> LedgerFuture<'_, Vec<ReaperEvent>> {
        Box::pin(async move {
            stream::events::<ReaperStatus>(&self.connection, &StreamName::reaper(), after).await
        })
    }

    fn breakers(&self) -> LedgerFuture<'_, Breakers> {
        Box::pin(async { stream::state(&self.connection, &StreamName::breakers()).await })
    }

    fn append_breakers(&self, after: Seq, events: Vec<BreakerEvent>) -> LedgerFuture<'_, Breakers> {
        Box::pin(async move {
            self.writable()?;
            stream::append(&self.connection, &StreamName::breakers(), after, events).await
        })
    }

    fn breaker_events(&self, after: Seq) -> LedgerFuture<'_, Vec<BreakerEvent>> {
        Box::pin(async move {
            stream::events::<Breakers>(&self.connection, &StreamName::breakers(), after).await
        })
    }

    fn settings(&self) -> LedgerFuture<'_, LedgerSettings> {
        Box::pin(async { stream::state(&self.connection, &StreamName::settings()).await })
    }

    fn append_settings(
        &self,
        after: Seq,
        events: Vec<SettingsEvent>,
    ) -> LedgerFuture<'_, LedgerSettings> {
        Box::pin(async move {
            self.writable()?;
            stream::append(&self.connection, &StreamName::settings(), after, events).await
        })
    }

    fn settings_events(&self, after: Seq) -> LedgerFuture<'_, Vec<SettingsEvent>> {
        Box::pin(async move {
            stream::events::<LedgerSettings>(&self.connection, &StreamName::settings(), after).await
        })
    }
}
