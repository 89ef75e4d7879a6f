//! The fields of `jiti ls --json` as attributes. Amounts of money are strings, so that they are
//! never rounded.

use std::collections::BTreeMap;

use stack::Listing;
use stack::listing::{ListedCost, ListedIdle, ListedInit, ListedOrigin};
use tfplugin::{Model, Value};

use crate::seconds::seconds;

/// Defines the same fields for both data sources. The name is required in one and computed in the
/// other.
macro_rules! listing_model {
    ($(#[$doc:meta])* $model:ident, name: $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Model)]
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
                /// The owner.
                #[attribute(computed)]
                pub(crate) owner: Value<String>,
                /// `provisioning`, `ready`, `asleep`, `purgatory`, `tearing_down`, `residue` or
                /// `gone`.
                #[attribute(computed)]
                pub(crate) phase: Value<String>,
                /// Any of `idle`, `expiring`, `expired`, `held`, `protected`, `over_budget`,
                /// `noncompliant`, `unleased`.
                #[attribute(computed)]
                pub(crate) flags: Value<Vec<String>>,
                /// The labels.
                #[attribute(computed)]
                pub(crate) labels: Value<BTreeMap<String, String>>,
                /// When the lease started, RFC 3339 in UTC.
                #[attribute(computed)]
                pub(crate) created_at: Value<String>,
                /// When the lease ends, RFC 3339 in UTC. Includes extensions after the last apply.
                #[attribute(computed)]
                pub(crate) expires_at: Value<String>,
                /// The source of `expires_at`: `ledger` or `tags`.
                #[attribute(computed)]
                pub(crate) expiry_source: Value<String>,
                /// When the reaper will tear the stack down, RFC 3339 in UTC; null if no reaper has
                /// ever run.
                #[attribute(computed)]
                pub(crate) dies_at: Value<String>,
                /// When the hold ends, RFC 3339 in UTC; null without a hold.
                #[attribute(computed)]
                pub(crate) hold_until: Value<String>,
                /// Seconds until the lease ends; negative after the end.
                #[attribute(computed)]
                pub(crate) ttl_seconds_left: Value<i64>,
                /// Where Terraform applied the stack.
                #[attribute(computed)]
                pub(crate) origin: Value<OriginModel>,
                /// The accounts with resources of the stack.
                #[attribute(computed)]
                pub(crate) accounts: Value<Vec<String>>,
                /// The regions with resources of the stack.
                #[attribute(computed)]
                pub(crate) regions: Value<Vec<String>>,
                /// The cost of the stack.
                #[attribute(computed)]
                pub(crate) cost: Value<CostModel>,
                /// Whether the stack is in use.
                #[attribute(computed)]
                pub(crate) idle: Value<IdleModel>,
                /// How long the start-up took.
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
                    expiry_source: variant_name(&listing.expiry_source),
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
    /// The current state of one stack in a ledger, as `jiti show` prints it.
    StackDataModel, name: required
}

listing_model! {
    /// A stack.
    ListingModel, name: computed
}

/// Where Terraform applied a stack.
#[derive(Clone, Debug, Model)]
pub(crate) struct OriginModel {
    /// The directory of the root module.
    #[attribute(computed)]
    directory: Value<String>,
    /// The workspace.
    #[attribute(computed)]
    workspace: Value<String>,
    /// The path of `terraform` or `tofu`.
    #[attribute(computed)]
    command: Value<String>,
}

/// The cost of a stack, in US dollars as decimal strings; null is unknown.
#[derive(Clone, Debug, Model)]
pub(crate) struct CostModel {
    /// The cost per hour.
    #[attribute(computed)]
    hourly_usd: Value<String>,
    /// The source of the hourly cost.
    #[attribute(computed)]
    hourly_source: Value<String>,
    /// The estimated cost so far.
    #[attribute(computed)]
    spent_usd: Value<String>,
    /// The billed cost so far.
    #[attribute(computed)]
    billed_usd: Value<String>,
    /// The end of the billed period, RFC 3339 in UTC.
    #[attribute(computed)]
    billed_until: Value<String>,
    /// The estimated cost until the lease ends.
    #[attribute(computed)]
    until_expiry_usd: Value<String>,
    /// What the estimate does not include.
    #[attribute(computed)]
    unpriced: Value<Vec<String>>,
}

/// Whether a stack is in use.
#[derive(Clone, Debug, Model)]
pub(crate) struct IdleModel {
    /// `active`, `idle` or `unknown`.
    #[attribute(computed)]
    state: Value<String>,
    /// When the stack became idle, RFC 3339 in UTC.
    #[attribute(computed)]
    since: Value<String>,
    /// The cost of the idle stack per hour, in US dollars.
    #[attribute(computed)]
    hourly_usd: Value<String>,
    /// The cost since the stack became idle, in US dollars.
    #[attribute(computed)]
    wasted_usd: Value<String>,
}

/// How long the start-up of a stack took. All values are null if the stack does not report
/// readiness.
#[derive(Clone, Debug, Model)]
pub(crate) struct InitModel {
    /// When the apply started, RFC 3339 in UTC.
    #[attribute(computed)]
    requested_at: Value<String>,
    /// When everything was created, RFC 3339 in UTC.
    #[attribute(computed)]
    provisioned_at: Value<String>,
    /// When all checks had passed, RFC 3339 in UTC.
    #[attribute(computed)]
    ready_at: Value<String>,
    /// Seconds from `requested_at` to `provisioned_at`.
    #[attribute(computed)]
    provision_seconds: Value<f64>,
    /// Seconds from `provisioned_at` to `ready_at`.
    #[attribute(computed)]
    ready_seconds: Value<f64>,
    /// Seconds from `requested_at` to `ready_at`.
    #[attribute(computed)]
    total_seconds: Value<f64>,
    /// The cost of the start-up, in US dollars.
    #[attribute(computed)]
    usd: Value<String>,
    /// The longest phase of the start-up.
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
            state: variant_name(&idle.state),
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

/// The value as text; null if there is none.
fn text(value: Option<impl std::fmt::Display>) -> Value<String> {
    value.map(|value| value.to_string()).into()
}

/// The JSON form of an enum variant.
fn variant_name(value: &impl serde::Serialize) -> Value<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name.into(),
        _ => Value::Null,
    }
}
