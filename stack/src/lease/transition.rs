//! The life of a stack as one total function: phase and event to the next phase, or to a refusal.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::event::EventKind;

/// The phase of a stack's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Being created, or not ready yet.
    Provisioning,
    /// Ready to use.
    Ready,
    /// Compute is stopped, data is kept.
    Asleep,
    /// Billed, but not ready within `ready_timeout`.
    Purgatory,
    /// A teardown is in progress.
    TearingDown,
    /// A teardown left something, or could not check everything.
    Residue,
    /// Checked everywhere, and nothing was found.
    Gone,
}

impl Phase {
    /// All phases, in the order of a stack's life.
    pub const ALL: [Self; 7] = [
        Self::Provisioning,
        Self::Ready,
        Self::Asleep,
        Self::Purgatory,
        Self::TearingDown,
        Self::Residue,
        Self::Gone,
    ];

    /// The phase's name, as in JSON.
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

/// A text that is not the name of a phase.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "invalid phase {read:?}: use provisioning, ready, asleep, purgatory, tearing_down, residue or gone"
)]
pub struct UnknownPhase {
    /// The text that was read.
    pub read: String,
}

/// What the next phase depends on, besides the phase and the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransitionFacts {
    /// Whether the stack has a `ready_timeout`, so that its readiness will be reported. For an
    /// event that carries terms, those terms count.
    pub declares_readiness: bool,
    /// Whether Terraform's state is known to contain the stack.
    pub recorded: bool,
    /// Whether a sleep started that no later sleep or wake has completed.
    pub partly_asleep: bool,
    /// Whether the current teardown has deleted something, or reported something as left.
    pub touched: bool,
    /// The phase before the current teardown.
    pub came_from: Option<Phase>,
}

/// Why an event cannot follow.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TransitionRefusal {
    /// No such stack is registered.
    #[error("no such stack is registered; `jiti ls --all` lists all stacks")]
    NotRegistered,
    /// The stack is already registered and not gone.
    #[error("the stack is already registered and not gone; import it, or choose another name")]
    AlreadyLive,
    /// The stack is gone.
    #[error("the stack is gone; the next apply starts a new lease under this name")]
    Gone,
    /// The stack is being torn down.
    #[error("the stack is being torn down; once it is gone, the next apply starts a new lease")]
    TearingDown,
    /// A teardown left resources behind.
    #[error("the teardown is incomplete; finish it with `jiti teardown`")]
    Residue,
    /// The stack is asleep.
    #[error("the stack is asleep; wake it first with `jiti wake`")]
    Asleep,
    /// The stack is not asleep.
    #[error("the stack is not asleep")]
    NotAsleep,
    /// The stack is not ready.
    #[error("the stack is not ready")]
    NotReady,
    /// No teardown is in progress.
    #[error("no teardown is in progress; start one with `jiti teardown`")]
    NoTeardown,
    /// Terraform's state already contains the stack.
    #[error("the stack is already recorded in a Terraform state")]
    Recorded,
}

/// An event that cannot follow. Nothing is written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("cannot {}: {reason}", action(event))]
pub struct IllegalTransition {
    /// The current phase; `None` if there is no such stack.
    pub phase: Option<Phase>,
    /// The name of the event's kind.
    pub event: String,
    /// The reason of the refusal.
    pub reason: TransitionRefusal,
}

