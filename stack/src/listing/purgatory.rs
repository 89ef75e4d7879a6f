//! Why a stack is billed and not ready.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::init::{FailedCheck, InitPhase};
use crate::lease::{Lease, Phase};
use crate::values::money::{HourlyRate, Usd};

/// A stack in purgatory. Unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPurgatory {
    /// When it entered purgatory.
    pub since: Timestamp,
    /// What it costs per hour.
    pub hourly_usd: Option<HourlyRate>,
    /// What it has cost since then, at the current rate.
    pub usd: Option<Usd>,
    /// The checks that had not passed when the readiness timeout passed, with their last answers.
    pub checks: Vec<FailedCheck>,
    /// The name of the phase that started last and never ended.
    pub open_phase: Option<String>,
}

impl ListedPurgatory {
    /// The purgatory of a lease; `None` if it is in another phase.
    pub(super) fn of(lease: &Lease, now: Timestamp) -> Option<Self> {
        let status = lease.at(now);
        if status.phase != Phase::Purgatory {
            return None;
        }
        let init = lease.init.as_ref();
        let open = init.and_then(|init| init.open_phase());
        Some(Self {
            since: status.phase_since,
            hourly_usd: lease.meter.rate(),
            usd: lease.meter.wasted(status.phase_since, now),
            checks: init.map_or_else(Vec::new, |init| init.failed_checks().to_vec()),
            open_phase: open.map(|phase: &InitPhase| phase.name.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::PhaseBoundary;
    use crate::lease::EventKind;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::{Seq, Span};

    /// A stack in purgatory names the check that fails, its last answer, and the phase that never
    /// ended. Its cost counts from the moment it entered purgatory.
    #[test]
    fn purgatory_names_its_cause() {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(15));
        registration.terms.hourly_cost = "0.40".parse().ok();
        let phase_marked = EventKind::PhaseMarked {
            phase: "image-scan".to_owned(),
            class: Some("security".to_owned()),
            state: PhaseBoundary::Start,
            reported: None,
        };
        let failed = FailedCheck {
            check: "http http://app/healthz".to_owned(),
            answer: "status 503".to_owned(),
        };
        let events = [
            EventKind::Requested {
                registration: Box::new(registration),
            },
            phase_marked,
            EventKind::ReadyTimedOut {
                checks: vec![failed.clone()],
            },
        ];
        let events = (0..).zip(events).map(|(number, kind)| {
            let at = Span::minutes(7 * number + 1).after(noon());
            new_event(at, kind).into_event(stack_name("shop"), Seq(u64::from(number) + 1))
        });
        let lease = Lease::fold(None, events).unwrap().unwrap();
        let listed = |minutes| ListedPurgatory::of(&lease, Span::minutes(minutes).after(noon()));
        // The timeout was reported at 12:15. Half an hour at $0.40 an hour.
        let purgatory = listed(45).unwrap();
        assert_eq!(purgatory.since, Span::minutes(15).after(noon()));
        assert_eq!(purgatory.usd.unwrap().to_string(), "0.20");
        assert_eq!(purgatory.checks, [failed]);
        assert_eq!(purgatory.open_phase.as_deref(), Some("image-scan"));
    }
}
