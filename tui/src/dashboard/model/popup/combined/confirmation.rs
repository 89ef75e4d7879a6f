//! The confirmation of an action on several stacks: their number, and the names that have to be
//! typed.

use stack::StackName;

use super::{CombinedDialog, Outlook};
use crate::dashboard::model::bulk_action::BulkAction;
use crate::format::values;

/// What the user types to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The number of stacks that need no name.
    pub(crate) number: usize,
    /// The stacks that are left alone unless their names are typed.
    pub(crate) names: Vec<StackName>,
}

impl CombinedDialog {
    /// What the user types to confirm.
    pub(crate) fn ask(&self, outlooks: &[Outlook]) -> Ask {
        let acts = |outlook: &&Outlook| matches!(outlook, Outlook::Acts(_));
        let names = self.entries.iter().zip(outlooks);
        let names = names.filter(|(_, outlook)| matches!(outlook, Outlook::NeedsName(_)));
        Ask {
            number: outlooks.iter().filter(acts).count(),
            names: names.map(|(entry, _)| entry.stack.name()).collect(),
        }
    }

    /// The confirmation as it is typed: the first word, and what follows it.
    fn typed(&self) -> (&str, &str) {
        let text = self.confirmation.value().trim();
        text.split_once(' ').unwrap_or((text, ""))
    }

    /// The stacks that the action includes, as one flag for each entry: those that need no name,
    /// and those whose names are typed.
    pub(crate) fn included(&self, outlooks: &[Outlook]) -> Vec<bool> {
        let ask = self.ask(outlooks);
        let (names, _) = ask.split(self.typed().1);
        let entries = self.entries.iter().zip(outlooks);
        entries
            .map(|(entry, outlook)| match outlook {
                Outlook::Acts(_) => true,
                Outlook::NeedsName(_) => names.contains(&&entry.stack.name()),
                Outlook::Pending | Outlook::LeftOut(_) => false,
            })
            .collect()
    }

    /// The stacks that the user has confirmed, as one flag for each entry.
    ///
    /// # Errors
    ///
    /// Why the text does not confirm.
    pub(crate) fn confirmed(&self, outlooks: &[Outlook]) -> Result<Vec<bool>, String> {
        let ask = self.ask(outlooks);
        if ask.is_empty() {
            return Err(ask.sentence(self.action));
        }
        let (number, names) = self.typed();
        let Ok(number) = number.parse::<usize>() else {
            return Err(ask.sentence(self.action));
        };
        let (_, unknown) = ask.split(names);
        if !unknown.is_empty() {
            return Err(format!(
                "{unknown} is not one of the names that have to be typed"
            ));
        }
        let confirmed = self.included(outlooks);
        let count = confirmed.iter().filter(|one| **one).count();
        match number == count && count > 0 {
            true => Ok(confirmed),
            false => Err(format!(
                "{number} does not confirm {}",
                values::count(count, "stack")
            )),
        }
    }
}

impl Ask {
    /// Whether there is nothing to confirm.
    pub(crate) fn is_empty(&self) -> bool {
        self.number == 0 && self.names.is_empty()
    }

    /// What to type, as a sentence: `type 11 to tear down 11 stacks`.
    pub(crate) fn sentence(&self, action: BulkAction) -> String {
        if self.is_empty() {
            return "nothing can be confirmed: every stack stays as it is".to_owned();
        }
        let (number, text) = match self.number {
            0 => (self.names.len(), self.text()),
            number => (number, number.to_string()),
        };
        let stacks = values::count(number, "stack");
        format!("type {text} to {}", action.on(&stacks))
    }

