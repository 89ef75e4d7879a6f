//! A row of the table: all that jiti needs to know about a type.

use serde_json::Value;
use stack::cloud::DeletionTimeout;

use super::pattern::ArnPattern;
use super::properties::{Protection, Reference};

/// A resource type that Cloud Control reads and deletes.
///
/// The source of a row is the CloudFormation resource schema of its type, and for the ARN the
/// service authorization reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableType {
    /// The name of the type, as the tagging API writes it: `ecr:repository`.
    pub(crate) name: &'static str,
    /// The type in CloudFormation: `AWS::ECR::Repository`.
    pub(crate) cloud_formation: &'static str,
    /// Other types whose resources have the same form of ARN and identifier. Only the service knows
    /// which type a resource has.
    pub(crate) also: &'static [&'static str],
    /// The ARNs of its resources.
    pub(crate) arn: ArnPattern,
    /// For a type of EC2, the prefix of its ids: `vgw`.
    pub(crate) id_prefix: Option<&'static str>,
    /// How the ARN becomes the identifier, in the order of the schema's `primaryIdentifier`.
    pub(crate) identifier: &'static str,
    /// The property with the ARN, for a type whose identifier is no part of the ARN. It is then
    /// searched among all resources of the type.
    pub(crate) found_by: Option<&'static str>,
    /// Where its tags are read.
    pub(crate) tags: TagSource,
    /// The property with the time of its creation.
    pub(crate) created: Option<&'static str>,
    /// The property with its state.
    pub(crate) state: Option<&'static str>,
    /// The properties that refer to other resources. These are deleted after it.
    pub(crate) references: &'static [Reference],
    /// The property that refers to the resource that it is part of, and is deleted with.
    pub(crate) owner: Option<Reference>,
    /// The property that protects it.
    pub(crate) protection: Option<Protection>,
    /// The flag that has to be off before it can be deleted.
    pub(crate) disable: Option<&'static str>,
    /// What it contains, which has to be deleted before it.
    pub(crate) parts: &'static [Parts],
    /// Identifiers that AWS itself creates in each account.
    pub(crate) defaults: &'static [&'static str],
    /// What it costs, besides what it contains.
    pub(crate) cost: Cost,
    /// How long its deletion may take.
    pub(crate) timeout: DeletionTimeout,
    /// What is left after its deletion, or stays reserved: for a person who reads the plan.
    pub(crate) outlives: Option<&'static str>,
}

/// Where jiti reads the tags of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagSource {
    /// In this property.
    Property(&'static str),
    /// From the tagging API: the type accepts tags, but Cloud Control does not return them.
    Index,
    /// The type has no tags. Its owner decides.
    None,
}

/// What a resource of a type costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Nothing.
    Free,
    /// Something that no list price covers.
    Unpriced(&'static str),
}

/// The resources of one type that another resource contains.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// The name of their type.
    pub(crate) kind: &'static str,
    /// The property of the list call that names the container.
    pub(crate) listed_by: &'static str,
    /// Whether a part with these properties has to be deleted, given those of the container. A
    /// service deletes some parts itself.
    pub(crate) is_deleted: fn(container: &Value, part: &Value) -> bool,
}

impl TableType {
    /// A type with tags in `Tags`, which costs nothing and refers to nothing.
    pub(super) const fn new(
        name: &'static str,
        cloud_formation: &'static str,
        arn: &'static str,
        identifier: &'static str,
    ) -> Self {
        Self {
            name,
            cloud_formation,
            also: &[],
            arn: ArnPattern(arn),
            id_prefix: None,
            identifier,
            found_by: None,
            tags: TagSource::Property("/Tags"),
            created: None,
            state: None,
            references: &[],
            owner: None,
            protection: None,
            disable: None,
            parts: &[],
            defaults: &[],
            cost: Cost::Free,
            timeout: DeletionTimeout::Default,
            outlives: None,
        }
    }

    pub(super) const fn id_prefix(mut self, prefix: &'static str) -> Self {
        self.id_prefix = Some(prefix);
        self
    }

    pub(super) const fn also(mut self, types: &'static [&'static str]) -> Self {
        self.also = types;
        self
    }

    pub(super) const fn found_by(mut self, property: &'static str) -> Self {
        self.found_by = Some(property);
        self
    }

    pub(super) const fn tags(mut self, tags: TagSource) -> Self {
        self.tags = tags;
        self
    }

    pub(super) const fn created(mut self, property: &'static str) -> Self {
        self.created = Some(property);
        self
    }

    pub(super) const fn state(mut self, property: &'static str) -> Self {
        self.state = Some(property);
        self
    }

    pub(super) const fn uses(mut self, references: &'static [Reference]) -> Self {
        self.references = references;
        self
    }

    pub(super) const fn part_of(mut self, owner: Reference) -> Self {
        self.owner = Some(owner);
        self
    }

    pub(super) const fn protected_by(
        mut self,
        path: &'static str,
        values: &'static [&'static str],
    ) -> Self {
        self.protection = Some(Protection { path, values });
        self
    }

    pub(super) const fn disabled_first(mut self, flag: &'static str) -> Self {
        self.disable = Some(flag);
        self
    }

    pub(super) const fn contains(mut self, parts: &'static [Parts]) -> Self {
        self.parts = parts;
        self
    }

    pub(super) const fn spares(mut self, defaults: &'static [&'static str]) -> Self {
        self.defaults = defaults;
        self
    }

    pub(super) const fn costs(mut self, what: &'static str) -> Self {
        self.cost = Cost::Unpriced(what);
        self
    }

    pub(super) const fn slow(mut self) -> Self {
        self.timeout = DeletionTimeout::Slow;
        self
    }

    pub(super) const fn leaves(mut self, what: &'static str) -> Self {
        self.outlives = Some(what);
        self
    }
}

/// A property with ARNs or ids of EC2.
pub(super) const fn arns(path: &'static str) -> Reference {
    Reference { path, arn: None }
}

/// A property with names of resources that have these ARNs.
pub(super) const fn names(path: &'static str, arn: &'static str) -> Reference {
    Reference {
        path,
        arn: Some(ArnPattern(arn)),
    }
}
