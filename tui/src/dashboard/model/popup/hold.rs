//! The hold popup: until when, and why.

use jiff::Timestamp;
use stack::{Lease, Policy, Span, StackName};
use tui_input::Input;

use stack::values::until::Until;

/// The preset end of a hold.
const USUAL: &str = "4h";

/// The popup.
#[derive(Debug)]
pub(crate) struct HoldDialog {
    pub(crate) stack: StackName,
    /// A duration or a time.
    pub(crate) until: Input,
    /// The reason, shown to everyone who looks at the stack.
    pub(crate) why: Input,
    /// The focused text field.
    pub(crate) field: HoldField,
    /// The end of the current hold, if there is one.
    pub(crate) before: Option<Timestamp>,
    /// The policy's `max_hold`; `None`: no limit.
    pub(crate) longest: Option<Span>,
    /// Why the input was rejected.
    pub(crate) problem: Option<String>,
}

/// A text field of the popup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldField {
    Until,
    Why,
}

impl HoldDialog {
    pub(crate) fn new(lease: &Lease, policy: &Policy, now: Timestamp) -> Self {
        let longest = policy.max_hold;
        let usual = match longest {
            Some(max) if max < Span::minutes(4 * 60) => max.to_string(),
            _ => USUAL.to_owned(),
        };
        let before = lease.at(now).hold_until;
        let why = lease.hold.as_ref().filter(|_| before.is_some());
        Self {
            stack: lease.name.clone(),
            until: Input::new(usual),
            why: Input::new(why.map(|hold| hold.why.clone()).unwrap_or_default()),
            field: HoldField::Until,
            before,
            longest,
            problem: None,
        }
    }

    /// The focused text field.
    pub(crate) fn input(&mut self) -> &mut Input {
        match self.field {
            HoldField::Until => &mut self.until,
            HoldField::Why => &mut self.why,
        }
    }

    /// Fills the fields, and moves the focus to the first one that is still open.
    pub(crate) fn fill(&mut self, until: Option<String>, why: Option<String>) {
        if let Some(until) = until {
            self.until = Input::new(until);
            self.field = HoldField::Why;
        }
        if let Some(why) = why {
            self.why = Input::new(why);
        }
    }

    /// Moves the focus to the other field.
    pub(crate) fn turn(&mut self) {
        self.field = match self.field {
            HoldField::Until => HoldField::Why,
            HoldField::Why => HoldField::Until,
        };
    }

    /// Returns the end and the reason, or the field that is wrong and why.
    pub(crate) fn read(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Timestamp, String), (HoldField, String)> {
        let until: Until = self
            .until
            .value()
            .trim()
            .parse()
            .map_err(|problem| (HoldField::Until, problem))?;
        let until = policy
            .hold(until.resolve(now), now)
            .map_err(|refusal| (HoldField::Until, refusal.to_string()))?;
        let why = self.why.value().trim();
        if why.is_empty() {
            let problem = "enter a reason";
            return Err((HoldField::Why, problem.to_owned()));
        }
        Ok((until, why.to_owned()))
    }
}
