//! The tagging API's index of the region that also lists an account's resources without a region.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use stack::cloud::{CloudError, DiscoveryScope};
use tokio::sync::OnceCell;

use super::tag_index::{Listed, listed};
use crate::client::Clients;
use crate::partition::home_region;

type Answer = Result<Vec<Listed>, CloudError>;

/// The indexes of one discovery, by account. The region and the place of the resources without a
/// region both ask for one, and it is read once.
#[derive(Debug, Default)]
pub(crate) struct HomeIndexes(Mutex<HashMap<String, Arc<OnceCell<Answer>>>>);

impl HomeIndexes {
    /// What the tagging API lists in the region of these clients.
    pub(super) async fn listed(&self, clients: &Clients, scope: &DiscoveryScope) -> Answer {
        if clients.region_for("tagging") != home_region(&clients.partition) {
            return listed(clients, scope).await;
        }
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(clients.place.account.clone()).or_default())
        };
        cell.get_or_init(|| listed(clients, scope)).await.clone()
    }
}
