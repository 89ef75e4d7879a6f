//! Says which policy counts, and names each key of the configuration file that contradicts it.

use stack::Clock;
use stack::config::{PolicyDifference, PolicySection};

use super::Finding;
use super::ledger::LedgerContents;
use crate::cli::context::Context;
use crate::format::values;

const PART: &str = "policy";

pub(super) fn check(context: &Context, contents: &LedgerContents) -> Vec<Finding> {
    let Some(policy) = &contents.settings.policy else {
        return vec![Finding::ok(PART, without_ledger(context))];
    };
    let section = match policy.section(&contents.ledger.location()) {
        Ok(section) => section,
        Err(error) => {
            let message = error.to_string();
            let (found, fix) = message.rsplit_once("; ").unwrap_or((&message, ""));
            return vec![Finding::broken(PART, found, fix)];
        }
    };
    let found = format!(
        "the ledger's policy counts: {} pushed it at {}",
        policy.by,
        values::moment(policy.at, context.clock().now())
    );
    let mut findings = vec![Finding::ok(PART, found)];
    findings.extend(contradictions(context, &section));
    findings
}

/// Which policy counts if the ledger holds none.
fn without_ledger(context: &Context) -> String {
    match context.config_path() {
        Some((path, _)) if path.exists() => format!(
            "the ledger holds no policy, so that of {} counts",
            path.display()
        ),
        _ => "neither the ledger nor a configuration file has a policy".to_owned(),
    }
}

/// One finding for each key that the configuration file sets, and that has another effect in the
/// ledger's policy. An unreadable file is another finding.
fn contradictions(context: &Context, ledger: &PolicySection) -> Vec<Finding> {
    let Some((path, _)) = context.config_path() else {
        return Vec::new();
    };
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Vec::new();
    };
    let Ok(file) = PolicySection::of_config_file(&text, &path) else {
        return Vec::new();
    };
    let contradiction = |difference: PolicyDifference| {
        let (line, value) = difference.line.zip(difference.file)?;
        let key = difference.key;
        let in_ledger = match difference.ledger {
            Some(value) => format!("has {value}"),
            None => "does not set it".to_owned(),
        };
        Some(Finding::advice(
            PART,
            format!(
                "{}:{line}: {key} = {value} has no effect: the ledger's policy {in_ledger}",
                path.display()
            ),
            format!(
                "remove {key} from the file, or change the ledger's policy with `jiti policy push FILE`"
            ),
        ))
    };
    let differences = ledger.differences(&file).into_iter();
    differences.filter_map(contradiction).collect()
}
