//! One stack as listed: the fields of `jiti ls --json`, a contract with other programs.

mod cause;
mod noncompliance;
mod purgatory;
mod residue;
mod resource;
mod unleased;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use cause::ListedCause;
pub use noncompliance::ListedNoncompliance;
pub use purgatory::ListedPurgatory;
pub use residue::ListedResidue;
pub use resource::ListedResource;

use crate::budget::BudgetDeferral;
use crate::cloud::Resource;
use crate::due::{budget_deferral, dies_at};
use crate::idle::{Activity, Evidence, IdleState, judge_idleness};
use crate::init::InitPhase;
use crate::inventory::StackBill;
use crate::lease::{Backend, Lease, LeaseStatus, Origin, Phase};
use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::money::{HourlyRate, Usd};
use crate::values::ttl::Elapsed;
use crate::view::View;

/// A stack at a moment. Fields are only ever added, and unknown values are null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// The stack's name.
    pub name: StackName,
    /// The application that the stack belongs to.
    pub app: AppName,
    /// The deployed version.
    pub version: AppVersion,
    /// The current owner.
    pub owner: Owner,
    /// The phase, including timeouts.
    pub phase: Phase,
    /// Flags besides the phase.
    pub flags: Vec<Flag>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// When the lease began; without a lease, when the earliest resource was created, if known.
    pub created_at: Option<Timestamp>,
    /// The end of the lease. Always known if there is a lease.
    pub expires_at: Option<Timestamp>,
    /// The source of `expires_at`.
    pub expiry_source: ExpirySource,
    /// When the stack will be torn down; null if no reaper has ever run, or nothing will end the
    /// stack.
    pub dies_at: Option<Timestamp>,
    /// The budget of the reaper that defers the end of a stack that is due; null if none does.
    #[serde(default)]
    pub budget: Option<BudgetDeferral>,
    /// The end of the hold, if the stack is held.
    pub hold_until: Option<Timestamp>,
    /// Whole seconds until `expires_at`, negative once it has passed.
    pub ttl_seconds_left: Option<i64>,
    /// Where Terraform ran.
    pub origin: Option<ListedOrigin>,
    /// The accounts of its resources, as far as known.
    pub accounts: Vec<String>,
    /// The regions of its resources, as far as known.
    pub regions: Vec<String>,
    /// The stack's cost.
    pub cost: ListedCost,
    /// Whether the stack is in use.
    pub idle: ListedIdle,
    /// How long the stack took to become ready. All fields are null if it declares no readiness.
    pub init: ListedInit,
    /// Why the stack is not ready yet; null if it is ready, or if no cause is known.
    #[serde(default)]
    pub cause: Option<ListedCause>,
    /// Why the stack is billed and not ready; null unless it is in purgatory.
    #[serde(default)]
    pub purgatory: Option<ListedPurgatory>,
    /// The rules of governance that it breaks; null if none is known.
    #[serde(default)]
    pub noncompliance: Option<ListedNoncompliance>,
    /// What teardowns could not remove or check, by id.
    #[serde(default)]
    pub residue: Vec<ListedResidue>,
}

/// A flag of a stack, besides its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The stack is not in use.
    Idle,
    /// Under a tenth of the TTL or under an hour is left.
    Expiring,
    /// The lease has expired.
    Expired,
    /// The stack is held.
    Held,
    /// The policy protects it.
    Protected,
    /// The rate exceeds the policy's limit.
    OverBudget,
    /// It breaks a rule of governance, as the last live check found.
    Noncompliant,
    /// Found by its tags; no lease in this ledger.
    Unleased,
}

impl Flag {
    /// All flags.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Expiring,
        Self::Expired,
        Self::Held,
        Self::Protected,
        Self::OverBudget,
        Self::Noncompliant,
        Self::Unleased,
    ];

    /// The flag's name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Held => "held",
            Self::Protected => "protected",
            Self::OverBudget => "over_budget",
            Self::Noncompliant => "noncompliant",
            Self::Unleased => "unleased",
        }
    }
}

