//! The plan of a teardown: what it would delete, what would stay, and what blocks it. A user sees
//! all of it before confirming.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blocker::Blocker;
use super::residue::Residue;
use crate::cloud::RecoveryCommands;
use crate::lease::{Repository, Strategy};
use crate::values::id::{RunId, StackName};
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// A planned teardown. It contains no secrets, so it can be shown, stored and sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "serialised::Plan", into = "serialised::Plan")]
pub struct TeardownPlan {
    /// The stack.
    pub name: StackName,
    /// The strategy, with the saved plan that would be carried out.
    pub method: Method,
    /// The run that would carry out this plan; the run's folder has this name.
    pub run: RunId,
    /// What would be deleted: in the order of Terraform's plan, or, in a sweep, sorted by place,
    /// type and name.
    pub resources: Vec<PlannedDeletion>,
    /// What the state lists and the refresh no longer found.
    pub already_gone: Vec<PlannedDeletion>,
    /// What a sweep will not delete although it carries the stack's tag, each with the reason.
    pub residue: Vec<Residue>,
    /// What the stack costs per hour until it is gone; `None` where nothing is priced.
    pub hourly_usd: Option<HourlyRate>,
    /// Whether `hourly_usd` leaves out something that costs money, so that it is a minimum.
    pub hourly_is_minimum: bool,
    /// Whether the user has to type the name: the stack is protected, or only tags name it.
    pub protected: bool,
    /// What will probably stay, and why.
    pub warnings: Vec<PlanWarning>,
    /// Why the teardown may not proceed; empty when it may.
    pub blockers: Vec<Blocker>,
}

/// How a planned teardown would be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Terraform applies a saved destroy plan.
    Terraform {
        /// The root directory in which Terraform runs.
        directory: String,
        /// Terraform's workspace.
        workspace: String,
        /// The SHA-256 of the saved plan, in hexadecimal: only that plan is applied. `None` when
        /// there is no saved plan, because something blocks it or nothing is left to destroy.
        digest: Option<String>,
        /// The commit, if the root directory is a fresh clone of it.
        rebuilt_from: Option<Repository>,
    },
    /// A command starts the teardown elsewhere.
    Dispatch {
        /// The program and its arguments.
        command: Vec<String>,
        /// How long the teardown may take.
        timeout: Span,
    },
    /// jiti deletes what carries the stack's tags.
    Sweep {
        /// The SHA-256 of the saved plan, in hexadecimal: only that plan is carried out.
        digest: String,
    },
}

impl Method {
    /// The strategy, as the ledger records it.
    #[must_use]
    pub const fn strategy(&self) -> Strategy {
        match self {
            Self::Terraform { .. } | Self::Dispatch { .. } => Strategy::Terraform,
            Self::Sweep { .. } => Strategy::Sweep,
        }
    }

    /// The digest of the saved plan; `None` where there is no saved plan.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Terraform { digest, .. } => digest.as_deref(),
            Self::Sweep { digest } => Some(digest),
            Self::Dispatch { .. } => None,
        }
    }

    /// The root directory in which Terraform runs; empty for a sweep and a dispatch.
    #[must_use]
    pub fn directory(&self) -> &str {
        match self {
            Self::Terraform { directory, .. } => directory,
            Self::Sweep { .. } | Self::Dispatch { .. } => "",
        }
    }

    /// Where the teardown runs; `None` for a sweep, which needs no place.
    #[must_use]
    pub fn site(&self) -> Option<TeardownSite> {
        match self {
            Self::Terraform {
                rebuilt_from: Some(repository),
                ..
            } => Some(TeardownSite::Rebuilt(repository.clone())),
            Self::Terraform { directory, .. } => Some(TeardownSite::Folder {
                directory: directory.clone(),
            }),
            Self::Dispatch { command, timeout } => Some(TeardownSite::Dispatch {
                command: command.clone(),
                timeout: *timeout,
            }),
            Self::Sweep { .. } => None,
        }
    }
}

/// Where a teardown runs: `where` in the JSON of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum TeardownSite {
    /// In the folder from which the stack was applied.
    Folder {
        /// Its path.
        directory: String,
    },
    /// In a fresh clone of the commit from which the stack was applied.
    Rebuilt(Repository),
    /// On another system, which a command starts.
    Dispatch {
        /// The program and its arguments.
        command: Vec<String>,
        /// How long the teardown may take, in seconds.
        #[serde(rename = "timeout_seconds", with = "in_seconds")]
        timeout: Span,
    },
}

/// A duration as a number of seconds.
mod in_seconds {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::values::ttl::Span;

