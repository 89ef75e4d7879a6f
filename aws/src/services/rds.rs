//! What all types of RDS share.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{Filter, Tag};
use aws_smithy_types::DateTime;
use stack::cloud::{CloudError, CloudErrorKind, Confirmation, DeleteOptions, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::failed;
use crate::tags;
use crate::time::timestamp;
use crate::types::Descriptions;

/// Ids in one filter, as many as a page of the answer holds.
pub(crate) const BATCH: usize = 100;

/// When the service starts what was stopped by itself: it does after seven days.
const RESTARTS: &str = "restarts_at";
/// The detail with an id that no later database of the same name has.
const UNIQUE: &str = "resource_id";
/// The detail that says that no last snapshot can be made of this one.
const NO_SNAPSHOT: &str = "no_last_snapshot";

/// Tags as a map.
pub(crate) fn tags_of(list: &[Tag]) -> BTreeMap<String, String> {
    tags::map(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// The tags of one resource, for calls that do not tell them.
pub(crate) async fn tagged(
    clients: &Clients,
    id: &ResourceId,
) -> Result<BTreeMap<String, String>, CloudError> {
    let asked = clients
        .rds()
        .list_tags_for_resource()
        .resource_name(id.as_str());
    let answer = asked.send().await;
    let answer = answer.map_err(failed!("rds", "ListTagsForResource", id.as_str()))?;
    Ok(tags_of(answer.tag_list()))
}

/// A filter by names, which, unlike a name by itself, tolerates those that do not exist.
pub(crate) fn filter(name: &str, ids: &[ResourceId], kind: &str) -> Filter {
    let names = ids.iter().map(|id| resource_name(id, kind).to_owned());
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
pub(crate) fn note(resource: &mut Resource, unique: Option<&str>, restarts: Option<&DateTime>) {
    let restarts = timestamp(restarts).map(|time| time.to_string());
    let noted = [(UNIQUE, unique.map(str::to_owned)), (RESTARTS, restarts)];
    let noted = noted.into_iter();
    let noted = noted.filter_map(|(key, value)| Some((key.to_owned(), value?)));
    resource.details.extend(noted);
}

/// Notes that no last snapshot can be made of a database: its data are another's.
pub(crate) fn note_no_snapshot(resource: &mut Resource) {
    let why = "its data are another's".to_owned();
    resource.details.insert(NO_SNAPSHOT.to_owned(), why);
}

/// What the last snapshot is to be called that a delete is to make; `None`: it is to make none.
pub(crate) fn wanted_snapshot(
    how: DeleteOptions,
    resource: &Resource,
    name: &str,
) -> Option<String> {
    if !how.final_snapshot || resource.details.contains_key(NO_SNAPSHOT) {
        return None;
    }
    let unique = resource.details.get(UNIQUE);
    Some(last_snapshot(name, unique.map(String::as_str)))
}

/// What the last snapshot of a database is called: always the same for this database, so that a second try makes no
/// second one, and never the same for a later one of its name.
fn last_snapshot(name: &str, unique: Option<&str>) -> String {
    let unique = unique.unwrap_or_default().to_lowercase();
    match unique
        .rsplit_once('-')
        .map_or(unique.as_str(), |(_, id)| id)
    {
        "" => format!("{name}-final"),
        unique => format!("{name}-final-{unique}"),
    }
}

/// A snapshot of a database or of a cluster of them, as either call describes it.
pub(crate) struct Snapshot<'a> {
    pub(crate) arn: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    /// The name of what it is a snapshot of, and an id that no later one of this name has.
    pub(crate) database: Option<&'a str>,
    pub(crate) unique: Option<&'a str>,
    pub(crate) tags: &'a [Tag],
    pub(crate) state: Option<&'a str>,
    pub(crate) created: Option<&'a DateTime>,
    /// `manual`, `automated`, `awsbackup`.
    pub(crate) kind: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
}

impl Snapshot<'_> {
    /// The snapshot as a resource of a type, with what ARNs call its database: `db`, `cluster`. `None` for what a
    /// teardown was asked to keep: that is nobody's stack any longer, whatever tags were copied to it.
    pub(crate) fn to_resource(&self, clients: &Clients, kind: &str, of: &str) -> Option<Resource> {
        let database = self.database.unwrap_or_default();
        if self.name? == last_snapshot(database, self.unique) {
            return None;
        }
        let mut resource = clients.resource(ResourceId(self.arn?.to_owned()), kind);
        resource.tags = tags_of(self.tags);
        resource.state = self.state.map(str::to_owned);
        resource.created_at = timestamp(self.created);
        resource.confirmation = Confirmation::Confirmed;
        match self.kind {
            // An automated one goes with its database, and only so.
            Some("automated") => {
                resource.owner = Some(clients.arn("rds", &format!("{of}:{database}")))
            }
            Some("awsbackup") => {
                resource.untouchable = Some("it is managed by AWS Backup".to_owned());
            }
            _ => {}
        }
        resource
            .uses
            .extend(self.key.map(|arn| ResourceId(arn.to_owned())));
        // What it stores is told by nothing, and partly free.
        resource.unpriced = vec!["snapshot storage".to_owned()];
        Some(resource)
    }
}

/// A group of parameters or options, which costs nothing. Those that came with the service are nobody's.
pub(crate) fn group(
    clients: &Clients,
    id: &ResourceId,
    kind: &str,
    is_default: bool,
    tags: BTreeMap<String, String>,
) -> Resource {
    let mut resource = clients.resource(id.clone(), kind);
    resource.tags = tags;
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = is_default.then(|| "it is a default of the service".to_owned());
    resource
}

/// That a stop or a start was refused is no failure when its end has been reached already.
pub(crate) fn unless_so(
    error: CloudError,
    descriptions: &Descriptions,
    stopped: bool,
) -> Result<(), CloudError> {
    let reached = descriptions.found.first();
    let reached = reached.is_some_and(|description| description.resource.stopped == stopped);
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

    /// Automated snapshots go with their database, others by themselves; one that was asked for at the end is kept.
    #[test]
    fn whose_a_snapshot_is() {
        let clients = Clients::for_tests();
        let snapshot_of = |name, kind| {
            let arn = format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}");
            let snapshot = Snapshot {
                arn: Some(&arn),
                name: Some(name),
                database: Some("main"),
                unique: Some("db-ABC"),
                tags: &[],
                state: Some("available"),
                created: None,
                kind: Some(kind),
                key: None,
            };
            snapshot.to_resource(&clients, "rds:snapshot", "db")
        };
        let automated = snapshot_of("rds:main-2026-11-21", "automated").unwrap();
        assert_eq!(automated.owner, Some(clients.arn("rds", "db:main")));
        let manual = snapshot_of("before", "manual").unwrap();
        assert_eq!((manual.owner, manual.untouchable), (None, None));
        assert!(
            snapshot_of("backup", "awsbackup")
                .unwrap()
                .untouchable
                .is_some()
        );
        assert_eq!(snapshot_of("main-final-abc", "manual"), None);
    }

    /// A last snapshot is made when it is asked for, and only of a database whose data are its own.
    #[test]
    fn a_last_snapshot_is_asked_for() {
        let clients = Clients::for_tests();
        let mut resource = clients.resource(clients.arn("rds", "db:main"), "rds:db");
        note(&mut resource, Some("db-ABC"), None);
        let keep = DeleteOptions {
            final_snapshot: true,
        };
        let name = wanted_snapshot(keep, &resource, "main");
        assert_eq!(name.as_deref(), Some("main-final-abc"));
        assert_eq!(
            wanted_snapshot(DeleteOptions::default(), &resource, "main"),
            None
        );
        note_no_snapshot(&mut resource);
        assert_eq!(wanted_snapshot(keep, &resource, "main"), None);
    }
}
