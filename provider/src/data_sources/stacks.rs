//! The data source `jiti_stacks`: the current state of the stacks that match filters.

use stack::Listing;
use stack::ledger::Scope;
use tfplugin::{Context, DataSource, Model, Result, Value};

use super::known_ledger;
use super::listing_model::ListingModel;
use crate::client::Client;
use crate::listing_filter::{LIVE_PHASES, ListingFilter, check_flag, check_one_of};

/// The data source.
pub(crate) struct StacksDataSource {
    client: Client,
}

/// The stacks of a ledger that match all given filters, sorted by name. Stacks in the phase `gone`
/// are included only if `phase` is `gone`.
#[derive(Clone, Debug, Model)]
pub(crate) struct StacksModel {
    /// Only stacks of this app.
    #[attribute(optional)]
    app: Value<String>,
    /// Only stacks of this owner.
    #[attribute(optional)]
    owner: Value<String>,
    /// Only stacks in this phase: `provisioning`, `ready`, `asleep`, `purgatory`, `tearing_down`,
    /// `residue`, `gone`.
    #[attribute(optional, validate = check_phase)]
    phase: Value<String>,
    /// Only stacks with this flag: `idle`, `expiring`, `expired`, `held`, `protected`,
    /// `over_budget`, `noncompliant`, `unleased`.
    #[attribute(optional, validate = check_flag)]
    flag: Value<String>,
    /// The stacks.
    #[attribute(computed)]
    stacks: Value<Vec<ListingModel>>,
}

impl DataSource for StacksDataSource {
    type Client = Client;
    type Model = StacksModel;

    const NAME: &'static str = "jiti_stacks";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn read(&self, context: &mut Context, config: StacksModel) -> Result<StacksModel> {
        let Some(ledger) = known_ledger(&self.client, context)? else {
            return Ok(StacksModel {
                stacks: Value::Null,
                ..config
            });
        };
        let leases = if ledger.exists() {
            let gone = matches!(&config.phase, Value::Known(phase) if phase == "gone");
            let scope = if gone { Scope::All } else { Scope::Live };
            ledger
                .store()
                .leases(scope)
                .await
                .map_err(|error| crate::diag::ledger(&error))?
        } else {
            Vec::new()
        };
        let view = self.client.view().await?;
        let filter = ListingFilter {
            app: &config.app,
            owner: &config.owner,
            phase: &config.phase,
            flag: &config.flag,
        };
        let stacks: Vec<ListingModel> = leases
            .iter()
            .map(|lease| Listing::new(lease, &view))
            .filter(|listing| filter.matches(listing))
            .map(ListingModel::from)
            .collect();
        Ok(StacksModel {
            stacks: stacks.into(),
            ..config
        })
    }
}

fn check_phase(phase: &str) -> std::result::Result<(), String> {
    let phases: Vec<_> = LIVE_PHASES.into_iter().chain(["gone"]).collect();
    check_one_of(phase, &phases)
}
