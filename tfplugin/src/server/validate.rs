//! The validation of each kind of configuration.
//!
//! Validation has no client: Terraform validates before it configures the provider.

use super::catch_panic::catch_panic_sync;
use super::{Encoded, Server, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result, Severity};
use crate::dispatch::{ValidateFn, validate_model};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::schema::{Block, LazySchema};

impl<P: Provider> Server<P> {
    pub(crate) fn validate_provider(&self, config: Encoded) -> Vec<Diagnostic> {
        let validate: ValidateFn = |context, config| validate_model(context, config, P::validate);
        self.validate(true, config, || Ok((&self.config, validate)))
    }

    /// Terraform before 1.11 does not know write-only attributes and would store their values.
    pub(crate) fn validate_resource(
        &self,
        type_name: &str,
        config: Encoded,
        write_only_allowed: bool,
    ) -> Vec<Diagnostic> {
        self.validate(write_only_allowed, config, || {
            let entry = self.resource(type_name)?;
            Ok((&entry.schema, entry.calls.validate))
        })
    }

    pub(crate) fn validate_data_source(&self, type_name: &str, config: Encoded) -> Vec<Diagnostic> {
        self.validate(true, config, || {
            let entry = self.data_source(type_name)?;
            Ok((&entry.schema, entry.calls.validate))
        })
    }

    pub(crate) fn validate_ephemeral(&self, type_name: &str, config: Encoded) -> Vec<Diagnostic> {
        self.validate(true, config, || {
            let entry = self.ephemeral_resource(type_name)?;
            Ok((&entry.schema, entry.calls.validate))
        })
    }

    pub(crate) fn validate_action(&self, type_name: &str, config: Encoded) -> Vec<Diagnostic> {
        self.validate(true, config, || {
            let entry = self.action(type_name)?;
            Ok((&entry.schema, entry.calls.validate))
        })
    }

    pub(super) fn validate<'s>(
        &'s self,
        write_only_allowed: bool,
        config: Encoded,
        look_up: impl FnOnce() -> Result<(&'s LazySchema, ValidateFn)>,
    ) -> Vec<Diagnostic> {
        let mut context = self.context();
        let outcome = catch_panic_sync(|| {
            let (schema, validate) = look_up()?;
            let config = config.into_value(schema)?;
            check(schema.block(), &config, write_only_allowed, &mut context)?;
            validate(&mut context, config)
        });
        // Terraform validates again when the unknown values are known.
        let failure = outcome.err().and_then(Failure::without_unknowns);
        diagnostics(context, failure)
    }
}

/// Runs the schema's validators. The resource's own validation runs only when these pass, so it can
/// rely on them.
fn check(
    block: &Block,
    config: &Dynamic,
    write_only_allowed: bool,
    context: &mut Context,
) -> Result<()> {
    let mut found = block.validate(config);
    block.walk(config, &mut |path, attribute, value| {
        if attribute.write_only && !write_only_allowed && !value.is_null() {
            found.push(
                Diagnostic::error(
                    "Write-only values need Terraform 1.11",
                    format!(
                        "`{}` is write-only, but this version of Terraform would store it. Upgrade \
                         Terraform, or remove the attribute.",
                        attribute.name
                    ),
                )
                .at(path.clone()),
            );
        }
    });
    for diagnostic in &found {
        if diagnostic.severity == Severity::Warning {
            context.push_warning(diagnostic.clone());
        }
    }
    Failure::from_diagnostics(found).map_or(Ok(()), Err)
}
