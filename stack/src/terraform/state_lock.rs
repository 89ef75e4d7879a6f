//! Who holds the lock of a Terraform state.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The holder of a state's lock, as far as the backend tells.
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
        let (message, _) = text.split_once("Lock Info:").unwrap_or((text, ""));
        let holder = message.split_whitespace().find_map(|word| {
            let id = word.strip_prefix("ID=")?;
            Some(id.trim_matches(['"', '.', ','])).filter(|id| !id.is_empty())
        });
        if let Some(id) = holder {
            // The http backend names the holder's id here. The block describes the lock that this
            // run wanted.
            return Self {
                id: Some(id.to_owned()),
                ..Self::default()
            };
        }
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

    /// When it was taken, from `2026-03-02 12:00:07.123456 +0000 UTC`; `None` if that is unknown.
    #[must_use]
    pub fn taken_at(&self) -> Option<Timestamp> {
        let (at, _) = self.since.as_deref()?.split_once(" +0000")?;
        format!("{}Z", at.replace(' ', "T")).parse().ok()
    }

    /// What a run that started at this time on this host may say about the holder. Some backends
    /// (pg, HCP Terraform) report the lock that the run wanted instead of the one that is held.
    /// Then the holder is unknown.
    #[must_use]
    pub(crate) fn without_own_request(self, host: &str, started: Timestamp) -> Self {
        let is_young = self.taken_at().is_some_and(|at| at >= started);
        let who = self.who.as_deref();
        let is_here = who.is_some_and(|who| who.rsplit('@').next() == Some(host));
        if is_young && is_here {
            Self::default()
        } else {
            self
        }
    }
}

impl fmt::Display for StateLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = "unknown";
        if self.who.is_none() && self.since.is_none() {
            write!(f, "by a process that the backend does not name")?;
        } else {
            write!(
                f,
                "by {} since {}",
                self.who.as_deref().unwrap_or(unknown),
                self.since.as_deref().unwrap_or(unknown)
            )?;
        }
        if let Some(operation) = &self.operation {
            write!(f, " ({operation})")?;
        }
        write!(f, ", lock ID {}", self.id.as_deref().unwrap_or(unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(id: &str, who: &str, created: &str) -> String {
        format!(
            "Lock Info:\n  ID:        {id}\n  Path:      \n  Operation: OperationTypePlan\n  Who:       {who}\n  \
             Version:   1.11.4\n  Created:   {created}\n  Info:      \n"
        )
    }

    const CREATED: &str = "2026-03-02 12:00:00.123456789 +0000 UTC";

    /// The http backend reports the lock that the run wanted, and the holder's id only in its
    /// message. Nothing but that id is taken.
    #[test]
    fn the_http_backend_names_only_the_holders_id() {
        for message in [
            "Error message: HTTP remote state already locked: ID=7be4\n",
            "Error message: HTTP remote state already locked: ID=7be4.\n",
        ] {
            let lock = StateLock::read(&format!("{message}{}", block("own", "me@here", CREATED)));
            assert_eq!(
                lock.to_string(),
                "by a process that the backend does not name, lock ID 7be4"
            );
            assert_eq!(lock.taken_at(), None);
        }
    }

    /// A lock that seems to be taken on this machine after the run began is the run's own request.
    #[test]
    fn the_runs_own_request_is_no_holder() {
        let read = || StateLock::read(&block("4c0c", "me@here", CREATED));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let own = read().without_own_request("here", at("2026-03-02T12:00:00Z"));
        assert_eq!(own, StateLock::default());
        for (host, started) in [
            ("there", "2026-03-02T12:00:00Z"),
            ("here", "2026-03-02T12:00:01Z"),
        ] {
            let other = read().without_own_request(host, at(started));
            assert_eq!(
                other.to_string(),
                format!("by me@here since {CREATED} (OperationTypePlan), lock ID 4c0c")
            );
            assert_eq!(other.taken_at(), Some(at("2026-03-02T12:00:00.123456789Z")));
        }
    }
}
