//! The data sources of this provider: leases, as `jiti ls` lists them.

mod listing_model;
mod stack;
mod stacks;

pub(crate) use stack::StackDataSource;
pub(crate) use stacks::StacksDataSource;

use tfplugin::{Context, Failure, Result};

use crate::client::Client;
use crate::ledger::OpenLedger;

/// The ledger that a data source reads. `None` if it is unknown while jiti tears a stack down:
/// nothing may block that, and nothing is created from the values, so they are null, with a
/// warning.
///
/// # Errors
/// If the ledger is unknown in any other plan. Terraform accepts no unknown values from a data
/// source, and null would be false.
fn known_ledger<'c>(client: &'c Client, context: &mut Context) -> Result<Option<&'c OpenLedger>> {
    if let Ok(ledger) = client.ledger() {
        return Ok(Some(ledger));
    }
    if client.environment().tears_down {
        context.warn(
            "The ledger is unknown, so the values of this data source are null",
            "`ledger` of the provider block depends on a value that is known only during apply.",
        );
        return Ok(None);
    }
    Err(Failure::new(
        "Cannot read the ledger: `ledger` of the provider block is unknown",
        "Terraform reads this data source at plan, but `ledger` depends on a value that is known \
         only during apply. Use a value that is known at plan for `ledger`, or let the data source \
         wait: set its `depends_on` to what `ledger` depends on. To destroy without reading it, run \
         `terraform destroy -refresh=false`.",
    ))
}
