//! Converts diagnostics to and from messages.

use crate::diag::{Diagnostic, Severity};
use crate::path::Path;
use crate::proto::tfplugin6 as proto;

impl From<Diagnostic> for proto::Diagnostic {
    /// The root path is sent as no path, because Terraform cannot show an empty one.
    fn from(diagnostic: Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => proto::diagnostic::Severity::Error,
            Severity::Warning => proto::diagnostic::Severity::Warning,
        };
        Self {
            severity: severity.into(),
            detail: diagnostic.located_detail(),
            summary: diagnostic.summary,
            attribute: (!diagnostic.path.is_root()).then(|| (&diagnostic.path).into()),
        }
    }
}

impl From<proto::Diagnostic> for Diagnostic {
    /// A missing or unknown severity becomes an error. Terraform ignores such a message, but a test
    /// must see it.
    fn from(diagnostic: proto::Diagnostic) -> Self {
        let create = match diagnostic.severity() {
            proto::diagnostic::Severity::Warning => Self::warning,
            proto::diagnostic::Severity::Error | proto::diagnostic::Severity::Invalid => {
                Self::error
            }
        };
        let path = diagnostic.attribute.map(Path::from).unwrap_or_default();
        create(diagnostic.summary, diagnostic.detail).at(path)
    }
}
