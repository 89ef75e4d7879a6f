//! The domain's errors as diagnostics: which attribute they are about, and what to do next.

use stack::config::ConfigError;
use stack::service::ServiceError;
use stack::{LedgerError, Refusal};
use tfplugin::{Failure, Path};

/// A refusal of the policy, on the attribute that it is about.
pub(crate) fn refusal(refusal: &Refusal) -> Failure {
    Failure::new("The policy does not allow this", sentence(refusal)).at(Path::new(refusal.field()))
}

/// What a use case refused or could not do, on the attribute that it is about.
pub(crate) fn service(error: &ServiceError) -> Failure {
    match error {
        ServiceError::Ledger(error) => ledger(error),
        ServiceError::Refused { refusals, .. } => refusals
            .iter()
            .map(refusal)
            .reduce(Failure::and)
            .unwrap_or_else(|| Failure::new("The policy does not allow this", sentence(error))),
        ServiceError::Taken(_) => Failure::new("The name is taken", sentence(error)).at("name"),
        ServiceError::OwnerFull { .. } => {
            Failure::new("The owner has too many stacks", sentence(error)).at("owner")
        }
        _ => Failure::new("The stack cannot be changed", chain(error)),
    }
}

/// What the ledger could not do.
pub(crate) fn ledger(error: &LedgerError) -> Failure {
    Failure::new("The ledger cannot be used", chain(error))
}

/// What is wrong with the config file.
pub(crate) fn config(error: &ConfigError) -> Failure {
    Failure::new("The config file cannot be used", chain(error))
}

/// An error and its causes, as sentences.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = sentence(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some errors repeat their cause in their own words.
        if !text.contains(said.trim_end_matches('.')) {
            text.push_str("\nCause: ");
            text.push_str(&sentence(error));
        }
        cause = error.source();
    }
    text
}

/// The words of an error with a capital and a full stop, as Terraform's own details have them.
pub(crate) fn sentence<E: std::fmt::Display + ?Sized>(error: &E) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let mut said = match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => return text,
    };
    if !said.ends_with(['.', '!', '?', ':']) {
        said.push('.');
    }
    said
}
