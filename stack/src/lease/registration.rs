//! What an apply says about a stack when it registers it: whose it is, on what terms, and from where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::Policy;
use crate::values::id::{AppName, AppVersion, Owner};
use crate::values::money::HourlyRate;
use crate::values::tags::Labels;
use crate::values::ttl::{Span, Ttl};

/// Everything that is known about a stack from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The application.
    pub app: AppName,
    /// Its version.
    pub version: AppVersion,
    /// Who is responsible.
    pub owner: Owner,
    /// The terms of the lease.
    pub terms: Terms,
    /// Where Terraform ran.
    pub origin: Origin,
    /// The policy in force.
    pub policy: Policy,
}

/// The terms of a lease: what may change in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long the stack may live after a renewal.
    pub ttl: Ttl,
    /// What renews it.
    #[serde(default)]
    pub renew_on: RenewOn,
    /// How long nobody may use it before it is due.
    #[serde(default)]
    pub idle_after: Option<Span>,
    /// Within what time it has to be ready; set, it declares that readiness will be reported.
    #[serde(default)]
    pub ready_timeout: Option<Span>,
    /// What jiti cannot price by itself, in dollars an hour.
    #[serde(default)]
    pub hourly_cost: Option<HourlyRate>,
    /// More tags.
    #[serde(default)]
    pub labels: Labels,
    /// What a destroy needs to be run again.
    #[serde(default)]
    pub teardown: TeardownInputs,
}

/// What renews a lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewOn {
    /// A new version.
    #[default]
    Version,
    /// Nothing.
    Never,
}

/// What `terraform destroy` needs besides the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeardownInputs {
    /// Variables by name, as text.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Files of variables, relative to the root directory.
    #[serde(default)]
    pub var_files: Vec<String>,
}

/// Where Terraform ran, so that it can be run there again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The root directory.
    pub directory: String,
    /// The workspace.
    pub workspace: String,
    /// The path of `terraform` or `tofu`.
    pub command: String,
    /// `TF_DATA_DIR`, when it was set.
    #[serde(default)]
    pub data_dir: Option<String>,
    /// The process of Terraform itself.
    pub process: ProcessId,
}

impl Origin {
    /// Whether both are the same configuration in the same place, whichever process ran it.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        (&self.directory, &self.workspace, &self.process.host)
            == (&other.directory, &other.workspace, &other.process.host)
    }
}

/// A process, told apart from a later one that was given the same number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// Its number.
    pub pid: u32,
    /// A token that tells when it started; equal only for the same process. Its form is the
    /// operating system's.
    pub started: String,
    /// The machine it runs on.
    pub host: String,
}
