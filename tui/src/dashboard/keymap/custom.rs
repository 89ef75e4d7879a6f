//! The user's own keys: `[dashboard.keys]` of the config file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use serde::{Deserialize, Serialize};
use stack::config::NamedTexts;

use super::{BINDINGS, Binding, Detail, KeyContext, KeySequence, KeyStroke, Popup};
use crate::dashboard::msg::Msg;
use crate::nearest::unknown;

/// The keys of the actions that the user has changed. All other actions have their usual keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Keymap(BTreeMap<Msg, Vec<KeySequence>>);

/// What is wrong with a line of the section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyProblem {
    /// The number of the line, from 1.
    pub(crate) line: usize,
    /// The action that the line names.
    pub(crate) action: String,
    /// What is wrong.
    pub(crate) problem: String,
}

/// The actions that keep their keys: the same in every dialog, and a confirmation stays `y`.
const FIXED: [Msg; 3] = [Msg::Open, Msg::Back, Msg::Yes];

impl Keymap {
    /// Reads the section.
    pub(crate) fn read(section: &[NamedTexts]) -> Result<Self, KeyProblem> {
        let mut keymap = Self::default();
        for setting in section {
            let problem = |problem: String| problem_of(setting, problem);
            let binding = named(&setting.key).map_err(problem)?;
            let keys = setting.texts.iter().map(|text| text.parse());
            let keys: Result<Vec<KeySequence>, String> = keys.collect();
            let keys = keys.map_err(problem)?;
            if let Some(keys) = keys.iter().find(|keys| is_reserved(keys, binding)) {
                return Err(problem(format!("{keys} already has a fixed meaning")));
            }
            keymap.0.insert(binding.msg, keys);
        }
        for setting in section {
            if let Some(problem) = keymap.conflict(setting) {
                return Err(problem_of(setting, problem));
            }
        }
        Ok(keymap)
    }

    /// The keys of a binding.
    pub(super) fn keys(&self, binding: &Binding) -> Cow<'_, [KeySequence]> {
        match self.0.get(&binding.msg) {
            Some(keys) => Cow::Borrowed(keys),
            None => Cow::Owned(binding.default_keys()),
        }
    }

    /// Whether the user has changed the keys of a message.
    pub(super) fn is_changed(&self, msg: Msg) -> bool {
        self.0.contains_key(&msg)
    }

    /// Why the keys of an action conflict with those of another one on the same screen.
    fn conflict(&self, setting: &NamedTexts) -> Option<String> {
        let own = BINDINGS.iter().find(|one| one.action() == setting.key)?;
        let share_a_screen = |other: &&Binding| {
            let mut contexts = other.contexts.iter();
            other.msg != own.msg && contexts.any(|context| own.contexts.contains(context))
        };
        let own_keys = self.keys(own);
        for other in BINDINGS.iter().filter(share_a_screen) {
            let others = self.keys(other);
            if let Some(keys) = own_keys.iter().find(|keys| others.contains(keys)) {
                let action = other.action();
                return Some(if FIXED.contains(&other.msg) {
                    format!("{keys} is the key of {action}, which cannot change")
                } else {
                    format!("{keys} is also the key of {action}: give {action} another one")
                });
            }
        }
        None
    }
}

fn problem_of(setting: &NamedTexts, problem: String) -> KeyProblem {
    KeyProblem {
        line: setting.line,
        action: setting.key.clone(),
        problem,
    }
}

/// The binding of an action that may change.
fn named(action: &str) -> Result<&'static Binding, String> {
    let Some(binding) = BINDINGS.iter().find(|one| one.action() == action) else {
        let changeable = BINDINGS.iter().filter(|one| !FIXED.contains(&one.msg));
        let names: Vec<String> = changeable.map(Binding::action).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(unknown("action", action, &names));
    };
    if FIXED.contains(&binding.msg) {
        return Err("its key cannot change, because every dialog uses it".to_owned());
    }
    Ok(binding)
}

/// Whether a key means the same everywhere, or chooses a tab where the binding applies.
fn is_reserved(keys: &KeySequence, binding: &Binding) -> bool {
    let chooses = |context: &KeyContext| matches!(context, Detail | Popup);
    keys.strokes().iter().any(|stroke| match stroke {
        KeyStroke {
            code: KeyCode::Char('c' | 'z'),
            control: true,
        } => true,
        KeyStroke {
            code: KeyCode::Char('1'..='9'),
            control: false,
        } => binding.contexts.iter().any(chooses),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str, texts: &[&str], line: usize) -> NamedTexts {
        NamedTexts {
            key: key.to_owned(),
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            line,
        }
    }

    fn problem(section: &[NamedTexts]) -> String {
        let found = Keymap::read(section).unwrap_err();
        format!("{}: {}: {}", found.line, found.action, found.problem)
    }

    /// Without a change, no two actions on one screen have the same key, and every action has a
    /// name of its own.
    #[test]
    fn usual_keys_have_no_conflict() {
        let all: Vec<NamedTexts> = BINDINGS
            .iter()
            .map(|binding| setting(&binding.action(), &[], 1))
            .collect();
        let keymap = Keymap::default();
        for setting in &all {
            assert!(!setting.key.is_empty());
            assert_eq!(keymap.conflict(setting), None, "{setting:?}");
        }
        let mut names: Vec<&str> = all.iter().map(|one| one.key.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BINDINGS.len());
    }

    /// Users write these names, so a name never changes.
    #[test]
    fn actions_have_fixed_names() {
        let names: Vec<String> = BINDINGS.iter().map(Binding::action).collect();
        insta::assert_snapshot!(names.join(" "));
    }

    /// Two actions can swap their keys. An unknown action, an unknown key and a conflict are errors
    /// that name the line.
    #[test]
    fn keys_can_change() {
        let section = [
            setting("teardown", &["e"], 3),
            setting("extend", &["d", "f2"], 4),
            setting("copy", &[], 5),
        ];
        let keymap = Keymap::read(&section).unwrap();
        let binding = |action: &str| BINDINGS.iter().find(|one| one.action() == action).unwrap();
        assert_eq!(keymap.shown(binding("teardown")), "e");
        assert_eq!(keymap.shown(binding("extend")), "d F2");
        assert_eq!(keymap.shown(binding("copy")), "none");
        assert_eq!(keymap.shown(binding("hold")), "h");
        assert_eq!(keymap.key(Msg::Copy), ":copy");
        let text = serde_json::to_string(&keymap).unwrap();
        let copy: Keymap = serde_json::from_str(&text).unwrap();
        assert_eq!(copy, keymap);
        for (section, expected) in [
            (
                setting("teardwn", &["D"], 7),
                "7: teardwn: unknown action \"teardwn\": did you mean teardown?",
            ),
            (
                setting("teardown", &["e"], 8),
                "8: teardown: e is also the key of extend: give extend another one",
            ),
            (
                setting("teardown", &["enter"], 9),
                "9: teardown: Enter is the key of open, which cannot change",
            ),
            (
                setting("quit", &["ctrl-c"], 10),
                "10: quit: Ctrl-c already has a fixed meaning",
            ),
            (
                setting("quit", &["3"], 11),
                "11: quit: 3 already has a fixed meaning",
            ),
            (
                setting("yes", &["d"], 12),
                "12: yes: its key cannot change, because every dialog uses it",
            ),
        ] {
            assert_eq!(problem(&[section]), expected);
        }
    }
}
