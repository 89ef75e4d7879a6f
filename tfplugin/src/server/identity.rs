//! `GetResourceIdentitySchemas`, `UpgradeResourceIdentity`, and the identity in each response about
//! a resource.
//!
//! | call | identity in the response |
//! | --- | --- |
//! | read | of the object found; else the one that Terraform sent |
//! | plan | of the planned object; the prior one for values that are unknown, and on destroy |
//! | apply | of the new state |
//! | import | of the imported model; the requested one for values that the model does not have |
//! | move | of the target, if the provider is configured |
//!
//! Terraform before 1.12 sends no identity and ignores the one in a response.

use std::sync::Arc;

use super::catch_panic::catch_panic_sync;
use super::codec::{null_unknowns, parse_state};
use super::{Encoded, Server, diagnostics, not_registered};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dispatch::IdentityCalls;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::plan::Planned;
use crate::provider::Provider;
use crate::registry::ResourceEntry;
use crate::resource::StoredState;
use crate::schema::{Mode, Schema};
use crate::server::upgrade_resource::{UpgradeRequest, UpgradeResponse};
use crate::types::Type;
use crate::wire::{conform, json};

impl<P: Provider> Server<P> {
    /// The schemas of the identities, by resource type. `GetProviderSchema` reports the problems
    /// in them.
    pub(crate) fn identity_schemas(&self) -> Result<Vec<(&'static str, Arc<Schema>)>> {
        catch_panic_sync(|| {
            let resources = self.registry.resources.iter();
            let schemas = resources.filter_map(|(name, entry)| {
                let identity = entry.calls.identity.as_ref()?;
                Some((*name, Arc::clone(&identity.schema.definition)))
            });
            Ok(schemas.collect())
        })
    }

    /// The state of the response is the identity.
    pub(crate) fn upgrade_identity(&self, request: &UpgradeRequest) -> UpgradeResponse {
        let mut context = self.context();
        let upgraded = catch_panic_sync(|| self.try_upgrade_identity(&mut context, request));
        let (state, failure) = match upgraded {
            Ok(identity) => (Some(identity), None),
            Err(failure) => (None, Some(failure)),
        };
        UpgradeResponse {
            state,
            diagnostics: diagnostics(context, failure),
        }
    }

    fn try_upgrade_identity(
        &self,
        context: &mut Context,
        request: &UpgradeRequest,
    ) -> Result<Encoded> {
        let identity = self.identity(&request.type_name)?;
        let schema = &*identity.schema;
        let current = identity.version;
        if request.version > current {
            return Err(Failure::new(
                "The identity is newer than the provider",
                format!(
                    "Version {} of this identity's schema stored it, and this provider has version \
                     {current}. Upgrade the provider.",
                    request.version
                ),
            ));
        }
        let upgraded = if request.version == current {
            json::decode(&request.json, &schema.value_type)?
        } else {
            let upgrade = identity.upgrade.ok_or_else(|| {
                Failure::new(
                    format!("The identity of {} cannot be upgraded", request.type_name),
                    format!(
                        "Version {} of this identity's schema stored it, this provider has version \
                         {current}, and it has no upgrade between them. This is a bug in the \
                         provider.",
                        request.version
                    ),
                )
            })?;
            let attributes = parse_state(&request.json, &Path::root())?;
            let upgraded = upgrade(context, StoredState::new(request.version, attributes))?;
            conform(schema.block(), upgraded)
        };
        check_complete(identity, &upgraded)?;
        Encoded::from_value(schema, &upgraded)
    }

    /// The identity of the resource type with this name.
    pub(super) fn identity(&self, type_name: &str) -> Result<&IdentityCalls<P::Client>> {
        let identity = self.resource(type_name)?.calls.identity.as_ref();
        identity.ok_or_else(|| not_registered("identity for", type_name))
    }

    /// The identity after a read that found an object.
    pub(super) fn identity_after_read(
        &self,
        entry: &ResourceEntry<P::Client>,
        current: &Encoded,
        found: &Dynamic,
    ) -> Result<Option<Encoded>> {
        let Some(identity) = &entry.calls.identity else {
            return Ok(None);
        };
        let current = current.decode(&identity.schema.value_type)?;
        let new = self.identity_of(identity, found)?;
        check_complete(identity, &new)?;
        check_unchanged(identity, &current, &new)?;
        Encoded::from_value(&identity.schema, &new).map(Some)
    }

    /// The identity in a plan; `None` while a value of it is unknown. Terraform accepts unknown
    /// values for a new object. `OpenTofu` 1.12 does not: its state of the plan cannot hold them.
    /// Both accept that there is no identity yet.
    pub(super) fn identity_in_plan(
        &self,
        entry: &ResourceEntry<P::Client>,
        prior: &Encoded,
        plan: &Planned,
    ) -> Result<Option<Encoded>> {
        let Some(identity) = &entry.calls.identity else {
            return Ok(None);
        };
        let prior = prior.decode(&identity.schema.value_type)?;
        if plan.planned.is_null() {
            return known_only(identity, &prior);
        }
        let planned = match self.identity_of(identity, &plan.planned) {
            Ok(planned) => planned,
            // The model cannot hold an unknown part of the plan.
            Err(failure) => return failure.without_unknowns().map_or(Ok(None), Err),
        };
        if plan.prior.is_null() || !plan.requires_replace.is_empty() {
            return known_only(identity, &planned);
        }
        let planned = with_prior_values(planned, &prior);
        check_unchanged(identity, &prior, &planned)?;
        known_only(identity, &planned)
    }