    pub(super) fn serialize<S: Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(span.seconds())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        let seconds = u64::deserialize(from)?;
        Span::from_seconds(seconds).ok_or_else(|| de::Error::custom("invalid duration"))
    }
}

impl TeardownPlan {
    /// Whether the plan may be carried out once the user has confirmed it.
    #[must_use]
    pub fn may_proceed(&self) -> bool {
        self.blockers.is_empty()
    }

    /// How many resources would be deleted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.resources.len()
    }
}

/// The warnings about names that stay taken after the deletion.
pub(super) fn name_warnings(planned: &[PlannedDeletion]) -> impl Iterator<Item = PlanWarning> {
    planned.iter().filter_map(|one| {
        let reservation = one.name_reservation.as_ref()?;
        Some(PlanWarning {
            id: one.id.clone(),
            found: reservation.warning(),
        })
    })
}

/// The warnings about what is left after the deletion.
pub(super) fn outliving_warnings(planned: &[PlannedDeletion]) -> impl Iterator<Item = PlanWarning> {
    planned.iter().filter_map(|one| {
        Some(PlanWarning {
            id: one.id.clone(),
            found: outliving(one.outlives.as_deref()?),
        })
    })
}

/// What a user reads about what is left after a deletion.
#[must_use]
pub fn outliving(what: &str) -> String {
    format!("its deletion leaves: {what}")
}

/// A resource that a teardown would delete, or has deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDeletion {
    /// Its address in Terraform, or its globally unique name, such as an ARN.
    pub id: String,
    /// Its type, such as `aws_instance`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The provider's id for it, where that is known and not secret.
    pub resource_id: Option<String>,
    /// Its region, where its attributes tell.
    pub region: Option<String>,
    /// How many objects the address has: more than one after an unfinished replacement.
    pub objects: usize,
    /// Its account, where a sweep knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why a sweep counts it as the stack's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it costs per hour, where a sweep knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hourly_usd: Option<HourlyRate>,
    /// Until when it keeps its name after the deletion, if it does.
    #[serde(flatten)]
    pub name_reservation: Option<NameReservation>,
    /// What is left after the deletion, or stays reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlives: Option<String>,
}

/// A deleted resource that can be recovered for a while and keeps its name until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameReservation {
    /// When the cloud deletes it for good.
    #[serde(rename = "name_taken_until")]
    pub until: Timestamp,
    /// The commands that end the reservation earlier, if they are known.
    #[serde(flatten)]
    pub commands: Option<RecoveryCommands>,
}

impl NameReservation {
    /// The reservation of a resource that is deleted now and can be recovered for some days.
    pub(super) fn for_days(days: u32, now: Timestamp, commands: Option<RecoveryCommands>) -> Self {
        let until = Span::minutes(days.saturating_mul(24 * 60)).after(now);
        Self { until, commands }
    }

    /// What it means for a stack that needs the same name, and what to do.
    #[must_use]
    pub fn warning(&self) -> String {
        let until = self.until.strftime("%Y-%m-%d %H:%M");
        let advice = match &self.commands {
            Some(RecoveryCommands { restore, purge }) => format!(
                "; to use the name earlier, recover it with `{restore}`, or delete it for good with `{purge}`"
            ),
            None => String::new(),
        };
        format!(
            "its name stays taken until {until} UTC, because it can be recovered until then{advice}"
        )
    }
}

/// A resource that will probably stay, although nothing blocks the teardown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWarning {
    /// The resource's address.
    pub id: String,
    /// What was found, such as `deletion_protection is on`.
    pub found: String,
}

/// The plan in JSON: one flat object, in which an absent value of the method is an empty text.
mod serialised {
    use serde::{Deserialize, Serialize};

    use super::{Method, PlanWarning, PlannedDeletion, TeardownPlan, TeardownSite};
    use crate::lease::Strategy;
    use crate::service::teardown::blocker::Blocker;
    use crate::service::teardown::residue::Residue;
    use crate::values::id::{RunId, StackName};
    use crate::values::money::HourlyRate;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Plan {
        name: StackName,
        strategy: Strategy,
        run: RunId,
        directory: String,
        workspace: String,
        #[serde(rename = "where", default)]
        site: Option<TeardownSite>,
        resources: Vec<PlannedDeletion>,
        already_gone: Vec<PlannedDeletion>,
        #[serde(default)]
        residue: Vec<Residue>,
        hourly_usd: Option<HourlyRate>,
        #[serde(default)]
        hourly_is_minimum: bool,
        protected: bool,
        warnings: Vec<PlanWarning>,
        blockers: Vec<Blocker>,
        digest: String,
    }

