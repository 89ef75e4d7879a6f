//! Access to the cloud, the stored scans, and the sync that updates the ledger from them.

mod clock_skew;
mod compliance;
mod ledger_updates;
mod run;

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use tokio::sync::Mutex;

pub use clock_skew::ClockSkew;
pub use compliance::{LiveCheck, LiveStack, LiveVerdict};
pub use run::{SyncMode, SyncReport, SyncedStack};

use super::{Service, ServiceError};
use crate::cloud::{Cloud, Discovery, DiscoveryScope, Place};
use crate::inventory::{CloudScan, CloudSnapshot, Generation, Inventory};
use crate::view::CloudView;

/// A cloud, and the inventory that stores its answers.
#[derive(Clone)]
pub struct CloudAccess {
    /// The cloud.
    pub cloud: Arc<dyn Cloud>,
    /// The stored answers.
    pub inventory: Arc<dyn Inventory>,
    /// Held during a sync, so that one runs at a time.
    turn: Arc<Mutex<()>>,
    /// The last view, reused while the inventory is unchanged.
    last: Arc<std::sync::Mutex<Option<LastView>>>,
}

/// A view, and the state that it was made from.
#[derive(Clone)]
struct LastView {
    generation: Generation,
    places: Vec<Place>,
    view: Arc<CloudView>,
}

impl CloudAccess {
    /// A cloud with an inventory. This makes no call and opens no file.
    #[must_use]
    pub fn new(cloud: Arc<dyn Cloud>, inventory: Arc<dyn Inventory>) -> Self {
        Self {
            cloud,
            inventory,
            turn: Arc::default(),
            last: Arc::default(),
        }
    }

    /// The stored data of these places; rebuilt only when the inventory has changed.
    async fn view(&self, places: Vec<Place>) -> Result<Arc<CloudView>, ServiceError> {
        // Read first: the data read afterwards is of this generation or a later one, which the next
        // call notices.
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
    /// Adds a cloud to the service. Without one, it knows only the ledger.
    #[must_use]
    pub fn with_cloud(self, access: CloudAccess) -> Self {
        Self {
            cloud_access: Some(access),
            ..self
        }
    }

    /// Sets the rules of governance, which a sync then checks where the configuration says so.
    #[must_use]
    pub fn with_live_check(self, rules: Option<Arc<dyn LiveCheck>>) -> Self {
        Self {
            live_check: rules,
            ..self
        }
    }

    /// The cloud, where accounts are configured.
    #[must_use]
    pub fn cloud_access(&self) -> Option<&CloudAccess> {
        self.cloud_access.as_ref()
    }
}

/// The use cases of cloud data: see [`Service::cloud`].
#[derive(Clone, Copy)]
pub struct CloudData<'a> {
    pub(super) service: &'a Service,
}

impl CloudData<'_> {
    /// Every configured place: each region of each account, and the global one.
    #[must_use]
    pub fn places(self) -> Vec<Place> {
        self.service.config.places().collect()
    }

    /// Stores the result of a scan. A scan for one stack does not make a place's data more recent.
    ///
    /// # Errors
    /// When the inventory cannot be read or written.
    pub async fn record_scan(
        self,
        access: &CloudAccess,
        which: &DiscoveryScope,
        began_at: Timestamp,
        found: &Discovery,
    ) -> Result<CloudSnapshot, ServiceError> {
        let look = CloudScan {
            at: began_at,
            ended_at: self.service.now(),
            which: which.clone(),
            places: self.places(),
            found: found.clone(),
        };
        Ok(access.inventory.record_scan(look).await?)
    }

    /// The stored cloud data, without a call; `None` where no account is configured.
    ///
    /// # Errors
    /// When the inventory cannot be read or written.
    pub async fn cloud_view(self) -> Result<Option<Arc<CloudView>>, ServiceError> {
        let Some(access) = &self.service.cloud_access else {
            return Ok(None);
        };
        access.view(self.places()).await.map(Some)
    }
}

#[cfg(test)]
mod tests;
