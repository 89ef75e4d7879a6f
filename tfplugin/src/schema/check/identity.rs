//! Checks of the schema of an identity.

use super::{Checker, Mode, Schema, SchemaProblem};
use crate::path::Path;
use crate::schema::{Attribute, Shape};
use crate::types::Type;

impl Schema {
    /// Checks the schema of an identity: flat attributes, of which at least one is required in an
    /// import.
    ///
    /// # Errors
    /// All problems, in declaration order.
    pub fn check_identity(&self) -> Result<(), Vec<SchemaProblem>> {
        let mut problems = self.check_nested().err().unwrap_or_default();
        let mut checker = Checker::default();
        let root = Path::root();
        for nested in &self.block.blocks {
            let path = root.attribute(&nested.name);
            checker.report(&path, "an identity has no blocks");
        }
        for attribute in &self.block.attributes {
            let path = root.attribute(&attribute.name);
            identity_attribute(&mut checker, attribute, &path);
        }
        let mut attributes = self.block.attributes.iter();
        if !attributes.any(|attribute| attribute.mode == Mode::Required) {
            checker.report(&root, "an identity needs a required attribute");
        }
        problems.append(&mut checker.problems);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

fn identity_attribute(checker: &mut Checker, attribute: &Attribute, path: &Path) {
    let is_plain = |ty: &Type| matches!(ty, Type::String | Type::Number | Type::Bool);
    let is_allowed = match &attribute.shape {
        Shape::Type(Type::List(element)) => is_plain(element),
        Shape::Type(ty) => is_plain(ty),
        Shape::Nested { .. } => false,
    };
    if !is_allowed {
        let problem =
            "an attribute of an identity is text, a number or a boolean, or a list of them";
        checker.report(path, problem);
    }
    if attribute.default.is_some() {
        let problem = "an attribute of an identity has no default; fill it in when you import";
        checker.report(path, problem);
    }
}
