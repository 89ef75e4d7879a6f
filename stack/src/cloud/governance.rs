//! What a service says of a resource that the rules of `jiti check --live` need.

use serde::{Deserialize, Serialize};

/// A fact about a resource, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observed<T> {
    /// Resources of this type have no such fact.
    DoesNotApply,
    /// It is not known. The text says why.
    Unknown(String),
    /// As the service says.
    Known(T),
}

impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self::Unknown("it was not read".to_owned())
    }
}

/// What the rules need to know of a resource, besides its tags, its cost and its protection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GovernanceFacts {
    /// What lets everyone on the internet reach it, one sentence each. Empty if nothing does.
    pub public: Observed<Vec<String>>,
    /// Whether it encrypts what it stores.
    pub encrypted: Observed<bool>,
    /// Whether its deletion protection is on.
    pub protected: Observed<bool>,
}
