//! A stack found by tag only, without a lease in this ledger: listed, but never reaped.

use jiff::Timestamp;

use super::{ExpirySource, Flag, ListedCost, ListedIdle, ListedInit, Listing};
use crate::cloud::Resource;
use crate::idle::{Evidence, IdleState, combine_states};
use crate::inventory::{Rate, TaggedStack};
use crate::lease::Phase;
use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::tags;
use crate::values::ttl::{Elapsed, Span, Ttl};
use crate::view::{CloudView, View};

/// Shown in place of a missing tag.
const UNTAGGED: &str = "untagged";

/// A stack with less than this left is expiring, whatever its TTL.
const EXPIRING_WITHIN: Span = Span::minutes(60);

impl Listing {
    /// Lists a stack that was found by its tags only.
    ///
    /// It began with its earliest resource and expires one TTL later. Both are unknown if the
    /// service reports no creation time or the TTL tag is missing. It is asleep if everything that
    /// can be stopped is stopped, and ready otherwise, because tags do not tell whether it is
    /// ready. Its spend is unknown, because there is no cost history. Characters that no jiti name
    /// may contain are shown as `_`.
    #[must_use]
    pub fn unleased(tagged: &TaggedStack, cloud: &CloudView, view: &View) -> Self {
        let now = view.now;
        let resources = cloud.tagged(tagged);
        let created_at = cloud.began(tagged);
        let ttl = newest(&resources, tags::TTL).and_then(|ttl| ttl.parse::<Ttl>().ok());
        let expires_at = created_at
            .zip(ttl.as_ref())
            .map(|(from, ttl)| ttl.span().after(from));
        let name = StackName::lossy(&tagged.name);
        let app = AppName::lossy(tagged.app.as_deref().unwrap_or(UNTAGGED));
        let rate = Rate::sum(&resources);
        let idle = idle(tagged, cloud, &rate, now);
        let asleep = {
            let mut stoppable = resources
                .iter()
                .filter(|resource| resource.size.is_some())
                .peekable();
            stoppable.peek().is_some() && stoppable.all(|resource| resource.stopped)
        };
        let expired = expires_at.is_some_and(|at| at <= now);
        let over = rate.hourly_usd.zip(view.policy.max_hourly_usd);
        let flags = [
            (Flag::Idle, idle.state == IdleState::Idle),
            (
                Flag::Expiring,
                !expired && is_expiring(expires_at, ttl.as_ref(), now),
            ),
            (Flag::Expired, expired),
            (Flag::Protected, view.protection.covers(&name, &app)),
            (Flag::OverBudget, over.is_some_and(|(rate, max)| rate > max)),
            (Flag::Unleased, true),
        ];
        let billed = cloud.billed(&tagged.name, created_at);
        Self {
            version: AppVersion::lossy(newest(&resources, tags::VERSION).unwrap_or(UNTAGGED)),
            owner: Owner::lossy(tagged.owner.as_deref().unwrap_or(UNTAGGED)),
            phase: if asleep { Phase::Asleep } else { Phase::Ready },
            flags: raised(flags),
            labels: std::collections::BTreeMap::new(),
            created_at,
            expires_at,
            expiry_source: ExpirySource::Tags,
            dies_at: None,
            budget: None,
            hold_until: None,
            ttl_seconds_left: expires_at.map(|at| at.duration_since(now).as_secs()),
            origin: None,
            accounts: vec![tagged.account.clone()],
            regions: super::regions(&resources),
            cost: ListedCost {
                hourly_usd: rate.hourly_usd,
                hourly_source: rate.hourly_usd.map(|_| rate.source.clone()),
                spent_usd: None,
                accrued_usd: None,
                until_expiry_usd: rate
                    .hourly_usd
                    .zip(expires_at)
                    .map(|(rate, end)| rate.over(Elapsed::between(now, end))),
                hourly_is_minimum: rate.hourly_usd.is_some() && !rate.unpriced.is_empty(),
                unpriced: rate.unpriced,
                ..ListedCost::default()
            }
            .with_bill(billed),
            idle,
            init: ListedInit::default(),
            cause: None,
            purgatory: None,
            noncompliance: None,
            residue: Vec::new(),
            name,
            app,
        }
    }
}

/// The value of a tag on the newest resource that carries it, because a later apply may update only
/// some resources.
fn newest<'a>(resources: &[&'a Resource], key: &str) -> Option<&'a str> {
    let tagged = resources
        .iter()
        .filter(|resource| resource.tag(key).is_some());
    let newest = tagged.max_by_key(|resource| (resource.created_at, &resource.id));
    newest.and_then(|resource| resource.tag(key))
}

fn idle(tagged: &TaggedStack, cloud: &CloudView, rate: &Rate, now: Timestamp) -> ListedIdle {
    let observed = cloud.observed_tagged(tagged, now);
    let state = combine_states(observed.evidence.iter().map(Evidence::state));
    let idle = state == IdleState::Idle;
    ListedIdle {
        state,
        since: observed.quiet_since.filter(|_| idle),
        hourly_usd: rate.hourly_usd.filter(|_| idle),
        // Without a known spend, no waste is claimed.
        wasted_usd: None,
        until_expiry_usd: None,
        evidence: observed.evidence,
    }
}

fn is_expiring(expires_at: Option<Timestamp>, ttl: Option<&Ttl>, now: Timestamp) -> bool {
    let Some((at, ttl)) = expires_at.zip(ttl) else {
        return false;
    };
    let left = Elapsed::between(now, at).millis();
    left < EXPIRING_WITHIN.seconds() * 1000 || left < ttl.span().seconds() * 100
}

fn raised(flags: impl IntoIterator<Item = (Flag, bool)>) -> Vec<Flag> {
    let raised = flags.into_iter().filter(|(_, raised)| *raised);
    raised.map(|(flag, _)| flag).collect()
}
