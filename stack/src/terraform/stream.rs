//! The lines of `apply -json` that matter for a destroy.

use serde::Deserialize;

use super::address::normalised;
use super::diagnostic::Diagnostic;

/// A line about a delete or a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The delete of a resource began.
    Started(Hook),
    /// The delete is still running.
    Progress(Hook),
    /// The delete has finished.
    Deleted(Hook),
    /// The delete failed.
    Errored(Hook),
    /// A provisioner of a resource printed a line.
    Provisioner {
        /// The resource.
        address: String,
        /// What it printed.
        output: String,
    },
    /// A diagnostic.
    Diagnostic(Diagnostic),
}

/// The content of a line about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) seconds: u64,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    what: String,
    hook: Option<RawHook>,
    diagnostic: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct RawHook {
    resource: Option<Resource>,
    #[serde(default)]
    action: String,
    #[serde(default)]
    elapsed_seconds: f64,
    #[serde(default)]
    output: String,
}

#[derive(Deserialize)]
struct Resource {
    addr: String,
    #[serde(default)]
    resource_type: String,
}

/// Parses a line; `None` for anything else: Terraform may add kinds of lines.
pub(super) fn read(line: &str) -> Option<Line> {
    let raw: Raw = serde_json::from_str(line).ok()?;
    if raw.what == "diagnostic" {
        let mut diagnostic = raw.diagnostic?;
        let address = diagnostic
            .address
            .take()
            .filter(|address| !address.is_empty());
        diagnostic.address = address.map(|address| normalised(&address));
        return Some(Line::Diagnostic(diagnostic));
    }
    let hook = raw.hook?;
    if raw.what == "provision_progress" {
        return Some(Line::Provisioner {
            address: normalised(&hook.resource?.addr),
            output: hook.output,
        });
    }
    // An apply also reads data sources.
    if hook.action != "delete" {
        return None;
    }
    let resource = hook.resource?;
    let seconds = std::time::Duration::try_from_secs_f64(hook.elapsed_seconds).unwrap_or_default();
    let hook = Hook {
        address: normalised(&resource.addr),
        kind: resource.resource_type,
        seconds: seconds.as_secs(),
    };
    Some(match raw.what.as_str() {
        "apply_start" => Line::Started(hook),
        "apply_progress" => Line::Progress(hook),
        "apply_complete" => Line::Deleted(hook),
        "apply_errored" => Line::Errored(hook),
        _ => return None,
    })
}

/// The addresses that an output reports as deleted, in order.
pub(crate) fn deleted(output: &str) -> Vec<String> {
    let read = output.lines().filter_map(read);
    read.filter_map(|line| match line {
        Line::Deleted(hook) => Some(hook.address),
        _ => None,
    })
    .collect()
}

/// The diagnostics in an output.
pub(super) fn diagnostics(output: &str) -> Vec<Diagnostic> {
    let read = output.lines().filter_map(read);
    read.filter_map(|line| match line {
        Line::Diagnostic(diagnostic) => Some(diagnostic),
        _ => None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deletes and diagnostics are parsed; other actions, other kinds and plain text are skipped.
    #[test]
    fn deletes_and_diagnostics_are_read() {
        let hook = |what: &str, action: &str| {
            format!(
                r#"{{"@level":"info","type":"{what}","hook":{{"resource":{{"addr":"module.a.aws_x.y[\"k\"]","resource_type":"aws_x"}},"action":"{action}","elapsed_seconds":12}},"new":1}}"#
            )
        };
        let expected = Hook {
            address: "module.a.aws_x.y[\"k\"]".to_owned(),
            kind: "aws_x".to_owned(),
            seconds: 12,
        };
        assert_eq!(
            read(&hook("apply_complete", "delete")),
            Some(Line::Deleted(expected.clone()))
        );
        assert_eq!(
            read(&hook("apply_errored", "delete")),
            Some(Line::Errored(expected))
        );
        assert_eq!(read(&hook("apply_complete", "read")), None);
        let whole = [
            hook("apply_start", "delete"),
            hook("apply_complete", "delete"),
            "half a li".to_owned(),
        ];
        assert_eq!(deleted(&whole.join("\n")), ["module.a.aws_x.y[\"k\"]"]);
        assert_eq!(read(&hook("provision_start", "")), None);
        assert_eq!(read("Error: no JSON yet"), None);
        let printed = r#"{"type":"provision_progress","hook":{"resource":{"addr":"aws_x.y[\"\u00a0\"]"},"provisioner":"local-exec","output":"no route"}}"#;
        assert_eq!(
            read(printed),
            Some(Line::Provisioner {
                address: r#"aws_x.y["\u00a0"]"#.to_owned(),
                output: "no route".to_owned()
            })
        );
        let said =
            r#"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"s","detail":"d"}}"#;
        assert_eq!(diagnostics(said).len(), 1);
    }
}
