//! Converts the tags of any SDK into a map.

use std::collections::BTreeMap;

/// A map of tags. A tag without a value gets an empty one.
pub(crate) fn map<'a>(
    tags: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> BTreeMap<String, String> {
    tags.into_iter()
        .filter_map(|(key, value)| Some((key?.to_owned(), value.unwrap_or_default().to_owned())))
        .collect()
}
