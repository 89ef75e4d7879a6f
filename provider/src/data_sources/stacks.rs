//! The data source `jiti_stacks`: the stacks of a ledger that fit a filter, as they are now.

use stack::Listing;
use stack::ledger::Scope;
use tfplugin::{Context, DataSource, Model, Result, Value};

use super::listing_model::ListingModel;
use crate::client::Client;

/// The data source.
pub(crate) struct StacksLookup {
    client: Client,
}

/// The stacks of a ledger that fit every filter given, ordered by name. Those that are gone are left out unless
/// `phase` asks for them.
#[derive(Clone, Debug, Model)]
pub(crate) struct StacksModel {
    /// Only those of this app.
    #[attribute(optional)]
    app: Value<String>,
    /// Only those of this owner.
    #[attribute(optional)]
    owner: Value<String>,
    /// Only those in this phase: `provisioning`, `ready`, `asleep`, `purgatory`, `tearing_down`, `residue`, `gone`.
    #[attribute(optional, validate = check_phase)]
    phase: Value<String>,
    /// Only those with this flag: `idle`, `expiring`, `expired`, `held`, `protected`, `over_budget`, `unleased`.
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

impl DataSource for StacksLookup {
    type Client = Client;
    type Model = StacksModel;

    const NAME: &'static str = "jiti_stacks";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn read(&self, _context: &mut Context, config: StacksModel) -> Result<StacksModel> {
        let leases = if self.client.ledger_path().exists() {
            let gone = matches!(&config.phase, Value::Known(phase) if phase == "gone");
            let scope = if gone { Scope::All } else { Scope::Live };
            self.client
                .ledger()
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
            .filter(|listing| fits(&config, listing))
            .map(ListingModel::from)
            .collect();
        Ok(StacksModel {
            stacks: stacks.into(),
            ..config
        })
    }
}

fn fits(config: &StacksModel, listing: &Listing) -> bool {
    let is = |wanted: &Value<String>, found: &str| match wanted {
        Value::Known(wanted) => wanted == found,
        Value::Null | Value::Unknown => true,
    };
    is(&config.app, listing.app.as_ref())
        && is(&config.owner, listing.owner.as_ref())
        && is(&config.phase, &listing.phase.to_string())
        && match &config.flag {
            Value::Known(wanted) => listing.flags.iter().any(|flag| flag.as_str() == wanted),
            Value::Null | Value::Unknown => true,
        }
}

fn check_phase(phase: &str) -> std::result::Result<(), String> {
    one_of(phase, &PHASES)
}

fn check_flag(flag: &str) -> std::result::Result<(), String> {
    one_of(flag, &FLAGS)
}

fn one_of(word: &str, words: &[&str]) -> std::result::Result<(), String> {
    if words.contains(&word) {
        Ok(())
    } else {
        Err(format!("{word:?} is none of {}", words.join(", ")))
    }
}
