//! The settings that a ledger holds for everyone who uses it: the policy, and what was copied in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::values::id::{Actor, LedgerId, Seq};

/// An event of the ledger's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsEvent {
    /// The sequence number among the events of the settings.
    pub seq: Seq,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// The person or process that caused it.
    pub actor: Actor,
    /// What happened.
    pub kind: SettingsEventKind,
}

/// A change of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SettingsEventKind {
    /// A user replaced the policy.
    PolicyPushed {
        /// The policy in TOML, as in the section `[policy]` of a config file.
        policy: String,
    },
    /// A user copied another ledger into this one.
    Copied {
        /// The location of the source.
        location: String,
        /// The id of the source.
        ledger: LedgerId,
        /// The end of the source's log when the copy was complete.
        end: String,
    },
}

/// The settings of a ledger: the fold of their events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerSettings {
    /// The policy; `None` if the ledger holds none, and each config file has its own.
    pub policy: Option<LedgerPolicy>,
    /// The latest copy from each source, in the order of the first.
    pub copies: Vec<CopyRecord>,
    /// The number of the last event.
    pub last_seq: Seq,
}

/// The policy that a ledger holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPolicy {
    /// The policy in TOML.
    pub text: String,
    /// When it was pushed, in UTC.
    pub at: Timestamp,
    /// Who pushed it.
    pub by: Actor,
}

/// A copy of another ledger into this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// The location of the source.
    pub location: String,
    /// The id of the source.
    pub ledger: LedgerId,
    /// The end of the source's log when the copy was complete. What the source has beyond was
    /// written after the copy.
    pub end: String,
    /// When the copy was complete, in UTC.
    pub at: Timestamp,
    /// Who made it.
    pub by: Actor,
}

impl LedgerSettings {
    /// Applies one event.
    #[must_use]
    pub fn apply(mut self, event: &SettingsEvent) -> Self {
        let (at, by) = (event.at, event.actor.clone());
        match &event.kind {
            SettingsEventKind::PolicyPushed { policy } => {
                let text = policy.clone();
                self.policy = Some(LedgerPolicy { text, at, by });
            }
            SettingsEventKind::Copied {
                location,
                ledger,
                end,
            } => {
                let copy = CopyRecord {
                    location: location.clone(),
                    ledger: ledger.clone(),
                    end: end.clone(),
                    at,
                    by,
                };
                match self.copies.iter_mut().find(|known| known.ledger == *ledger) {
                    Some(known) => *known = copy,
                    None => self.copies.push(copy),
                }
            }
        }
        self.last_seq = event.seq;
        self
    }
}
