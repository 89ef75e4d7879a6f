//! Checks of a schema itself: problems that Terraform would reject or misbehave on.

mod identity;

use std::collections::BTreeSet;

use super::nested::Members;
use super::{Attribute, Block, Mode, Modifier, NestedBlock, Nesting, Schema, Shape};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::types::Type;

/// The argument names that Terraform reserves in resources and data sources.
const RESERVED_IN_RESOURCES: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

/// The argument names that Terraform reserves in provider blocks.
const RESERVED_IN_PROVIDERS: [&str; 2] = ["alias", "version"];

/// A problem in a schema. It is always a bug in the provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct SchemaProblem {
    /// The attribute or block, by names only: `http.url`.
    pub path: Path,
    /// What is wrong, and how to fix it.
    pub problem: String,
}

impl Schema {
    /// Checks the schema of a resource, a data source, an ephemeral resource or the arguments of a
    /// function.
    ///
    /// The server reports the problems with the schemas, so every test that drives the provider
    /// finds them.
    ///
    /// # Errors
    /// All problems, in declaration order.
    pub fn check(&self) -> Result<(), Vec<SchemaProblem>> {
        self.check_reserving(&RESERVED_IN_RESOURCES)
    }

    /// Checks the schema of a provider's configuration.
    ///
    /// # Errors
    /// All problems, in declaration order.
    pub fn check_provider(&self) -> Result<(), Vec<SchemaProblem>> {
        self.check_reserving(&RESERVED_IN_PROVIDERS)
    }

    /// Checks the schema of an action, a list's filter or `provider_meta`, where Terraform reserves
    /// no name.
    pub(crate) fn check_nested(&self) -> Result<(), Vec<SchemaProblem>> {
        self.check_reserving(&[])
    }

    fn check_reserving(&self, reserved: &[&str]) -> Result<(), Vec<SchemaProblem>> {
        let mut checker = Checker::default();
        let root = Path::root();
        if self.version < 0 {
            checker.report(&root, "the version is negative");
        }
        for name in names(Members::of_block(&self.block)) {
            if reserved.contains(&name) {
                let path = root.attribute(name);
                checker.report(&path, "Terraform reserves this name; rename the attribute");
            }
        }
        checker.block(&self.block, &root, Enclosing::default());
        if checker.problems.is_empty() {
            Ok(())
        } else {
            Err(checker.problems)
        }
    }
}

/// What encloses the attributes that are being checked.
#[derive(Clone, Copy, Default)]
struct Enclosing {
    set: bool,
    collection: bool,
    write_only: bool,
}

impl Enclosing {
    fn within(self, nesting: Nesting) -> Self {
        let collection = matches!(nesting, Nesting::List | Nesting::Set | Nesting::Map);
        Self {
            set: self.set || nesting == Nesting::Set,
            collection: self.collection || collection,
            ..self
        }
    }
}

#[derive(Default)]
struct Checker {
    problems: Vec<SchemaProblem>,
}

impl Checker {
    fn report(&mut self, path: &Path, problem: impl Into<String>) {
        self.problems.push(SchemaProblem {
            path: path.clone(),
            problem: problem.into(),
        });
    }

    fn block(&mut self, block: &Block, path: &Path, enclosing: Enclosing) {
        self.names(Members::of_block(block), path);
        for attribute in &block.attributes {
            self.attribute(attribute, &path.attribute(&attribute.name), enclosing);
        }
        for nested in &block.blocks {
            let path = path.attribute(&nested.name);
            self.item_limits(nested, &path);
            self.block(&nested.block, &path, enclosing.within(nested.nesting));
        }
    }

    fn names(&mut self, members: Members<'_>, path: &Path) {
        let mut unique = BTreeSet::new();
        for name in names(members) {
            let path = path.attribute(name);
            let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || !name.chars().all(is_allowed) {
                self.report(&path, "a name may contain only a-z, 0-9 and _");
            } else if name.starts_with(|c: char| c.is_ascii_digit()) {
                self.report(&path, "a name cannot begin with a digit");
            }
            if !unique.insert(name) {
                self.report(&path, "another attribute or block has the same name");
            }
        }
    }

    fn item_limits(&mut self, nested: &NestedBlock, path: &Path) {
        let (min, max) = (nested.min_items, nested.max_items);
        match nested.nesting {
            Nesting::Single if min != max || !(0..=1).contains(&min) => self.report(
                path,
                "min_items and max_items of a single block must both be 0, or both 1 if it is required",
            ),
            Nesting::Group | Nesting::Map if (min, max) != (0, 0) => {
                self.report(path, "group and map blocks cannot have limits");
            }
            Nesting::List | Nesting::Set if min < 0 || max < 0 || (max != 0 && min > max) => {
                self.report(path, "min_items is above max_items");
            }
            _ => {}
        }
    }

