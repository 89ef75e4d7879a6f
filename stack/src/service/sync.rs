//! The cloud beside the ledger: what was found there, and what is written about it.

mod clock_skew;
mod ledger_updates;
mod run;

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use tokio::sync::Mutex;

pub use clock_skew::ClockSkew;
pub use run::{SyncMode, SyncReport, SyncedStack};

use super::{Service, ServiceError};
use crate::cloud::{Cloud, Discovery, DiscoveryScope, Place};
use crate::inventory::{CloudScan, CloudSnapshot, Generation, Inventory};
use crate::view::CloudView;

/// A cloud, and the memory of what it said.
#[derive(Clone)]
pub struct CloudAccess {
    /// Who is asked.
    pub cloud: Arc<dyn Cloud>,
    /// Where the answers are kept.
    pub inventory: Arc<dyn Inventory>,
    /// Whose turn it is to look at all of it.
    turn: Arc<Mutex<()>>,
    /// What was last made of that memory, for whoever reads it in the same state.
    last: Arc<std::sync::Mutex<Option<LastView>>>,
}

/// A view, and what it was made of.
#[derive(Clone)]
struct LastView {
    generation: Generation,
    places: Vec<Place>,
    view: Arc<CloudView>,
}

impl CloudAccess {
    /// A cloud with a memory. Nothing is asked or opened yet.
    #[must_use]
    pub fn new(cloud: Arc<dyn Cloud>, inventory: Arc<dyn Inventory>) -> Self {
        Self {
            cloud,
            inventory,
            turn: Arc::default(),
            last: Arc::default(),
        }
    }

    /// What is known in these places; made anew only when the memory has changed.
    async fn view(&self, places: Vec<Place>) -> Result<Arc<CloudView>, ServiceError> {
        // Asked first: what is read then is of this state, or of a later one, which is seen the next time.
        let generation = self.inventory.generation().await?;
        let last = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let same = last.filter(|last| Some(last.generation) == generation && last.places == places);
        if let Some(last) = same {
            return Ok(last.view);
        }
        let (known, bill) = (self.inventory.known().await?, self.inventory.bill().await?);
        let view = Arc::new(CloudView::new(known, bill, &places));
        let last = generation.map(|generation| LastView {
            generation,
            places,
            view: Arc::clone(&view),
        });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(view)
    }
}

impl Service {
    /// The same service with a cloud to ask. Without one it knows of the ledger only.
    #[must_use]
    pub fn with_cloud(self, access: CloudAccess) -> Self {
        Self {
            cloud_access: Some(access),
            ..self
        }
    }

    /// The cloud, where accounts are configured.
    #[must_use]
    pub fn cloud_access(&self) -> Option<&CloudAccess> {
        self.cloud_access.as_ref()
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
    pub async fn record_scan(
        &self,
        access: &CloudAccess,
        which: &DiscoveryScope,
        began_at: Timestamp,
        found: &Discovery,
    ) -> Result<CloudSnapshot, ServiceError> {
        let look = CloudScan {
            at: began_at,
            ended_at: self.now(),
            which: which.clone(),
            places: self.places(),
            found: found.clone(),
        };
        Ok(access.inventory.record_scan(look).await?)
    }

    /// What is known of the cloud, without asking it; `None` where no account is configured.
    ///
    /// # Errors
    /// What the inventory says.
    pub async fn cloud_view(&self) -> Result<Option<Arc<CloudView>>, ServiceError> {
        let Some(access) = &self.cloud_access else {
            return Ok(None);
        };
        access.view(self.places()).await.map(Some)
    }
}

#[cfg(test)]
mod tests;
