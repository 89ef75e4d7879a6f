//! The cloud beside the ledger: what was found there, and what is written about it.

mod clock;
mod sync;
mod told;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

pub use clock::ClockSkew;
pub use sync::{SyncMode, SyncReport, SyncedStack};

use super::{Service, ServiceError};
use crate::cloud::{Cloud, Found, Place, Which};
use crate::inventory::{Inventory, Known, Look};
use crate::view::CloudView;

/// A cloud, and the memory of what it said.
#[derive(Clone)]
pub struct Sky {
    /// Who is asked.
    pub cloud: Arc<dyn Cloud>,
    /// Where the answers are kept.
    pub inventory: Arc<dyn Inventory>,
    /// Whose turn it is to look at all of it.
    turn: Arc<Mutex<()>>,
}

impl Sky {
    /// A cloud with a memory. Nothing is asked or opened yet.
    #[must_use]
    pub fn new(cloud: Arc<dyn Cloud>, inventory: Arc<dyn Inventory>) -> Self {
        Self {
            cloud,
            inventory,
            turn: Arc::default(),
        }
    }
}

impl Service {
    /// The same service with a cloud to ask. Without one it knows of the ledger only.
    #[must_use]
    pub fn with_sky(self, sky: Sky) -> Self {
        Self {
            sky: Some(sky),
            ..self
        }
    }

    /// The cloud, where accounts are configured.
    #[must_use]
    pub fn sky(&self) -> Option<&Sky> {
        self.sky.as_ref()
    }

    /// Every place that the configuration names: each region of each account, and what is in none.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        self.config.places().collect()
    }

    /// Remembers what a look has found; whoever looked for one stack only makes no place younger by it.
    ///
    /// # Errors
    /// What the inventory says.
    pub async fn keep_look(
        &self,
        sky: &Sky,
        which: &Which,
        began_at: Timestamp,
        found: &Found,
    ) -> Result<Known, ServiceError> {
        let look = Look {
            at: began_at,
            ended_at: self.now(),
            which: which.clone(),
            places: self.places(),
            found: found.clone(),
        };
        Ok(sky.inventory.keep_look(look).await?)
    }

    /// What is known of the cloud, without asking it; `None` where no account is configured.
    ///
    /// # Errors
    /// What the inventory says.
    pub async fn cloud_view(&self) -> Result<Option<Arc<CloudView>>, ServiceError> {
        let Some(sky) = &self.sky else {
            return Ok(None);
        };
        let (known, bill) = (sky.inventory.known().await?, sky.inventory.bill().await?);
        let view = CloudView::new(known, bill, &self.places());
        Ok(Some(Arc::new(view)))
    }
}

#[cfg(test)]
mod tests;
