//! The reaper is to leave a stack alone: until when, and why.

use jiff::Timestamp;
use stack::{Lease, Policy, Span, StackName};
use tui_input::Input;

use crate::format::until::Until;

/// What is written first: long enough for an afternoon.
const USUAL: &str = "4h";

/// The popup.
#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) stack: StackName,
    /// A duration or a time.
    pub(crate) until: Input,
    /// The reason, for whoever looks at the stack meanwhile.
    pub(crate) why: Input,
    /// Which of the two is being written.
    pub(crate) field: Field,
    /// The hold that lasts already.
    pub(crate) before: Option<Timestamp>,
    /// How long a hold may last.
    pub(crate) longest: Option<Span>,
    /// What is wrong with what was written.
    pub(crate) problem: Option<String>,
}

/// A line of the popup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Until,
    Why,
}

impl Hold {
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
            field: Field::Until,
            before,
            longest,
            problem: None,
        }
    }

    /// The line that is being written.
    pub(crate) fn input(&mut self) -> &mut Input {
        match self.field {
            Field::Until => &mut self.until,
            Field::Why => &mut self.why,
        }
    }

    /// The other line.
    pub(crate) fn turn(&mut self) {
        self.field = match self.field {
            Field::Until => Field::Why,
            Field::Why => Field::Until,
        };
    }

    /// Until when and why, if both are there and allowed; else in which line something is wrong.
    pub(crate) fn read(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Timestamp, String), (Field, String)> {
        let until: Until = self
            .until
            .value()
            .trim()
            .parse()
            .map_err(|problem| (Field::Until, problem))?;
        let until = policy
            .hold(until.resolve(now), now)
            .map_err(|refusal| (Field::Until, refusal.to_string()))?;
        let why = self.why.value().trim();
        if why.is_empty() {
            let problem = "say why, for whoever looks at the stack meanwhile";
            return Err((Field::Why, problem.to_owned()));
        }
        Ok((until, why.to_owned()))
    }
}
