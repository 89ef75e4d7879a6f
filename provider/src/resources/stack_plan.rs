//! The plan of `jiti_stack`: known tags, the policy's limits, and the renewal of the lease.

use std::collections::BTreeMap;

use stack::{HourlyRate, Labels, Lease, Owner, Policy, StackName, Ttl};
use tfplugin::{Action, Context, Failure, Path, Plan, Result, Value};

use crate::client::Client;
use crate::diag;
use crate::resources::stack_model::StackModel;

/// The attributes that the policy limits. The policy is checked only when one of them changes.
const POLICY_ATTRIBUTES: [&str; 5] = ["version", "owner", "ttl", "hourly_cost", "labels"];

pub(crate) async fn plan(
    client: &Client,
    context: &mut Context,
    plan: &mut Plan<'_, StackModel>,
) -> Result<()> {
    if plan.action() == Action::Destroy {
        return Ok(());
    }
    if let Some(reason) = client.reaper_warning().await {
        context.warn("Expired stacks are not torn down", diag::sentence(&reason));
    }
    let creates = plan.prior()?.is_none();
    let lease = match known_name(plan)? {
        Some(name) if !creates => ledger_entry(client, &name).await,
        _ => LedgerEntry::NotChecked,
    };
    if plan.action() == Action::Unchanged {
        if matches!(lease, LedgerEntry::Missing) {
            // An adoption changes only this: the lease starts in this ledger with this apply.
            plan.keep("tags").set_unknown("expires_at");
        }
        return Ok(());
    }
    if creates
        || POLICY_ATTRIBUTES
            .iter()
            .any(|attribute| plan.changes(*attribute))
    {
        check_policy(client, plan, creates)?;
    }
    if let Value::Known(name) = plan.get::<String>("name")? {
        plan.set("id", name);
    }
    set_tags(plan)?;
    if !creates {
        plan_renewal(client, plan, &lease)?;
    }
    Ok(())
}

/// The ledger's entry for a stack in Terraform's state.
enum LedgerEntry {
    /// The ledger was not read, or cannot be read.
    NotChecked,
    /// The ledger has no lease of the stack.
    Missing,
    /// The ledger has this lease.
    Lease(Box<Lease>),
}

/// An unreadable ledger must not fail a plan, because a destroy plans first. `read` has warned
/// about it.
async fn ledger_entry(client: &Client, name: &StackName) -> LedgerEntry {
    match client.lease(name).await {
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
fn check_policy(client: &Client, plan: &mut Plan<'_, StackModel>, creates: bool) -> Result<()> {
    let policy = &client.config()?.policy;
    if matches!(plan.get::<String>("ttl")?, Value::Null | Value::Unknown) && omits_ttl(plan)? {
        let ttl = policy
            .ttl(None)
            .map_err(|refusal| diag::refusal(&refusal))?;
        plan.set("ttl", ttl.to_string());
    }
    let mut failures: Vec<Failure> = Vec::new();
    let mut collect = |outcome: std::result::Result<(), stack::Refusal>| {
        if let Err(refusal) = outcome {
            failures.push(diag::refusal(&refusal));
        }
    };
    let is_new = |plan: &Plan<'_, StackModel>, attribute: &str| creates || plan.changes(attribute);
    if is_new(plan, "ttl")
        && let Some(ttl) = known::<Ttl>(plan, "ttl")?
    {
        collect(policy.check_ttl(ttl.span()));
    }
    if is_new(plan, "owner")
        && let Some(owner) = known::<Owner>(plan, "owner")?
    {
        collect(policy.check_owner(&owner));
    }
    if is_new(plan, "labels")
        && let Some(labels) = known_labels(plan)?
    {
        collect(policy.check_labels(&labels));
    }
    if is_new(plan, "hourly_cost")
        && let Value::Known(cost) = plan.get::<tfplugin::Number>("hourly_cost")?
        && let Ok(rate) = cost.to_string().parse::<HourlyRate>()
    {
        collect(policy.check_hourly_cost(rate));
    }
    failures
        .into_iter()
        .reduce(Failure::and)
        .map_or(Ok(()), Err)
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
    for (key, attribute) in [
        (stack::values::tags::STACK, "name"),
        (stack::values::tags::APP, "app"),
        (stack::values::tags::VERSION, "version"),
        (stack::values::tags::OWNER, "owner"),
        (stack::values::tags::TTL, "ttl"),
    ] {
        tags.insert(key.to_owned(), plan.get::<String>(attribute)?);
    }
    plan.set("tags", tags);
    Ok(())
}

/// Plans the end of the lease. With a renewal it becomes unknown, and `max_ttl` must allow the
/// renewal. Otherwise it stays the same.
fn plan_renewal(
    client: &Client,
    plan: &mut Plan<'_, StackModel>,
    lease: &LedgerEntry,
) -> Result<()> {
    let never = plan.get::<String>("renew_on")?.known().as_deref() == Some("never");
    let new_version = plan.changes("version") && !never;
    if !new_version && !plan.changes("ttl") && !matches!(lease, LedgerEntry::Missing) {
        plan.keep("expires_at");
        return Ok(());
    }
    plan.set_unknown("expires_at");
    if let (LedgerEntry::Lease(lease), Some(ttl)) = (lease, known::<Ttl>(plan, "ttl")?) {
        let attribute = if new_version { "version" } else { "ttl" };
        let policy: &Policy = &client.config()?.policy;
        policy
            .renew(lease, ttl.span(), client.now())
            .map_err(|refusal| {
                Failure::new("Cannot renew the lease", diag::sentence(&refusal))
                    .at(Path::new(attribute))
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
