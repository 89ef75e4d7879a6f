//! The headline of a teardown's plan.

use stack::HourlyRate;
use stack::lease::Repository;
use stack::service::teardown::{Method, TeardownPlan};
use stack::values::shell;

use super::values;

/// What a plan would destroy: `12 resources will be destroyed`. Without a plan, it gives no
/// figures.
pub(crate) fn headline(plan: &TeardownPlan) -> String {
    let resources = values::count(plan.count(), "resource");
    if matches!(plan.method, Method::Dispatch { .. }) {
        return "another system will run the teardown, and its plan is not known here".to_owned();
    }
    match (plan.count(), plan.may_proceed()) {
        (0, false) => "no plan could be made".to_owned(),
        (0, true) if !plan.residue.is_empty() => {
            "nothing that jiti may destroy was found".to_owned()
        }
        (0, true) => "nothing left to destroy".to_owned(),
        (_, false) => format!("refused: the plan would destroy {resources}"),
        (_, true) => format!("{resources} will be destroyed"),
    }
}

/// A commit, with its repository and the directory of the root module.
pub(crate) fn commit(repository: &Repository) -> String {
    let Repository {
        url,
        commit,
        directory,
        ..
    } = repository;
    match directory.as_str() {
        "" => format!("{commit} of {url}"),
        directory => format!("{commit} of {url}, directory {directory}"),
    }
}

/// A command as a user would type it.
pub(crate) fn typed(command: &[String]) -> String {
    let words: Vec<_> = command.iter().map(|word| shell::quoted(word)).collect();
    words.join(" ")
}

/// What the teardown saves per hour; `None` if nothing would be destroyed, or the rate is unknown.
/// "At least nothing" is unknown.
pub(crate) fn saving(plan: &TeardownPlan) -> Option<String> {
    let rate = plan.hourly_usd.filter(|_| saves(plan))?;
    if plan.hourly_is_minimum && rate == HourlyRate::ZERO {
        return None;
    }
    Some(values::per_hour(rate, plan.hourly_is_minimum))
}

/// Whether the teardown would save anything.
pub(crate) fn saves(plan: &TeardownPlan) -> bool {
    plan.may_proceed() && plan.count() > 0
}
