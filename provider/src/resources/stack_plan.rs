//! The plan of `jiti_stack`: known tags, the policy's limits, and the renewal of the lease.

mod plan_warnings;

use std::collections::BTreeMap;

use stack::values::tags;
use stack::{HourlyRate, Labels, Lease, Owner, StackName, Ttl};
use tfplugin::{Context, Failure, Path, Plan, PlannedAction, Result, Value};

use crate::client::Client;
use crate::diag;
use crate::resources::stack_model::StackModel;
use crate::resources::written_arguments::without_secrets;

/// The attributes that the policy limits. The policy is checked only when one of them changes.
const POLICY_ATTRIBUTES: [&str; 5] = ["version", "owner", "ttl", "hourly_cost", "labels"];

/// The attributes that a configuration can set, without `preflight`.
const CONFIGURABLE_ATTRIBUTES: [&str; 11] = [
    "name",
    "app",
    "version",
    "owner",
    "ttl",
    "renew_on",
    "idle_after",
    "ready_timeout",
    "hourly_cost",
    "labels",
    "teardown",
];

/// The tags that jiti sets, each with the attribute that has its value.
const TAGS_OF_ATTRIBUTES: [(&str, &str); 5] = [
    (tags::STACK, "name"),
    (tags::APP, "app"),
    (tags::VERSION, "version"),
    (tags::OWNER, "owner"),
    (tags::TTL, "ttl"),
];

pub(crate) async fn plan(
    client: &Client,
    context: &mut Context,
    plan: &mut Plan<'_, StackModel>,
) -> Result<()> {
    if plan.action() == PlannedAction::Destroy {
        return Ok(());
    }
    if let Some(reason) = client.reaper_warning().await {
        context.warn("Expired stacks are not torn down", diag::sentence(&reason));
    }
    // Terraform plans the second half of a replacement separately, with the same values.
    let warns = plan.action() != PlannedAction::Replace;
    if warns {
        plan_warnings::several_stacks(client, context, plan)?;
    }
    let creates = plan.prior()?.is_none();
    keep_imported_preflight(plan)?;
    let lease = match known_name(plan)? {
        Some(name) if !creates => ledger_entry(client, &name).await,
        _ => LedgerEntry::NotChecked,
    };
    if plan.action() == PlannedAction::Unchanged {
        if matches!(lease, LedgerEntry::Missing) {
            // An adoption changes only this: the lease starts in this ledger with this apply.
            plan.keep("tags").set_unknown("expires_at");
        }
        return Ok(());
    }
    let is_limited = !client.environment().tears_down;
    if creates
        || is_limited
            && POLICY_ATTRIBUTES
                .iter()
                .any(|attribute| plan.changes(*attribute))
    {
        check_policy(client, context, plan, creates).await?;
    }
    if let Value::Known(name) = plan.get::<String>("name")? {
        plan.set("id", name);
    }
    set_tags(plan)?;
    if warns {
        plan_warnings::unknown_tags(context, plan)?;
    }
    if !creates {
        plan_renewal(client, context, plan, &lease).await?;
    }
    Ok(())
}

/// Plans the preflight of an import, which is the configured one without its secrets. The preflight
/// has an effect only when a stack is created, so the rest is no change.
fn keep_imported_preflight(plan: &mut Plan<'_, StackModel>) -> Result<()> {
    let (Some(prior), Some(planned)) = (plan.prior()?, plan.planned()?) else {
        return Ok(());
    };
    let (Value::Known(prior), Value::Known(planned)) = (prior.preflight, planned.preflight) else {
        return Ok(());
    };
    if prior == planned || prior != without_secrets(&planned) {
        return Ok(());
    }
    plan.keep("preflight");
    if !CONFIGURABLE_ATTRIBUTES
        .iter()
        .any(|attribute| plan.changes(*attribute))
    {
        plan.keep("tags").keep("expires_at");
    }
    Ok(())
}

/// The ledger's entry for a stack in Terraform's state.
enum LedgerEntry {
    /// The ledger was not read, or cannot be read.
    NotChecked,
    /// The ledger is known only during apply.
    UnknownLedger,
    /// The ledger has no lease of the stack.
    Missing,
    /// The ledger has this lease.
    Lease(Box<Lease>),
}

/// An unreadable ledger must not fail a plan, because a destroy plans first. `read` has warned
/// about it.
async fn ledger_entry(client: &Client, name: &StackName) -> LedgerEntry {
    let Ok(ledger) = client.ledger() else {
        return LedgerEntry::UnknownLedger;
    };
    match ledger.lease(name).await {
        Err(_) => LedgerEntry::NotChecked,
        Ok(None) => LedgerEntry::Missing,
        // Nothing was deleted, so the stack is adopted again.
        Ok(Some(lease)) if lease.forgotten => LedgerEntry::Missing,
        Ok(Some(lease)) => LedgerEntry::Lease(Box::new(lease)),
    }
}

fn known_name(plan: &Plan<'_, StackModel>) -> Result<Option<StackName>> {
    Ok(plan
        .get::<String>("name")?
        .known()
        .and_then(|name| StackName::new(name).ok()))
}

