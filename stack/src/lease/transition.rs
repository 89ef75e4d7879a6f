//! The stack's life as one total function: from a phase and an event to the next phase, or why not.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::event::EventKind;

/// Where a stack is in its life: exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// On its way to ready.
    Provisioning,
    /// Of use.
    Ready,
    /// Compute stopped, data kept.
    Asleep,
    /// Billed, but not ready within its time.
    Purgatory,
    /// A teardown has begun.
    TearingDown,
    /// A teardown left something, or could not look everywhere.
    Residue,
    /// Looked for everywhere and not found.
    Gone,
}

impl Phase {
    /// Every phase, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::Provisioning,
        Self::Ready,
        Self::Asleep,
        Self::Purgatory,
        Self::TearingDown,
        Self::Residue,
        Self::Gone,
    ];

    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Asleep => "asleep",
            Self::Purgatory => "purgatory",
            Self::TearingDown => "tearing_down",
            Self::Residue => "residue",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(text: &str) -> Result<Self, UnknownPhase> {
        Self::ALL
            .into_iter()
            .find(|phase| phase.as_str() == text)
            .ok_or_else(|| UnknownPhase {
                read: text.to_owned(),
            })
    }
}

/// A word that is no phase.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{read:?} is no phase: use provisioning, ready, asleep, purgatory, tearing_down, residue or gone"
)]
pub struct UnknownPhase {
    /// What was read.
    pub read: String,
}

/// What the next phase depends on besides the phase and the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransitionFacts {
    /// The stack has a `ready_timeout`: somebody will report that it is ready. For an event that
    /// brings terms of its own, these terms count.
    pub declares_readiness: bool,
    /// Terraform's state is known to hold the stack.
    pub recorded: bool,
    /// A sleep was begun and has not ended by another sleep or a wake.
    pub partly_asleep: bool,
    /// The teardown under way has deleted something, or said that something is left.
    pub touched: bool,
    /// The phase that the teardown under way came from.
    pub came_from: Option<Phase>,
}

/// Why an event cannot follow.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TransitionRefusal {
    /// Nothing registered the stack.
    #[error("no such stack is registered: `jiti ls --all` shows those that are")]
    NotRegistered,
    /// It is registered and lives.
    #[error("it is already registered and not gone: import it, or choose another name")]
    AlreadyLive,
    /// It is gone.
    #[error("it is gone: the next apply begins a new lease under this name")]
    Gone,
    /// It is being torn down.
    #[error("it is being torn down: when it is gone, the next apply begins a new lease")]
    TearingDown,
    /// A teardown left something of it.
    #[error("a teardown left something of it: `jiti teardown` finishes that")]
    Residue,
    /// It sleeps.
    #[error("it is asleep: `jiti wake` first")]
    Asleep,
    /// It does not sleep.
    #[error("it is not asleep")]
    NotAsleep,
    /// It is not ready.
    #[error("it is not ready")]
    NotReady,
    /// No teardown is under way.
    #[error("no teardown of it is under way: `jiti teardown` begins one")]
    NoTeardown,
    /// Terraform's state holds it already.
    #[error("it is already recorded in a Terraform state")]
    Recorded,
}

/// An event that cannot follow: nothing is written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{event}` cannot follow in phase {}: {reason}", phase.map_or("none", Phase::as_str))]
pub struct IllegalTransition {
    /// The phase that the stack is in; `None` when there is no such stack.
    pub phase: Option<Phase>,
    /// The kind of event.
    pub event: String,
    /// Why not.
    pub reason: TransitionRefusal,
}

/// The phase after an event.
///
/// `phase` is the phase at the event's own time, time-outs included. An event that was observed
/// (a check, a rate, a use) is a fact: it is taken as long as there is something to observe, even
/// when it changes nothing. An event that decides (extend, sleep, a new version) has to make sense.
///
/// # Errors
/// [`IllegalTransition`] when the event cannot follow, and why.
pub fn next(
    phase: Option<Phase>,
    event: &EventKind,
    facts: &TransitionFacts,
) -> Result<Phase, IllegalTransition> {
    let outcome = match phase {
        None => match event {
            EventKind::Requested { .. } => Ok(begun(facts)),
            _ => Err(TransitionRefusal::NotRegistered),
        },
        Some(phase) => after(phase, event, facts),
    };
    outcome.map_err(|reason| IllegalTransition {
        phase,
        event: event.name().to_owned(),
        reason,
    })
}

/// Where an init begins: without a declaration nobody would ever say that it has ended.
fn begun(facts: &TransitionFacts) -> Phase {
    if facts.declares_readiness {
        Phase::Provisioning
    } else {
        Phase::Ready
    }
}

