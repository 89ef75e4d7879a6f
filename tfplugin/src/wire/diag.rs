//! Diagnostics on the wire, in both directions.

use crate::diag::{Diagnostic, Severity};
use crate::path::Path;
use crate::proto::tfplugin6 as proto;

impl From<Diagnostic> for proto::Diagnostic {
    /// The root has no path on the wire: a diagnostic with an empty one would point at nothing.
    fn from(diagnostic: Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => proto::diagnostic::Severity::Error,
            Severity::Warning => proto::diagnostic::Severity::Warning,
        };
        Self {
            severity: severity.into(),
            summary: diagnostic.summary,
            detail: diagnostic.detail,
            attribute: (!diagnostic.path.is_root()).then(|| (&diagnostic.path).into()),
        }
    }
}

impl From<proto::Diagnostic> for Diagnostic {
    /// A severity that is missing or not known becomes an error: Terraform itself goes on over it,
    /// which hides the message, and whoever reads this should see it.
    fn from(diagnostic: proto::Diagnostic) -> Self {
        let severity = match diagnostic.severity() {
            proto::diagnostic::Severity::Warning => Severity::Warning,
            proto::diagnostic::Severity::Error | proto::diagnostic::Severity::Invalid => {
                Severity::Error
            }
        };
        Self {
            severity,
            summary: diagnostic.summary,
            detail: diagnostic.detail,
            path: diagnostic.attribute.map(Path::from).unwrap_or_default(),
        }
    }
}