/// The action that an event records, as the rest of "cannot …".
fn action(event: &str) -> String {
    let action = match event {
        "requested" => "register",
        "recorded" => "record the stack's state",
        "provisioned" => "start the checks",
        "phase_marked" => "mark a phase",
        "check_passed" => "record a check",
        "not_ready" => "record why it is not ready",
        "ready" | "ready_timed_out" => "report readiness",
        "version_changed" => "change the version",
        "owner_changed" => "change the owner",
        "terms_changed" => "change the terms",
        "renewed" => "renew",
        "extended" => "extend",
        "held" => "hold",
        "hold_ended" => "unhold",
        "rated" => "record a rate",
        "sleep_started" | "slept" => "sleep",
        "wake_started" | "woken" => "wake",
        "power_operation_alive" | "power_operation_failed" => "continue the sleep or wake",
        "activity" => "touch",
        "noncompliant" | "compliant" => "record broken rules",
        "teardown_started" => "tear down",
        "teardown_dispatched" => "dispatch the teardown",
        "teardown_alive" | "teardown_failed" => "continue the teardown",
        "resource_deleted" => "record a deletion",
        "resource_left" => "record residue",
        "state_locked" => "record the lock of the state",
        "released" => "release",
        "adopted" => "adopt",
        "origin_moved" => "move the origin",
        "forgotten" => "forget",
        "gone" => "mark the stack as gone",
        "misdated" => "mark events as misdated",
        other => return format!("record `{other}`"),
    };
    action.to_owned()
}

/// Computes the phase after an event.
///
/// `phase` is the phase at the event's own time, including timeouts. An observation (a check, a
/// rate, a use) is a fact, so it is accepted as long as the stack exists, even if it changes
/// nothing. A decision (extend, sleep, a new version) has to be possible in the phase.
///
/// # Errors
/// [`IllegalTransition`] when the event cannot follow, with the reason.
pub fn next(
    phase: Option<Phase>,
    event: &EventKind,
    facts: &TransitionFacts,
) -> Result<Phase, IllegalTransition> {
    let outcome = match phase {
        None => match event {
            EventKind::Requested { .. } => Ok(initial_phase(facts)),
            _ => Err(TransitionRefusal::NotRegistered),
        },
        Some(phase) => next_live(phase, event, facts),
    };
    outcome.map_err(|reason| IllegalTransition {
        phase,
        event: event.name().to_owned(),
        reason,
    })
}

/// The phase in which an init starts: without declared readiness, nothing would ever end it.
fn initial_phase(facts: &TransitionFacts) -> Phase {
    if facts.declares_readiness {
        Phase::Provisioning
    } else {
        Phase::Ready
    }
}

