//! The completion of the word at the cursor.

use std::collections::BTreeSet;

use stack::{Flag, Phase};

use super::super::column::ListColumn;
use super::super::filter::FIELDS;
use super::super::list::Grouping;
use super::super::row::StackRow;
use super::command::{COMMANDS, CommandSpec, Surroundings};
use crate::dashboard::theme::ThemeName;

/// How many candidates are offered.
const MAX_CANDIDATES: usize = 200;

/// The candidates for the word at the cursor, and the one that is in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The text before the word, the word as the user typed it, and the text after it.
    parts: (String, String, String),
    /// The candidates.
    pub(crate) candidates: Vec<Candidate>,
    /// The index of the candidate in the text; `None`: the word is as the user typed it.
    pub(crate) chosen: Option<usize>,
}

/// What a word can become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// The word.
    pub(crate) text: String,
    /// What it means; empty if the word says it.
    pub(crate) help: String,
}

impl Completion {
    /// The candidates at a cursor, which counts characters.
    pub(crate) fn of(text: &str, cursor: usize, around: Surroundings<'_>) -> Self {
        let at = text
            .char_indices()
            .nth(cursor)
            .map_or(text.len(), |(at, _)| at);
        let (before, after) = text.split_at(at);
        let start = before.rfind([' ', ',']).map_or(0, |space| space + 1);
        let (before, word) = before.split_at(start);
        let candidates = candidates(before.trim_start(), word, around);
        Self {
            parts: (before.to_owned(), word.to_owned(), after.to_owned()),
            candidates,
            chosen: None,
        }
    }

    /// Chooses the next or the previous candidate, or after the last one what the user typed.
    /// Returns the new text and its cursor; `None` without candidates.
    pub(super) fn turn(&mut self, forward: bool) -> Option<(String, usize)> {
        let count = self.candidates.len();
        if count == 0 {
            return None;
        }
        self.chosen = match (self.chosen, forward) {
            (None, true) => Some(0),
            (None, false) => Some(count - 1),
            (Some(chosen), true) => (chosen + 1 < count).then_some(chosen + 1),
            (Some(chosen), false) => chosen.checked_sub(1),
        };
        let (before, typed, after) = &self.parts;
        let chosen = self.chosen.and_then(|chosen| self.candidates.get(chosen));
        let mut word = chosen.map_or(typed.clone(), |chosen| chosen.text.clone());
        // The value of a field follows without a space.
        if self.is_decided() && after.is_empty() && !word.ends_with(':') {
            word.push(' ');
        }
        let start = format!("{before}{word}");
        let cursor = start.chars().count();
        Some((start + after, cursor))
    }

    /// Whether the text has the only candidate.
    pub(super) fn is_decided(&self) -> bool {
        self.candidates.len() == 1 && self.chosen.is_some()
    }
}

/// The candidates for a word after a text.
fn candidates(before: &str, word: &str, around: Surroundings<'_>) -> Vec<Candidate> {
    let mut words = before.split([' ', ',']).filter(|word| !word.is_empty());
    let Some(command) = words.next() else {
        let names = COMMANDS
            .iter()
            .map(|command| candidate(command.name, command.help));
        return fitting(word, names);
    };
    let before: Vec<&str> = words.collect();
    let Some(command) = CommandSpec::named(command) else {
        return Vec::new();
    };
    let columns = || ListColumn::ALL.into_iter();
    match (command.name, before.as_slice()) {
        ("sort", []) => {
            let orders = columns().map(|column| candidate(column.id(), column.sort_labels().0));
            fitting(word, orders)
        }
        ("sort", [column]) => {
            let column = ListColumn::with_id(column);
            let reverse = column.map(|column| candidate("reverse", column.sort_labels().1));
            fitting(word, reverse)
        }
        ("group", []) => fitting(word, Grouping::ALL.map(|group| candidate(group.id(), ""))),
        ("filter", _) => filter_words(word, around),
        ("columns", chosen) => {
            let sign = word.get(..1).filter(|sign| ["+", "-"].contains(sign));
            let shown = around.list.columns.columns();
            // Only a hidden column can be added, and only a shown one removed.
            let fits = |column: &ListColumn| match sign {
                Some("+") => !shown.contains(column),
                Some(_) => shown.contains(column) && *column != ListColumn::Name,
                None => true,
            };
            let sign = sign.unwrap_or_default();
            let others = columns()
                .filter(fits)
                .map(|column| candidate(&format!("{sign}{}", column.id()), ""));
            let others = others.filter(|other| !chosen.contains(&other.text.as_str()));
            let all = chosen
                .is_empty()
                .then(|| candidate("all", "the usual columns"));
            fitting(word, others.chain(all))
        }
        ("theme", []) => {
            let themes = ThemeName::ALL.map(|theme| candidate(theme.id(), theme.description()));
            fitting(word, themes)
        }
        ("show", []) => fitting(word, values(around, |stack| vec![stack.name()])),
        ("extend", []) => durations(word, &["1h", "4h", "8h", "1d", "3d"]),
        ("hold", []) => durations(word, &["1h", "4h", "1d"]),
        ("sleep", []) => durations(word, &["8h", "12h", "1d"]),
        _ => Vec::new(),
    }
}

fn candidate(text: &str, help: &str) -> Candidate {
    Candidate {
        text: text.to_owned(),
        help: help.to_owned(),
    }
}