/// The source of an expiry time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpirySource {
    /// The lease.
    Ledger,
    /// The tags: the earliest resource plus the TTL.
    Tags,
}

/// Where Terraform ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedOrigin {
    /// The directory of the root module.
    pub directory: String,
    /// The workspace.
    pub workspace: String,
    /// The path of the `terraform` or `tofu` binary.
    pub command: String,
    /// The machine that Terraform ran on; null if unknown.
    #[serde(default)]
    pub host: Option<String>,
    /// The backend that keeps the state; null if unknown, or if the state is a file in the
    /// directory.
    #[serde(default)]
    pub backend: Option<ListedBackend>,
    /// The address of the repository, without credentials; null if unknown.
    #[serde(default)]
    pub repository: Option<String>,
    /// The commit of the root module; null if unknown.
    #[serde(default)]
    pub commit: Option<String>,
}

/// A backend: its type and its keys, in one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedBackend {
    /// Its type, such as `s3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Those of its keys that are not secret, by name.
    #[serde(flatten)]
    pub keys: BTreeMap<String, String>,
}

impl ListedOrigin {
    fn of(origin: &Origin) -> Self {
        let Origin {
            directory,
            workspace,
            command,
            process,
            backend,
            repository,
            ..
        } = origin.clone();
        let backend = backend.map(|backend| backend.recorded());
        Self {
            directory,
            workspace,
            command,
            host: Some(process.host).filter(|host| !host.is_empty()),
            backend: backend.map(|Backend { kind, keys }| ListedBackend { kind, keys }),
            repository: repository.as_ref().map(|found| found.url.clone()),
            commit: repository.map(|found| found.commit),
        }
    }
}

/// The cost of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCost {
    /// The current rate; null if unknown, or if nothing exists any more.
    pub hourly_usd: Option<HourlyRate>,
    /// The source of the rate.
    pub hourly_source: Option<String>,
    /// The estimated spend so far: rates × time.
    pub spent_usd: Option<Usd>,
    /// The part of it from before the first measurement, estimated from creation times.
    pub accrued_usd: Option<Usd>,
    /// The billed amount, including days that are still estimated.
    pub billed_usd: Option<Usd>,
    /// The end of the last day that the bill covers.
    pub billed_until: Option<Timestamp>,
    /// The end of the last final day: everything after it is estimated. Null if everything is.
    pub billed_settled_until: Option<Timestamp>,
    /// The cost until expiry, at the current rate.
    pub until_expiry_usd: Option<Usd>,
    /// What the estimate does not cover.
    pub unpriced: Vec<String>,
    /// Whether the current rate leaves out something that costs money, so that it is a minimum.
    /// Not a field in JSON: `unpriced` names what is left out.
    #[serde(skip)]
    pub hourly_is_minimum: bool,
}

/// Whether a stack is in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedIdle {
    /// The verdict.
    pub state: IdleState,
    /// Since when the stack has been idle.
    pub since: Option<Timestamp>,
    /// The hourly cost of idling; null unless the stack is idle.
    pub hourly_usd: Option<HourlyRate>,
    /// The amount wasted since; null unless the stack is idle.
    pub wasted_usd: Option<Usd>,
    /// What idling until expiry will cost if nothing changes; null unless the stack is idle.
    #[serde(default)]
    pub until_expiry_usd: Option<Usd>,
    /// The evidence behind the verdict.
    pub evidence: Vec<Evidence>,
}

/// How long a stack took to become ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedInit {
    /// When the stack was requested.
    pub requested_at: Option<Timestamp>,
    /// When everything was created.
    pub provisioned_at: Option<Timestamp>,
    /// When every check had passed.
    pub ready_at: Option<Timestamp>,
    /// requested → provisioned.
    pub provision_seconds: Option<Elapsed>,
    /// provisioned → ready.
    pub ready_seconds: Option<Elapsed>,
    /// requested → ready.
    pub total_seconds: Option<Elapsed>,
    /// Rate × time, at most what the stack had spent when it was ready.
    pub usd: Option<Usd>,
    /// Whether `usd` leaves out something that costs money, so that it is a minimum. Not a field
    /// in JSON.
    #[serde(skip)]
    pub usd_is_minimum: bool,
    /// The name of the longest phase.
    pub slowest_phase: Option<String>,
    /// All phases.
    pub phases: Vec<InitPhase>,
}

