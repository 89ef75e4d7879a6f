//! The commands: their names, their arguments, and what they mean.

use stack::Span;

use super::super::column::{ColumnChoice, ListColumn, SortOrder};
use super::super::filter::Filter;
use super::super::list::{Grouping, List};
use super::super::row::StackRow;
use super::super::store::StackStore;
use crate::dashboard::msg::Msg;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::theme::ThemeName;
use crate::nearest::{nearest, unknown};
use stack::values::until::Until;

/// What commands refer to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) store: &'a StackStore,
    pub(crate) list: &'a List,
}

/// A command that the user gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListCommand {
    /// Sort the list.
    Sort(SortOrder),
    /// Group the list.
    Group(Grouping),
    /// Filter the list; an empty text shows all stacks.
    Filter(String),
    /// Choose the columns of the list.
    Columns(ColumnChoice),
    /// Change the theme.
    Theme(ThemeName),
    /// Open the page of a stack.
    Show(StackKey),
    /// Extend: fills the field of the popup.
    Extend(Option<String>),
    /// Hold: fills the fields of the popup, the end and the reason.
    Hold(Option<String>, Option<String>),
    /// Sleep: fills the field of the popup.
    Sleep(Option<String>),
    /// Show the economics of all stacks, over a period.
    Report(Option<Span>),
    /// What a key does.
    Act(Msg),
}

/// The name of a command, and its help.
#[derive(Debug)]
pub(crate) struct CommandSpec {
    /// The word that the user types.
    pub(crate) name: &'static str,
    /// Its arguments.
    pub(crate) arguments: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
}

/// All commands, in the order of the list.
pub(crate) const COMMANDS: &[CommandSpec] = &[
    spec("sort", "COLUMN [reverse]", "sort the list"),
    spec("group", "app|owner|none", "group the list"),
    spec("filter", "[WORDS]", "show the stacks that match, or all"),
    spec("columns", "all|[+|-]COLUMN…", "choose the columns"),
    spec("theme", "NAME", "change the colours"),
    spec("show", "STACK", "open the page of a stack"),
    spec("report", "[PERIOD]", "show the economics of all stacks"),
    spec("teardown", "", "plan a teardown"),
    spec("extend", "[DURATION]", "extend the lease"),
    spec("hold", "[UNTIL [WHY]]", "keep the reaper away"),
    spec("unhold", "", "end the hold now"),
    spec("sleep", "[UNTIL]", "stop compute, keep data"),
    spec("wake", "", "start compute again"),
    spec("open", "", "open the app's URL, or the AWS console"),
    spec("log", "", "read the steps of the last operation"),
    spec("copy", "", "copy the stack's name"),
    spec("refresh", "", "read the ledger and query AWS now"),
    spec("messages", "", "read the earlier messages again"),
    spec("help", "", "show all keys"),
    spec("quit", "", "quit"),
];

const fn spec(name: &'static str, arguments: &'static str, help: &'static str) -> CommandSpec {
    CommandSpec {
        name,
        arguments,
        help,
    }
}

impl CommandSpec {
    /// The command with a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let name = if name == "q" { "quit" } else { name };
        COMMANDS.iter().find(|command| command.name == name)
    }
}

impl ListCommand {
    /// Parses a command. `None`: there is no command in the text.
    pub(crate) fn read(text: &str, around: Surroundings<'_>) -> Result<Option<Self>, String> {
        let text = text.trim();
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        if name.is_empty() {
            return Ok(None);
        }
        let Some(command) = CommandSpec::named(name) else {
            return Err(unknown_command(name));
        };
        let given = (!rest.is_empty()).then(|| rest.to_owned());
        Ok(Some(match command.name {
            "sort" => Self::Sort(sort(rest)?),
            "group" => Self::Group(group(rest)?),
            "filter" => match Filter::read(rest).problem() {
                Some(problem) => return Err(problem.to_owned()),
                None => Self::Filter(rest.to_owned()),
            },
            "columns" => Self::Columns(columns(rest, around.list.columns)?),
            "theme" if given.is_none() => return Err(missing("theme", &theme_names())),
            "theme" => Self::Theme(rest.parse()?),
            "show" => Self::Show(show(rest, around.store)?),
            "report" => {
                let period: Result<Option<Span>, _> = given.as_deref().map(str::parse).transpose();
                Self::Report(period.map_err(|error| error.to_string())?)
            }
            "extend" => {
                let by: Result<Option<Span>, _> = given.as_deref().map(str::parse).transpose();
                by.map_err(|error| error.to_string())?;
                Self::Extend(given)
            }
            "sleep" => {
                given.as_deref().map(str::parse::<Until>).transpose()?;
                Self::Sleep(given)
            }
            "hold" => hold(rest)?,
            _ if given.is_some() => {
                let name = command.name;
                return Err(format!("{name} takes no argument, but found {rest:?}"));
            }
            name => Self::Act(action(name).ok_or_else(|| unknown_command(name))?),
        }))
    }
}

