//! `[dispatch]`: the command that starts a teardown where it can run, with placeholders.

use std::fmt;

use crate::values::ttl::Span;

/// The time that the other side has, unless configured.
const DEFAULT_TIMEOUT: Span = Span::minutes(30);

/// How a teardown is started elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchConfig {
    /// The program, as an absolute path or as a name to look for on `PATH`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<DispatchArgument>,
    /// How long the teardown may take from the start of the command.
    pub timeout: Span,
}

impl DispatchConfig {
    /// The configured command; `None` if it has no program.
    pub(super) fn new(
        program: Option<&String>,
        arguments: Vec<DispatchArgument>,
        timeout: Option<Span>,
    ) -> Option<Self> {
        Some(Self {
            program: program?.clone(),
            arguments,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        })
    }
}

/// A fact about a stack that an argument may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The stack's name.
    Name,
    /// Its application.
    App,
    /// Its version.
    Version,
    /// Its owner.
    Owner,
    /// Terraform's workspace.
    Workspace,
    /// The address of the repository.
    Repository,
    /// The commit that it was applied from.
    Commit,
}

impl Placeholder {
    /// All placeholders.
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::App,
        Self::Version,
        Self::Owner,
        Self::Workspace,
        Self::Repository,
        Self::Commit,
    ];

    /// The word between the braces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::App => "app",
            Self::Version => "version",
            Self::Owner => "owner",
            Self::Workspace => "workspace",
            Self::Repository => "repository",
            Self::Commit => "commit",
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.as_str())
    }
}

/// An argument: text and placeholders, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchArgument(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

impl DispatchArgument {
    /// Parses `name={name}`; `{{` and `}}` are braces.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = rest.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else {
                let inner = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let (word, after) = inner.ok_or_else(|| {
                    format!("{text:?} has a brace that belongs to no placeholder: write it twice")
                })?;
                let found = Placeholder::ALL
                    .into_iter()
                    .find(|placeholder| placeholder.as_str() == word);
                let placeholder = found.ok_or_else(|| unknown(word))?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Value(placeholder));
                rest = after;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The argument with its values.
    pub(crate) fn fill<E>(
        &self,
        mut value: impl FnMut(Placeholder) -> Result<String, E>,
    ) -> Result<String, E> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Value(placeholder) => filled.push_str(&value(*placeholder)?),
            }
        }
        Ok(filled)
    }

    /// The placeholder at its start, whose value must not look like an option.
    pub(crate) fn leading(&self) -> Option<Placeholder> {
        match self.0.first()? {
            Part::Text(_) => None,
            Part::Value(placeholder) => Some(*placeholder),
        }
    }
}

fn unknown(word: &str) -> String {
    let known: Vec<_> = Placeholder::ALL.iter().map(ToString::to_string).collect();
    format!(
        "unknown placeholder {{{word}}}: use {}; write a brace twice to pass it on",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, String> {
        DispatchArgument::parse(text)?.fill(|placeholder| Ok(placeholder.as_str().to_uppercase()))
    }

    /// Placeholders are replaced wherever they stand, and braces that are written twice stay.
    #[test]
    fn placeholders_are_replaced() {
        for (text, expected) in [
            ("", ""),
            ("-f", "-f"),
            ("name={name}", "name=NAME"),
            ("{app}@{version}", "APP@VERSION"),
            ("{{\"ref\":\"{commit}\"}}", "{\"ref\":\"COMMIT\"}"),
            ("{{{name}}}", "{NAME}"),
            (
                "{owner} {workspace} {repository}",
                "OWNER WORKSPACE REPOSITORY",
            ),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
    }

    /// An unknown placeholder, and a brace that belongs to none, are errors.
    #[test]
    fn unknown_placeholders_are_refused() {
        for text in [
            "{host}", "{}", "{Name}", "{ name }", "{name", "name}", "}{name}",
        ] {
            assert!(filled(text).is_err(), "{text}");
        }
        assert_eq!(
            filled("{host}").unwrap_err(),
            "unknown placeholder {host}: use {name}, {app}, {version}, {owner}, {workspace}, \
             {repository}, {commit}; write a brace twice to pass it on"
        );
    }

    /// The placeholder at the start of an argument is known, so that its value can be checked.
    #[test]
    fn the_leading_placeholder_is_known() {
        let leading = |text: &str| DispatchArgument::parse(text).unwrap().leading();
        assert_eq!(leading("{owner}/x"), Some(Placeholder::Owner));
        assert_eq!((leading("x{owner}"), leading("")), (None, None));
    }
}