    impl From<Plan> for TeardownPlan {
        fn from(plan: Plan) -> Self {
            let method = match (plan.strategy, plan.site) {
                (Strategy::Terraform, Some(TeardownSite::Dispatch { command, timeout })) => {
                    Method::Dispatch { command, timeout }
                }
                (Strategy::Terraform, site) => Method::Terraform {
                    directory: plan.directory,
                    workspace: plan.workspace,
                    digest: Some(plan.digest).filter(|digest| !digest.is_empty()),
                    rebuilt_from: match site {
                        Some(TeardownSite::Rebuilt(repository)) => Some(repository),
                        _ => None,
                    },
                },
                (Strategy::Sweep, _) => Method::Sweep {
                    digest: plan.digest,
                },
            };
            Self {
                name: plan.name,
                method,
                run: plan.run,
                resources: plan.resources,
                already_gone: plan.already_gone,
                residue: plan.residue,
                hourly_usd: plan.hourly_usd,
                hourly_is_minimum: plan.hourly_is_minimum,
                protected: plan.protected,
                warnings: plan.warnings,
                blockers: plan.blockers,
            }
        }
    }

    impl From<TeardownPlan> for Plan {
        fn from(plan: TeardownPlan) -> Self {
            let (strategy, site) = (plan.method.strategy(), plan.method.site());
            let (directory, workspace, digest) = match plan.method {
                Method::Terraform {
                    directory,
                    workspace,
                    digest,
                    ..
                } => (directory, workspace, digest.unwrap_or_default()),
                Method::Sweep { digest } => (String::new(), String::new(), digest),
                Method::Dispatch { .. } => Default::default(),
            };
            Self {
                name: plan.name,
                strategy,
                run: plan.run,
                directory,
                workspace,
                site,
                resources: plan.resources,
                already_gone: plan.already_gone,
                residue: plan.residue,
                hourly_usd: plan.hourly_usd,
                hourly_is_minimum: plan.hourly_is_minimum,
                protected: plan.protected,
                warnings: plan.warnings,
                blockers: plan.blockers,
                digest,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::stack_name;

    /// In JSON, the method's fields lie beside the others, and an absent one is an empty text.
    #[test]
    fn the_json_of_a_plan_is_flat() {
        let terraform = |digest: Option<&str>| Method::Terraform {
            directory: "/srv".to_owned(),
            workspace: "default".to_owned(),
            digest: digest.map(str::to_owned),
            rebuilt_from: None,
        };
        let sweep = Method::Sweep {
            digest: "def".to_owned(),
        };
        let rebuilt = Method::Terraform {
            directory: "/run".to_owned(),
            workspace: "default".to_owned(),
            digest: None,
            rebuilt_from: Some(Repository {
                url: "https://git.test/shop".to_owned(),
                commit: "0".repeat(40),
                directory: "infra".to_owned(),
                clean: true,
            }),
        };
        let dispatch = Method::Dispatch {
            command: vec!["start".to_owned(), "shop".to_owned()],
            timeout: Span::minutes(30),
        };
        let folder = json!({"way": "folder", "directory": "/srv"});
        let mut places = vec![
            folder.clone(),
            folder,
            json!(null),
            json!({"way": "rebuilt", "url": "https://git.test/shop", "commit": "0".repeat(40),
                "directory": "infra", "clean": true}),
            json!({"way": "dispatch", "command": ["start", "shop"], "timeout_seconds": 1800}),
        ];
        for (method, expected) in [
            (
                terraform(Some("abc")),
                ["terraform", "/srv", "default", "abc"],
            ),
            (terraform(None), ["terraform", "/srv", "default", ""]),
            (sweep, ["sweep", "", "", "def"]),
            (rebuilt, ["terraform", "/run", "default", ""]),
            (dispatch, ["terraform", "", "", ""]),
        ] {
            let plan = TeardownPlan {
                name: stack_name("shop"),
                method,
                run: RunId::random(),
                resources: Vec::new(),
                already_gone: Vec::new(),
                residue: Vec::new(),
                hourly_usd: None,
                hourly_is_minimum: false,
                protected: false,
                warnings: Vec::new(),
                blockers: Vec::new(),
            };
            let value = serde_json::to_value(&plan).unwrap();
            let [strategy, directory, workspace, digest] = expected;
            assert_eq!(value["strategy"], json!(strategy));
            assert_eq!(value["directory"], json!(directory));
            assert_eq!(value["workspace"], json!(workspace));
            assert_eq!(value["digest"], json!(digest));
            assert_eq!(value["where"], places.remove(0));
            assert_eq!(serde_json::from_value::<TeardownPlan>(value).unwrap(), plan);
        }
    }
}
