//! Rules about several members of a model: which of them a configuration may or must set.

use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::Validator;

/// A member of a model in a rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleMember {
    /// The name.
    pub name: &'static str,
    /// Whether it is a block. An empty collection of blocks counts as not set.
    pub is_block: bool,
}

/// What a rule requires of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// At most one is set.
    Conflicts,
    /// Exactly one is set.
    ExactlyOneOf,
    /// At least one is set.
    AtLeastOneOf,
    /// All are set, or none.
    RequiredTogether,
}

/// Creates the validator of a rule. An unknown value may become null, so the rule waits where it
/// matters.
#[must_use]
pub fn rule(kind: RuleKind, members: &'static [RuleMember]) -> Validator {
    Validator::new(move |model, path| {
        let state = |member: &RuleMember| match model.get(&Path::new(member.name)) {
            None | Some(Dynamic::Null) => State::Null,
            Some(value) if value.is_unknown() => State::Unknown,
            Some(Dynamic::List(blocks)) if member.is_block && blocks.is_empty() => State::Null,
            Some(Dynamic::Map(blocks)) if member.is_block && blocks.is_empty() => State::Null,
            Some(_) => State::Set,
        };
        let named = |wanted: State| {
            let matching = members.iter().filter(move |member| state(member) == wanted);
            matching.map(|member| member.name).collect::<Vec<_>>()
        };
        let (set, null) = (named(State::Set), named(State::Null));
        let waits = set.len() + null.len() < members.len();
        let all = quoted(&members.iter().map(|member| member.name).collect::<Vec<_>>());
        match (kind, set.as_slice(), null.as_slice()) {
            (RuleKind::Conflicts | RuleKind::ExactlyOneOf, [_, second, ..], _) => {
                let detail = format!("Set only one of {all}, not {}.", quoted(&set));
                vec![Diagnostic::error("Conflicting arguments", detail).at(path.attribute(*second))]
            }
            (RuleKind::ExactlyOneOf | RuleKind::AtLeastOneOf, [], _) if !waits => {
                let detail = match kind {
                    RuleKind::ExactlyOneOf => format!("Set exactly one of {all}."),
                    _ => format!("Set at least one of {all}."),
                };
                vec![Diagnostic::error("Missing argument", detail).at(path)]
            }
            (RuleKind::RequiredTogether, [first, ..], [_, ..]) => {
                let missing = quoted(&null);
                let detail =
                    format!("{all} belong together: also set {missing}, or remove `{first}`.");
                vec![Diagnostic::error("Missing argument", detail).at(path.attribute(*first))]
            }
            _ => Vec::new(),
        }
    })
}

/// Whether a configuration sets a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Set,
    Null,
    Unknown,
}

/// Names in a sentence: `a`, `b` and `c`.
fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
