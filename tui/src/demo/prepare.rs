//! Writes the demo stacks into the demo's ledger, and says how far it is.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use stack::ledger::{Ledger, Scope};
use stack::{Seq, SqliteLedger};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use super::{DemoStack, UNLEASED, cloud, events, history, reaper, reaper_interval};
use crate::dashboard::event::{CloudData, Event};
use crate::error::CommandError;

/// How many stacks are written between two reports.
const CHUNK: usize = 250;

/// Writes this many stacks and the history of those that are gone, and returns the cloud that they
/// live in. Two of many are unleased, and so not in the ledger.
pub(crate) async fn prepare(
    path: &Path,
    stacks: usize,
    now: Timestamp,
    progress: &UnboundedSender<Event>,
) -> Result<CloudData, CommandError> {
    let ledger = Arc::new(SqliteLedger::at(path));
    let has_unleased = stacks > UNLEASED;
    let leased = if has_unleased {
        stacks - UNLEASED
    } else {
        stacks
    };
    let made = tokio::task::spawn_blocking(move || events(now, leased)).await;
    let mut made = made.map_err(|error| failed(&error))?.into_iter();
    let mut done = 0;
    loop {
        let chunk: Vec<DemoStack> = made.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        done += chunk.len();
        write(&ledger, chunk).await?;
        // Sending fails only when the dashboard has ended.
        let count = stacks;
        let _ = progress.send(Event::DemoPrepared { done, count });
    }
    // The empty ledger stays empty.
    if stacks > 0 {
        let gone = tokio::task::spawn_blocking(move || history(now)).await;
        write(&ledger, gone.map_err(|error| failed(&error))?).await?;
    }
    let ran = reaper(now, reaper_interval());
    ledger.append_reaper(Seq::NONE, ran.to_vec()).await?;
    let leases = ledger.leases(Scope::Live).await?;
    Ok(cloud::snapshot(now, &leases, has_unleased))
}

/// Writes concurrently, so that the writer groups many stacks into one commit.
async fn write(ledger: &Arc<SqliteLedger>, chunk: Vec<DemoStack>) -> Result<(), CommandError> {
    let mut writing = JoinSet::new();
    for (name, events) in chunk {
        let ledger = Arc::clone(ledger);
        writing.spawn(async move { ledger.append(&name, Seq::NONE, events).await.map(drop) });
    }
    while let Some(written) = writing.join_next().await {
        written.map_err(|error| failed(&error))??;
    }
    Ok(())
}

fn failed(error: &tokio::task::JoinError) -> CommandError {
    CommandError::failed("cannot create the demo data").because(error)
}
