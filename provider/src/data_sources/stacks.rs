//! The data source `jiti_stacks`: the current state of the stacks that match filters.

use stack::Listing;
use stack::ledger::Scope;
use tfplugin::{Context, DataSource, Model, Result, Value};

use super::known_ledger;
use super::listing_model::ListingModel;
use crate::client::Client;

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
    /// `over_budget`, `unleased`.
    #[attribute(optional, validate = check_flag)]
    flag: Value<String>,
    /// The stacks.
    #[attribute(computed)]
    stacks: Value<Vec<ListingModel>>,
}

const PHASES: [&str; 7] = [
    "provisioning",
    "ready",
    "asleep",
    "purgatory",
    "tearing_down",
    "residue",
    "gone",
];
const FLAGS: [&str; 7] = [
    "idle",
    "expiring",
    "expired",
    "held",
    "protected",
    "over_budget",
    "unleased",
];

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
        let stacks: Vec<ListingModel> = leases
            .iter()
            .map(|lease| Listing::new(lease, &view))
            .filter(|listing| matches_filters(&config, listing))
            .map(ListingModel::from)
            .collect();
        Ok(StacksModel {
            stacks: stacks.into(),
            ..config
        })
    }
}

fn matches_filters(config: &StacksModel, listing: &Listing) -> bool {
    let matches = |filter: &Value<String>, actual: &str| match filter {
        Value::Known(filter) => filter == actual,
        Value::Null | Value::Unknown => true,
    };
    matches(&config.app, listing.app.as_ref())
        && matches(&config.owner, listing.owner.as_ref())
        && matches(&config.phase, &listing.phase.to_string())
        && match &config.flag {
            Value::Known(filter) => listing.flags.iter().any(|flag| flag.as_str() == filter),
            Value::Null | Value::Unknown => true,
        }
}

fn check_phase(phase: &str) -> std::result::Result<(), String> {
    check_one_of(phase, &PHASES)
}

fn check_flag(flag: &str) -> std::result::Result<(), String> {
    check_one_of(flag, &FLAGS)
}

fn check_one_of(value: &str, allowed: &[&str]) -> std::result::Result<(), String> {
    if allowed.contains(&value) {
        Ok(())
    } else {
        Err(format!(
            "Invalid value {value:?}. Use one of {}.",
            allowed.join(", ")
        ))
    }
}
