//! What RDS types share.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{Filter, Tag};
use aws_smithy_types::DateTime;
use stack::cloud::{CloudError, CloudErrorKind, Confirmation, DeleteOptions, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::failed;
use crate::resource_type::Descriptions;
use crate::tags;
use crate::time::timestamp;

/// Ids in one filter: as many as a page of the answer holds.
pub(crate) const BATCH: usize = 100;

/// The detail with the time at which RDS restarts a stopped database: after seven days.
const RESTARTS_AT: &str = "restarts_at";
/// The detail with the unique id, which a later database of the same name does not have.
const UNIQUE_ID: &str = "resource_id";
/// The detail of a database that cannot have a final snapshot.
const NO_FINAL_SNAPSHOT: &str = "no_final_snapshot";

/// Converts tags into a map.
pub(crate) fn tags_of(list: &[Tag]) -> BTreeMap<String, String> {
    tags::map(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// Reads the tags of one resource, for types whose description lacks them.
pub(crate) async fn read_tags(
    clients: &Clients,
    id: &ResourceId,
) -> Result<BTreeMap<String, String>, CloudError> {
    let answer = clients
        .rds()
        .list_tags_for_resource()
        .resource_name(id.as_str())
        .send()
        .await
        .map_err(failed!("rds", "ListTagsForResource", id.as_str()))?;
    Ok(tags_of(answer.tag_list()))
}

/// A filter by names. Unlike a parameter with a name, it accepts names that do not exist.
pub(crate) fn filter(name: &str, ids: &[ResourceId], kind: &str) -> Filter {
    let names = ids.iter().map(|id| resource_name(id, kind).to_owned());
    Filter::builder()
        .name(name)
        .set_values(Some(names.collect()))
        .build()
}

/// What AWS charges for in a state, according to the user guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charge {
    /// The instance and its storage.
    All,
    /// Only the storage.
    Storage,
    /// Neither.
    Nothing,
}

/// What AWS charges for in a state. States that the user guide does not list are named after a
/// change in progress; they cost everything.
pub(crate) fn charge(state: Option<&str>) -> Charge {
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
        ) => Charge::Nothing,
        Some(
            "inaccessible-encryption-credentials-recoverable" | "starting" | "stopped" | "stopping",
        ) => Charge::Storage,
        _ => Charge::All,
    }
}

/// Whether a database is stopped or stopping.
pub(crate) fn is_stopped(state: Option<&str>) -> bool {
    matches!(state, Some("stopped" | "stopping"))
}

/// Whether the members of a cluster have to be deleted before it. A Multi-AZ cluster deletes its
/// own.
pub(crate) fn has_independent_members(engine: &str) -> bool {
    engine.starts_with("aurora") || matches!(engine, "neptune" | "docdb")
}

/// Saves what later calls need: the unique id, and the time of the automatic restart.
pub(crate) fn set_details(
    resource: &mut Resource,
    unique_id: Option<&str>,
    restarts_at: Option<&DateTime>,
) {
    let restarts_at = timestamp(restarts_at).map(|time| time.to_string());
    let details = [
        (UNIQUE_ID, unique_id.map(str::to_owned)),
        (RESTARTS_AT, restarts_at),
    ];
    let set = details
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    resource.details.extend(set);
}

/// Records that a database cannot have a final snapshot, because its data belong to a cluster or to
/// the source of a replica.
pub(crate) fn set_no_final_snapshot(resource: &mut Resource) {
    let why = "its data belong to another database".to_owned();
    resource.details.insert(NO_FINAL_SNAPSHOT.to_owned(), why);
}

/// The name of the final snapshot that a delete creates; `None` if it creates none.
pub(crate) fn final_snapshot(
    options: DeleteOptions,
    resource: &Resource,
    name: &str,
) -> Option<String> {
    if !options.final_snapshot || resource.details.contains_key(NO_FINAL_SNAPSHOT) {
        return None;
    }
    let unique_id = resource.details.get(UNIQUE_ID);
    Some(final_snapshot_name(name, unique_id.map(String::as_str)))
}

/// The name of the final snapshot of a database. It depends on the unique id: a second attempt
/// creates no second snapshot, and a later database of the same name gets another one.
fn final_snapshot_name(name: &str, unique_id: Option<&str>) -> String {
    let unique_id = unique_id.unwrap_or_default().to_lowercase();
    match unique_id.rsplit('-').next() {
        None | Some("") => format!("{name}-final"),
        Some(suffix) => format!("{name}-final-{suffix}"),
    }
}

