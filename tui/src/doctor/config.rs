//! The configuration file: which one, and whether it can be read.

use super::Finding;
use crate::cli::context::{Context, PathSource};

const PART: &str = "config";

pub(super) fn look(context: &Context) -> Finding {
    let Some((path, named)) = context.config_path() else {
        return Finding::advice(
            PART,
            "there is no place for a configuration: HOME is not set",
            "name a file with --config or JITI_CONFIG, or do without limits",
        );
    };
    let place = path.display();
    match context.config() {
        Err(error) => {
            let mend = error.advice().unwrap_or_else(|| format!("correct {place}"));
            Finding::broken(PART, error.message(), mend)
        }
        Ok(_) if named == PathSource::Default && !path.exists() => Finding::advice(
            PART,
            format!("there is none at {place}: nothing is limited"),
            format!("to set limits, write a [policy] into {place}"),
        ),
        Ok(_) => Finding::ok(PART, place.to_string()),
    }
}