fn next_live(
    phase: Phase,
    event: &EventKind,
    facts: &TransitionFacts,
) -> Result<Phase, TransitionRefusal> {
    use EventKind as E;
    use Phase::{Asleep, Gone, Provisioning, Purgatory, Ready, Residue, TearingDown};

    match event {
        E::Requested { .. } => match phase {
            Gone => Ok(initial_phase(facts)),
            // Its apply was killed before Terraform wrote the state: this apply takes over.
            Provisioning | Ready | Purgatory if !facts.recorded => Ok(initial_phase(facts)),
            _ => Err(TransitionRefusal::AlreadyLive),
        },
        E::Adopted { .. } => match phase {
            Provisioning | Ready | Purgatory if !facts.recorded => Ok(Ready),
            Provisioning | Ready | Purgatory | Asleep => Err(TransitionRefusal::Recorded),
            _ => refuse_ended(phase),
        },

        E::Provisioned => require_live(phase).and(Ok(initial_phase(facts))),
        E::VersionChanged { .. } => {
            require_live(phase)?;
            Ok(if facts.declares_readiness {
                Provisioning
            } else {
                phase
            })
        }
        E::Ready => match phase {
            Provisioning | Ready | Purgatory => Ok(Ready),
            Asleep => Err(TransitionRefusal::Asleep),
            _ => refuse_ended(phase),
        },
        E::ReadyTimedOut { .. } => match phase {
            Provisioning if facts.declares_readiness => Ok(Purgatory),
            // The timeout arrived after the last check had passed, or no readiness is declared.
            Provisioning | Ready => Ok(Ready),
            Purgatory => Ok(Purgatory),
            Asleep => Err(TransitionRefusal::Asleep),
            _ => refuse_ended(phase),
        },

        // A stack that no longer declares readiness is ready.
        E::TermsChanged { .. } => match require_live(phase)? {
            Provisioning | Purgatory if !facts.declares_readiness => Ok(Ready),
            phase => Ok(phase),
        },
        E::OwnerChanged { .. }
        | E::Renewed { .. }
        | E::Extended { .. }
        | E::Held { .. }
        | E::HoldEnded
        | E::PowerOperationAlive { .. }
        | E::PowerOperationFailed { .. } => require_live(phase),

        E::SleepStarted { .. } | E::Slept => match phase {
            // Also for a stack that is asleep: an interrupted wake can be finished either way.
            Ready | Asleep if matches!(event, E::SleepStarted { .. }) => Ok(phase),
            Ready | Asleep if facts.partly_asleep => Ok(Asleep),
            Ready => Err(TransitionRefusal::NotAsleep),
            Asleep => Err(TransitionRefusal::Asleep),
            Provisioning | Purgatory => Err(TransitionRefusal::NotReady),
            TearingDown | Residue | Gone => refuse_ended(phase),
        },
        E::WakeStarted { .. } | E::Woken => match phase {
            // An interrupted sleep can be finished either way, and a wake completes a sleep that an
            // apply ended.
            Provisioning | Ready | Asleep | Purgatory if phase == Asleep || facts.partly_asleep => {
                Ok(if matches!(event, E::Woken) {
                    initial_phase(facts)
                } else {
                    phase
                })
            }
            Provisioning | Ready | Asleep | Purgatory => Err(TransitionRefusal::NotAsleep),
            TearingDown | Residue | Gone => refuse_ended(phase),
        },

        E::Recorded { .. }
        | E::OriginMoved { .. }
        | E::StateLocked { .. }
        | E::TeardownDispatched { .. }
        | E::PhaseMarked { .. }
        | E::CheckPassed { .. }
        | E::NotReady { .. }
        | E::Activity { .. }
        | E::Noncompliant { .. }
        | E::Compliant
        | E::Rated { .. } => {
            if phase == Gone {
                Err(TransitionRefusal::Gone)
            } else {
                Ok(phase)
            }
        }
        E::Warned { .. } | E::Misdated { .. } | E::Unknown(_) => Ok(phase),

        E::TeardownStarted { .. } => {
            if phase == Gone {
                Err(TransitionRefusal::Gone)
            } else {
                Ok(TearingDown)
            }
        }
        E::TeardownAlive { .. } | E::ResourceDeleted { .. } => match phase {
            TearingDown => Ok(TearingDown),
            Gone => Err(TransitionRefusal::Gone),
            _ => Err(TransitionRefusal::NoTeardown),
        },
        E::ResourceLeft { .. } => match phase {
            TearingDown => Ok(TearingDown),
            // A later check found something after all.
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
        E::Forgotten { .. } => match phase {
            Gone => Err(TransitionRefusal::Gone),
            _ => Ok(Gone),
        },
        E::Gone => match phase {
            TearingDown | Residue | Gone => Ok(Gone),
            Provisioning | Ready | Asleep | Purgatory => Err(TransitionRefusal::NoTeardown),
        },
    }
}

/// Returns the same phase if no teardown has started.
fn require_live(phase: Phase) -> Result<Phase, TransitionRefusal> {
    match phase {
        Phase::Provisioning | Phase::Ready | Phase::Asleep | Phase::Purgatory => Ok(phase),
        Phase::TearingDown | Phase::Residue | Phase::Gone => refuse_ended(phase),
    }
}

fn refuse_ended(phase: Phase) -> Result<Phase, TransitionRefusal> {
    Err(match phase {
        Phase::TearingDown => TransitionRefusal::TearingDown,
        Phase::Residue => TransitionRefusal::Residue,
        _ => TransitionRefusal::Gone,
    })
}

#[cfg(test)]
mod tests;