/// Checks new and changed values against the policy. Each violation is an error at its attribute.
///
/// The policy is read only for a value that it can check. A value that is known only during apply
/// is checked then, and must not fail the plan that Terraform makes before a destroy.
async fn check_policy(
    client: &Client,
    context: &mut Context,
    plan: &mut Plan<'_, StackModel>,
    creates: bool,
) -> Result<()> {
    if matches!(plan.get::<String>("ttl")?, Value::Null | Value::Unknown) && omits_ttl(plan)? {
        let Some(policy) = client.policy_at_plan(context).await? else {
            plan.set_unknown("ttl");
            return Ok(());
        };
        let ttl = policy
            .ttl(None)
            .map_err(|refusal| diag::refusal(&refusal))?;
        plan.set("ttl", ttl.to_string());
    }
    let is_new = |attribute: &str| creates || plan.changes(attribute);
    let ttl = if is_new("ttl") {
        known::<Ttl>(plan, "ttl")?
    } else {
        None
    };
    let owner = if is_new("owner") {
        known::<Owner>(plan, "owner")?
    } else {
        None
    };
    let labels = if is_new("labels") {
        known_labels(plan)?
    } else {
        None
    };
    let hourly_cost = if is_new("hourly_cost") {
        let cost = plan.get::<tfplugin::Number>("hourly_cost")?.known();
        cost.and_then(|cost| cost.to_string().parse::<HourlyRate>().ok())
    } else {
        None
    };
    if ttl.is_none() && owner.is_none() && labels.is_none() && hourly_cost.is_none() {
        return Ok(());
    }
    let Some(policy) = client.policy_at_plan(context).await? else {
        return Ok(());
    };
    let refusals = [
        ttl.and_then(|ttl| policy.check_ttl(ttl.span()).err()),
        owner.and_then(|owner| policy.check_owner(&owner).err()),
        labels.and_then(|labels| policy.check_labels(&labels).err()),
        hourly_cost.and_then(|rate| policy.check_hourly_cost(rate).err()),
    ];
    let failures = refusals.iter().flatten().map(|refusal| {
        if creates {
            diag::refusal(refusal)
        } else {
            diag::refused_change(refusal)
        }
    });
    failures.reduce(Failure::and).map_or(Ok(()), Err)
}

/// Whether the configuration omits the TTL.
fn omits_ttl(plan: &Plan<'_, StackModel>) -> Result<bool> {
    Ok(plan
        .config()?
        .is_none_or(|config| matches!(config.ttl, Value::Null)))
}

/// Plans the tags. All keys are known, and each value is known if its attribute is.
fn set_tags(plan: &mut Plan<'_, StackModel>) -> Result<()> {
    let labels = match plan.get::<BTreeMap<String, Value<String>>>("labels")? {
        Value::Known(labels) => labels,
        Value::Null => BTreeMap::new(),
        Value::Unknown => {
            plan.set_unknown("tags");
            return Ok(());
        }
    };
    let mut tags = labels;
    for (key, attribute) in TAGS_OF_ATTRIBUTES {
        tags.insert(key.to_owned(), plan.get::<String>(attribute)?);
    }
    plan.set("tags", tags);
    Ok(())
}

/// Plans the end of the lease. It becomes unknown with a renewal, which `max_ttl` must allow, and
/// with an adoption. Otherwise it stays the same.
async fn plan_renewal(
    client: &Client,
    context: &mut Context,
    plan: &mut Plan<'_, StackModel>,
    lease: &LedgerEntry,
) -> Result<()> {
    let never = plan.get::<String>("renew_on")?.known().as_deref() == Some("never");
    let new_version = plan.changes("version") && !never;
    let may_adopt = matches!(lease, LedgerEntry::Missing | LedgerEntry::UnknownLedger);
    if !new_version && !plan.changes("ttl") && !may_adopt {
        plan.keep("expires_at");
        return Ok(());
    }
    plan.set_unknown("expires_at");
    if client.environment().tears_down {
        return Ok(());
    }
    if let (LedgerEntry::Lease(lease), Some(ttl)) = (lease, known::<Ttl>(plan, "ttl")?) {
        let attribute = if new_version { "version" } else { "ttl" };
        let Some(policy) = client.policy_at_plan(context).await? else {
            return Ok(());
        };
        policy
            .renew(lease, ttl.span(), client.now())
            .map_err(|refusal| {
                let detail = format!("{}\n{}", diag::sentence(&refusal), diag::DESTROY_HINT);
                Failure::new("Cannot renew the lease", detail).at(Path::new(attribute))
            })?;
    }
    Ok(())
}

/// A planned value, if it is known and valid. Validators have already reported invalid values.
fn known<T: std::str::FromStr>(plan: &Plan<'_, StackModel>, attribute: &str) -> Result<Option<T>> {
    Ok(plan
        .get::<String>(attribute)?
        .known()
        .and_then(|text| text.parse().ok()))
}

fn known_labels(plan: &Plan<'_, StackModel>) -> Result<Option<Labels>> {
    Ok(match plan.get::<BTreeMap<String, String>>("labels")? {
        Value::Known(labels) => Labels::new(labels).ok(),
        Value::Null => Some(Labels::default()),
        Value::Unknown => None,
    })
}
