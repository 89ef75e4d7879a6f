//! What a plan of `jiti_stack` says: known tags, the policy's limits, and whether the lease is renewed.

use std::collections::BTreeMap;

use stack::{HourlyRate, Labels, Lease, Owner, Policy, StackName, Ttl};
use tfplugin::{Action, Context, Failure, Path, Plan, Result, Value};

use crate::client::Client;
use crate::diag;
use crate::resources::stack_model::StackModel;

/// The attributes that the policy limits: it is asked only when one of them changes.
const LIMITED: [&str; 5] = ["version", "owner", "ttl", "hourly_cost", "labels"];

pub(crate) async fn plan(
    client: &Client,
    context: &mut Context,
    plan: &mut Plan<'_, StackModel>,
) -> Result<()> {
    if plan.action() == Action::Destroy {
        return Ok(());
    }
    if let Some(why) = client.inactivity().await {
        context.warn("Nothing ends a stack that expires", diag::sentence(&why));
    }
    let creates = plan.prior()?.is_none();
    let lease = match known_name(plan)? {
        Some(name) if !creates => lease_of(client, &name).await,
        _ => Known::Nothing,
    };
    if plan.action() == Action::Unchanged {
        if matches!(lease, Known::Missing) {
            // The one change that an adoption makes: the lease begins in this ledger with this apply.
            plan.keep("tags").set_unknown("expires_at");
        }
        return Ok(());
    }
    if creates || LIMITED.iter().any(|attribute| plan.changes(*attribute)) {
        limits(client, plan, creates)?;
    }
    if let Value::Known(name) = plan.get::<String>("name")? {
        plan.set("id", name);
    }
    set_tags(plan)?;
    if !creates {
        renewal(client, plan, &lease)?;
    }
    Ok(())
}

/// What the ledger knows of the lease of a stack that Terraform's state holds.
enum Known {
    /// It cannot be told, or need not be.
    Nothing,
    /// The ledger has never heard of it.
    Missing,
    /// It has this lease.
    Lease(Box<Lease>),
}

/// A ledger that cannot be read is no reason to fail a plan: a destroy plans first. Reading the state has warned.
async fn lease_of(client: &Client, name: &StackName) -> Known {
    match client.lease(name).await {
        Err(_) => Known::Nothing,
        Ok(None) => Known::Missing,
        Ok(Some(lease)) => Known::Lease(Box::new(lease)),
    }
}

fn known_name(plan: &Plan<'_, StackModel>) -> Result<Option<StackName>> {
    Ok(plan
        .get::<String>("name")?
        .known()
        .and_then(|name| StackName::new(name).ok()))
}

/// Holds what is created or changed to the policy, each refusal on its own attribute.
fn limits(client: &Client, plan: &mut Plan<'_, StackModel>, creates: bool) -> Result<()> {
    let policy = &client.config()?.policy;
    if matches!(plan.get::<String>("ttl")?, Value::Null | Value::Unknown) && leaves_ttl_out(plan)? {
        let ttl = policy
            .ttl(None)
            .map_err(|refusal| diag::refusal(&refusal))?;
        plan.set("ttl", ttl.to_string());
    }
    let mut failures: Vec<Failure> = Vec::new();
    let mut hold = |outcome: std::result::Result<(), stack::Refusal>| {
        if let Err(refusal) = outcome {
            failures.push(diag::refusal(&refusal));
        }
    };
    let asks = |plan: &Plan<'_, StackModel>, attribute: &str| creates || plan.changes(attribute);
    if asks(plan, "ttl")
        && let Some(ttl) = known::<Ttl>(plan, "ttl")?
    {
        hold(policy.check_ttl(ttl.span()));
    }
    if asks(plan, "owner")
        && let Some(owner) = known::<Owner>(plan, "owner")?
    {
        hold(policy.check_owner(&owner));
    }
    if asks(plan, "labels")
        && let Some(labels) = known_labels(plan)?
    {
        hold(policy.check_labels(&labels));
    }
    if asks(plan, "hourly_cost")
        && let Value::Known(cost) = plan.get::<tfplugin::Number>("hourly_cost")?
        && let Ok(rate) = cost.to_string().parse::<HourlyRate>()
    {
        hold(policy.check_hourly_cost(rate));
    }
    failures
        .into_iter()
        .reduce(Failure::and)
        .map_or(Ok(()), Err)
}

/// Whether the configuration names no TTL, known or not.
fn leaves_ttl_out(plan: &Plan<'_, StackModel>) -> Result<bool> {
    Ok(plan
        .config()?
        .is_none_or(|config| matches!(config.ttl, Value::Null)))
}

/// Plans the tags: every key known, every value known that is known itself.
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

/// Plans the end of the lease: later after a renewal, which the cap must still allow; as it was without one.
fn renewal(client: &Client, plan: &mut Plan<'_, StackModel>, lease: &Known) -> Result<()> {
    let never = plan.get::<String>("renew_on")?.known().as_deref() == Some("never");
    let new_version = plan.changes("version") && !never;
    if !new_version && !plan.changes("ttl") && !matches!(lease, Known::Missing) {
        plan.keep("expires_at");
        return Ok(());
    }
    plan.set_unknown("expires_at");
    if let (Known::Lease(lease), Some(ttl)) = (lease, known::<Ttl>(plan, "ttl")?) {
        let about = if new_version { "version" } else { "ttl" };
        let policy: &Policy = &client.config()?.policy;
        policy
            .renew(lease, ttl.span(), client.now())
            .map_err(|refusal| {
                Failure::new("The lease cannot be renewed", diag::sentence(&refusal))
                    .at(Path::new(about))
            })?;
    }
    Ok(())
}

/// A planned value that is known and well-formed. What is malformed has been refused on its own attribute.
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
