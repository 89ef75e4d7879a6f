//! `jiti demo`

use std::path::Path;

use clap::Args;
use stack::ledger::Ledger;
use stack::{Clock, Seq, SqliteLedger};

use super::dashboard;
use crate::cli::context::Context;
use crate::demo;
use crate::error::CommandError;

/// Look around in a made-up world: no account, no Terraform, nothing real
///
/// The dashboard opens over a ledger in a temporary folder, which is removed at the end.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// How many stacks
    #[arg(long, value_name = "N", default_value_t = 200)]
    stacks: usize,
}

pub(crate) async fn run(
    arguments: &Arguments,
    of_dashboard: &dashboard::Arguments,
    context: &Context,
) -> Result<(), CommandError> {
    dashboard::needs_terminal(context)?;
    let folder = tempfile::Builder::new().prefix("jiti-demo-").tempdir()?;
    let path = folder.path().join("ledger.db");
    // Some of them are not in the ledger: only tags tell of them.
    let leased = arguments.stacks.saturating_sub(demo::UNLEASED);
    fill(&path, leased, context).await?;
    dashboard::open(of_dashboard, context, path, true).await
}

/// Writes the made-up world into a ledger.
async fn fill(path: &Path, stacks: usize, context: &Context) -> Result<(), CommandError> {
    let (ledger, now) = (SqliteLedger::at(path), context.clock().now());
    // Side by side, so that the writer takes many of them into one commit.
    let mut writing = tokio::task::JoinSet::new();
    let ledger = std::sync::Arc::new(ledger);
    for (name, events) in demo::stories(now, stacks) {
        let ledger = std::sync::Arc::clone(&ledger);
        writing.spawn(async move { ledger.append(&name, Seq::NONE, events).await.map(drop) });
    }
    while let Some(written) = writing.join_next().await {
        written.map_err(|error| {
            CommandError::failed("the demo could not be made").because(&error)
        })??;
    }
    let reaper = demo::reaper(now);
    ledger.append_reaper(Seq::NONE, reaper.to_vec()).await?;
    Ok(())
}