    /// Splits a text into the names at its start and the rest, which is empty if the text has only
    /// names. A name may contain spaces.
    fn split<'a>(&self, text: &'a str) -> (Vec<&StackName>, &'a str) {
        let (mut typed, mut rest) = (Vec::new(), text.trim());
        while !rest.is_empty() {
            let follows = |name: &&StackName| {
                let after = rest.strip_prefix(name.as_str());
                after.is_some_and(|after| after.is_empty() || after.starts_with(' '))
            };
            // Of two names that begin alike, the longer one.
            let names = self.names.iter().filter(follows);
            let Some(name) = names.max_by_key(|name| name.as_str().len()) else {
                break;
            };
            rest = rest.get(name.as_str().len()..).unwrap_or("").trim_start();
            typed.push(name);
        }
        (typed, rest)
    }

    /// What to type for all stacks: `12 prod-1`.
    pub(crate) fn text(&self) -> String {
        let number = (self.number + self.names.len()).to_string();
        let names = self.names.iter().map(StackName::as_str);
        let words: Vec<&str> = std::iter::once(number.as_str()).chain(names).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use stack::Policy;
    use stack::testing::stack_name;
    use tui_input::Input;

    use super::*;
    use crate::dashboard::model::popup::{CombinedEntry, EntryPlan};
    use crate::dashboard::problem::Problem;
    use crate::dashboard::stack_key::StackKey;

    fn dialog(count: usize) -> CombinedDialog {
        let entry = |index: usize| CombinedEntry {
            stack: StackKey::from(&stack_name(&format!("shop-{index}"))),
            plan: EntryPlan::Immediate,
        };
        let entries = (0..count).map(entry).collect();
        CombinedDialog::new(BulkAction::Teardown, entries, &Policy::default())
    }

    fn acts() -> Outlook {
        Outlook::Acts("3 resources will be destroyed".to_owned())
    }

    fn needs_name() -> Outlook {
        Outlook::NeedsName("3 resources will be destroyed".to_owned())
    }

    fn typed(
        dialog: &mut CombinedDialog,
        outlooks: &[Outlook],
        text: &str,
    ) -> Result<usize, String> {
        dialog.confirmation = Input::new(text.to_owned());
        let confirmed = dialog.confirmed(outlooks)?;
        Ok(confirmed.into_iter().filter(|one| *one).count())
    }

    /// The number of stacks confirms those that need no name. A stack that needs its name is left
    /// alone without it, and counts with it.
    #[test]
    fn the_number_and_the_names_confirm() {
        let mut dialog = dialog(4);
        let left = Outlook::LeftOut(Problem::refused("held"));
        let outlooks = [acts(), needs_name(), acts(), left];
        let ask = dialog.ask(&outlooks);
        assert_eq!(
            ask.sentence(BulkAction::Teardown),
            "type 2 to tear down 2 stacks"
        );
        assert_eq!(ask.text(), "3 shop-1");
        assert_eq!(typed(&mut dialog, &outlooks, " 2 "), Ok(2));
        assert_eq!(typed(&mut dialog, &outlooks, "3 shop-1"), Ok(3));
        for (text, problem) in [
            ("", "type 2 to tear down 2 stacks"),
            ("y", "type 2 to tear down 2 stacks"),
            ("shop-1", "type 2 to tear down 2 stacks"),
            ("3", "3 does not confirm 2 stacks"),
            ("2 shop-1", "2 does not confirm 3 stacks"),
            (
                "3 shop-2",
                "shop-2 is not one of the names that have to be typed",
            ),
        ] {
            let expected = Err(problem.to_owned());
            assert_eq!(typed(&mut dialog, &outlooks, text), expected, "{text:?}");
        }
    }

    /// A name may contain spaces, and may begin like another one.
    #[test]
    fn names_with_spaces() {
        let mut dialog = dialog(0);
        dialog.entries = ["prod", "prod one", "shop"]
            .map(|name| CombinedEntry {
                stack: StackKey::from(&stack_name(name)),
                plan: EntryPlan::Immediate,
            })
            .into();
        let outlooks = [needs_name(), needs_name(), acts()];
        assert_eq!(typed(&mut dialog, &outlooks, "2 prod one"), Ok(2));
        assert_eq!(typed(&mut dialog, &outlooks, "3 prod  prod one"), Ok(3));
        assert_eq!(dialog.included(&outlooks), [true, true, true]);
        assert!(typed(&mut dialog, &outlooks, "2 prod two").is_err());
        assert!(typed(&mut dialog, &outlooks, "2 prodone").is_err());
    }

    /// If each stack needs its name, the number alone confirms nothing.
    #[test]
    fn names_alone() {
        let mut dialog = dialog(2);
        let outlooks = [needs_name(), needs_name()];
        assert_eq!(
            dialog.ask(&outlooks).sentence(BulkAction::Teardown),
            "type 2 shop-0 shop-1 to tear down 2 stacks"
        );
        assert!(typed(&mut dialog, &outlooks, "0").is_err());
        assert!(typed(&mut dialog, &outlooks, "2").is_err());
        assert_eq!(typed(&mut dialog, &outlooks, "1 shop-1"), Ok(1));
        assert_eq!(typed(&mut dialog, &outlooks, "2 shop-1 shop-0"), Ok(2));
    }
}
