//! Tags as a map, whatever type a service's SDK has for them.

use std::collections::BTreeMap;

/// The map of pairs of a key and a value. A tag without a value has an empty one.
pub(crate) fn map<'a>(
    tags: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> BTreeMap<String, String> {
    tags.into_iter()
        .filter_map(|(key, value)| Some((key?.to_owned(), value.unwrap_or_default().to_owned())))
        .collect()
}
