//! The limits of what an app may report about its own init.

use jiff::Timestamp;
use thiserror::Error;

use super::ReportedPhase;
use crate::values::ttl::Elapsed;

/// The maximum number of phases that the checks of one run may report.
pub const MAX_REPORTED_PHASES: usize = 32;

/// The maximum length of a name or a class, in characters.
const MAX_LENGTH: usize = 64;

/// The difference between a reported time and this clock that is not an error: many apps report
/// whole seconds, and clocks differ a little. The recorded times are always within the init.
const TOLERANCE: Elapsed = Elapsed::from_millis(1_000);

/// A phase as an app reports it, before it is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseReport {
    /// The name.
    pub name: String,
    /// The kind of work.
    pub class: Option<String>,
    /// When the phase started, by the app's clock.
    pub started_at: Timestamp,
    /// The length in seconds.
    pub seconds: f64,
}

/// A reported phase within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedPhase {
    /// The name.
    pub name: String,
    /// The kind of work.
    pub class: Option<String>,
    /// The start and the length.
    pub time: ReportedPhase,
}

/// Why a reported phase is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PhaseRefusal {
    /// The name or the class is empty.
    #[error("a {part} is empty")]
    Empty {
        /// `name` or `class`.
        part: &'static str,
    },
    /// The name or the class is too long.
    #[error("the {part} {text:?}… has {chars} characters, the limit is {MAX_LENGTH}")]
    TooLong {
        /// `name` or `class`.
        part: &'static str,
        /// The start of the text.
        text: String,
        /// The number of characters.
        chars: usize,
    },
    /// The name or the class contains a character that could change how a screen shows it.
    #[error(
        "the {part} {text:?} contains {character:?}: use letters, digits, spaces and punctuation"
    )]
    Character {
        /// `name` or `class`.
        part: &'static str,
        /// The text.
        text: String,
        /// The first refused character.
        character: char,
    },
    /// The length is not a duration.
    #[error("the phase {name:?} has an invalid length: use seconds, 0 or more")]
    Length {
        /// The phase.
        name: String,
    },
    /// The phase starts before the init was requested.
    #[error("the phase {name:?} starts at {started_at}, before the request at {requested_at}")]
    BeforeRequest {
        /// The phase.
        name: String,
        /// The reported start.
        started_at: Timestamp,
        /// When the init was requested.
        requested_at: Timestamp,
    },
    /// The phase ends in the future.
    #[error("the phase {name:?} ends at {ended_at}, and it is {now}")]
    AfterNow {
        /// The phase.
        name: String,
        /// The reported end.
        ended_at: Timestamp,
        /// The current time.
        now: Timestamp,
    },
}

impl PhaseReport {
    /// Checks the phase of an init that was requested at `requested_at`.
    ///
    /// # Errors
    /// [`PhaseRefusal`] for the first limit that the phase exceeds.
    pub fn accept(
        self,
        requested_at: Timestamp,
        now: Timestamp,
    ) -> Result<AcceptedPhase, PhaseRefusal> {
        check_text("name", &self.name)?;
        if let Some(class) = &self.class {
            check_text("class", class)?;
        }
        let Self {
            name,
            class,
            started_at,
            seconds,
        } = self;
        let Some(length) = length(seconds) else {
            return Err(PhaseRefusal::Length { name });
        };
        if TOLERANCE.after(started_at) < requested_at {
            return Err(PhaseRefusal::BeforeRequest {
                name,
                started_at,
                requested_at,
            });
        }
        let ended_at = length.after(started_at);
        if ended_at > TOLERANCE.after(now) {
            return Err(PhaseRefusal::AfterNow {
                name,
                ended_at,
                now,
            });
        }
        let started_at = started_at.max(requested_at).min(now);
        let rest = Elapsed::between(started_at, now);
        Ok(AcceptedPhase {
            name,
            class,
            time: ReportedPhase {
                started_at,
                seconds: length.min(rest),
            },
        })
    }
}

