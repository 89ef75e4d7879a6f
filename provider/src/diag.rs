//! Converts the domain's errors to diagnostics with the attribute and the next step.

use stack::config::ConfigError;
use stack::service::ServiceError;
use stack::{LedgerError, Refusal};
use tfplugin::{Failure, Path};

/// A policy violation, at its attribute.
pub(crate) fn refusal(refusal: &Refusal) -> Failure {
    Failure::new("Not allowed by the policy", sentence(refusal)).at(Path::new(refusal.field()))
}

/// What to do about a refused change when the stack should only be destroyed: Terraform plans the
/// configuration before a destroy, unless it skips the refresh.
pub(crate) const DESTROY_HINT: &str =
    "To destroy the stack without this change, run `terraform destroy -refresh=false`.";

/// A policy violation of a change, at its attribute.
pub(crate) fn refused_change(refusal: &Refusal) -> Failure {
    let detail = format!("{}\n{DESTROY_HINT}", sentence(refusal));
    Failure::new("Not allowed by the policy", detail).at(Path::new(refusal.field()))
}

/// A call needs an argument of the provider block that is known only during apply.
pub(crate) fn unknown_argument(argument: &str) -> Failure {
    Failure::new(
        format!("`{argument}` of the provider block is unknown"),
        format!(
            "`{argument}` depends on a value that is known only during apply. Use a value that is \
             known at plan: a variable, a local or a constant."
        ),
    )
}

/// An error of a service call in a plan, which a destroy may skip.
pub(crate) fn at_plan(error: &ServiceError) -> Failure {
    match error {
        ServiceError::Policy(error) => Failure::new(
            INVALID_POLICY,
            format!("{}\n{DESTROY_HINT}", sentence(error)),
        ),
        error => service(error),
    }
}

/// The summary of an error about the policy that the ledger holds.
const INVALID_POLICY: &str = "Invalid policy in the ledger";

/// An error of a service call, at its attribute.
pub(crate) fn service(error: &ServiceError) -> Failure {
    match error {
        ServiceError::Ledger(error) => ledger(error),
        ServiceError::Policy(error) => Failure::new(INVALID_POLICY, sentence(error)),
        ServiceError::Refused { refusals, .. } => refusals
            .iter()
            .map(refusal)
            .reduce(Failure::and)
            .unwrap_or_else(|| Failure::new("Not allowed by the policy", sentence(error))),
        ServiceError::Taken(_) => {
            Failure::new("The stack name is in use", sentence(error)).at("name")
        }
        ServiceError::OwnerFull { .. } => {
            Failure::new("The owner has too many stacks", sentence(error)).at("owner")
        }
        ServiceError::NoTurn(_) => Failure::new("No turn to become ready", sentence(error)),
        _ => Failure::new("Cannot change the stack", chain(error)),
    }
}

/// An error of the ledger.
pub(crate) fn ledger(error: &LedgerError) -> Failure {
    Failure::new("Cannot use the ledger", chain(error))
}

/// An error in the config file.
pub(crate) fn config(error: &ConfigError) -> Failure {
    Failure::new("Cannot use the config file", chain(error))
}

/// The error and its causes, as sentences.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = sentence(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Some errors already contain the message of their cause.
        if !text.contains(message.trim_end_matches('.')) {
            text.push_str("\nCause: ");
            text.push_str(&sentence(error));
        }
        cause = error.source();
    }
    text
}

/// The last cause of an error, which is usually the most specific one.
pub(crate) fn root_cause<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> &'e dyn std::error::Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// The message with a capital letter and a full stop, like Terraform's own messages.
pub(crate) fn sentence<E: std::fmt::Display + ?Sized>(error: &E) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let mut sentence = match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => return text,
    };
    if !sentence.ends_with(['.', '!', '?', ':']) {
        sentence.push('.');
    }
    sentence
}
