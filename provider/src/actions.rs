//! The actions of this provider: what the commands of `jiti` do, from a configuration.

mod extend;
mod hold;
mod jiti_command;
mod sleep;
mod teardown;
mod unhold;
mod wake;

pub(crate) use extend::ExtendAction;
pub(crate) use hold::HoldAction;
pub(crate) use sleep::SleepAction;
pub(crate) use teardown::TeardownAction;
pub(crate) use unhold::UnholdAction;
pub(crate) use wake::WakeAction;

use jiff::Timestamp;
use stack::service::{Service, ServiceError};
use stack::{Lease, Policy, Refusal, StackName};
use tfplugin::{Context, Failure, Result, Value};

use crate::client::Client;
use crate::diag;

/// The stack's name, which is known when an action is invoked.
fn stack_name(name: Value<String>) -> Result<StackName> {
    let name = name.expect_known("name")?;
    StackName::new(name)
        .map_err(|error| Failure::new("Invalid stack name", diag::sentence(&error)).at("name"))
}

/// The service with the policy in force.
///
/// # Errors
/// If the ledger does not exist: an action creates none. Or as [`Client::service`].
async fn service(client: &Client, name: &StackName) -> Result<Service> {
    let ledger = client.ledger()?;
    if !ledger.exists() {
        return Err(no_stack(
            name,
            &format!("The ledger {} does not exist.", ledger.address()),
        ));
    }
    client.service().await
}

/// Warns at plan if the policy would refuse the change of a lease now. Only a warning, because the
/// apply may change the lease first, and because Terraform plans before it destroys.
async fn warn_if_refused<T>(
    context: &mut Context,
    client: &Client,
    name: &StackName,
    change: impl FnOnce(&Policy, &Lease, Timestamp) -> Result<T, Refusal>,
) -> Result<()> {
    let Some(policy) = client.policy_at_plan(context).await? else {
        return Ok(());
    };
    // The apply may register the stack first, and reads the ledger again.
    let Ok(Some(lease)) = client.ledger()?.lease(name).await else {
        return Ok(());
    };
    if !lease.is_live() {
        return Ok(());
    }
    if let Err(refusal) = change(&policy, &lease, client.now()) {
        context.warn(
            "The policy does not allow this action now",
            format!(
                "{} If this has not changed when Terraform invokes the action, it fails.",
                diag::sentence(&refusal)
            ),
        );
    }
    Ok(())
}

/// The error of a change to a lease. `attribute` is the one that the policy limits.
fn failure(error: &ServiceError, name: &StackName, attribute: &'static str) -> Failure {
    match error {
        ServiceError::Unknown { .. } => no_stack(name, &diag::sentence(error)),
        ServiceError::Refused { refusals, .. } => {
            let reasons: Vec<_> = refusals.iter().map(diag::sentence::<Refusal>).collect();
            Failure::new("Not allowed by the policy", reasons.join("\n")).at(attribute)
        }
        error => diag::service(error),
    }
}

fn no_stack(name: &StackName, detail: &str) -> Failure {
    Failure::new(format!("The stack {name} does not exist"), detail).at("name")
}
