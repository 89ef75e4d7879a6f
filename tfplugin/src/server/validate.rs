//! `ValidateProviderConfig`, `ValidateResourceConfig`, `ValidateDataResourceConfig`: is this right?
//!
//! No client, and so nothing that the provider was configured with.

use super::panic::guard_now;
use super::{Encoded, Server, said};
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result, Severity};
use crate::dynamic::Dynamic;
use crate::erased::{ValidateFn, validated};
use crate::provider::Provider;
use crate::registry::Prepared;
use crate::schema::Block;

impl<P: Provider> Server<P> {
    pub(crate) fn validate_provider(&self, config: Encoded) -> Vec<Diagnostic> {
        let validate: ValidateFn = |cx, config| validated(cx, config, P::validate);
        self.validate(true, config, || Ok((&self.config, validate)))
    }

    /// Older clients know nothing of write-only attributes and would store their values.
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

    fn validate<'s>(
        &'s self,
        write_only_allowed: bool,
        config: Encoded,
        look_up: impl FnOnce() -> Result<(&'s Prepared, ValidateFn)>,
    ) -> Vec<Diagnostic> {
        let mut cx = self.cx();
        let outcome = guard_now(|| {
            let (shapes, validate) = look_up()?;
            let config = config.shaped(shapes)?;
            check(&shapes.schema.block, &config, write_only_allowed, &mut cx)?;
            validate(&mut cx, config)
        });
        said(cx, outcome.err())
    }
}

/// Runs the schema's own validators. The author's validation runs only when they are content, so
/// that it can rely on them.
fn check(block: &Block, config: &Dynamic, write_only_allowed: bool, cx: &mut Cx) -> Result<()> {
    let mut said = block.validate(config);
    block.walk(config, &mut |path, attribute, value| {
        if attribute.write_only && !write_only_allowed && !value.is_null() {
            said.push(
                Diagnostic::error(
                    "Write-only values need Terraform 1.11",
                    format!(
                        "`{}` is given to the provider and never stored, and this version of \
                         Terraform would store it. Upgrade Terraform, or leave it out.",
                        attribute.name
                    ),
                )
                .at(path.clone()),
            );
        }
    });
    for diagnostic in &said {
        if diagnostic.severity == Severity::Warning {
            cx.warn_with(diagnostic.clone());
        }
    }
    Failure::from_diagnostics(said).map_or(Ok(()), Err)
}
