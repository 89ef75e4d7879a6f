//! The identity of a stack on the screen.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use stack::inventory::TaggedStack;
use stack::service::teardown::sweep::SweepSelector;
use stack::{AppName, Owner, StackName};

/// The identity of a stack: the name of its lease, or its tags if it has no lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StackKey {
    /// A lease in this ledger. Names are unique among live leases.
    Lease(StackName),
    /// Tags without a lease. Stacks with the same name and different owners are different stacks.
    Tags(Box<TaggedStack>),
}

impl StackKey {
    /// The name to show, and to use in commands.
    pub(crate) fn name(&self) -> StackName {
        match self {
            Self::Lease(name) => name.clone(),
            Self::Tags(tags) => StackName::lossy(&tags.name),
        }
    }

    /// The name of the lease, if there is one.
    pub(crate) fn leased(&self) -> Option<&StackName> {
        match self {
            Self::Lease(name) => Some(name),
            Self::Tags(_) => None,
        }
    }

    /// Selects the stack for a sweep. `None` if the tags have no valid name, app or owner, because
    /// nothing may be deleted on such tags.
    pub(crate) fn sweep_selector(&self) -> Option<SweepSelector> {
        match self {
            Self::Lease(name) => Some(SweepSelector::named(name)),
            Self::Tags(tags) => Some(SweepSelector {
                name: StackName::new(&tags.name).ok()?,
                app: Some(AppName::new(tags.app.as_deref()?).ok()?),
                owner: Some(Owner::new(tags.owner.as_deref()?).ok()?),
            }),
        }
    }

    /// Sorts by name; at the same name, the lease comes first.
    pub(crate) fn sort_key(&self) -> (&str, Option<&TaggedStack>) {
        match self {
            Self::Lease(name) => (name.as_str(), None),
            Self::Tags(tags) => (&tags.name, Some(tags)),
        }
    }
}

impl From<&StackName> for StackKey {
    fn from(name: &StackName) -> Self {
        Self::Lease(name.clone())
    }
}

impl PartialOrd for StackKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StackKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

impl fmt::Display for StackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lease(name) => name.fmt(f),
            Self::Tags(tags) => StackName::lossy(&tags.name).fmt(f),
        }
    }
}
