//! Why an effect failed, in words for the user.

use serde::{Deserialize, Serialize};
use stack::service::ServiceError;
use stack::service::power::SleepError;
use stack::service::teardown::TeardownError;

use crate::error::CommandError;

/// A failed effect, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// What failed, and what to do next.
    pub(crate) message: String,
    /// A rule refused the action; nothing is broken.
    pub(crate) refused: bool,
}

impl Problem {
    /// Makes a problem for an action that a rule refuses.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            refused: true,
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let error = CommandError::from(error);
        let advice = error.advice().map(|advice| format!("; {advice}"));
        Self {
            message: error.message() + &advice.unwrap_or_default(),
            refused: error.is_refusal(),
        }
    }
}

impl From<SleepError> for Problem {
    fn from(error: SleepError) -> Self {
        Self {
            message: error.to_string(),
            refused: error.is_refusal(),
        }
    }
}

impl From<TeardownError> for Problem {
    fn from(error: TeardownError) -> Self {
        Self {
            message: error.to_string(),
            refused: error.is_refusal(),
        }
    }
}
