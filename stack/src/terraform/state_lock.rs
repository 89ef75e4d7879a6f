//! Who holds the lock of a Terraform state.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The holder of a state's lock, as far as the lock tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateLock {
    /// The id of the lock.
    pub id: Option<String>,
    /// Who took it: `ana@laptop`.
    pub who: Option<String>,
    /// When it was taken, as Terraform writes it.
    pub since: Option<String>,
    /// The operation: `OperationTypeApply`.
    pub operation: Option<String>,
}

impl StateLock {
    /// Reads the block `Lock Info:` of a diagnostic.
    pub(super) fn read(text: &str) -> Self {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
            line.map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        Self {
            id: field("ID:"),
            who: field("Who:"),
            since: field("Created:"),
            operation: field("Operation:"),
        }
    }
}

impl fmt::Display for StateLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = "unknown";
        write!(
            f,
            "by {} since {}",
            self.who.as_deref().unwrap_or(unknown),
            self.since.as_deref().unwrap_or(unknown)
        )?;
        match &self.operation {
            Some(operation) => write!(f, " ({operation})"),
            None => Ok(()),
        }
    }
}
