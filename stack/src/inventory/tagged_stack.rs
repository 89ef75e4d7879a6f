//! Stacks as found by tag: one per name, app, owner and account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CloudSnapshot;
use crate::cloud::Resource;
use crate::lease::Lease;
use crate::values::tags;

/// A stack as its tags describe it. The texts need not be valid jiti names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaggedStack {
    /// The value of `jiti:stack`.
    pub name: String,
    /// The value of `jiti:app`; `None` if the tag is missing.
    pub app: Option<String>,
    /// The value of `jiti:owner`; `None` if the tag is missing.
    pub owner: Option<String>,
    /// The account of its resources.
    pub account: String,
}

impl TaggedStack {
    /// Whether these tags belong to the stack of a lease, under any owner that the lease has had.
    /// The account does not matter, because a lease names none.
    #[must_use]
    pub fn is_of(&self, lease: &Lease) -> bool {
        self.name == lease.name.as_str()
            && self.app.as_deref() == Some(lease.app.as_str())
            && self
                .owner
                .as_deref()
                .is_some_and(|owner| lease.owners().any(|of_lease| of_lease.as_str() == owner))
    }
}

impl CloudSnapshot {
    /// Every tagged stack, by name, with its resources and those that belong to it by relation.
    #[must_use]
    pub fn stacks(&self) -> BTreeMap<TaggedStack, Vec<&Resource>> {
        let mut stacks: BTreeMap<TaggedStack, Vec<&Resource>> = BTreeMap::new();
        for resource in self.resources.values() {
            let Some(tagged) = self.tagged(resource) else {
                continue;
            };
            let value = |key| tagged.tag(key).map(str::to_owned);
            let tags = TaggedStack {
                name: value(tags::STACK).unwrap_or_default(),
                app: value(tags::APP),
                owner: value(tags::OWNER),
                account: resource.place.account.clone(),
            };
            stacks.entry(tags).or_default().push(resource);
        }
        stacks
    }
}
