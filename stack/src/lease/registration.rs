//! What an apply registers about a stack: owner, terms, origin and policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::backend::Backend;
use super::repository::Repository;
use crate::policy::Policy;
use crate::values::id::{AppName, AppVersion, Owner};
use crate::values::money::HourlyRate;
use crate::values::tags::Labels;
use crate::values::ttl::{Span, Ttl};

/// Everything that is known about a stack when its lease begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The application.
    pub app: AppName,
    /// The version of the application.
    pub version: AppVersion,
    /// The owner: a person or a team.
    pub owner: Owner,
    /// The terms of the lease.
    pub terms: Terms,
    /// Where Terraform runs.
    pub origin: Origin,
    /// The policy in force at registration.
    pub policy: Policy,
}

/// The terms of a lease, which may change in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long the stack may live after a renewal.
    pub ttl: Ttl,
    /// What renews the lease.
    #[serde(default)]
    pub renew_on: RenewOn,
    /// How long the stack may be idle before it is due.
    #[serde(default)]
    pub idle_after: Option<Span>,
    /// The time within which the stack has to be ready. If set, it declares that readiness will be
    /// reported.
    #[serde(default)]
    pub ready_timeout: Option<Span>,
    /// The hourly cost in dollars that jiti cannot price itself.
    #[serde(default)]
    pub hourly_cost: Option<HourlyRate>,
    /// Additional tags.
    #[serde(default)]
    pub labels: Labels,
    /// The inputs that a later destroy needs.
    #[serde(default)]
    pub teardown: TeardownInputs,
    /// Optional arguments as the configuration writes them, in JSON by name, where the other terms
    /// cannot tell: no labels and empty labels mean the same. An import restores them. Checks are
    /// without their secrets.
    #[serde(default)]
    pub as_written: BTreeMap<String, String>,
}

/// What renews a lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewOn {
    /// A new version renews the lease.
    #[default]
    Version,
    /// Nothing renews the lease.
    Never,
}

/// The inputs of `terraform destroy` besides the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeardownInputs {
    /// Variables by name, as text.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Variable files, relative to the root directory.
    #[serde(default)]
    pub var_files: Vec<String>,
}

/// Where Terraform ran, so that a teardown can run it there again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The directory of the root module.
    pub directory: String,
    /// The workspace.
    pub workspace: String,
    /// The path of the `terraform` or `tofu` binary.
    pub command: String,
    /// The value of `TF_DATA_DIR`, if set.
    #[serde(default)]
    pub data_dir: Option<String>,
    /// The Terraform process.
    pub process: ProcessId,
    /// The backend that keeps the state; `None` if it is unknown, or the state is a file in the
    /// directory.
    #[serde(default)]
    pub backend: Option<Backend>,
    /// The commit of the root module; `None` if it is unknown, or the directory is no checkout.
    #[serde(default)]
    pub repository: Option<Repository>,
}

impl Origin {
    /// Whether Terraform finds the same state in both: the same place, and the same data directory.
    #[must_use]
    pub fn is_same_root(&self, other: &Self) -> bool {
        self.is_same_place(other) && self.data_dir == other.data_dir
    }

    /// Whether both have the same root, the same backend and the same commit: all that a later
    /// teardown in another place needs.
    #[must_use]
    pub fn is_same_source(&self, other: &Self) -> bool {
        self.is_same_root(other)
            && (&self.backend, &self.repository) == (&other.backend, &other.repository)
    }

    /// Whether both are the same workspace of the same directory on the same host, in any process.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        (&self.directory, &self.workspace, &self.process.host)
            == (&other.directory, &other.workspace, &other.process.host)
    }
}

/// The identity of a process, distinct from a later process with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// The process id.
    pub pid: u32,
    /// A token for the start time, equal only for the same process. Its form depends on the
    /// operating system.
    pub started: String,
    /// The host that the process runs on.
    pub host: String,
}
