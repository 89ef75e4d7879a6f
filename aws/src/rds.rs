//! What all types of RDS share.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{Filter, Tag};
use stack::cloud::{CloudError, CloudErrorKind, Resource, ResourceId};

use crate::arn::short;
use crate::clients::Clients;
use crate::error::failed;
use crate::tags;
use crate::types::Seen;

/// Ids in one filter, as many as a page of the answer holds.
pub(crate) const BATCH: usize = 100;

/// When the service starts what was stopped by itself: it does after seven days.
const RESTARTS: &str = "restarts_at";
/// The detail with an id that no later database of the same name has.
const UNIQUE: &str = "resource_id";

/// Tags as a map.
pub(crate) fn tags_of(list: &[Tag]) -> BTreeMap<String, String> {
    tags::map(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// The tags of one resource, for calls that do not tell them.
pub(crate) async fn tagged(
    at: &Clients,
    id: &ResourceId,
) -> Result<BTreeMap<String, String>, CloudError> {
    let asked = at.rds().list_tags_for_resource().resource_name(id.as_str());
    let answer = asked.send().await;
    let answer = answer.map_err(failed!("rds", "ListTagsForResource", id.as_str()))?;
    Ok(tags_of(answer.tag_list()))
}

/// A filter by names, which, unlike a name by itself, tolerates those that do not exist.
pub(crate) fn filter(name: &str, ids: &[ResourceId], kind: &str) -> Filter {
    let names = ids.iter().map(|id| short(id, kind).to_owned());
    Filter::builder()
        .name(name)
        .set_values(Some(names.collect()))
        .build()
}

/// What is paid for in a state, as the table of states in the user guide has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// Instance and storage.
    All,
    /// The storage alone.
    Storage,
    /// Neither.
    Nothing,
}

/// What a state costs. States that are not in the table cost all: they are named after what is being changed.
pub(crate) fn paid(state: Option<&str>) -> Paid {
    match state {
        Some(
            "creating"
            | "delete-precheck"
            | "deleting"
            | "failed"
            | "inaccessible-encryption-credentials"
            | "incompatible-create"
            | "incompatible-network"
            | "incompatible-restore"
            | "insufficient-capacity",
        ) => Paid::Nothing,
        Some(
            "inaccessible-encryption-credentials-recoverable" | "starting" | "stopped" | "stopping",
        ) => Paid::Storage,
        _ => Paid::All,
    }
}

/// Whether something is stopped, or about to be.
pub(crate) fn is_stopped(state: Option<&str>) -> bool {
    matches!(state, Some("stopped" | "stopping"))
}

/// Whether the members of a cluster are deleted one by one, before it. Those of a Multi-AZ cluster are its own.
pub(crate) fn has_members_of_their_own(engine: &str) -> bool {
    engine.starts_with("aurora") || matches!(engine, "neptune" | "docdb")
}

/// Notes what a later call needs to know of a database: an id of its own, and when it starts by itself.
pub(crate) fn note(
    resource: &mut Resource,
    unique: Option<&str>,
    restarts: Option<&aws_smithy_types::DateTime>,
) {
    let restarts = crate::time::timestamp(restarts).map(|at| at.to_string());
    let noted = [(UNIQUE, unique.map(str::to_owned)), (RESTARTS, restarts)];
    let noted = noted.into_iter();
    let noted = noted.filter_map(|(key, value)| Some((key.to_owned(), value?)));
    resource.details.extend(noted);
}

/// What the last snapshot of a database is called: always the same for this database, so that a second try makes no
/// second one, and never the same for a later one of its name.
pub(crate) fn last_snapshot(name: &str, unique: Option<&str>) -> String {
    let unique = unique.unwrap_or_default().to_lowercase();
    match unique
        .rsplit_once('-')
        .map_or(unique.as_str(), |(_, id)| id)
    {
        "" => format!("{name}-final"),
        unique => format!("{name}-final-{unique}"),
    }
}

/// What the last snapshot of this resource is called.
pub(crate) fn last_snapshot_of(resource: &Resource, name: &str) -> String {
    last_snapshot(name, resource.details.get(UNIQUE).map(String::as_str))
}

/// That a stop or a start was refused is no failure when its end has been reached already.
pub(crate) fn unless_so(error: CloudError, seen: &Seen, stopped: bool) -> Result<(), CloudError> {
    let reached = seen.found.first();
    let reached = reached.is_some_and(|sighting| sighting.resource.stopped == stopped);
    if error.kind == CloudErrorKind::Wait && reached {
        Ok(())
    } else {
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state costs what the user guide says; one that it does not name costs all.
    #[test]
    fn states_and_what_they_cost() {
        for (state, costs) in [
            ("available", Paid::All),
            ("backing-up", Paid::All),
            ("storage-full", Paid::All),
            ("creating", Paid::Nothing),
            ("deleting", Paid::Nothing),
            ("stopped", Paid::Storage),
            ("starting", Paid::Storage),
        ] {
            assert_eq!(paid(Some(state)), costs, "{state}");
        }
        assert_eq!(paid(None), Paid::All);
    }

    /// A last snapshot has one name for one database, and another for the next of its name.
    #[test]
    fn a_last_snapshot_has_one_name() {
        assert_eq!(last_snapshot("db", Some("db-ABC")), "db-final-abc");
        assert_eq!(last_snapshot("db", Some("cluster-ABD")), "db-final-abd");
        assert_eq!(last_snapshot("db", None), "db-final");
    }
}
