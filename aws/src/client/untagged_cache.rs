//! Remembers for a while which IAM resources carry no stack's tag.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stack::cloud::DiscoveryScope;
use tokio::time::Instant;

/// How long discovery does not read the tags of an untagged resource again.
const TTL: Duration = Duration::from_secs(60 * 60);

/// The unique ids of resources that carried no stack's tag, with the time of the check.
///
/// IAM lists policies and instance profiles without their tags, so reading the tags takes a call
/// for each. Tags usually come with the creation, so a scan of all stacks, which repeats, skips for
/// an hour what was untagged. A scan for one stack precedes an action on it and reads the tags of
/// each.
///
/// The key is the unique id, because a resource that is deleted and created again under the same
/// name is a different one.
#[derive(Debug, Default)]
pub(crate) struct UntaggedCache(Mutex<HashMap<String, Instant>>);

impl UntaggedCache {
    /// Whether this scan can skip the resource.
    pub(crate) fn can_skip(&self, scope: &DiscoveryScope, unique_id: &str) -> bool {
        *scope == DiscoveryScope::All && self.contains(unique_id)
    }

    fn contains(&self, unique_id: &str) -> bool {
        let checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checked
            .get(unique_id)
            .is_some_and(|time| time.elapsed() < TTL)
    }

    /// Records that the resource carries no stack's tag.
    pub(crate) fn insert(&self, unique_id: &str) {
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checked.retain(|_, time| time.elapsed() < TTL);
        checked.insert(unique_id.to_owned(), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry expires after an hour; a new resource under the same name is not skipped.
    #[tokio::test(start_paused = true)]
    async fn entries_expire() {
        let cache = UntaggedCache::default();
        cache.insert("ANPA1");
        assert!(cache.contains("ANPA1") && !cache.contains("ANPA2"));
        tokio::time::advance(TTL).await;
        assert!(!cache.contains("ANPA1"));
        cache.insert("ANPA2");
        assert_eq!(cache.0.lock().unwrap().len(), 1);
    }
}
