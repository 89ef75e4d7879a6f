//! The list prices: requested, stored in the inventory, and given back to the cloud before it
//! describes anything.

use crate::cloud::{CloudError, Resource};
use crate::service::{CloudAccess, CloudData, ServiceError};

impl CloudData<'_> {
    /// Requests and stores the current list prices of every known resource. Later descriptions use
    /// them. Returns why the price list could not be requested, if so.
    ///
    /// # Errors
    /// When the inventory cannot be read or written.
    pub async fn refresh_prices(self) -> Result<Option<CloudError>, ServiceError> {
        let Some(access) = self.service.cloud_access() else {
            return Ok(None);
        };
        let known = access.inventory.known().await?.resources;
        let resources: Vec<Resource> = known.into_values().collect();
        match access.cloud.prices(&resources).await {
            Ok(prices) => {
                access
                    .inventory
                    .record_prices(self.service.now(), prices)
                    .await?;
                Ok(None)
            }
            Err(error) => Ok(Some(error)),
        }
    }

    /// How many resources are known.
    ///
    /// # Errors
    /// When the inventory cannot be read or written.
    pub async fn known_resources(self) -> Result<usize, ServiceError> {
        let Some(access) = self.service.cloud_access() else {
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