/// The candidates that begin with a word; if there are none, those that contain it.
fn fitting(word: &str, all: impl IntoIterator<Item = Candidate>) -> Vec<Candidate> {
    let wanted = word.to_lowercase();
    let (mut begin, mut contain) = (Vec::new(), Vec::new());
    for candidate in all {
        let text = candidate.text.to_lowercase();
        if text.starts_with(&wanted) {
            begin.push(candidate);
        } else if text.contains(&wanted) {
            contain.push(candidate);
        }
    }
    let mut fit = if begin.is_empty() { contain } else { begin };
    fit.truncate(MAX_CANDIDATES);
    fit
}

/// Durations to choose from, while the user has typed nothing else.
fn durations(word: &str, all: &[&str]) -> Vec<Candidate> {
    let begin = |text: &&&str| text.starts_with(word);
    let fit = all.iter().filter(begin);
    fit.map(|text| candidate(text, "")).collect()
}

/// The different values of a field of all stacks, sorted.
fn values<'a>(
    around: Surroundings<'a>,
    of: impl Fn(&'a StackRow) -> Vec<&'a str>,
) -> Vec<Candidate> {
    let stacks = around.store.stacks().iter();
    let all: BTreeSet<&str> = stacks.flat_map(of).collect();
    all.into_iter().map(|text| candidate(text, "")).collect()
}

/// The fields of a filter, or the values of the field that the word begins with.
fn filter_words(word: &str, around: Surroundings<'_>) -> Vec<Candidate> {
    let not = if word.starts_with('!') { "!" } else { "" };
    let plain = word.strip_prefix('!').unwrap_or(word);
    let Some((field, value)) = plain.split_once(':') else {
        let fields = FIELDS.map(|field| candidate(&format!("{not}{field}:"), ""));
        return fitting(word, fields);
    };
    let known = match field {
        "name" => values(around, |stack| vec![stack.name()]),
        "app" => values(around, |stack| vec![stack.app()]),
        "version" => values(around, |stack| vec![stack.version()]),
        "owner" => values(around, |stack| vec![stack.owner()]),
        "phase" => {
            let phases = Phase::ALL.into_iter().filter(|phase| *phase != Phase::Gone);
            phases.map(|phase| candidate(phase.as_str(), "")).collect()
        }
        "flag" => Flag::ALL.map(|flag| candidate(flag.as_str(), "")).to_vec(),
        "label" => values(around, |stack| {
            let labels = stack
                .lease()
                .map(|lease| lease.terms.labels.as_map().keys());
            labels.into_iter().flatten().map(String::as_str).collect()
        }),
        _ => Vec::new(),
    };
    let fit = fitting(value.trim_start_matches('"'), known);
    fit.into_iter()
        .map(|known| {
            let value = known.text;
            let value = match value.contains([' ', ':']) {
                true => format!("\"{value}\""),
                false => value,
            };
            candidate(&format!("{not}{field}:{value}"), "")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use stack::Policy;
    use stack::testing::noon;

    use super::super::super::list::List;
    use super::super::super::store::StackStore;
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let store = StackStore::new(&Policy::default(), noon());
        let list = List::default();
        let around = Surroundings {
            store: &store,
            list: &list,
        };
        let found = Completion::of(text, text.chars().count(), around).candidates;
        found.into_iter().map(|found| found.text).collect()
    }

    /// Each word has the candidates of its place: those that begin like it, else those that contain
    /// it.
    #[test]
    fn words_have_candidates() {
        assert_eq!(texts("").len(), COMMANDS.len());
        assert_eq!(texts("te"), ["teardown"]);
        assert_eq!(texts("ee"), ["sleep"]);
        assert_eq!(texts("sort i"), ["idle", "init"]);
        assert_eq!(texts("sort idle "), ["reverse"]);
        assert_eq!(texts("sort idle reverse "), [""; 0]);
        assert_eq!(texts("group "), ["none", "app", "owner"]);
        assert_eq!(texts("filter !ow"), ["!owner:"]);
        assert_eq!(texts("filter x phase:pur"), ["phase:purgatory"]);
        assert_eq!(texts("columns idle,ra"), ["rate"]);
        assert!(!texts("columns idle ").contains(&"idle".to_owned()));
        assert_eq!(texts("columns -ow"), ["-owner"]);
        assert_eq!(texts("columns -n"), [""; 0], "the name stays");
        assert_eq!(texts("columns +"), [""; 0], "all are shown");
        assert_eq!(texts("theme c"), ["colour-blind"]);
        assert_eq!(texts("extend 1"), ["1h", "1d"]);
        assert_eq!(texts("nonsense "), [""; 0]);
    }

    /// Tab goes through the candidates and back to what the user typed. The only candidate is
    /// followed by a space, or by the value of its field.
    #[test]
    fn tab_goes_round() {
        let store = StackStore::new(&Policy::default(), noon());
        let list = List::default();
        let around = Surroundings {
            store: &store,
            list: &list,
        };
        let turn = |completion: &mut Completion, forward| completion.turn(forward).unwrap().0;
        let mut completion = Completion::of("sort in", 6, around);
        assert_eq!(
            turn(&mut completion, true),
            "sort idlen",
            "the cursor is before n"
        );
        let mut completion = Completion::of("sort i", 6, around);
        let round: Vec<String> = (0..4).map(|_| turn(&mut completion, true)).collect();
        assert_eq!(round, ["sort idle", "sort init", "sort i", "sort idle"]);
        assert_eq!(turn(&mut completion, false), "sort i");
        let mut completion = Completion::of("tea", 3, around);
        assert_eq!(turn(&mut completion, true), "teardown ");
        let mut completion = Completion::of("filter own", 10, around);
        assert_eq!(turn(&mut completion, true), "filter owner:");
    }
}
