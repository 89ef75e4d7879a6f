//! The policy in force: the one that the ledger holds, or else that of the config file.

use std::path::Path;
use std::sync::Arc;

use super::{Service, ServiceError};
use crate::config::{ConfigError, PolicySection};
use crate::ledger::{Ledger, LedgerPolicy, SettingsEvent, SettingsEventKind};
use crate::policy::Policy;
use crate::values::id::{Actor, Seq};

/// The policy in the ledger cannot be used, so jiti does not know the limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the policy in the ledger {ledger}, which {by} pushed at {at}, is invalid: {problem}; push a valid one with `jiti policy push FILE`, or upgrade jiti if a newer version pushed it"
)]
pub struct InvalidPolicy {
    /// The location of the ledger.
    pub ledger: String,
    /// Who pushed it.
    pub by: Actor,
    /// When it was pushed, in UTC.
    pub at: jiff::Timestamp,
    /// The line, and what is wrong there.
    pub problem: String,
}

/// A policy that is now in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedPolicy {
    /// The policy that the ledger holds.
    pub policy: LedgerPolicy,
    /// The one that it replaces; `None` if the ledger held none.
    pub former: Option<LedgerPolicy>,
    /// Whether an event was written: not if the ledger already held the same text.
    pub is_new: bool,
}

impl LedgerPolicy {
    /// The policy, with the keys that it sets. `ledger` is its location, for the message.
    ///
    /// # Errors
    /// [`InvalidPolicy`] if this version of jiti cannot read the text.
    pub fn section(&self, ledger: &str) -> Result<PolicySection, InvalidPolicy> {
        let section = PolicySection::of_policy_file(&self.text, Path::new("policy"));
        section.map_err(|error: ConfigError| InvalidPolicy {
            ledger: ledger.to_owned(),
            by: self.by.clone(),
            at: self.at,
            problem: error.problem(),
        })
    }
}

/// The policy that a ledger holds; `None` if it holds none. This is one request.
///
/// # Errors
/// A ledger error, or [`ServiceError::Policy`] if the text is invalid.
pub async fn ledger_policy(ledger: &dyn Ledger) -> Result<Option<Policy>, ServiceError> {
    let Some(pushed) = ledger.settings().await?.policy else {
        return Ok(None);
    };
    let section = pushed.section(&ledger.location());
    let section = section.map_err(|error| ServiceError::Policy(Box::new(error)))?;
    Ok(Some(section.policy))
}

impl Service {
    /// This service under a policy that the caller has read, whatever the ledger holds later.
    #[must_use]
    pub fn with_policy(self, policy: Arc<Policy>) -> Self {
        Self {
            fixed_policy: Some(policy),
            ..self
        }
    }

    /// The policy in force. A policy in the ledger overrides that of the config file. It is read
    /// each time, so that a long-running process notices a change.
    ///
    /// # Errors
    /// A ledger error, or [`ServiceError::Policy`]: without the ledger's policy, jiti does not know
    /// the limits.
    pub async fn policy(&self) -> Result<Arc<Policy>, ServiceError> {
        if let Some(policy) = &self.fixed_policy {
            return Ok(Arc::clone(policy));
        }
        let in_ledger = ledger_policy(&*self.ledger).await?;
        Ok(Arc::new(
            in_ledger.unwrap_or_else(|| self.config.policy.clone()),
        ))
    }

    /// Replaces the policy in the ledger by `text`, which the caller has parsed with
    /// [`PolicySection::of_policy_file`]. If the ledger already holds this text, nothing is
    /// written.
    ///
    /// # Errors
    /// A ledger error, or [`ServiceError::TooManyConflicts`].
    pub async fn push_policy(&self, text: &str) -> Result<PushedPolicy, ServiceError> {
        self.retry_on_conflict("the policy", || async {
            let settings = self.ledger.settings().await?;
            if let Some(policy) = settings.policy.clone().filter(|held| held.text == text) {
                return Ok(Some(PushedPolicy {
                    former: Some(policy.clone()),
                    policy,
                    is_new: false,
                }));
            }
            let (at, by) = (self.now(), self.actor.clone());
            let policy = LedgerPolicy {
                text: text.to_owned(),
                at,
                by: by.clone(),
            };
            let pushed = SettingsEvent {
                // The ledger assigns the number.
                seq: Seq::NONE,
                at,
                actor: by,
                kind: SettingsEventKind::PolicyPushed {
                    policy: policy.text.clone(),
                },
            };
            let appended = self.ledger.append_settings(settings.last_seq, vec![pushed]);
            match appended.await {
                Ok(_) => Ok(Some(PushedPolicy {
                    policy,
                    former: settings.policy,
                    is_new: true,
                })),
                Err(error) if error.is_raced() => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}