/// A snapshot of a database instance or cluster; the two calls describe the same attributes.
pub(crate) struct Snapshot<'a> {
    pub(crate) arn: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    /// The name of the instance or cluster.
    pub(crate) database: Option<&'a str>,
    /// The unique id of the instance or cluster.
    pub(crate) unique_id: Option<&'a str>,
    pub(crate) tags: &'a [Tag],
    pub(crate) state: Option<&'a str>,
    pub(crate) created: Option<&'a DateTime>,
    /// `manual`, `automated` or `awsbackup`.
    pub(crate) kind: Option<&'a str>,
    /// The ARN of the KMS key.
    pub(crate) key: Option<&'a str>,
}

impl Snapshot<'_> {
    /// The snapshot as a resource of type `kind`. `source` is the type of its database in ARNs:
    /// `db` or `cluster`. `None` for a final snapshot, which a teardown was asked to keep: it no
    /// longer belongs to the stack, although it has a copy of its tags.
    pub(crate) fn to_resource(
        &self,
        clients: &Clients,
        kind: &str,
        source: &str,
    ) -> Option<Resource> {
        let database = self.database.unwrap_or_default();
        if self.name? == final_snapshot_name(database, self.unique_id) {
            return None;
        }
        let mut resource = clients.resource(ResourceId(self.arn?.to_owned()), kind);
        resource.tags = tags_of(self.tags);
        resource.state = self.state.map(str::to_owned);
        resource.created_at = timestamp(self.created);
        resource.confirmation = Confirmation::Confirmed;
        match self.kind {
            // AWS deletes an automated snapshot with its database, and only then.
            Some("automated") => {
                resource.owner = Some(clients.arn("rds", &format!("{source}:{database}")));
            }
            Some("awsbackup") => {
                resource.untouchable = Some("it is managed by AWS Backup".to_owned());
            }
            _ => {}
        }
        resource
            .uses
            .extend(self.key.map(|arn| ResourceId(arn.to_owned())));
        // No call returns how much it stores, and a part of the storage is free.
        resource.unpriced = vec!["snapshot storage".to_owned()];
        Some(resource)
    }
}

/// A parameter, option or subnet group. It is free, and the service's default groups cannot be
/// deleted.
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
    resource.untouchable = is_default.then(|| "it is a default group of the service".to_owned());
    resource
}

/// Ignores the error of a stop or start if the database has already stopped or started.
pub(crate) fn unless_reached(
    error: CloudError,
    descriptions: &Descriptions,
    stopped: bool,
) -> Result<(), CloudError> {
    let reached = descriptions
        .found
        .first()
        .is_some_and(|description| description.resource.stopped == stopped);
    if matches!(error.kind, CloudErrorKind::Wait | CloudErrorKind::InUse) && reached {
        Ok(())
    } else {
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state costs what the user guide says; a state that it does not list costs everything.
    #[test]
    fn what_states_cost() {
        for (state, costs) in [
            ("available", Charge::All),
            ("backing-up", Charge::All),
            ("storage-full", Charge::All),
            ("creating", Charge::Nothing),
            ("deleting", Charge::Nothing),
            ("stopped", Charge::Storage),
            ("starting", Charge::Storage),
        ] {
            assert_eq!(charge(Some(state)), costs, "{state}");
        }
        assert_eq!(charge(None), Charge::All);
    }

    /// The final snapshot of a database has one name; a later database of the same name gets
    /// another.
    #[test]
    fn a_final_snapshot_has_one_name() {
        assert_eq!(final_snapshot_name("db", Some("db-ABC")), "db-final-abc");
        assert_eq!(
            final_snapshot_name("db", Some("cluster-ABD")),
            "db-final-abd"
        );
        assert_eq!(final_snapshot_name("db", None), "db-final");
    }

    /// Automated snapshots belong to their database, others do not; a final snapshot is not listed.
    #[test]
    fn who_owns_a_snapshot() {
        let clients = Clients::for_tests();
        let snapshot_of = |name, kind| {
            let arn = format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}");
            let snapshot = Snapshot {
                arn: Some(&arn),
                name: Some(name),
                database: Some("main"),
                unique_id: Some("db-ABC"),
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

    /// A delete creates a final snapshot on request, and only of a database with data of its own.
    #[test]
    fn a_final_snapshot_on_request() {
        let clients = Clients::for_tests();
        let mut resource = clients.resource(clients.arn("rds", "db:main"), "rds:db");
        set_details(&mut resource, Some("db-ABC"), None);
        let options = DeleteOptions {
            final_snapshot: true,
            ..DeleteOptions::default()
        };
        let name = final_snapshot(options, &resource, "main");
        assert_eq!(name.as_deref(), Some("main-final-abc"));
        assert_eq!(
            final_snapshot(DeleteOptions::default(), &resource, "main"),
            None
        );
        set_no_final_snapshot(&mut resource);
        assert_eq!(final_snapshot(options, &resource, "main"), None);
    }
}
