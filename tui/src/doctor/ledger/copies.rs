//! Finds ledgers that were copied into this one and are still written to.

use stack::ledger::{CopyRecord, LedgerSettings};

use crate::cli::context::Context;
use crate::doctor::Finding;
use crate::ledger_store::{self, exists};

const PART: &str = "copied ledger";

/// One finding for each copied ledger that this machine can read.
pub(super) async fn check(context: &Context, settings: &LedgerSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for copy in &settings.copies {
        findings.extend(source(context, copy).await);
    }
    findings
}

/// Compares the end of a source's log with its end at the copy.
async fn source(context: &Context, copy: &CopyRecord) -> Option<Finding> {
    let locations = &context.environment.locations;
    let address = locations.ledger(Some(&copy.location)).ok()?;
    if !exists(&address).ok()? {
        return None;
    }
    let source = ledger_store::open(&address, true).ok()?;
    // Another ledger may be at this place now, or it may not be readable from here.
    if source.id().await.ok()? != copy.ledger {
        return None;
    }
    let end = source.end().await.ok()?;
    if end.as_str() == copy.end {
        let found = format!(
            "{} has not changed since it was copied at {}",
            copy.location, copy.at
        );
        return Some(Finding::ok(PART, found));
    }
    Some(Finding::broken(
        PART,
        format!(
            "{} was copied into this ledger at {}, and is still written to",
            copy.location, copy.at
        ),
        format!(
            "find what still uses it (a provider block, JITI_LEDGER, a reaper), point it to this ledger, \
             and run `jiti ledger copy {} {}` again",
            copy.location,
            context
                .ledger_address()
                .map_or_else(|_| "TO".to_owned(), |to| to.to_string())
        ),
    ))
}