impl Listing {
    /// Lists a stack with a lease, with the use that the last scans measured.
    #[must_use]
    pub fn new(lease: &Lease, view: &View) -> Self {
        Self::observed(lease, &view.observed(lease), view)
    }

    /// Lists a stack with a lease, with the given use.
    #[must_use]
    pub fn observed(lease: &Lease, observed: &Activity, view: &View) -> Self {
        let now = view.now;
        let reading = lease.at(now);
        let idle = idle(lease, observed, now);
        let cloud = view.cloud.as_ref();
        let resources = cloud
            .map(|cloud| cloud.resources(lease))
            .unwrap_or_default();
        Self {
            name: lease.name.clone(),
            app: lease.app.clone(),
            version: lease.version.clone(),
            owner: lease.owner.clone(),
            phase: reading.phase,
            flags: flags(lease, &reading, idle.state, view),
            labels: lease.terms.labels.as_map().clone(),
            created_at: Some(lease.created_at),
            expires_at: Some(lease.expires_at),
            expiry_source: ExpirySource::Ledger,
            dies_at: dies_at(lease, observed, view),
            budget: budget_deferral(lease, observed, view),
            hold_until: reading.hold_until,
            ttl_seconds_left: Some(lease.expires_at.duration_since(now).as_secs()),
            origin: Some(ListedOrigin::of(&lease.origin)),
            accounts: accounts(&resources),
            regions: regions(&resources),
            cost: cost(lease, view),
            idle,
            init: init(lease),
            cause: ListedCause::of(lease, now),
            purgatory: ListedPurgatory::of(lease, now),
            noncompliance: ListedNoncompliance::of(lease),
            residue: ListedResidue::of(lease, cloud.map(AsRef::as_ref)),
        }
    }
}

fn flags(lease: &Lease, reading: &LeaseStatus, idle: IdleState, view: &View) -> Vec<Flag> {
    let over = lease.meter.rate().zip(view.policy.max_hourly_usd);
    [
        (Flag::Idle, idle == IdleState::Idle),
        (Flag::Expiring, reading.expiring),
        (Flag::Expired, reading.expired),
        (Flag::Held, reading.hold_until.is_some()),
        (
            Flag::Protected,
            view.protection.covers(&lease.name, &lease.app),
        ),
        (Flag::OverBudget, over.is_some_and(|(rate, max)| rate > max)),
        (
            Flag::Noncompliant,
            lease.is_live() && lease.noncompliance.is_some(),
        ),
    ]
    .into_iter()
    .filter_map(|(flag, raised)| raised.then_some(flag))
    .collect()
}

fn accounts(resources: &[&Resource]) -> Vec<String> {
    let accounts = resources
        .iter()
        .map(|resource| resource.place.account.clone());
    accounts.collect::<BTreeSet<_>>().into_iter().collect()
}

fn regions(resources: &[&Resource]) -> Vec<String> {
    let regions = resources
        .iter()
        .map(|resource| resource.place.region.clone());
    regions.collect::<BTreeSet<_>>().into_iter().collect()
}

fn cost(lease: &Lease, view: &View) -> ListedCost {
    let (meter, now) = (&lease.meter, view.now);
    let cloud = view.cloud.as_ref();
    let billed = cloud.and_then(|cloud| cloud.billed(lease.name.as_str(), Some(lease.created_at)));
    ListedCost {
        hourly_usd: meter.rate(),
        hourly_source: meter.source(),
        spent_usd: meter.spent(now),
        accrued_usd: Some(meter.accrued()).filter(|usd| *usd > Usd::ZERO),
        until_expiry_usd: meter.until(now, lease.expires_at),
        unpriced: meter.unpriced(now),
        hourly_is_minimum: meter.rate_is_minimum(),
        ..ListedCost::default()
    }
    .with_bill(billed)
}

