//! Stacks as tags tell of them: one for each name, app, owner and account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CloudSnapshot;
use crate::cloud::Resource;
use crate::lease::Lease;
use crate::values::tags;

/// A stack as tags name it, whatever they say: they need not be names that jiti would accept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaggedStack {
    /// The value of `jiti:stack`.
    pub name: String,
    /// The value of `jiti:app`; `None` where that tag is missing.
    pub app: Option<String>,
    /// The value of `jiti:owner`.
    pub owner: Option<String>,
    /// The account that its resources are in.
    pub account: String,
}

impl TaggedStack {
    /// Whether these are the tags of a lease's stack: its owner is any that the lease has had. A lease says nothing of
    /// accounts.
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
    /// Every stack that a tag names, with its resources, those that belong to it by relation included; by name.
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
