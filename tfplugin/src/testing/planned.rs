//! A plan as tests look at it.

use serde_json::Value as Json;

use super::config::json_of;
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::registry::Shapes;
use crate::resource::Action;

/// What a provider planned.
#[derive(Clone, Debug)]
pub struct PlannedChange {
    pub(super) shapes: Shapes,
    pub(super) config: Dynamic,
    pub(super) prior: Dynamic,
    pub(super) planned: Dynamic,
    pub(super) requires_replace: Vec<Path>,
    pub(super) private: Vec<u8>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl PlannedChange {
    /// What apply would do.
    #[must_use]
    pub fn action(&self) -> Action {
        if self.planned.is_null() {
            Action::Destroy
        } else if self.prior.is_null() {
            Action::Create
        } else if self.planned.same_as(&self.prior, &self.shapes.ty) {
            Action::Unchanged
        } else if self.requires_replace.is_empty() {
            Action::Update
        } else {
            Action::Replace
        }
    }

    /// A planned value; null where there is none, [`unknown`](super::unknown) where apply decides.
    #[must_use]
    pub fn get(&self, path: impl Into<Path>) -> Json {
        self.planned.get(&path.into()).map_or(Json::Null, json_of)
    }

    /// Whether apply decides this value.
    #[must_use]
    pub fn is_unknown(&self, path: impl Into<Path>) -> bool {
        self.planned
            .get(&path.into())
            .is_some_and(Dynamic::is_unknown)
    }

    /// What cannot change in place.
    #[must_use]
    pub fn requires_replace(&self) -> &[Path] {
        &self.requires_replace
    }

    /// What the provider warned of.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The attributes at the top that differ, by name.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let crate::types::Type::Object(types) = &*self.shapes.ty else {
            return Vec::new();
        };
        let differs = |(name, ty): &(&String, &crate::types::Type)| {
            let path = Path::new(name.as_str());
            let prior = self.prior.get(&path).unwrap_or(&Dynamic::Null);
            let planned = self.planned.get(&path).unwrap_or(&Dynamic::Null);
            !prior.same_as(planned, ty)
        };
        let changed = types.iter().filter(differs);
        changed.map(|(name, _)| name.clone()).collect()
    }
}
