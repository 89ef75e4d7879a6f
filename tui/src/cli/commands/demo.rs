//! `jiti demo`

use clap::Args;
use stack::config::LedgerAddress;

use super::dashboard::{self, Data};
use crate::cli::context::Context;
use crate::error::CommandError;

/// Try the dashboard on demo data, without an account and without Terraform
///
/// jiti writes demo stacks into a ledger in a temporary folder, which it deletes at the end. Every
/// key works: a simulated Terraform and a simulated cloud carry out teardowns, sleep and wake, and
/// a simulated reaper ends stacks. Nothing outside the temporary folder changes.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The number of demo stacks; 0 shows the empty ledger
    #[arg(long, value_name = "N", default_value_t = 200)]
    stacks: usize,
}

pub(crate) async fn run(
    arguments: &Arguments,
    dashboard_arguments: &dashboard::Arguments,
    context: &Context,
) -> Result<(), CommandError> {
    dashboard::needs_terminal(context)?;
    let folder = tempfile::Builder::new().prefix("jiti-demo-").tempdir()?;
    let address = LedgerAddress::File(folder.path().join("ledger.db"));
    let data = Data::Demo {
        stacks: arguments.stacks,
    };
    dashboard::open(dashboard_arguments, context, address, data).await
}