impl ListedCost {
    /// Adds what was billed.
    fn with_bill(self, bill: Option<StackBill>) -> Self {
        Self {
            billed_usd: bill.map(|bill| bill.usd),
            billed_until: bill.and_then(|bill| end_of(bill.until)),
            billed_settled_until: bill.and_then(|bill| end_of(bill.settled_until?)),
            ..self
        }
    }
}

/// The end of a UTC day, as on the bill.
pub(crate) fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(next.timestamp())
}

fn idle(lease: &Lease, observed: &Activity, now: Timestamp) -> ListedIdle {
    let judged = judge_idleness(lease, observed, now);
    ListedIdle {
        state: judged.state,
        since: judged.since,
        hourly_usd: judged.since.and_then(|_| lease.meter.rate()),
        wasted_usd: judged
            .since
            .and_then(|since| lease.meter.wasted(since, now)),
        until_expiry_usd: judged
            .since
            .and_then(|_| lease.meter.until(now, lease.expires_at)),
        evidence: judged.evidence,
    }
}

fn init(lease: &Lease) -> ListedInit {
    let Some(init) = &lease.init else {
        return ListedInit::default();
    };
    ListedInit {
        requested_at: Some(init.requested_at()),
        provisioned_at: init.provisioned_at(),
        ready_at: init.ready_at(),
        provision_seconds: init.provision(),
        ready_seconds: init.time_to_ready(),
        total_seconds: init.total(),
        usd: init.usd(),
        usd_is_minimum: init.cost_is_minimum(),
        slowest_phase: init.slowest().map(|phase| phase.name),
        phases: init.phases(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::lease::EventKind;
    use crate::policy::Policy;
    use crate::reaper::ReaperStatus;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::{Seq, Span};

    fn listing() -> Value {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(15));
        let kind = EventKind::Requested {
            registration: Box::new(registration),
        };
        let event = new_event(noon(), kind).into_event(stack_name("checkout-1"), Seq(1));
        let lease = Lease::apply(None, &event).expect("a lease begins");
        let view = View::new(noon(), Policy::default(), ReaperStatus::default());
        serde_json::to_value(Listing::new(&lease, &view)).expect("writes")
    }

    /// The fields are exactly those of the contract.
    #[test]
    fn the_fields_are_those_of_the_contract() {
        let listing = listing();
        let keys = |path: &str| {
            let object = listing
                .pointer(path)
                .and_then(Value::as_object)
                .expect(path);
            let mut keys: Vec<_> = object.keys().map(String::as_str).collect();
            keys.sort_unstable();
            keys.join(" ")
        };
        assert_eq!(
            keys(""),
            "accounts app budget cause cost created_at dies_at expires_at expiry_source flags \
             hold_until idle init labels name noncompliance origin owner phase purgatory regions residue \
             ttl_seconds_left version"
        );
        assert_eq!(
            keys("/origin"),
            "backend command commit directory host repository workspace"
        );
        assert_eq!(
            keys("/cost"),
            "accrued_usd billed_settled_until billed_until billed_usd hourly_source hourly_usd \
             spent_usd unpriced until_expiry_usd"
        );
        assert_eq!(
            keys("/idle"),
            "evidence hourly_usd since state until_expiry_usd wasted_usd"
        );
        assert_eq!(
            keys("/init"),
            "phases provision_seconds provisioned_at ready_at ready_seconds requested_at \
             slowest_phase total_seconds usd"
        );
    }

    /// Unknown is null: a stack without a rate has an unknown cost, not zero.
    #[test]
    fn unknown_is_null() {
        let listing = listing();
        for path in [
            "/cost/hourly_usd",
            "/cost/spent_usd",
            "/dies_at",
            "/init/usd",
            "/idle/since",
        ] {
            assert_eq!(listing.pointer(path), Some(&Value::Null), "{path}");
        }
    }

    /// The JSON form of each flag is its name.
    #[test]
    fn flags_are_words() {
        for flag in Flag::ALL {
            assert_eq!(serde_json::to_value(flag).expect("writes"), flag.as_str());
        }
    }
}
