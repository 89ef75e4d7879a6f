//! The end of a hold or a sleep, as a person writes it: a duration or a time.

use std::str::FromStr;

use jiff::Timestamp;

use crate::values::ttl::Span;

/// The end of a hold or a sleep: `6h` or `2026-03-02T18:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// This long after now.
    After(Span),
    /// At this time.
    At(Timestamp),
}

impl Until {
    /// The end as a time, in whole milliseconds like every time in the ledger.
    #[must_use]
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::After(span) => span.after(now),
            Self::At(time) => crate::clock::truncate_to_millis(time),
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
            "it is neither a duration nor a time with an offset from UTC; \
             write it like 6h, 1d12h or 2026-03-02T18:00:00Z"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both a duration and a time are accepted; a time needs its offset.
    #[test]
    fn durations_and_times_are_distinguished() {
        let until = |text: &str| text.parse::<Until>();
        assert_eq!(
            until("6h"),
            Ok(Until::After("6h".parse().expect("a duration")))
        );
        let time = Until::At("2026-03-02T18:00:00Z".parse().expect("a time"));
        assert_eq!(until("2026-03-02T18:00:00Z"), Ok(time));
        assert_eq!(until("2026-03-02T19:00:00+01:00"), Ok(time));
        for invalid in [
            "",
            "tomorrow",
            "18:00",
            "2026-03-02",
            "2026-03-02T18:00:00",
            "0h",
            "-1h",
        ] {
            assert!(until(invalid).is_err(), "{invalid}");
        }
    }
}
