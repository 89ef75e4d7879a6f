//! Tags as maps, whatever the SDK of a service calls them.

use std::collections::BTreeMap;

use stack::cloud::DiscoveryScope;
use stack::values::tags::STACK;

/// A map of tags. A tag without a value gets an empty one.
pub(crate) fn map<'a>(
    tags: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> BTreeMap<String, String> {
    tags.into_iter()
        .filter_map(|(key, value)| Some((key?.to_owned(), value.unwrap_or_default().to_owned())))
        .collect()
}

/// Whether tags name a wanted stack.
pub(crate) fn is_wanted(tags: &BTreeMap<String, String>, scope: &DiscoveryScope) -> bool {
    match (tags.get(STACK), scope) {
        (None, _) => false,
        (Some(_), DiscoveryScope::All) => true,
        (Some(tag), DiscoveryScope::Stack(name)) => tag == name.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scan for one stack wants only that stack's tag.
    #[test]
    fn only_the_wanted_stack_matches() {
        let tags = |name: &str| BTreeMap::from([(STACK.to_owned(), name.to_owned())]);
        let stack = DiscoveryScope::Stack("pr-1".parse().unwrap());
        assert!(is_wanted(&tags("pr-1"), &stack) && !is_wanted(&tags("pr-12"), &stack));
        assert!(is_wanted(&tags("pr-12"), &DiscoveryScope::All));
        assert!(!is_wanted(&BTreeMap::new(), &DiscoveryScope::All));
    }
}
