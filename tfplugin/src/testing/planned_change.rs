//! A planned change in a test.

use serde_json::Value as Json;

use super::config::to_json;
use crate::deferral::DeferralReason;
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::resource::PlannedAction;
use crate::schema::PreparedSchema;

/// The plan that a provider returned.
#[derive(Clone)]
pub struct PlannedChange {
    pub(super) schema: PreparedSchema,
    pub(super) config: Dynamic,
    pub(super) prior: Dynamic,
    pub(super) planned: Dynamic,
    pub(super) identity: Dynamic,
    pub(super) requires_replace: Vec<Path>,
    pub(super) private: Vec<u8>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) deferral: Option<DeferralReason>,
    pub(super) replaced: Option<Replaced>,
}

/// What a replacement destroys: the old instance, as its plan returned it.
#[derive(Clone)]
pub(super) struct Replaced {
    pub(super) private: Vec<u8>,
    pub(super) identity: Dynamic,
}

impl PlannedChange {
    /// What an apply of this plan would do.
    #[must_use]
    pub fn action(&self) -> PlannedAction {
        if self.planned.is_null() {
            PlannedAction::Destroy
        } else if self.replaced.is_some() {
            PlannedAction::Replace
        } else if self.prior.is_null() {
            PlannedAction::Create
        } else if self.planned.same_as(&self.prior, &self.schema.value_type) {
            PlannedAction::Unchanged
        } else if self.requires_replace.is_empty() {
            PlannedAction::Update
        } else {
            PlannedAction::Replace
        }
    }

    /// The planned value at a path: null when there is none, [`unknown`](super::unknown) when it
    /// becomes known during apply. For a replacement, it is the value of the new instance.
    #[must_use]
    pub fn get(&self, path: impl Into<Path>) -> Json {
        self.planned.get(&path.into()).map_or(Json::Null, to_json)
    }

    /// Whether the planned value at a path is unknown.
    #[must_use]
    pub fn is_unknown(&self, path: impl Into<Path>) -> bool {
        self.planned
            .get(&path.into())
            .is_some_and(Dynamic::is_unknown)
    }

    /// The planned identity; null if there is none or Terraform cannot know it yet.
    #[must_use]
    pub fn identity(&self) -> Json {
        to_json(&self.identity)
    }

    /// The paths that require replacement.
    #[must_use]
    pub fn requires_replace(&self) -> &[Path] {
        &self.requires_replace
    }

    /// The provider's warnings.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Why the provider deferred the change; `None` if it did not.
    #[must_use]
    pub fn deferral(&self) -> Option<DeferralReason> {
        self.deferral
    }

    /// The names of the top-level attributes that change.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let crate::types::Type::Object(types) = &*self.schema.value_type else {
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

impl std::fmt::Debug for PlannedChange {
    /// Masks sensitive and write-only values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let block = self.schema.block();
        f.debug_struct("PlannedChange")
            .field("action", &self.action())
            .field("prior", &block.masked(&self.prior))
            .field("planned", &block.masked(&self.planned))
            .finish_non_exhaustive()
    }
}