fn after(
    phase: Phase,
    event: &EventKind,
    facts: &TransitionFacts,
) -> Result<Phase, TransitionRefusal> {
    use EventKind as E;
    use Phase::{Asleep, Gone, Provisioning, Purgatory, Ready, Residue, TearingDown};

    match event {
        E::Requested { .. } => match phase {
            Gone => Ok(begun(facts)),
            // Its apply was killed before its state was written: the next one takes it over.
            Provisioning | Ready | Purgatory if !facts.recorded => Ok(begun(facts)),
            _ => Err(TransitionRefusal::AlreadyLive),
        },
        E::Adopted { .. } => match phase {
            Provisioning | Ready | Purgatory if !facts.recorded => Ok(Ready),
            Provisioning | Ready | Purgatory | Asleep => Err(TransitionRefusal::Recorded),
            _ => ended(phase),
        },

        E::Provisioned => lives(phase).and(Ok(begun(facts))),
        E::VersionChanged { .. } => {
            lives(phase)?;
            Ok(if facts.declares_readiness {
                Provisioning
            } else {
                phase
            })
        }
        E::Ready => match phase {
            Provisioning | Ready | Purgatory => Ok(Ready),
            Asleep => Err(TransitionRefusal::Asleep),
            _ => ended(phase),
        },
        E::ReadyTimedOut => match phase {
            Provisioning if facts.declares_readiness => Ok(Purgatory),
            // It came after the last check had passed, or nobody asked for readiness.
            Provisioning | Ready => Ok(Ready),
            Purgatory => Ok(Purgatory),
            Asleep => Err(TransitionRefusal::Asleep),
            _ => ended(phase),
        },

        // Who no longer promises to report readiness is ready, as if it had never been promised.
        E::TermsChanged { .. } => match lives(phase)? {
            Provisioning | Purgatory if !facts.declares_readiness => Ok(Ready),
            phase => Ok(phase),
        },
        E::OwnerChanged { .. }
        | E::Renewed { .. }
        | E::Extended { .. }
        | E::Held { .. }
        | E::HoldEnded
        | E::PowerOperationAlive { .. }
        | E::PowerOperationFailed { .. } => lives(phase),

        E::SleepStarted { .. } | E::Slept => match phase {
            // Also of one that sleeps: a wake that was killed half-way can be finished either way.
            Ready | Asleep if matches!(event, E::SleepStarted { .. }) => Ok(phase),
            Ready | Asleep if facts.partly_asleep => Ok(Asleep),
            Ready => Err(TransitionRefusal::NotAsleep),
            Asleep => Err(TransitionRefusal::Asleep),
            Provisioning | Purgatory => Err(TransitionRefusal::NotReady),
            TearingDown | Residue | Gone => ended(phase),
        },
        E::WakeStarted { .. } | E::Woken => match phase {
            // A sleep that was killed half-way can be finished either way, and one that an apply has ended by a wake.
            Provisioning | Ready | Asleep | Purgatory if phase == Asleep || facts.partly_asleep => {
                Ok(if matches!(event, E::Woken) {
                    begun(facts)
                } else {
                    phase
                })
            }
            Provisioning | Ready | Asleep | Purgatory => Err(TransitionRefusal::NotAsleep),
            TearingDown | Residue | Gone => ended(phase),
        },

        E::Recorded { .. }
        | E::PhaseMarked { .. }
        | E::CheckPassed { .. }
        | E::Activity { .. }
        | E::Rated { .. } => {
            if phase == Gone {
                Err(TransitionRefusal::Gone)
            } else {
                Ok(phase)
            }
        }
        E::Warned { .. } | E::Unknown(_) => Ok(phase),

        E::TeardownStarted { .. } => {
            if phase == Gone {
                Err(TransitionRefusal::Gone)
            } else {
                Ok(TearingDown)
            }
        }
        E::TeardownAlive | E::ResourceDeleted { .. } => match phase {
            TearingDown => Ok(TearingDown),
            Gone => Err(TransitionRefusal::Gone),
            _ => Err(TransitionRefusal::NoTeardown),
        },
        E::ResourceLeft { .. } => match phase {
            TearingDown => Ok(TearingDown),
            // A later look found something after all.
            Residue | Gone => Ok(Residue),
            Provisioning | Ready | Asleep | Purgatory => Err(TransitionRefusal::NoTeardown),
        },
        E::TeardownFailed { .. } => match phase {
            TearingDown if facts.touched => Ok(Residue),
            TearingDown => Ok(facts.came_from.unwrap_or(Residue)),
            Gone => Err(TransitionRefusal::Gone),
            _ => Err(TransitionRefusal::NoTeardown),
        },
        E::Released => Ok(if phase == TearingDown {
            TearingDown
        } else {
            Gone
        }),
        E::Gone => match phase {
            TearingDown | Residue | Gone => Ok(Gone),
            Provisioning | Ready | Asleep | Purgatory => Err(TransitionRefusal::NoTeardown),
        },
    }
}

/// The same phase, as long as no teardown has begun.
fn lives(phase: Phase) -> Result<Phase, TransitionRefusal> {
    match phase {
        Phase::Provisioning | Phase::Ready | Phase::Asleep | Phase::Purgatory => Ok(phase),
        Phase::TearingDown | Phase::Residue | Phase::Gone => ended(phase),
    }
}

fn ended(phase: Phase) -> Result<Phase, TransitionRefusal> {
    Err(match phase {
        Phase::TearingDown => TransitionRefusal::TearingDown,
        Phase::Residue => TransitionRefusal::Residue,
        _ => TransitionRefusal::Gone,
    })
}

#[cfg(test)]
mod tests;
