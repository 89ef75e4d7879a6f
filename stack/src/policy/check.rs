//! The policy checks. Each looks at one attribute, so that only changed attributes are checked
//! again.

use jiff::Timestamp;
use regex::Regex;

use super::{Policy, Refusal, Refusals};
use crate::lease::{Lease, Registration};
use crate::values::id::Owner;
use crate::values::money::HourlyRate;
use crate::values::tags::Labels;
use crate::values::ttl::{Span, Ttl};

impl Policy {
    /// The TTL of a stack: its own, else the policy's default.
    ///
    /// # Errors
    /// [`Refusal::NoTtl`] if neither is set.
    pub fn ttl(&self, written: Option<Ttl>) -> Result<Ttl, Refusal> {
        written
            .or_else(|| self.default_ttl.map(Ttl::from))
            .ok_or(Refusal::NoTtl)
    }

    /// Checks a registration.
    ///
    /// # Errors
    /// Every [`Refusal`], in the order of the attributes in the documentation.
    pub fn check_registration(&self, registration: &Registration) -> Result<(), Refusals> {
        let Registration { owner, terms, .. } = registration;
        let checks = [
            self.check_owner(owner),
            self.check_ttl(terms.ttl.span()),
            terms
                .hourly_cost
                .map_or(Ok(()), |rate| self.check_hourly_cost(rate)),
            self.check_labels(&terms.labels),
        ];
        Refusals::from_list(checks.into_iter().filter_map(Result::err).collect())
    }

    /// Checks a TTL against `max_ttl`.
    ///
    /// # Errors
    /// [`Refusal::LongTtl`].
    pub fn check_ttl(&self, ttl: Span) -> Result<(), Refusal> {
        match self.max_ttl {
            Some(max) if ttl > max => Err(Refusal::LongTtl { ttl, max }),
            _ => Ok(()),
        }
    }

    /// Checks an owner against `owner_pattern`.
    ///
    /// # Errors
    /// [`Refusal::Owner`], or [`Refusal::OwnerPattern`] if the pattern is invalid.
    pub fn check_owner(&self, owner: &Owner) -> Result<(), Refusal> {
        let Some(pattern) = &self.owner_pattern else {
            return Ok(());
        };
        let expression = Regex::new(pattern).map_err(|error| Refusal::OwnerPattern {
            pattern: pattern.clone(),
            problem: error.to_string(),
        })?;
        if expression.is_match(owner.as_str()) {
            return Ok(());
        }
        Err(Refusal::Owner {
            owner: owner.to_string(),
            pattern: pattern.clone(),
        })
    }

