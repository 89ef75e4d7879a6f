//! The fields of `jiti ls --json` as attributes. Money is text, because it is decimal and never rounded.

use std::collections::BTreeMap;

use stack::Listing;
use stack::listing::{ListedCost, ListedIdle, ListedInit, ListedOrigin};
use tfplugin::{Model, Value};

use crate::seconds::seconds;

/// The same fields twice: in a list every one is computed, in a lookup the name is given.
macro_rules! listing_model {
    ($(#[$doc:meta])* $model:ident, name: $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Model)]
        pub(crate) struct $model {
    /// The name.
                #[attribute($name)]
                pub(crate) name: Value<String>,
                /// The application.
                #[attribute(computed)]
                pub(crate) app: Value<String>,
                /// The version of the app.
                #[attribute(computed)]
                pub(crate) version: Value<String>,
                /// Who is responsible.
                #[attribute(computed)]
                pub(crate) owner: Value<String>,
                /// `provisioning`, `ready`, `asleep`, `purgatory`, `tearing_down`, `residue` or `gone`.
                #[attribute(computed)]
                pub(crate) phase: Value<String>,
                /// Any of `idle`, `expiring`, `expired`, `held`, `protected`, `over_budget`, `unleased`.
                #[attribute(computed)]
                pub(crate) flags: Value<Vec<String>>,
                /// The labels.
                #[attribute(computed)]
                pub(crate) labels: Value<BTreeMap<String, String>>,
                /// When the lease began, RFC 3339 in UTC.
                #[attribute(computed)]
                pub(crate) created_at: Value<String>,
                /// When the lease ends now, RFC 3339 in UTC: later than the last apply left it after an extension.
                #[attribute(computed)]
                pub(crate) expires_at: Value<String>,
                /// From where the expiry is known: `ledger` or `tags`.
                #[attribute(computed)]
                pub(crate) expiry_source: Value<String>,
                /// When the reaper will end it, RFC 3339 in UTC; null while no reaper has ever run.
                #[attribute(computed)]
                pub(crate) dies_at: Value<String>,
                /// Until when it is held, RFC 3339 in UTC.
                #[attribute(computed)]
                pub(crate) hold_until: Value<String>,
                /// Seconds until it expires; below zero when it has.
                #[attribute(computed)]
                pub(crate) ttl_seconds_left: Value<i64>,
                /// Where Terraform ran.
                #[attribute(computed)]
                pub(crate) origin: Value<OriginModel>,
                /// The accounts in which it was found.
                #[attribute(computed)]
                pub(crate) accounts: Value<Vec<String>>,
                /// The regions in which it was found.
                #[attribute(computed)]
                pub(crate) regions: Value<Vec<String>>,
                /// What it costs.
                #[attribute(computed)]
                pub(crate) cost: Value<CostModel>,
                /// Whether anybody uses it.
                #[attribute(computed)]
                pub(crate) idle: Value<IdleModel>,
                /// How long it took to be of use.
                #[attribute(computed)]
                pub(crate) init: Value<InitModel>,
        }

        impl From<Listing> for $model {
            fn from(listing: Listing) -> Self {
                Self {
                    name: listing.name.to_string().into(),
                    app: listing.app.to_string().into(),
                    version: listing.version.to_string().into(),
                    owner: listing.owner.to_string().into(),
                    phase: listing.phase.to_string().into(),
                    flags: listing.flags.iter().map(|flag| flag.as_str().to_owned()).collect::<Vec<_>>().into(),
                    labels: listing.labels.into(),
                    created_at: text(listing.created_at),
                    expires_at: text(listing.expires_at),
                    expiry_source: word(&listing.expiry_source),
                    dies_at: text(listing.dies_at),
                    hold_until: text(listing.hold_until),
                    ttl_seconds_left: listing.ttl_seconds_left.into(),
                    origin: listing.origin.map(OriginModel::from).into(),
                    accounts: listing.accounts.into(),
                    regions: listing.regions.into(),
                    cost: CostModel::from(listing.cost).into(),
                    idle: IdleModel::from(listing.idle).into(),
                    init: InitModel::from(listing.init).into(),
                }
            }
        }
    };
}

listing_model! {
    /// One stack of a ledger, as it is now: what `jiti show` tells.
    LookupModel, name: required
}

listing_model! {
    /// One of the stacks.
    ListingModel, name: computed
}

/// Where Terraform ran.
#[derive(Clone, Debug, Model)]
pub(crate) struct OriginModel {
    /// The root directory.
    #[attribute(computed)]
    directory: Value<String>,
    /// The workspace.
    #[attribute(computed)]
    workspace: Value<String>,
    /// The path of `terraform` or `tofu`.
    #[attribute(computed)]
    command: Value<String>,
}

/// What a stack costs, in US dollars as decimal text; null is unknown.
#[derive(Clone, Debug, Model)]
pub(crate) struct CostModel {
    /// The rate an hour.
    #[attribute(computed)]
    hourly_usd: Value<String>,
    /// Where the rate comes from.
    #[attribute(computed)]
    hourly_source: Value<String>,
    /// The estimate so far.
    #[attribute(computed)]
    spent_usd: Value<String>,
    /// What the bill says.
    #[attribute(computed)]
    billed_usd: Value<String>,
    /// Until when the bill speaks, RFC 3339 in UTC.
    #[attribute(computed)]
    billed_until: Value<String>,
    /// What it will cost until it expires.
    #[attribute(computed)]
    until_expiry_usd: Value<String>,
    /// What the estimate does not cover.
    #[attribute(computed)]
    unpriced: Value<Vec<String>>,
}

/// Whether anybody uses a stack.
#[derive(Clone, Debug, Model)]
pub(crate) struct IdleModel {
    /// `active`, `idle` or `unknown`.
    #[attribute(computed)]
    state: Value<String>,
    /// Since when it is idle, RFC 3339 in UTC.
    #[attribute(computed)]
    since: Value<String>,
    /// What idleness costs an hour, in US dollars.
    #[attribute(computed)]
    hourly_usd: Value<String>,
    /// What was wasted since, in US dollars.
    #[attribute(computed)]
    wasted_usd: Value<String>,
}

/// How long a stack took to be of use; all null where it promised nothing.
#[derive(Clone, Debug, Model)]
pub(crate) struct InitModel {
    /// When it was asked for, RFC 3339 in UTC.
    #[attribute(computed)]
    requested_at: Value<String>,
    /// When everything was created.
    #[attribute(computed)]
    provisioned_at: Value<String>,
    /// When every check had passed.
    #[attribute(computed)]
    ready_at: Value<String>,
    /// Seconds from requested to provisioned.
    #[attribute(computed)]
    provision_seconds: Value<f64>,
    /// Seconds from provisioned to ready.
    #[attribute(computed)]
    ready_seconds: Value<f64>,
    /// Seconds from requested to ready.
    #[attribute(computed)]
    total_seconds: Value<f64>,
    /// What the init cost, in US dollars.
    #[attribute(computed)]
    usd: Value<String>,
    /// The phase that took longest.
    #[attribute(computed)]
    slowest_phase: Value<String>,
}

impl From<ListedOrigin> for OriginModel {
    fn from(origin: ListedOrigin) -> Self {
        Self {
            directory: origin.directory.into(),
            workspace: origin.workspace.into(),
            command: origin.command.into(),
        }
    }
}

impl From<ListedCost> for CostModel {
    fn from(cost: ListedCost) -> Self {
        Self {
            hourly_usd: text(cost.hourly_usd),
            hourly_source: cost.hourly_source.into(),
            spent_usd: text(cost.spent_usd),
            billed_usd: text(cost.billed_usd),
            billed_until: text(cost.billed_until),
            until_expiry_usd: text(cost.until_expiry_usd),
            unpriced: cost.unpriced.into(),
        }
    }
}

impl From<ListedIdle> for IdleModel {
    fn from(idle: ListedIdle) -> Self {
        Self {
            state: word(&idle.state),
            since: text(idle.since),
            hourly_usd: text(idle.hourly_usd),
            wasted_usd: text(idle.wasted_usd),
        }
    }
}

impl From<ListedInit> for InitModel {
    fn from(init: ListedInit) -> Self {
        Self {
            requested_at: text(init.requested_at),
            provisioned_at: text(init.provisioned_at),
            ready_at: text(init.ready_at),
            provision_seconds: init.provision_seconds.map(seconds).into(),
            ready_seconds: init.ready_seconds.map(seconds).into(),
            total_seconds: init.total_seconds.map(seconds).into(),
            usd: text(init.usd),
            slowest_phase: init.slowest_phase.into(),
        }
    }
}

/// Text where there is something, null where it is unknown.
fn text(value: Option<impl std::fmt::Display>) -> Value<String> {
    value.map(|value| value.to_string()).into()
}

/// A word as it stands in JSON.
fn word(value: &impl serde::Serialize) -> Value<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.into(),
        _ => Value::Null,
    }
}
