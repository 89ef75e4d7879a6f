//! `jiti demo`

use std::path::Path;

use clap::Args;
use stack::ledger::Ledger;
use stack::{Clock, Seq, SqliteLedger};

use super::dashboard;
use crate::cli::context::Context;
use crate::demo;
use crate::error::CommandError;

/// Try the dashboard on demo data, without an account and without Terraform
///
/// jiti writes demo stacks into a ledger in a temporary folder, which it deletes at the end.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The number of demo stacks
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
    let path = folder.path().join("ledger.db");
    // The unleased stacks are not in the ledger.
    let leased = arguments.stacks.saturating_sub(demo::UNLEASED);
    fill(&path, leased, context).await?;
    dashboard::open(dashboard_arguments, context, path, true).await
}

/// Writes the demo stacks into a ledger.
async fn fill(path: &Path, stacks: usize, context: &Context) -> Result<(), CommandError> {
    let (ledger, now) = (SqliteLedger::at(path), context.clock().now());
    // Concurrently, so that the writer groups many of them into one commit.
    let mut writing = tokio::task::JoinSet::new();
    let ledger = std::sync::Arc::new(ledger);
    for (name, events) in demo::events(now, stacks) {
        let ledger = std::sync::Arc::clone(&ledger);
        writing.spawn(async move { ledger.append(&name, Seq::NONE, events).await.map(drop) });
    }
    while let Some(written) = writing.join_next().await {
        written.map_err(|error| {
            CommandError::failed("cannot create the demo data").because(&error)
        })??;
    }
    let reaper = demo::reaper(now);
    ledger.append_reaper(Seq::NONE, reaper.to_vec()).await?;
    Ok(())
}