fn check_text(part: &'static str, text: &str) -> Result<(), PhaseRefusal> {
    if text.trim().is_empty() {
        return Err(PhaseRefusal::Empty { part });
    }
    let chars = text.chars().count();
    if chars > MAX_LENGTH {
        return Err(PhaseRefusal::TooLong {
            part,
            text: text.chars().take(20).collect(),
            chars,
        });
    }
    let is_allowed = |c: char| c.is_alphanumeric() || c == ' ' || c.is_ascii_punctuation();
    match text.chars().find(|c| !is_allowed(*c)) {
        Some(character) => Err(PhaseRefusal::Character {
            part,
            text: text.to_owned(),
            character,
        }),
        None => Ok(()),
    }
}

/// The length, rounded to milliseconds; `None` if it is no length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast of a float saturates, and the value is not negative"
)]
fn length(seconds: f64) -> Option<Elapsed> {
    let is_valid = seconds.is_finite() && seconds >= 0.0;
    is_valid.then(|| Elapsed::from_millis((seconds * 1000.0).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    const MINUTE: Elapsed = Elapsed::from_millis(60_000);

    fn report(name: &str) -> PhaseReport {
        PhaseReport {
            name: name.to_owned(),
            class: None,
            started_at: MINUTE.after(noon()),
            seconds: 1.5,
        }
    }

    /// Accepts at 12:02 for an init that was requested at 12:00.
    fn accepted(report: PhaseReport) -> Result<AcceptedPhase, PhaseRefusal> {
        report.accept(noon(), MINUTE.plus(MINUTE).after(noon()))
    }

    /// A phase within the limits keeps its times.
    #[test]
    fn a_valid_phase_is_accepted() {
        for name in ["migrate", "warm cache (2/3)", "Prüfung", &"x".repeat(64)] {
            let phase = accepted(report(name)).unwrap();
            assert_eq!(phase.name, name);
            assert_eq!(phase.time.started_at, MINUTE.after(noon()));
            assert_eq!(phase.time.seconds, Elapsed::from_millis(1_500));
        }
    }

    /// Names and classes are limited in length and characters, because they are shown on screens.
    #[test]
    fn names_are_limited() {
        let long = "x".repeat(65);
        for text in [
            "",
            " ",
            "a\nb",
            "\u{1b}[31mred",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{a0}b",
            &long,
        ] {
            assert!(accepted(report(text)).is_err(), "{text:?}");
            let class = Some(text.to_owned());
            assert!(
                accepted(PhaseReport {
                    class,
                    ..report("x")
                })
                .is_err(),
                "{text:?}"
            );
        }
        let huge = accepted(report(&"y".repeat(1_000_000))).unwrap_err();
        assert!(huge.to_string().len() < 200, "{huge}");
    }

    /// A phase lies between the request and now. A difference of up to a second is cut.
    #[test]
    fn times_are_limited() {
        let starts_at = |started_at: Timestamp, seconds: f64| PhaseReport {
            started_at,
            seconds,
            ..report("boot")
        };
        let second = Elapsed::from_millis(1_000);
        let now = MINUTE.plus(MINUTE).after(noon());
        for (started_at, seconds) in [
            ("2026-01-02T03:04:05Z".parse().unwrap(), 1.5),
            (Timestamp::MIN, 1.0),
            (Timestamp::MAX, 1.0),
            (second.plus(second).after(now), 0.0),
            (noon(), 3_600.0),
            (noon(), f64::MAX),
        ] {
            assert!(
                accepted(starts_at(started_at, seconds)).is_err(),
                "{started_at} {seconds}"
            );
        }
        for seconds in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                accepted(starts_at(noon(), seconds)),
                Err(PhaseRefusal::Length {
                    name: "boot".to_owned()
                })
            );
        }
        let before = noon()
            .checked_sub(jiff::SignedDuration::from_millis(900))
            .unwrap();
        assert_eq!(
            accepted(starts_at(before, 1.0)).unwrap().time.started_at,
            noon()
        );
        let late = accepted(starts_at(noon(), 120.9)).unwrap();
        assert_eq!(late.time.seconds, Elapsed::from_millis(120_000));
    }
}
