//! Selects the stack to sweep: one with a lease, or one that only tags name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use super::saved_plan::Adoption;
use crate::cloud::Resource;
use crate::lease::{Lease, Origin, ProcessId, Registration, RenewOn, TeardownInputs, Terms};
use crate::policy::Policy;
use crate::process;
use crate::sweep::StackIdentity;
use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::tags::{self, Labels};
use crate::values::ttl::{Span, Ttl};

/// Selects a stack to sweep. Application and owner distinguish unleased stacks of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepSelector {
    /// Its name.
    pub name: StackName,
    /// Its application, if the user named one.
    pub app: Option<AppName>,
    /// Its owner, if the user named one.
    pub owner: Option<Owner>,
}

impl SweepSelector {
    /// The stack of this name, whatever its application and owner.
    #[must_use]
    pub fn named(name: &StackName) -> Self {
        Self {
            name: name.clone(),
            app: None,
            owner: None,
        }
    }

    /// Whether a lease matches.
    pub(super) fn matches_lease(&self, lease: &Lease) -> bool {
        let app = self.app.as_ref().is_none_or(|app| *app == lease.app);
        let owner = self.owner.as_ref();
        app && owner.is_none_or(|owner| lease.owners().any(|had| had == owner))
    }

    fn matches(&self, tagged: &UnleasedStack) -> bool {
        let app = self.app.as_ref().is_none_or(|app| *app == tagged.app);
        app && self
            .owner
            .as_ref()
            .is_none_or(|owner| *owner == tagged.owner)
    }
}

/// A stack that only tags name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnleasedStack {
    /// Its application.
    pub app: AppName,
    /// Its owner.
    pub owner: Owner,
    /// Its account.
    pub account: String,
}

impl fmt::Display for UnleasedStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "app {}, owner {}, account {}",
            self.app, self.owner, self.account
        )
    }
}

/// The unleased stacks that match, in order.
pub(super) fn tagged(selector: &SweepSelector, resources: &[Resource]) -> Vec<UnleasedStack> {
    let of_name = resources
        .iter()
        .filter(|one| one.tag(tags::STACK) == Some(selector.name.as_str()));
    let tagged: BTreeSet<UnleasedStack> = of_name
        .filter_map(|one| {
            Some(UnleasedStack {
                app: AppName::new(one.tag(tags::APP)?).ok()?,
                owner: Owner::new(one.tag(tags::OWNER)?).ok()?,
                account: one.place.account.clone(),
            })
        })
        .filter(|tagged| selector.matches(tagged))
        .collect();
    tagged.into_iter().collect()
}

impl UnleasedStack {
    /// The identity of the stack.
    pub(super) fn identity(&self, name: &StackName) -> StackIdentity {
        StackIdentity {
            name: name.clone(),
            app: self.app.clone(),
            owners: [self.owner.clone()].into(),
            since: None,
            account: Some(self.account.clone()),
        }
    }

    /// The lease that it is given, from the tags of its resources. A missing tag gets a
    /// placeholder; the lease ends immediately.
    pub(super) fn adoption(&self, belonging: &[&Resource], policy: &Policy) -> Adoption {
        let first = |key: &str| belonging.iter().find_map(|one| one.tag(key));
        let version = first(tags::VERSION).and_then(|version| AppVersion::new(version).ok());
        let ttl = first(tags::TTL).and_then(|ttl| ttl.parse().ok());
        let ttl = ttl.or_else(|| policy.default_ttl.map(Ttl::from));
        let created: Option<Timestamp> = belonging.iter().filter_map(|one| one.created_at).min();
        let registration = Registration {
            app: self.app.clone(),
            version: version.unwrap_or_else(unknown_version),
            owner: self.owner.clone(),
            terms: Terms {
                ttl: ttl.unwrap_or_else(|| Ttl::from(Span::minutes(60))),
                renew_on: RenewOn::Never,
                idle_after: None,
                ready_timeout: None,
                hourly_cost: None,
                labels: Labels::default(),
                teardown: TeardownInputs::default(),
                as_written: BTreeMap::new(),
            },
            origin: unknown_origin(),
            policy: policy.clone(),
        };
        Adoption {
            registration,
            created_at: created,
        }
    }
}

/// The version of a stack without a version tag.
fn unknown_version() -> AppVersion {
    #[expect(clippy::expect_used, reason = "the text is a valid version")]
    AppVersion::new("unknown").expect("a version")
}

/// The origin of a stack that was applied at an unknown place: it has no directory.
fn unknown_origin() -> Origin {
    Origin {
        directory: String::new(),
        workspace: String::new(),
        command: String::new(),
        data_dir: None,
        process: ProcessId {
            pid: 0,
            started: String::new(),
            host: process::host(),
        },
        backend: None,
        repository: None,
    }
}