/// The key that does the same as a command without arguments.
fn action(name: &str) -> Option<Msg> {
    Some(match name {
        "teardown" => Msg::Teardown,
        "unhold" => Msg::Unhold,
        "wake" => Msg::Wake,
        "open" => Msg::OpenUrl,
        "log" => Msg::Log,
        "copy" => Msg::Copy,
        "refresh" => Msg::Refresh,
        "messages" => Msg::Messages,
        "help" => Msg::Help,
        "quit" => Msg::Quit,
        _ => return None,
    })
}

fn unknown_command(name: &str) -> String {
    let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    unknown("command", name, &names)
}

fn missing(command: &str, words: &[&str]) -> String {
    format!("{command} needs an argument: {}", words.join(", "))
}

pub(super) fn column_names() -> [&'static str; ListColumn::ALL.len()] {
    ListColumn::ALL.map(ListColumn::id)
}

pub(super) fn theme_names() -> [&'static str; ThemeName::ALL.len()] {
    ThemeName::ALL.map(ThemeName::id)
}

fn column(word: &str) -> Result<ListColumn, String> {
    ListColumn::with_id(word).ok_or_else(|| unknown("column", word, &column_names()))
}

fn sort(rest: &str) -> Result<SortOrder, String> {
    let mut words = rest.split_whitespace();
    let Some(by) = words.next() else {
        return Err(missing("sort", &column_names()));
    };
    let by = column(by)?;
    let reversed = match words.next() {
        None => false,
        Some("reverse") => true,
        Some(word) => return Err(format!("expected reverse or nothing, but found {word:?}")),
    };
    match words.next() {
        None => Ok(SortOrder { by, reversed }),
        Some(word) => Err(format!("sort takes one column, but found also {word:?}")),
    }
}

fn group(rest: &str) -> Result<Grouping, String> {
    let words = Grouping::ALL.map(Grouping::id);
    if rest.is_empty() {
        return Err(missing("group", &words));
    }
    let found = Grouping::ALL.into_iter().find(|one| one.id() == rest);
    found.ok_or_else(|| unknown("grouping", rest, &words))
}

/// Columns by name, or changes of the current ones.
fn columns(rest: &str, current: ColumnChoice) -> Result<ColumnChoice, String> {
    let mut words = rest
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .peekable();
    let Some(first) = words.peek() else {
        return Err(missing("columns", &column_names()));
    };
    if rest == "all" {
        return Ok(ColumnChoice::default());
    }
    let is_change = first.starts_with(['+', '-']);
    let mut chosen = if is_change {
        current.columns()
    } else {
        Vec::new()
    };
    for word in words {
        match (word.strip_prefix('+'), word.strip_prefix('-')) {
            (Some(word), _) if is_change => chosen.push(column(word)?),
            (_, Some("name")) if is_change => return Err("the column name always stays".to_owned()),
            (_, Some(word)) if is_change => {
                let gone = column(word)?;
                chosen.retain(|column| *column != gone);
            }
            _ if is_change => return Err(format!("write +{word} or -{word}, like the first one")),
            (None, None) => chosen.push(column(word)?),
            _ => return Err(format!("write {word} without its sign, like the first one")),
        }
    }
    Ok(ColumnChoice::new(chosen))
}

fn show(rest: &str, store: &StackStore) -> Result<StackKey, String> {
    if rest.is_empty() {
        return Err("show needs the name of a stack".to_owned());
    }
    let stacks = store.stacks();
    let found = stacks.iter().find(|stack| stack.name() == rest);
    found.map(StackRow::key).ok_or_else(|| {
        let names: Vec<&str> = stacks.iter().map(StackRow::name).collect();
        match nearest(rest, &names) {
            Some(name) => format!("no stack {rest:?}: did you mean {name}?"),
            None => format!("no stack {rest:?}"),
        }
    })
}

fn hold(rest: &str) -> Result<ListCommand, String> {
    let (until, why) = rest.split_once(' ').unwrap_or((rest, ""));
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if !until.is_empty() {
        until.parse::<Until>()?;
    }
    Ok(ListCommand::Hold(text(until), text(why.trim())))
}