    /// The identity of the state that an apply returns, after success or failure. Adds the problems
    /// with it to the others, if there is no other.
    pub(super) fn identity_after_apply(
        &self,
        entry: &ResourceEntry<P::Client>,
        planned: &Encoded,
        updates: bool,
        state: &Dynamic,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Encoded> {
        let identity = entry.calls.identity.as_ref()?;
        let schema = &*identity.schema;
        let planned = planned.decode(&schema.value_type);
        let planned = planned.unwrap_or_default();
        let outcome = self.identity_of(identity, state).and_then(|new| {
            check_complete(identity, &new)?;
            if updates {
                check_unchanged(identity, &planned, &new)?;
            }
            Encoded::from_value(schema, &new)
        });
        match outcome {
            Ok(new) => Some(new),
            Err(failure) => {
                if problems.is_empty() {
                    problems.extend(failure.into_diagnostics());
                }
                known_only(identity, &planned).ok().flatten()
            }
        }
    }

    /// The identity of an imported model, completed from the one in the `import` block.
    pub(super) fn identity_after_import(
        &self,
        entry: &ResourceEntry<P::Client>,
        requested: &Dynamic,
        imported: &Dynamic,
    ) -> Result<Option<Encoded>> {
        let Some(identity) = &entry.calls.identity else {
            return Ok(None);
        };
        let found = null_unknowns(self.identity_of(identity, imported)?);
        let found = with_prior_values(found, requested);
        check_unchanged(identity, requested, &found)?;
        known_only(identity, &found)
    }

    /// The identity of a moved object; the read that follows returns the complete one.
    pub(super) fn identity_after_move(
        &self,
        entry: &ResourceEntry<P::Client>,
        state: &Dynamic,
    ) -> Option<Encoded> {
        let identity = entry.calls.identity.as_ref()?;
        let found = self.identity_of(identity, state).ok()?;
        known_only(identity, &found).ok()?
    }

    fn identity_of(
        &self,
        identity: &IdentityCalls<P::Client>,
        object: &Dynamic,
    ) -> Result<Dynamic> {
        let client = self.client()?;
        let found = catch_panic_sync(|| (identity.of)(client, object.clone()))?;
        Ok(conform(identity.schema.block(), found))
    }
}

/// Encodes an identity; `None` if a value of it is unknown or all are null.
fn known_only<C>(identity: &IdentityCalls<C>, value: &Dynamic) -> Result<Option<Encoded>> {
    let is_set = |value: &Dynamic| !value.is_null();
    let has_value = value
        .as_map()
        .is_some_and(|values| values.values().any(is_set));
    if !has_value || !value.is_wholly_known() {
        return Ok(None);
    }
    Encoded::from_value(&identity.schema, value).map(Some)
}

/// Replaces the values that are unknown or null with the prior ones.
fn with_prior_values(mut value: Dynamic, prior: &Dynamic) -> Dynamic {
    if let (Dynamic::Map(values), Dynamic::Map(prior)) = (&mut value, prior) {
        for (name, value) in values {
            if let Some(prior) = prior.get(name)
                && (value.is_null() || !value.is_wholly_known())
            {
                *value = prior.clone();
            }
        }
    }
    value
}

/// Checks that an identity is known and that every value which an import requires is there.
pub(super) fn check_complete<C>(identity: &IdentityCalls<C>, value: &Dynamic) -> Result<()> {
    let missing = identity.schema.block().attributes.iter().find(|attribute| {
        let value = value.get(&Path::new(attribute.name.as_str()));
        value.is_none_or(|value| {
            !value.is_wholly_known() || (attribute.mode == Mode::Required && value.is_null())
        })
    });
    missing.map_or(Ok(()), |attribute| {
        Err(Failure::new(
            "The provider returned an incomplete identity",
            format!(
                "The identity of an object that exists must have `{}`. This is a bug in the \
                 provider.",
                attribute.name
            ),
        ))
    })
}

/// Checks that no value of an identity has become another one. A value that was null may be filled
/// in, as after an import.
fn check_unchanged<C>(identity: &IdentityCalls<C>, prior: &Dynamic, new: &Dynamic) -> Result<()> {
    let (Dynamic::Map(prior), Dynamic::Map(new)) = (prior, new) else {
        return Ok(());
    };
    let Type::Object(types) = &*identity.schema.value_type else {
        return Ok(());
    };
    let changed = types.iter().find_map(|(name, ty)| {
        let (prior, new) = (prior.get(name)?, new.get(name)?);
        let differs = !prior.is_null() && prior.is_wholly_known() && !prior.same_as(new, ty);
        differs.then_some(name)
    });
    match changed {
        Some(name) if !identity.is_mutable => Err(Failure::new(
            "The identity of the object has changed",
            format!(
                "The provider returned another value for `{name}` of the identity than Terraform \
                 has, so this may be another object. The identity of an object never changes. This \
                 is a bug in the provider."
            ),
        )),
        _ => Ok(()),
    }
}
