//! `jiti complete-stacks`, which the completion scripts call: the names of stacks that fit.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::Duration;

use clap::{ArgAction, Args};
use stack::config::{LedgerAddress, Locations};
use stack::ledger::Scope;

use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::ledger_store;

/// How long the user may wait for the names after pressing Tab. After that, there are none.
const MAX_TIME: Duration = Duration::from_millis(500);

/// The most names that are printed.
const MAX_NAMES: usize = 500;

/// The name of the arguments and options that take the name of a stack.
const STACK: &str = "NAME";

/// Print the names of stacks that complete a command line
///
/// This reads only a ledger on this machine, and never waits for long. An error prints nothing.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The words of the command line after the program, up to the one to complete
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Prints the names that complete the last word, one per line. `program` is the definition of the
/// whole command line.
pub(crate) fn run(
    arguments: &Arguments,
    program: &clap::Command,
    locations: &Locations,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Some(wanted) = Wanted::read(&arguments.words, program) else {
        return Ok(());
    };
    let Ok(LedgerAddress::File(path)) = locations.ledger(wanted.ledger.as_deref()) else {
        // A shared ledger is in a cloud.
        return Ok(());
    };
    let address = LedgerAddress::File(path);
    let fits = |name: &String| name.starts_with(&wanted.begin) && !wanted.given.contains(name);
    let names = names(&address).unwrap_or_default();
    let mut names = names.into_iter().filter(fits).take(MAX_NAMES);
    names.try_for_each(|name| ui.line(&name))
}

/// The names of the stacks in a ledger, sorted; `None` if they cannot be read in time.
fn names(address: &LedgerAddress) -> Option<Vec<String>> {
    if !ledger_store::exists(address).ok()? {
        return None;
    }
    let ledger = ledger_store::open(address, true).ok()?;
    let (sender, answer) = mpsc::channel();
    // A locked ledger or a slow disk blocks only this thread, which ends with the process.
    std::thread::spawn(move || {
        let runtime = crate::cli::runtime::single_threaded().ok()?;
        let leases = runtime.block_on(ledger.leases(Scope::Live)).ok()?;
        let names = leases.into_iter().map(|lease| lease.name.to_string());
        sender.send(names.collect()).ok()
    });
    answer.recv_timeout(MAX_TIME).ok()
}

/// What a command line needs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// How the name begins.
    begin: String,
    /// The names that the command line has already.
    given: BTreeSet<String>,
    /// The ledger that the command line names.
    ledger: Option<String>,
}

impl Wanted {
    /// Reads a command line. `None` if its last word is not the name of a stack.
    fn read(words: &[String], program: &clap::Command) -> Option<Self> {
        let (last, before) = words.split_last()?;
        let mut wanted = Self {
            begin: last.clone(),
            ..Self::default()
        };
        let mut command = None;
        let mut positionals = Vec::new();
        let mut words = before.iter();
        let mut takes_name = None;
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                match command {
                    // The first word is the command. Without one, there is nothing to complete.
                    None => command = Some(program.find_subcommand(word)?),
                    Some(_) if word.starts_with('-') => {}
                    Some(_) => positionals.push(word.clone()),
                }
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (option, None),
            };
            let mut options = program.get_arguments();
            let own = command.and_then(|command| find(command.get_arguments(), name));
            let Some(found) = own.or_else(|| options.find(|one| one.get_long() == Some(name)))
            else {
                continue;
            };
            if !matches!(found.get_action(), ArgAction::Set | ArgAction::Append) {
                continue;
            }
            match value.or_else(|| words.next().cloned()) {
                Some(value) if name == "ledger" => wanted.ledger = Some(value),
                Some(_) => {}
                // The last word is the value of this option.
                None => takes_name = Some(is_name(found)),
            }
        }
        let command: &clap::Command = command?;
        // An option such as --confirm repeats a name; an argument does not.
        let is_option = takes_name.is_some();
        let takes_name = takes_name.unwrap_or_else(|| {
            let all: Vec<&clap::Arg> = command.get_positionals().collect();
            let at = all.get(positionals.len()).or_else(|| {
                let last = all.last().copied();
                all.iter()
                    .find(|arg| last == Some(**arg) && takes_many(arg))
            });
            !last.starts_with('-') && at.is_some_and(|arg| is_name(arg))
        });
        if !is_option {
            wanted.given.extend(positionals);
        }
        takes_name.then_some(wanted)
    }
}

fn find<'a>(
    mut arguments: impl Iterator<Item = &'a clap::Arg>,
    name: &str,
) -> Option<&'a clap::Arg> {
    arguments.find(|one| one.get_long() == Some(name))
}

/// Whether an argument takes the name of a stack.
fn is_name(arg: &clap::Arg) -> bool {
    let names = arg.get_value_names();
    let is_stack = |names: &[clap::builder::Str]| names.iter().any(|name| name == STACK);
    names.map_or(arg.get_id() == "name", is_stack)
}

fn takes_many(arg: &clap::Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;

    fn read(line: &str) -> Option<Wanted> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let mut program = Cli::command();
        program.build();
        Wanted::read(&words, &program)
    }

    /// Names are completed where a command takes one, and nowhere else.
    #[test]
    fn only_places_of_names_are_completed() {
        for (line, begin) in [
            ("show ", ""),
            ("show che", "che"),
            ("--read-only show --cached che", "che"),
            ("teardown --dry-run x", "x"),
            ("teardown x --confirm y", "y"),
            ("mark a", "a"),
            ("events b", "b"),
        ] {
            let found = read(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found.begin, begin, "{line}");
        }
        for line in [
            "",
            "sh",
            "show --ca",
            "mark a ph",
            "hold a --until 4",
            "ls x",
            "nonsense x",
            "teardown x --strategy t",
            "doctor x",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    /// The ledger of the command line counts, before or after the command.
    #[test]
    fn the_ledger_is_the_one_of_the_command_line() {
        for line in [
            "--ledger a.db show x",
            "show --ledger a.db x",
            "show --ledger=a.db x",
        ] {
            let found = read(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found.ledger.as_deref(), Some("a.db"), "{line}");
        }
    }
}
