//! The attributes of `jiti_stack`, and what each is held to by itself.

use std::collections::BTreeMap;

use stack::lease::TeardownInputs;
use stack::{AppName, AppVersion, Labels, Owner, Span, StackName, Ttl};
use tfplugin::{Model, Number, Value};

use crate::resources::checks_model::{ExecModel, HttpModel, TcpModel};

/// A lease on a stack: one version of one app, standing in one place, with an owner and an end.
///
/// Give the stack's other resources `tags` (see the guide on tagging), so that they come after the lease
/// and go before it. Extending or holding the stack from outside Terraform never makes a diff: computed
/// values are what the last apply recorded; what is live is in the data source of the same name.
#[derive(Clone, Debug, Default, Model)]
pub(crate) struct StackModel {
    /// The name, which is the stack's identity: unique in a ledger among stacks that are not gone. Letters,
    /// digits, spaces and `_.:/=+@-`. Changing it replaces the stack.
    #[attribute(required, requires_replace, validate = check_name)]
    pub(crate) name: Value<String>,
    /// The application. Changing it replaces the stack.
    #[attribute(required, requires_replace, validate = check_app)]
    pub(crate) app: Value<String>,
    /// The version of the app. Changing it updates the stack in place and, as `renew_on` says, renews the lease.
    #[attribute(required, validate = check_version)]
    pub(crate) version: Value<String>,
    /// Who is responsible: a person or a team, in the form that the policy asks for.
    #[attribute(required, validate = check_owner)]
    pub(crate) owner: Value<String>,
    /// How long the stack may live after a renewal: `90m`, `8h`, `1d12h` (units s, m, h, d, w). May be left out
    /// where the policy has a `default_ttl`.
    #[attribute(optional, computed, keep, validate = check_ttl)]
    pub(crate) ttl: Value<String>,
    /// What renews the lease: `version` (a new version, the default) or `never`.
    #[attribute(optional, validate = check_renew_on)]
    pub(crate) renew_on: Value<String>,
    /// How long nobody may use the stack before it is due: a duration such as `2h`.
    #[attribute(optional, validate = check_span)]
    pub(crate) idle_after: Value<String>,
    /// Within what time the stack has to be ready: a duration such as `15m`. Setting it declares that readiness
    /// will be reported, by `jiti_readiness` or by `jiti mark NAME ready`; without it the stack is ready when it
    /// is created.
    #[attribute(optional, validate = check_span)]
    pub(crate) ready_timeout: Value<String>,
    /// What the stack costs an hour beyond what jiti can price by itself, in US dollars.
    #[attribute(optional, validate = check_hourly_cost)]
    pub(crate) hourly_cost: Value<Number>,
    /// More tags for every resource of the stack; at most 45, each of which AWS accepts.
    #[attribute(optional, validate = check_labels)]
    pub(crate) labels: Value<BTreeMap<String, String>>,
    /// What must answer before the stack is registered, so that a shared dependency that is down is not stormed.
    #[attribute(optional)]
    pub(crate) preflight: Value<PreflightModel>,
    /// What `terraform destroy` needs to be run again by `jiti teardown`. It is stored in the ledger: no secrets.
    #[attribute(optional)]
    pub(crate) teardown: Value<TeardownModel>,
    /// The name.
    #[attribute(computed, keep)]
    pub(crate) id: Value<String>,
    /// The tags that the stack's resources carry: `jiti:stack`, `jiti:app`, `jiti:version`, `jiti:owner`,
    /// `jiti:ttl` and the labels. Known at plan; a renewal does not change them.
    #[attribute(computed)]
    pub(crate) tags: Value<BTreeMap<String, String>>,
    /// When the stack was created, RFC 3339 in UTC.
    #[attribute(computed, keep)]
    pub(crate) created_at: Value<String>,
    /// When the lease ends, as the last apply left it, RFC 3339 in UTC.
    #[attribute(computed)]
    pub(crate) expires_at: Value<String>,
}

/// Checks that have to pass before a stack is registered.
#[derive(Clone, Debug, Model)]
pub(crate) struct PreflightModel {
    /// URLs that have to answer with a status.
    #[attribute(optional)]
    pub(crate) http: Value<Vec<HttpModel>>,
    /// Addresses that have to accept a connection.
    #[attribute(optional)]
    pub(crate) tcp: Value<Vec<TcpModel>>,
    /// Commands that have to exit with 0.
    #[attribute(optional)]
    pub(crate) exec: Value<Vec<ExecModel>>,
}

/// What a destroy needs besides the state.
#[derive(Clone, Debug, Model)]
pub(crate) struct TeardownModel {
    /// Variables by name.
    #[attribute(optional)]
    pub(crate) variables: Value<BTreeMap<String, String>>,
    /// Files of variables, relative to the root directory.
    #[attribute(optional)]
    pub(crate) var_files: Value<Vec<String>>,
}

impl From<TeardownModel> for TeardownInputs {
    fn from(model: TeardownModel) -> Self {
        Self {
            variables: model.variables.known().unwrap_or_default(),
            var_files: model.var_files.known().unwrap_or_default(),
        }
    }
}

impl TeardownModel {
    /// The attribute as an import finds it: nothing where there is nothing.
    pub(crate) fn of(inputs: &TeardownInputs) -> Value<Self> {
        let TeardownInputs {
            variables,
            var_files,
        } = inputs.clone();
        if variables.is_empty() && var_files.is_empty() {
            return Value::Null;
        }
        Value::Known(Self {
            variables: if variables.is_empty() {
                Value::Null
            } else {
                variables.into()
            },
            var_files: if var_files.is_empty() {
                Value::Null
            } else {
                var_files.into()
            },
        })
    }
}

fn check_name(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
    StackName::new(text).map(drop)
}

fn check_app(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
    AppName::new(text).map(drop)
}

fn check_version(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
    AppVersion::new(text).map(drop)
}

fn check_owner(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
    Owner::new(text).map(drop)
}

fn check_ttl(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
    text.parse::<Ttl>().map(drop)
}

pub(crate) fn check_span(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
    text.parse::<Span>().map(drop)
}

fn check_renew_on(text: &str) -> Result<(), String> {
    match text {
        "version" | "never" => Ok(()),
        other => Err(format!("{other:?} is neither \"version\" nor \"never\"")),
    }
}

fn check_hourly_cost(cost: &Number) -> Result<(), impl std::fmt::Display + use<>> {
    cost.to_string().parse::<stack::HourlyRate>().map(drop)
}

fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), impl std::fmt::Display + use<>> {
    Labels::new(labels.clone()).map(drop)
}
