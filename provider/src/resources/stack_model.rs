//! The attributes of `jiti_stack` and their validators.

use std::collections::BTreeMap;

use stack::lease::TeardownInputs;
use stack::{AppName, AppVersion, Labels, Owner, Span, StackName, Ttl};
use tfplugin::{Model, Number, Value};

use crate::resources::checks_model::{ExecModel, HttpModel, TcpModel};

/// The lease of a stack: one deployment of one version of an app, with an owner and an end.
///
/// Use `tags` on the stack's other resources (see the guide to tagging), so that Terraform creates
/// them after the lease and destroys them before it. Extending or holding the stack outside
/// Terraform never causes a diff: computed values are those of the last apply. The data source of
/// the same name returns live values.
#[derive(Clone, Debug, Default, Model)]
pub(crate) struct StackModel {
    /// The name, which identifies the stack. It is unique in a ledger among stacks that are not
    /// gone. Allowed are letters, digits, spaces and `_.:/=+@-`. Changing it replaces the stack.
    #[attribute(required, requires_replace, validate = check_name)]
    pub(crate) name: Value<String>,
    /// The application. Changing it replaces the stack.
    #[attribute(required, requires_replace, validate = check_app)]
    pub(crate) app: Value<String>,
    /// The version of the app. Changing it updates the stack in place and, depending on `renew_on`,
    /// renews the lease.
    #[attribute(required, validate = check_version)]
    pub(crate) version: Value<String>,
    /// The owner: a person or a team, in the form that the policy requires.
    #[attribute(required, validate = check_owner)]
    pub(crate) owner: Value<String>,
    /// How long the stack may live after a renewal: `90m`, `8h`, `1d12h` (units s, m, h, d, w).
    /// Optional if the policy has a `default_ttl`.
    #[attribute(optional, computed, keep, validate = check_ttl)]
    pub(crate) ttl: Value<String>,
    /// What renews the lease: `version` (a new version, the default) or `never`.
    #[attribute(optional, validate = check_renew_on)]
    pub(crate) renew_on: Value<String>,
    /// How long the stack may be idle before it is due: a duration such as `2h`.
    #[attribute(optional, validate = check_span)]
    pub(crate) idle_after: Value<String>,
    /// The time within which the stack must be ready: a duration such as `15m`. Setting it declares
    /// that `jiti_readiness` or `jiti mark NAME ready` will report readiness. Without it, the stack
    /// is ready when it is created.
    #[attribute(optional, validate = check_span)]
    pub(crate) ready_timeout: Value<String>,
    /// The cost per hour that jiti cannot price itself, in US dollars.
    #[attribute(optional, validate = check_hourly_cost)]
    pub(crate) hourly_cost: Value<Number>,
    /// Additional tags for every resource of the stack. At most 45, and each must be valid in AWS.
    #[attribute(optional, validate = check_labels)]
    pub(crate) labels: Value<BTreeMap<String, Value<String>>>,
    /// Checks that must pass before the stack is registered, so that many stacks do not overload a
    /// shared dependency that is down. A dependency that failed for another stack within the last
    /// minutes is not tried again: `preflight_breaker` in the policy says whether the apply then
    /// fails or waits.
    #[attribute(optional)]
    pub(crate) preflight: Value<PreflightModel>,
    /// Inputs that `jiti teardown` passes to `terraform destroy`. They are stored in the ledger, so
    /// do not use secrets.
    #[attribute(optional)]
    pub(crate) teardown: Value<TeardownModel>,
    /// The name of the stack.
    #[attribute(computed, keep)]
    pub(crate) id: Value<String>,
    /// The tags for the stack's resources: `jiti:stack`, `jiti:app`, `jiti:version`, `jiti:owner`,
    /// `jiti:ttl` and the labels. They are known at plan, and a renewal does not change them.
    #[attribute(computed)]
    pub(crate) tags: Value<BTreeMap<String, String>>,
    /// When the stack was created, RFC 3339 in UTC.
    #[attribute(computed, keep)]
    pub(crate) created_at: Value<String>,
    /// When the lease ends as of the last apply, RFC 3339 in UTC.
    #[attribute(computed)]
    pub(crate) expires_at: Value<String>,
}

/// Checks that must pass before a stack is registered.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
pub(crate) struct PreflightModel {
    /// URLs that must return a status.
    #[attribute(optional)]
    pub(crate) http: Value<Vec<HttpModel>>,
    /// Addresses that must accept a connection.
    #[attribute(optional)]
    pub(crate) tcp: Value<Vec<TcpModel>>,
    /// Commands that must exit with 0.
    #[attribute(optional)]
    pub(crate) exec: Value<Vec<ExecModel>>,
}

/// Inputs that a destroy needs besides the state.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
pub(crate) struct TeardownModel {
    /// Variables by name.
    #[attribute(optional)]
    pub(crate) variables: Value<BTreeMap<String, String>>,
    /// Variable files, relative to the root directory.
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

pub(crate) fn check_name(text: &str) -> Result<(), impl std::fmt::Display + use<>> {
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
        other => Err(format!(
            "Invalid value {other:?}: use \"version\" or \"never\""
        )),
    }
}

fn check_hourly_cost(cost: &Number) -> Result<(), impl std::fmt::Display + use<>> {
    cost.to_string().parse::<stack::HourlyRate>().map(drop)
}

/// Checks the keys of all labels, and the values that are known.
fn check_labels(labels: &BTreeMap<String, Value<String>>) -> Result<(), String> {
    if let Some((key, _)) = labels.iter().find(|(_, value)| value.is_null()) {
        return Err(format!(
            "the label {key:?} is null: give it a value, or remove it"
        ));
    }
    let labels = labels.iter().map(|(key, value)| {
        let known = value.as_ref().known().cloned().unwrap_or_default();
        (key.clone(), known)
    });
    Labels::new(labels.collect())
        .map(drop)
        .map_err(|error| error.to_string())
}
