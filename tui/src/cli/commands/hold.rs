//! `jiti hold NAME --until T --why "…"`

use std::str::FromStr;

use clap::Args;
use jiff::Timestamp;
use stack::{Span, StackName};

use crate::cli::args::Form;
use crate::cli::context::{Context, explained};
use crate::cli::output::changed;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// Keep the reaper away from a stack until a stated time
///
/// A hold always ends by itself. Longer than the policy's `max_hold` it is refused with exit code 3 and the latest
/// time that is allowed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// Until when: a duration from now such as 6h, or a time such as 2026-03-02T18:00:00Z
    #[arg(long, value_name = "T")]
    until: Until,

    /// Why, for whoever looks at the stack meanwhile
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    why: String,

    #[command(flatten)]
    form: Form,
}

/// A moment, as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// So long from now.
    After(Span),
    /// Then.
    At(Timestamp),
}

impl Until {
    /// The moment, for somebody who names it now.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::After(span) => span.after(now),
            Self::At(at) => stack::clock::truncate_to_millis(at),
        }
    }
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(span) = text.parse() {
            return Ok(Self::After(span));
        }
        text.parse().map(Self::At).map_err(|_| {
            "it is neither a duration nor a time with its offset from UTC; \
             write it like 6h, 1d12h or 2026-03-02T18:00:00Z"
                .to_owned()
        })
    }
}

pub(crate) async fn run(
    arguments: Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        until,
        why,
        form,
    } = arguments;
    let service = context.writer()?;
    let now = service.now();
    let until = until.at(now);
    if until <= now {
        return Err(CommandError::usage(format!(
            "--until {} UTC has passed: it is {} UTC",
            values::second(until),
            values::second(now)
        ))
        .hint("name a later time, or a duration from now such as 6h"));
    }
    if let Err(error) = service.hold(&name, until, why.as_str()).await {
        return Err(explained(error, &service, &name).await);
    }
    let sentence = format!("{name} is held until {}: {why}", values::moment(until, now));
    changed::write(ui, form, &service, &name, Some(sentence)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A duration and a time are told apart; a time needs its offset.
    #[test]
    fn durations_and_times_are_told_apart() {
        let until = |text: &str| text.parse::<Until>();
        assert_eq!(
            until("6h"),
            Ok(Until::After("6h".parse().expect("a duration")))
        );
        let at = Until::At("2026-03-02T18:00:00Z".parse().expect("a time"));
        assert_eq!(until("2026-03-02T18:00:00Z"), Ok(at));
        assert_eq!(until("2026-03-02T19:00:00+01:00"), Ok(at));
        for wrong in [
            "",
            "tomorrow",
            "18:00",
            "2026-03-02",
            "2026-03-02T18:00:00",
            "0h",
            "-1h",
        ] {
            assert!(until(wrong).is_err(), "{wrong}");
        }
    }
}
