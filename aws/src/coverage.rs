//! What jiti does about each resource type: how it is found, confirmed and deleted, and whether it
//! is priced, measured and stopped. The guide on AWS shows this as a table.

use crate::cloud_control::{Cost, TableType, TagSource, table};
use crate::delete_command::{CommandOfType, commands};
use crate::types;

mod own;
mod unlisted;

pub(crate) use self::own::outlives;
pub use self::unlisted::{UNLISTED, UnlistedCause, UnlistedType};

/// What jiti does about a resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeCoverage {
    /// The name of the type, as the tagging API writes it: `ecr:repository`.
    pub name: String,
    /// The types of CloudFormation that it stands for: `AWS::ECR::Repository`.
    pub cloud_formation: Vec<&'static str>,
    /// How jiti finds a resource of the type.
    pub found_by: &'static str,
    /// Which service confirms it.
    pub confirmed_by: &'static str,
    /// Which service deletes it, or which command, which the residue has.
    pub deleted_by: String,
    /// Whether it has a price.
    pub priced: &'static str,
    /// Whether its use is measured.
    pub measured: bool,
    /// Whether `sleep` stops it.
    pub stopped: bool,
    /// What is left after its deletion, or stays reserved.
    pub outlives: Option<&'static str>,
    /// Which facts of the schema the type rests on; `None` for a type that its own service deletes.
    pub schema: Option<SchemaFacts>,
}

/// What jiti takes from the CloudFormation resource schema of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFacts {
    /// The pattern of its ARNs, without the partition.
    pub arn: &'static str,
    /// Whether the identifier is the ARN, or is searched by it.
    pub is_whole_identifier: bool,
    /// Whether the identifier is searched among all resources of the type.
    pub is_searched: bool,
    /// The parts of any other identifier: one for each property.
    pub identifier_parts: usize,
    /// The property with the tags; `None` if Cloud Control does not return them, or the type has
    /// none.
    pub tags: Option<&'static str>,
    /// Whether the tagging API has its tags although Cloud Control does not.
    pub tags_from_index: bool,
    /// Every property that jiti reads.
    pub properties: Vec<&'static str>,
    /// The property by which the parts of a container are listed, with their type.
    pub listed_by: Vec<(&'static str, &'static str)>,
    /// Whether jiti updates a resource before it deletes it.
    pub updates: bool,
}

/// Tag index: the Resource Groups Tagging API, and for EC2 its own.
const INDEX: &str = "tag index";
const OWN_LIST: &str = "its service's list";
const OWNER: &str = "its owner";
const CLOUD_CONTROL: &str = "Cloud Control";
const OWN_SERVICE: &str = "its service";

/// Every type that jiti knows, sorted by name: those with a file of their own, those that Cloud
/// Control deletes, and those for which the residue has the command of the AWS CLI.
#[must_use]
pub fn type_coverage() -> Vec<TypeCoverage> {
    let own = types::ALL.iter().map(|kind| own::coverage(kind.name()));
    let reported = commands().filter(|command| !is_deleted(command));
    let reported = reported.map(|command| TypeCoverage {
        name: command.name,
        cloud_formation: command.cloud_formation.iter().copied().collect(),
        found_by: INDEX,
        confirmed_by: "not confirmed",
        deleted_by: format!("you: `aws {}`", command.call),
        priced: "no",
        measured: false,
        stopped: false,
        outlives: None,
        schema: None,
    });
    let mut all: Vec<TypeCoverage> = own.chain(table().map(of_row)).chain(reported).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Whether jiti deletes the type of a command itself.
fn is_deleted(command: &CommandOfType) -> bool {
    table().any(|row| {
        let mut types = row.also.iter().chain([&row.cloud_formation]);
        types.any(|name| command.cloud_formation == Some(name))
    })
}

fn of_row(row: &'static TableType) -> TypeCoverage {
    let (found_by, confirmed_by) = match row.tags {
        TagSource::Property(_) => (INDEX, CLOUD_CONTROL),
        TagSource::Index => (INDEX, "Cloud Control, and the tag index for its tags"),
        TagSource::None => (OWNER, CLOUD_CONTROL),
    };
    let types = std::iter::once(row.cloud_formation).chain(row.also.iter().copied());
    TypeCoverage {
        name: row.name.to_owned(),
        cloud_formation: types.collect(),
        found_by,
        confirmed_by,
        deleted_by: CLOUD_CONTROL.to_owned(),
        priced: match row.cost {
            Cost::Free => "free",
            Cost::Unpriced(_) => "no",
        },
        measured: false,
        stopped: false,
        outlives: row.outlives,
        schema: Some(facts(row)),
    }
}

fn facts(row: &'static TableType) -> SchemaFacts {
    let references = row.references.iter().map(|reference| reference.path);
    let owner = row.owner.iter().map(|reference| reference.path);
    let flags = row.protection.iter().map(|flag| flag.path);
    let single = [row.created, row.state, row.disable, row.found_by];
    SchemaFacts {
        arn: row.arn.0,
        is_whole_identifier: matches!(row.identifier, "{arn}" | "{identifier}" | ""),
        is_searched: row.found_by.is_some(),
        identifier_parts: row.identifier.split('|').count(),
        tags: match row.tags {
            TagSource::Property(path) => Some(path),
            TagSource::Index | TagSource::None => None,
        },
        tags_from_index: row.tags == TagSource::Index,
        properties: references
            .chain(owner)
            .chain(flags)
            .chain(single.into_iter().flatten())
            .collect(),
        listed_by: row
            .parts
            .iter()
            .filter_map(|parts| {
                let kind = table().find(|row| row.name == parts.kind)?;
                Some((kind.cloud_formation, parts.listed_by))
            })
            .collect(),
        updates: row.disable.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The table has each type once, and sixty and more that Cloud Control deletes.
    #[test]
    fn every_type_is_covered_once() {
        let all = type_coverage();
        let names: BTreeSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        let by_cloud_control = all.iter().filter(|one| one.deleted_by == CLOUD_CONTROL);
        assert!(by_cloud_control.count() > 100);
        let reported = all.iter().filter(|one| one.deleted_by.starts_with("you: "));
        assert!(reported.count() > 50);
    }
}