    fn attribute(&mut self, attribute: &Attribute, path: &Path, enclosing: Enclosing) {
        self.default_value(attribute, path);
        self.write_only(attribute, path, enclosing);
        self.modifiers(attribute, path, enclosing);
        match &attribute.shape {
            Shape::Type(ty) => self.dynamic_type(ty, path, enclosing),
            Shape::Nested {
                nesting,
                attributes,
            } => {
                if *nesting == Nesting::Group {
                    self.report(path, "only blocks can have group nesting; use single");
                }
                let enclosing = Enclosing {
                    write_only: enclosing.write_only || attribute.write_only,
                    ..enclosing.within(*nesting)
                };
                self.names(Members::of_attribute(attributes), path);
                for inner in attributes {
                    self.attribute(inner, &path.attribute(&inner.name), enclosing);
                }
            }
        }
    }

    fn default_value(&mut self, attribute: &Attribute, path: &Path) {
        let Some(default) = &attribute.default else {
            return;
        };
        if attribute.mode != Mode::OptionalComputed {
            self.report(
                path,
                "an attribute with a default must be optional and computed",
            );
        }
        if *default == Dynamic::Null {
            self.report(path, "a null default has no effect; remove it");
        } else if !conforms(default, &attribute.value_type()) {
            self.report(
                path,
                "the default is not a known value of the attribute's type",
            );
        } else {
            let validators = attribute.validators.iter();
            for refused in validators.flat_map(|validator| validator.check(default, path)) {
                let problem = format!("a validator refuses the default: {}", refused.detail);
                self.report(path, problem);
            }
        }
    }

    fn write_only(&mut self, attribute: &Attribute, path: &Path, enclosing: Enclosing) {
        if !attribute.write_only {
            if enclosing.write_only {
                self.report(
                    path,
                    "an attribute inside a write-only attribute must be write-only",
                );
            }
            return;
        }
        if attribute.mode.is_computed() {
            self.report(
                path,
                "a write-only attribute cannot be computed, because it is never stored",
            );
        }
        if enclosing.set {
            self.report(
                path,
                "an element of a set cannot have write-only attributes",
            );
        }
    }

    fn modifiers(&mut self, attribute: &Attribute, path: &Path, enclosing: Enclosing) {
        for modifier in &attribute.modifiers {
            match modifier {
                Modifier::KeepPrior if !attribute.mode.is_computed() => {
                    self.report(path, "only a computed attribute can keep its prior value");
                }
                Modifier::KeepPrior => {}
                _ if attribute.mode == Mode::Computed => {
                    let problem = "an attribute that only the provider sets cannot require replacement; \
                                   use the resource's `plan` instead";
                    self.report(path, problem);
                }
                _ if enclosing.set => {
                    let problem = "an element of a set has no address; \
                                   make the set itself require replacement";
                    self.report(path, problem);
                }
                _ => {}
            }
        }
    }

    fn dynamic_type(&mut self, ty: &Type, path: &Path, enclosing: Enclosing) {
        let collection = match ty {
            Type::Dynamic if enclosing.collection => true,
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) => inner.has_dynamic(),
            _ => enclosing.collection && ty.has_dynamic(),
        };
        if collection {
            let problem = "a collection or a repeated block cannot hold dynamic values, because \
                           all elements have one type; make the whole attribute dynamic";
            self.report(path, problem);
        }
    }
}

fn names(members: Members<'_>) -> impl Iterator<Item = &str> {
    let attributes = members.attributes.iter().map(|a| a.name.as_str());
    attributes.chain(members.blocks.iter().map(|b| b.name.as_str()))
}

/// Whether the value is wholly known and of the type. Null is a value of every type.
fn conforms(value: &Dynamic, ty: &Type) -> bool {
    match (value, ty) {
        (Dynamic::Null, _)
        | (Dynamic::Bool(_), Type::Bool)
        | (Dynamic::Number(_), Type::Number)
        | (Dynamic::String(_), Type::String) => true,
        (Dynamic::Typed(ty, value), Type::Dynamic) => conforms(value, ty),
        (Dynamic::List(elements), Type::List(ty) | Type::Set(ty)) => {
            elements.iter().all(|element| conforms(element, ty))
        }
        (Dynamic::List(elements), Type::Tuple(types)) => {
            elements.len() == types.len()
                && elements.iter().zip(types).all(|(e, ty)| conforms(e, ty))
        }
        (Dynamic::Map(elements), Type::Map(ty)) => elements.values().all(|e| conforms(e, ty)),
        (Dynamic::Map(elements), Type::Object(types)) => {
            elements.len() == types.len()
                && types
                    .iter()
                    .all(|(name, ty)| elements.get(name).is_some_and(|e| conforms(e, ty)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