    /// Checks that the required labels are set and not empty.
    ///
    /// # Errors
    /// [`Refusal::MissingLabels`].
    pub fn check_labels(&self, labels: &Labels) -> Result<(), Refusal> {
        let has = |key: &String| {
            labels
                .as_map()
                .get(key)
                .is_some_and(|value| !value.is_empty())
        };
        let missing: Vec<String> = self
            .required_labels
            .iter()
            .filter(|key| !has(key))
            .cloned()
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Refusal::MissingLabels { missing })
        }
    }

    /// Checks a declared hourly cost against `max_hourly_usd`.
    ///
    /// # Errors
    /// [`Refusal::HourlyCost`].
    pub fn check_hourly_cost(&self, rate: HourlyRate) -> Result<(), Refusal> {
        match self.max_hourly_usd {
            Some(max) if rate > max => Err(Refusal::HourlyCost { rate, max }),
            _ => Ok(()),
        }
    }

    /// The end of an extended lease: counted from the later of now and the current end.
    ///
    /// # Errors
    /// [`Refusal::ExtendPastCap`] with the latest end that is allowed.
    pub fn extend(&self, lease: &Lease, by: Span, now: Timestamp) -> Result<Timestamp, Refusal> {
        let asked = by.after(now.max(lease.expires_at));
        match self.limit(lease) {
            Some((max, latest)) if asked > latest => Err(Refusal::ExtendPastCap {
                asked,
                latest: latest.max(lease.expires_at),
                max,
            }),
            _ => Ok(asked),
        }
    }

    /// The end of a renewed lease: never past the cap, and never earlier than before.
    ///
    /// # Errors
    /// [`Refusal::RenewPastCap`] if the cap has already passed.
    pub fn renew(&self, lease: &Lease, ttl: Span, now: Timestamp) -> Result<Timestamp, Refusal> {
        let end = ttl.after(now);
        let end = match self.limit(lease) {
            Some((max, latest)) if latest <= now => {
                return Err(Refusal::RenewPastCap { latest, max });
            }
            Some((_, latest)) => end.min(latest),
            None => end,
        };
        Ok(end.max(lease.expires_at))
    }

    /// The end of a hold.
    ///
    /// # Errors
    /// [`Refusal::PastHold`], or [`Refusal::LongHold`] with the latest end that is allowed.
    pub fn hold(&self, until: Timestamp, now: Timestamp) -> Result<Timestamp, Refusal> {
        if until <= now {
            return Err(Refusal::PastHold { asked: until, now });
        }
        match self.max_hold.map(|max| (max, max.after(now))) {
            Some((max, latest)) if until > latest => Err(Refusal::LongHold {
                asked: until,
                latest,
                max,
            }),
            _ => Ok(until),
        }
    }

    /// The limit of a lease under this policy: `max_ttl`, and the latest end that it allows.
    fn limit(&self, lease: &Lease) -> Option<(Span, Timestamp)> {
        self.max_ttl.map(|max| (max, max.after(lease.created_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::EventKind;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::{Seq, lease::Phase};

    fn span(text: &str) -> Span {
        text.parse().expect(text)
    }

    fn lease() -> Lease {
        let kind = EventKind::Requested {
            registration: Box::new(registration()),
        };
        let event = new_event(noon(), kind).into_event(stack_name("checkout-1"), Seq(1));
        let lease = Lease::apply(None, &event).expect("a lease begins");
        assert_eq!(lease.recorded_phase, Phase::Ready);
        lease
    }

    /// A policy without settings limits nothing.
    #[test]
    fn an_empty_policy_allows_everything() {
        let policy = Policy::default();
        assert_eq!(policy.check_registration(&registration()), Ok(()));
        assert_eq!(
            policy.extend(&lease(), span("36525d"), noon()).map(|_| ()),
            Ok(())
        );
        assert_eq!(policy.hold(Timestamp::MAX, noon()), Ok(Timestamp::MAX));
        assert_eq!(policy.ttl(None), Err(Refusal::NoTtl));
    }

    /// All refusals of a registration are reported together, each for its own attribute.
    #[test]
    fn all_refusals_at_once() {
        let policy = Policy {
            max_ttl: Some(span("4h")),
            owner_pattern: Some("^[^@]+@corp$".to_owned()),
            required_labels: vec!["cost-center".to_owned(), "team".to_owned()],
            max_hourly_usd: Some("5".parse().expect("a rate")),
            ..Policy::default()
        };
        let mut registration = registration();
        registration.terms.hourly_cost = Some("5.01".parse().expect("a rate"));
        let refusals = policy
            .check_registration(&registration)
            .expect_err("four refusals");
        let messages: Vec<_> = refusals
            .iter()
            .map(|r| format!("{}: {r}", r.field()))
            .collect();
        assert_eq!(
            messages,
            [
                "owner: the owner \"ana@example.com\" does not match the policy's owner_pattern \
                 ^[^@]+@corp$: change the owner",
                "ttl: the ttl 8h is longer than the policy's max_ttl of 4h: set 4h or less",
                "hourly_cost: an hourly_cost of $5.01 is above the policy's max_hourly_usd of \
                 $5.00: declare 5.00 or less, or ask for a higher limit",
                "labels: the policy requires the labels cost-center, team: add them",
            ]
        );
    }

    /// A required label must not be empty.
    #[test]
    fn an_empty_label_is_missing() {
        let policy = Policy {
            required_labels: vec!["team".to_owned()],
            ..Policy::default()
        };
        let labels = |value: &str| {
            Labels::new([("team".to_owned(), value.to_owned())].into()).expect("legal")
        };
        assert!(policy.check_labels(&labels("")).is_err());
        assert_eq!(policy.check_labels(&labels("x")), Ok(()));
    }

    /// An extension counts from the later of now and the end. Past the cap it is refused with the
    /// latest end that is allowed.
    #[test]
    fn extend_counts_and_stops_at_the_cap() {
        let policy = Policy {
            max_ttl: Some(span("1d")),
            ..Policy::default()
        };
        let (lease, hour) = (lease(), span("1h"));
        assert_eq!(
            policy.extend(&lease, hour, noon()),
            Ok(span("9h").after(noon()))
        );
        let late = span("10h").after(noon());
        assert_eq!(
            policy.extend(&lease, hour, late),
            Ok(span("11h").after(noon()))
        );
        let latest = span("1d").after(noon());
        assert_eq!(policy.extend(&lease, span("16h"), noon()), Ok(latest));
        let refused = policy
            .extend(&lease, span("16h1s"), noon())
            .expect_err("past the cap");
        assert_eq!(
            refused,
            Refusal::ExtendPastCap {
                asked: span("24h1s").after(noon()),
                latest,
                max: span("1d")
            }
        );
    }

    /// A renewal stops at the cap, never shortens a lease, and is refused once the cap has passed.
    #[test]
    fn renewal_is_cut_and_then_refused() {
        let policy = Policy {
            max_ttl: Some(span("10h")),
            ..Policy::default()
        };
        let (lease, ttl) = (lease(), span("8h"));
        let cap = span("10h").after(noon());
        assert_eq!(
            policy.renew(&lease, ttl, span("1h").after(noon())),
            Ok(span("9h").after(noon()))
        );
        assert_eq!(policy.renew(&lease, ttl, span("9h").after(noon())), Ok(cap));
        assert_eq!(
            policy.renew(&lease, span("1m"), noon()),
            Ok(lease.expires_at)
        );
        assert!(matches!(
            policy.renew(&lease, ttl, cap),
            Err(Refusal::RenewPastCap { .. })
        ));
    }

    /// A hold ends in the future, and not later than the policy allows.
    #[test]
    fn a_hold_has_a_range() {
        let policy = Policy {
            max_hold: Some(span("3d")),
            ..Policy::default()
        };
        let latest = span("3d").after(noon());
        assert_eq!(policy.hold(latest, noon()), Ok(latest));
        let refused = policy
            .hold(span("1s").after(latest), noon())
            .expect_err("too long");
        assert!(
            refused
                .to_string()
                .ends_with("hold until 2026-03-05T12:00:00Z at the latest")
        );
        assert!(matches!(
            policy.hold(noon(), noon()),
            Err(Refusal::PastHold { .. })
        ));
    }
}
