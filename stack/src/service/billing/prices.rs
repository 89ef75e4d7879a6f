//! List prices that were asked for: kept in the inventory, and given back to the cloud before it describes anything.

use crate::cloud::{CloudError, Resource};
use crate::service::{CloudAccess, Service, ServiceError};

impl Service {
    /// Asks for the present list prices of everything that is known to stand, and keeps them. What is described afterwards
    /// is priced by them. Answers why the price list could not be asked, if it could not.
    ///
    /// # Errors
    /// What the inventory says.
    pub async fn refresh_prices(&self) -> Result<Option<CloudError>, ServiceError> {
        let Some(access) = self.cloud_access() else {
            return Ok(None);
        };
        let known = access.inventory.known().await?.resources;
        let resources: Vec<Resource> = known.into_values().collect();
        match access.cloud.prices(&resources).await {
            Ok(prices) => {
                access.inventory.record_prices(self.now(), prices).await?;
                Ok(None)
            }
            Err(error) => Ok(Some(error)),
        }
    }

    /// How many resources are known to stand.
    ///
    /// # Errors
    /// What the inventory says.
    pub async fn known_resources(&self) -> Result<usize, ServiceError> {
        let Some(access) = self.cloud_access() else {
            return Ok(0);
        };
        Ok(access.inventory.known().await?.resources.len())
    }
}

impl CloudAccess {
    /// Lets the cloud price by what was asked for before.
    pub(in crate::service) async fn price_as_known(&self) -> Result<(), ServiceError> {
        let known = self.inventory.prices().await?.into_iter();
        self.cloud
            .set_prices(known.map(|known| known.price).collect());
        Ok(())
    }
}
