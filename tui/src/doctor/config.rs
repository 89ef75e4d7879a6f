//! Checks that the configuration file is readable and valid.

use super::Finding;
use crate::cli::context::{Context, PathSource};

const PART: &str = "config";

/// `has_policy`: the ledger holds a policy, so that the file needs none.
pub(super) fn check(context: &Context, has_policy: bool) -> Finding {
    let Some((path, source)) = context.config_path() else {
        return Finding::advice(
            PART,
            "cannot find the configuration file: HOME is not set",
            "set a file with --config or JITI_CONFIG, or use no limits",
        );
    };
    let place = path.display();
    match context.config() {
        Err(error) => {
            let fix = error.advice().unwrap_or_else(|| format!("correct {place}"));
            Finding::broken(PART, error.message(), fix)
        }
        Ok(_) if source == PathSource::Default && !path.exists() && has_policy => {
            Finding::ok(PART, format!("no file at {place}"))
        }
        Ok(_) if source == PathSource::Default && !path.exists() => Finding::advice(
            PART,
            format!("no file at {place}, so no limits apply"),
            format!("to set limits, add a [policy] to {place}"),
        ),
        Ok(_) => Finding::ok(PART, place.to_string()),
    }
}
