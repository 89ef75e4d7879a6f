//! The cloud beside the ledger: what was found there, and what is written about it.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{Service, ServiceError};
use crate::cloud::{Cloud, Found, Place, Which};
use crate::inventory::{Inventory, Known, Look};

/// The region of what is in none.
const GLOBAL: &str = "global";

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

    /// Looks for every stack in every place and remembers what was found; `None` without a cloud. Two looks are never
    /// made at once.
    ///
    /// # Errors
    /// What the inventory says. A place that did not answer is no error: it is named in what was found.
    pub async fn look_around(&self) -> Result<Option<(Found, Known)>, ServiceError> {
        let Some(sky) = &self.sky else {
            return Ok(None);
        };
        let _turn = sky.turn.lock().await;
        let found = sky.cloud.discover(&Which::All).await;
        let look = Look {
            at: self.now(),
            which: Which::All,
            places: self.places(),
            found: found.clone(),
        };
        let known = sky.inventory.keep_look(look).await?;
        Ok(Some((found, known)))
    }

    /// Every place that the configuration names: each region of each account, and what is in none.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let accounts = self.config.accounts.iter();
        let places = accounts.flat_map(|account| {
            let regions = account.regions.iter().map(String::as_str).chain([GLOBAL]);
            regions.map(|region| Place {
                account: account.id.clone(),
                region: region.to_owned(),
            })
        });
        places.collect()
    }
}
