//! Why a stack is not ready yet, as listed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::init::CauseKind;
use crate::lease::{Lease, Phase};
use crate::values::money::{HourlyRate, Usd};

/// Why a stack is not ready yet, and what it costs meanwhile. Unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCause {
    /// What kind of cause it is, such as `image_pull`.
    pub kind: CauseKind,
    /// What is wrong, in one line.
    pub text: String,
    /// Since when it has been so.
    pub since: Timestamp,
    /// The check or the resource that showed it.
    pub found_by: String,
    /// When it was found.
    pub found_at: Timestamp,
    /// What the stack costs per hour meanwhile.
    pub hourly_usd: Option<HourlyRate>,
    /// What the stack has cost since then, at the current rate.
    pub usd: Option<Usd>,
}

impl ListedCause {
    /// The most telling cause of a lease; `None` if none is known, or if the stack is ready.
    pub(crate) fn of(lease: &Lease, now: Timestamp) -> Option<Self> {
        if !matches!(lease.recorded_phase, Phase::Provisioning | Phase::Purgatory) {
            return None;
        }
        let causes = lease.init.as_ref()?.causes();
        let found = causes.first()?;
        let cause = &found.cause;
        Some(Self {
            kind: cause.kind,
            text: cause.text.clone(),
            since: cause.since,
            found_by: found.found_by.clone(),
            found_at: found.found_at,
            hourly_usd: lease.meter.rate(),
            usd: lease.meter.wasted(cause.since.max(lease.created_at), now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::NotReadyCause;
    use crate::lease::EventKind;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::{Seq, Span};

    /// A stack that is not ready names its cause and its cost since the cause began. The cause ends
    /// when the stack is ready, when nothing is known to be wrong, and when another init starts.
    #[test]
    fn a_cause_lasts_until_the_stack_is_ready() {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(15));
        registration.terms.hourly_cost = "0.40".parse().ok();
        let at = |minutes| Span::minutes(minutes).after(noon());
        let not_ready = |cause| EventKind::NotReady {
            found_by: "kubernetes shop/app=web".to_owned(),
            cause,
        };
        let cause = NotReadyCause::new(CauseKind::ImagePull, "web: no such image", at(5));
        let lease = |kinds: Vec<EventKind>| {
            let requested = EventKind::Requested {
                registration: Box::new(registration.clone()),
            };
            let kinds = std::iter::once(requested).chain(kinds);
            let events = (0..).zip(kinds).map(|(number, kind)| {
                new_event(at(number), kind)
                    .into_event(stack_name("shop"), Seq(u64::from(number) + 1))
            });
            Lease::fold(None, events).unwrap().unwrap()
        };
        let found = vec![not_ready(Some(cause.clone()))];
        let listed = ListedCause::of(&lease(found.clone()), at(35)).unwrap();
        assert_eq!(
            (listed.kind, &*listed.text, listed.since, listed.found_at),
            (CauseKind::ImagePull, "web: no such image", at(5), at(1))
        );
        // Half an hour at $0.40 an hour.
        assert_eq!(listed.usd.unwrap().to_string(), "0.20");
        for end in [EventKind::Ready, EventKind::Provisioned, not_ready(None)] {
            let kinds = vec![EventKind::Provisioned, found[0].clone(), end.clone()];
            assert_eq!(ListedCause::of(&lease(kinds), at(35)), None, "{end:?}");
        }
    }
}