#[cfg(test)]
mod tests {
    use stack::Policy;
    use stack::testing::noon;

    use super::*;

    fn read(text: &str) -> Result<Option<ListCommand>, String> {
        let store = StackStore::new(&Policy::default(), noon());
        let list = List::default();
        let around = Surroundings {
            store: &store,
            list: &list,
        };
        ListCommand::read(text, around)
    }

    /// Each command is read with its arguments.
    #[test]
    fn commands_are_read() {
        let sort = |by, reversed| ListCommand::Sort(SortOrder { by, reversed });
        let text = |text: &str| Some(text.to_owned());
        for (line, expected) in [
            ("sort idle", sort(ListColumn::Idle, false)),
            (" sort  rate   reverse ", sort(ListColumn::Rate, true)),
            ("group owner", ListCommand::Group(Grouping::Owner)),
            (
                "filter owner:ana !x",
                ListCommand::Filter("owner:ana !x".into()),
            ),
            ("filter", ListCommand::Filter(String::new())),
            ("columns all", ListCommand::Columns(ColumnChoice::default())),
            (
                "columns idle, rate",
                ListCommand::Columns(ColumnChoice::new([ListColumn::Idle, ListColumn::Rate])),
            ),
            (
                "theme monochrome",
                ListCommand::Theme(ThemeName::Monochrome),
            ),
            ("report", ListCommand::Report(None)),
            ("report 30d", ListCommand::Report("30d".parse().ok())),
            ("extend 2h", ListCommand::Extend(text("2h"))),
            ("hold", ListCommand::Hold(None, None)),
            (
                "hold 4h a demo",
                ListCommand::Hold(text("4h"), text("a demo")),
            ),
            ("sleep 12h", ListCommand::Sleep(text("12h"))),
            ("teardown", ListCommand::Act(Msg::Teardown)),
            ("q", ListCommand::Act(Msg::Quit)),
        ] {
            assert_eq!(read(line), Ok(Some(expected)), "{line}");
        }
        assert_eq!(read("  "), Ok(None));
    }

    /// Columns can be added and removed. All columns in their usual order are no choice.
    #[test]
    fn columns_change() {
        let two = ColumnChoice::new([ListColumn::Idle]);
        assert_eq!(two.columns(), [ListColumn::Name, ListColumn::Idle]);
        let found = columns("+rate -idle", two).unwrap();
        assert_eq!(found.columns(), [ListColumn::Name, ListColumn::Rate]);
        let without = columns("-init", ColumnChoice::default()).unwrap();
        assert_eq!(without.columns().len(), ListColumn::ALL.len() - 1);
        assert!(columns("+init", without).unwrap().is_all());
    }

    /// A wrong command is an error that says what is wrong and names the nearest word.
    #[test]
    fn wrong_commands_are_errors() {
        for (line, expected) in [
            ("srot idle", "unknown command \"srot\": did you mean sort?"),
            ("sort idel", "unknown column \"idel\": did you mean idle?"),
            (
                "sort",
                "sort needs an argument: name, app, owner, state, age, left, rate, estimate, billed, idle, init",
            ),
            (
                "sort idle up",
                "expected reverse or nothing, but found \"up\"",
            ),
            (
                "sort idle reverse x",
                "sort takes one column, but found also \"x\"",
            ),
            (
                "group ownr",
                "unknown grouping \"ownr\": did you mean owner?",
            ),
            (
                "filter ownr:ana",
                "unknown field \"ownr\": did you mean owner:?",
            ),
            (
                "columns +x",
                "unknown column \"x\": one of name, app, owner, state, age, left, rate, estimate, billed, idle, init",
            ),
            (
                "columns +age rate",
                "write +rate or -rate, like the first one",
            ),
            (
                "columns age -rate",
                "write -rate without its sign, like the first one",
            ),
            ("columns -name", "the column name always stays"),
            (
                "theme drk",
                "unknown theme \"drk\": one of default, high-contrast, colour-blind, monochrome",
            ),
            (
                "teardown now",
                "teardown takes no argument, but found \"now\"",
            ),
            ("show x", "no stack \"x\""),
        ] {
            assert_eq!(read(line), Err(expected.to_owned()), "{line}");
        }
        for line in ["extend soon", "hold soon", "sleep soon"] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    /// Every command without arguments has an action, and no two commands share a name.
    #[test]
    fn every_command_does_something() {
        for command in COMMANDS {
            assert!(read(command.name).is_ok() || !command.arguments.is_empty());
        }
        let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COMMANDS.len());
    }
}
