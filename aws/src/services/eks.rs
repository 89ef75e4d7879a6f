//! What EKS types share.

use std::collections::{BTreeMap, HashMap};

use stack::cloud::ResourceId;

use crate::arn::resource_name;

/// Converts tags into a map.
pub(crate) fn tags_of(tags: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    let pairs = tags.into_iter().flatten();
    pairs
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The cluster and the name in `KIND/CLUSTER/NAME/UUID`. Ids from the lists of a cluster lack the
/// UUID.
pub(crate) fn names<'a>(id: &'a ResourceId, kind: &str) -> (&'a str, &'a str) {
    let mut parts = resource_name(id, kind).split('/');
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An id gives the cluster and the name, with or without the UUID.
    #[test]
    fn reads_cluster_and_name() {
        let id = |path: &str| ResourceId(format!("arn:aws:eks:eu-west-1:1:{path}"));
        let named = id("nodegroup/main/workers/0cc2-1");
        assert_eq!(names(&named, "nodegroup"), ("main", "workers"));
        let listed = id("nodegroup/main/workers");
        assert_eq!(names(&listed, "nodegroup"), ("main", "workers"));
    }
}
