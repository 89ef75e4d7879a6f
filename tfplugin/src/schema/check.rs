//! What Terraform would refuse in a schema, or misbehave over, said before it has to.

use std::collections::BTreeSet;

use super::nested::Inside;
use super::{Attribute, Block, Mode, Modifier, NestedBlock, Nesting, Schema, Shape};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::types::Type;

/// Terraform's own words at the top of a resource or a data source.
const RESERVED_IN_RESOURCES: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

/// Terraform's own words at the top of a provider's configuration.
const RESERVED_IN_PROVIDERS: [&str; 2] = ["alias", "version"];

/// One thing that is wrong with a schema: the mistake of a provider's author, never of its user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct SchemaProblem {
    /// The attribute or block, by names alone: `http.url`.
    pub path: Path,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl Schema {
    /// Checks the schema of a resource, a data source or anything else but a provider.
    ///
    /// The server does so once, when it is built, so that every test of a provider does too.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of declaration.
    pub fn check(&self) -> Result<(), Vec<SchemaProblem>> {
        self.check_without(&RESERVED_IN_RESOURCES)
    }

    /// Checks the schema of a provider's own configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of declaration.
    pub fn check_provider(&self) -> Result<(), Vec<SchemaProblem>> {
        self.check_without(&RESERVED_IN_PROVIDERS)
    }

    fn check_without(&self, reserved: &[&str]) -> Result<(), Vec<SchemaProblem>> {
        let mut checker = Checker::default();
        let root = Path::root();
        if self.version < 0 {
            checker.refuse(&root, "the version counts from 0");
        }
        for name in names(Inside::block(&self.block)) {
            if reserved.contains(&name) {
                let place = root.attribute(name);
                checker.refuse(&place, "this name is Terraform's own at the top; rename it");
            }
        }
        checker.block(&self.block, &root, Around::default());
        if checker.problems.is_empty() {
            Ok(())
        } else {
            Err(checker.problems)
        }
    }
}

/// What the attributes being checked are inside of.
#[derive(Clone, Copy, Default)]
struct Around {
    set: bool,
    collection: bool,
    write_only: bool,
}

impl Around {
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
    fn refuse(&mut self, path: &Path, problem: impl Into<String>) {
        self.problems.push(SchemaProblem {
            path: path.clone(),
            problem: problem.into(),
        });
    }

    fn block(&mut self, block: &Block, path: &Path, around: Around) {
        self.names(Inside::block(block), path);
        for attribute in &block.attributes {
            self.attribute(attribute, &path.attribute(&attribute.name), around);
        }
        for nested in &block.blocks {
            let path = path.attribute(&nested.name);
            self.item_limits(nested, &path);
            self.block(&nested.block, &path, around.within(nested.nesting));
        }
    }

    fn names(&mut self, inside: Inside<'_>, path: &Path) {
        let mut seen = BTreeSet::new();
        for name in names(inside) {
            let place = path.attribute(name);
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || !name.chars().all(letters) {
                self.refuse(&place, "a name is made of a-z, 0-9 and _");
            } else if name.starts_with(|c: char| c.is_ascii_digit()) {
                self.refuse(&place, "a name does not begin with a digit");
            }
            if !seen.insert(name) {
                self.refuse(&place, "there are two of this name");
            }
        }
    }

    fn item_limits(&mut self, nested: &NestedBlock, path: &Path) {
        let (min, max) = (nested.min_items, nested.max_items);
        match nested.nesting {
            Nesting::Single if min != max || !(0..=1).contains(&min) => self.refuse(
                path,
                "a single block has the same least and greatest number: 0, or 1 when it is required",
            ),
            Nesting::Group | Nesting::Map if (min, max) != (0, 0) => {
                self.refuse(path, "group and map blocks have no limits");
            }
            Nesting::List | Nesting::Set if min < 0 || max < 0 || (max != 0 && min > max) => {
                self.refuse(path, "the least number of blocks is above the greatest");
            }
            _ => {}
        }
    }

    fn attribute(&mut self, attribute: &Attribute, path: &Path, around: Around) {
        self.default_value(attribute, path);
        self.write_only(attribute, path, around);
        self.modifiers(attribute, path, around);
        match &attribute.shape {
            Shape::Type(ty) => self.dynamic(ty, path, around),
            Shape::Nested {
                nesting,
                attributes,
            } => {
                if *nesting == Nesting::Group {
                    self.refuse(path, "group nesting is for blocks; use single");
                }
                let around = Around {
                    write_only: around.write_only || attribute.write_only,
                    ..around.within(*nesting)
                };
                self.names(Inside::attributes(attributes), path);
                for inner in attributes {
                    self.attribute(inner, &path.attribute(&inner.name), around);
                }
            }
        }
    }

    fn default_value(&mut self, attribute: &Attribute, path: &Path) {
        let Some(default) = &attribute.default else {
            return;
        };
        if attribute.mode != Mode::OptionalComputed {
            self.refuse(path, "an attribute with a default is optional and computed");
        }
        if *default == Dynamic::Null {
            self.refuse(path, "a default of null says nothing; leave it out");
        } else if !conforms(default, &attribute.ty()) {
            self.refuse(
                path,
                "the default is not a known value of the attribute's type",
            );
        }
    }

    fn write_only(&mut self, attribute: &Attribute, path: &Path, around: Around) {
        if !attribute.write_only {
            if around.write_only {
                self.refuse(path, "everything in a write-only attribute is write-only");
            }
            return;
        }
        if attribute.mode.is_computed() {
            self.refuse(
                path,
                "a write-only attribute is never computed: nothing of it is stored",
            );
        }
        if around.set {
            self.refuse(
                path,
                "an element of a set cannot have write-only attributes",
            );
        }
    }

    fn modifiers(&mut self, attribute: &Attribute, path: &Path, around: Around) {
        for modifier in &attribute.modifiers {
            match modifier {
                Modifier::KeepPrior if !attribute.mode.is_computed() => {
                    self.refuse(path, "only a computed value can keep what it was");
                }
                Modifier::RequiresReplace | Modifier::RequiresReplaceIf(_)
                    if attribute.mode == Mode::Computed =>
                {
                    let problem = "what only the provider sets cannot require replacement; \
                                   decide it in the resource's plan";
                    self.refuse(path, problem);
                }
                Modifier::RequiresReplace | Modifier::RequiresReplaceIf(_) if around.set => {
                    let problem = "an element of a set has no address; \
                                   let the set itself require replacement";
                    self.refuse(path, problem);
                }
                _ => {}
            }
        }
    }

    fn dynamic(&mut self, ty: &Type, path: &Path, around: Around) {
        let collection = match ty {
            Type::Dynamic if around.collection => true,
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) => holds_dynamic(inner),
            _ => around.collection && holds_dynamic(ty),
        };
        if collection {
            let problem = "a value of any type cannot stand in a collection or a repeated block: \
                           all elements have one type; make the whole attribute dynamic";
            self.refuse(path, problem);
        }
    }
}

fn names(inside: Inside<'_>) -> impl Iterator<Item = &str> {
    let attributes = inside.attributes.iter().map(|a| a.name.as_str());
    attributes.chain(inside.blocks.iter().map(|b| b.name.as_str()))
}

fn holds_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::Bool | Type::Number | Type::String => false,
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) => holds_dynamic(inner),
        Type::Tuple(types) => types.iter().any(holds_dynamic),
        Type::Object(attributes) => attributes.values().any(holds_dynamic),
    }
}

/// Whether it is a wholly known value of the type. Null is a value of every type.
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
