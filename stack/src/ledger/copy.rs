//! Copies a ledger into another one, event by event. A copy that was interrupted continues where it
//! stopped, and a copy that is complete changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::task::JoinSet;

use super::row::Stream;
use super::{
    Cursor, Ledger, LedgerError, Scope, SettingsEvent, SettingsEventKind, UnreadableStack,
};
use crate::backoff::Pauses;
use crate::breaker::Breakers;
use crate::lease::{Event, Lease, NewEvent};
use crate::pool::{Pool, PoolEvent, PoolEventKind};
use crate::reaper::ReaperStatus;
use crate::values::id::{Actor, PoolName, Seq, StackName};

/// The most events of one append, within the limits of every store.
const CHUNK: usize = 90;

/// How many stacks are copied at a time, so that a store can group their appends.
const AT_A_TIME: usize = 32;

/// What a copy did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CopySummary {
    /// The stacks of the source.
    pub stacks: u64,
    /// The events of the source's stacks.
    pub events: u64,
    /// The events that this copy wrote; the others were there already.
    pub copied: u64,
    /// The stacks that the copy left out, because they cannot be read.
    pub unreadable: Vec<UnreadableStack>,
}

/// Why a copy stopped. What it has written stays, and the same copy can be run again.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The target has another history of a stack.
    #[error(
        "both ledgers have a stack \"{stack}\", with different events from number {seq} on; the target is not a copy of the source. Copy into an empty ledger, or end one of the two stacks first"
    )]
    Differs {
        /// The stack.
        stack: StackName,
        /// The number of the first event that differs, at the earliest.
        seq: Seq,
    },
    /// Source and target are the same ledger.
    #[error("source and target are the same ledger; name another target")]
    Same,
    /// A ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Copies `from` into `to`, and calls `progress` with the number of finished stacks and of all
/// stacks. `from` is not changed. `actor` and `now` mark the record of the copy in `to`.
///
/// # Errors
/// [`CopyError`]; running the same copy again continues it.
pub async fn copy(
    from: &Arc<dyn Ledger>,
    to: &Arc<dyn Ledger>,
    actor: &Actor,
    now: Timestamp,
    mut progress: impl FnMut(u64, u64),
) -> Result<CopySummary, CopyError> {
    let id = from.id().await?;
    if id == to.id().await? {
        return Err(CopyError::Same);
    }
    // Events that the source gets from here on may be missing in the copy.
    let end = from.end().await?;
    let sources = from.list_leases(Scope::All).await?;
    let mut targets = by_name(to.leases(Scope::All).await?);
    let mut summary = CopySummary {
        stacks: sources.leases.len() as u64,
        unreadable: sources.unreadable,
        ..CopySummary::default()
    };
    let mut running = JoinSet::new();
    let (mut waiting, mut done) = (sources.leases.into_iter(), 0);
    loop {
        while running.len() < AT_A_TIME
            && let Some(source) = waiting.next()
        {
            let target = targets.remove(&source.name);
            let (from, to) = (Arc::clone(from), Arc::clone(to));
            running.spawn(async move { stack(&*from, &*to, source, target).await });
        }
        let Some(copied) = running.join_next().await else {
            break;
        };
        let (events, copied) = copied.unwrap_or_else(|panic| {
            Err(CopyError::Ledger(LedgerError::Failed {
                ledger: to.location(),
                doing: "copying a stack",
                cause: Arc::new(panic),
            }))
        })?;
        summary.events += events;
        summary.copied += copied;
        done += 1;
        progress(done, summary.stacks);
    }
    for pool in from.pools().await? {
        copy_pool(&**from, &**to, &pool).await?;
    }
    copy_reaper(&**from, &**to).await?;
    copy_breakers(&**from, &**to).await?;
    copy_settings(&**from, &**to, actor, now, &end).await?;
    Ok(summary)
}

fn by_name(leases: Vec<Lease>) -> BTreeMap<StackName, Lease> {
    leases
        .into_iter()
        .map(|lease| (lease.name.clone(), lease))
        .collect()
}

/// Copies one stack until both folds are equal. Returns the number of its events, and of those that
/// were written.
async fn stack(
    from: &dyn Ledger,
    to: &dyn Ledger,
    mut source: Lease,
    mut target: Option<Lease>,
) -> Result<(u64, u64), CopyError> {
    let name = source.name.clone();
    let (mut written, mut pauses) = (0, Pauses::short());
    while target.as_ref() != Some(&source) {
        let after = target.as_ref().map_or(Seq::NONE, Lease::last_seq);
        let differs = |seq| CopyError::Differs {
            stack: name.clone(),
            seq,
        };
        // The last common event belongs to both, or the target has a history of its own.
        let before = Seq(after.0.saturating_sub(1));
        let mut events = from.events(&name, before).await?;
        if after > Seq::NONE {
            let theirs = to.events(&name, before).await?;
            if events.is_empty() || theirs.first() != events.first() {
                return Err(differs(after));
            }
            events.remove(0);
        }
        if events.is_empty() {
            // The source may have been changed since its lease was read.
            let now = from.lease(&name).await?;
            if now.as_ref() != target.as_ref() {
                return Err(differs(after));
            }
            source = now.unwrap_or(source);
            continue;
        }
        let mut seq = after;
        for chunk in events.chunks(CHUNK) {
            let events = chunk.iter().cloned().map(without_number).collect();
            match to.append(&name, seq, events).await {
                Ok(lease) => {
                    seq = lease.last_seq();
                    written += chunk.len() as u64;
                    target = Some(lease);
                }
                Err(error) if error.is_raced() => {
                    // Another copy may be running.
                    pauses.once_more().await;
                    target = to.lease(&name).await?;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(now) = from.lease(&name).await? {
            source = now;
        }
    }
    Ok((source.last_seq().0, written))
}

fn without_number(event: Event) -> NewEvent {
    NewEvent {
        at: event.at,
        actor: event.actor,
        source: event.source,
        kind: event.kind,
    }
}

/// Copies the rest of a pool's events, or adds the members that the target's pool lacks if it has a
/// history of its own.
async fn copy_pool(from: &dyn Ledger, to: &dyn Ledger, name: &PoolName) -> Result<(), CopyError> {
    loop {
        let target = to.pool(name).await?;
        let theirs = to.pool_events(name, Seq::NONE).await?;
        let ours = from.pool_events(name, Seq::NONE).await?;
        let missing: Vec<PoolEvent> = if ours.starts_with(&theirs) {
            ours.into_iter().skip(theirs.len()).collect()
        } else {
            let source = Pool::default().fold(&ours);
            let lacks = |event: &PoolEvent| match &event.kind {
                PoolEventKind::Entered { stack, .. } => {
                    source.contains(stack) && !target.contains(stack)
                }
                PoolEventKind::Left { .. } => false,
            };
            ours.into_iter().filter(lacks).collect()
        };
        let Some(chunk) = missing.chunks(CHUNK).next() else {
            return Ok(());
        };
        match to
            .append_pool(name, target.last_seq(), chunk.to_vec())
            .await
        {
            Ok(_) => {}
            Err(error) if error.is_raced() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Copies the rest of the reaper's log. A target in which a reaper has run keeps its own log.
async fn copy_reaper(from: &dyn Ledger, to: &dyn Ledger) -> Result<(), CopyError> {
    loop {
        let theirs = to.reaper_events(Seq::NONE).await?;
        let ours = from.reaper_events(Seq::NONE).await?;
        if !ours.starts_with(&theirs) || ours.len() == theirs.len() {
            return Ok(());
        }
        let status = ReaperStatus::default().fold(&theirs);
        let rest: Vec<_> = ours.into_iter().skip(theirs.len()).take(CHUNK).collect();
        match to.append_reaper(Stream::last_seq(&status), rest).await {
            Ok(_) => {}
            Err(error) if error.is_raced() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Copies the rest of the log of the circuit breakers. A target that has a log of its own keeps it:
/// what it knows is at most minutes old.
async fn copy_breakers(from: &dyn Ledger, to: &dyn Ledger) -> Result<(), CopyError> {
    loop {
        let theirs = to.breaker_events(Seq::NONE).await?;
        let ours = from.breaker_events(Seq::NONE).await?;
        if !ours.starts_with(&theirs) || ours.len() == theirs.len() {
            return Ok(());
        }
        let state = Breakers::default().fold(&theirs);
        let rest: Vec<_> = ours.into_iter().skip(theirs.len()).take(CHUNK).collect();
        match to.append_breakers(state.last_seq(), rest).await {
            Ok(_) => {}
            Err(error) if error.is_raced() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Copies the policy into a target that holds none, and records the copy.
async fn copy_settings(
    from: &dyn Ledger,
    to: &dyn Ledger,
    actor: &Actor,
    now: Timestamp,
    end: &Cursor,
) -> Result<(), CopyError> {
    let id = from.id().await?;
    loop {
        let settings = to.settings().await?;
        let mut events = Vec::new();
        let event = |at, actor: &Actor, kind| SettingsEvent {
            seq: Seq::NONE,
            at,
            actor: actor.clone(),
            kind,
        };
        if settings.policy.is_none()
            && let Some(policy) = from.settings().await?.policy
        {
            let kind = SettingsEventKind::PolicyPushed {
                policy: policy.text,
            };
            events.push(event(policy.at, &policy.by, kind));
        }
        let known = settings.copies.iter().find(|copy| copy.ledger == id);
        if known.is_none_or(|copy| copy.end != end.as_str() || copy.location != from.location()) {
            let kind = SettingsEventKind::Copied {
                location: from.location(),
                ledger: id.clone(),
                end: end.as_str().to_owned(),
            };
            events.push(event(now, actor, kind));
        }
        if events.is_empty() {
            return Ok(());
        }
        match to.append_settings(settings.last_seq, events).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_raced() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::{BreakerEvent, BreakerEventKind};
    use crate::lease::EventKind;
    use crate::ledger::MemoryLedger;
    use crate::testing::{actor, new_event, noon, registration, stack_name};
    use crate::values::id::Owner;

    fn requested() -> NewEvent {
        let registration = Box::new(registration());
        new_event(noon(), EventKind::Requested { registration })
    }

    fn activity(number: usize) -> NewEvent {
        let signal = number.to_string();
        new_event(noon(), EventKind::Activity { signal })
    }

    fn failed_dependency() -> BreakerEvent {
        BreakerEvent {
            seq: Seq::NONE,
            at: noon(),
            actor: actor(),
            kind: BreakerEventKind::Failed {
                dependency: "tcp db:5432".parse().unwrap(),
                stack: stack_name("stack-0"),
                reason: "no connection".to_owned(),
                probe_at: noon(),
            },
        }
    }

    async fn with_stacks(count: usize, events: usize) -> Arc<dyn Ledger> {
        let ledger = MemoryLedger::new();
        for number in 0..count {
            let name = stack_name(&format!("stack-{number}"));
            let mut all = vec![requested()];
            all.extend((1..events).map(activity));
            ledger.append(&name, Seq::NONE, all).await.unwrap();
        }
        let pool = PoolName::live(&Owner::new("ana").unwrap());
        let entered = PoolEvent {
            seq: Seq::NONE,
            at: noon(),
            actor: actor(),
            kind: PoolEventKind::Entered {
                stack: stack_name("stack-0"),
                process: None,
            },
        };
        ledger
            .append_pool(&pool, Seq::NONE, vec![entered])
            .await
            .unwrap();
        let failed = vec![failed_dependency()];
        ledger.append_breakers(Seq::NONE, failed).await.unwrap();
        Arc::new(ledger)
    }

    async fn run(from: &Arc<dyn Ledger>, to: &Arc<dyn Ledger>) -> Result<CopySummary, CopyError> {
        copy(from, to, &actor(), noon(), |_, _| {}).await
    }

    /// A copy has the same folds, events and pools. A second copy writes nothing, and a third
    /// copies what the source got since.
    #[tokio::test]
    async fn a_copy_is_equal_and_can_be_repeated() {
        let from = with_stacks(5, 200).await;
        let to: Arc<dyn Ledger> = Arc::new(MemoryLedger::new());
        let first = run(&from, &to).await.unwrap();
        assert_eq!((first.stacks, first.events, first.copied), (5, 1000, 1000));
        assert_eq!(
            to.leases(Scope::All).await.unwrap(),
            from.leases(Scope::All).await.unwrap()
        );
        let name = stack_name("stack-3");
        assert_eq!(
            to.events(&name, Seq::NONE).await.unwrap(),
            from.events(&name, Seq::NONE).await.unwrap()
        );
        let pools = from.pools().await.unwrap();
        assert_eq!(
            to.pool(&pools[0]).await.unwrap(),
            from.pool(&pools[0]).await.unwrap()
        );
        let breakers = to.breakers().await.unwrap();
        assert_eq!(breakers, from.breakers().await.unwrap());
        assert_eq!(breakers.last_seq(), Seq(1));
        let settings = to.settings().await.unwrap();
        assert_eq!(settings.copies[0].ledger, from.id().await.unwrap());
        assert_eq!(settings.copies[0].end, from.end().await.unwrap().as_str());

        assert_eq!(run(&from, &to).await.unwrap().copied, 0);
        assert_eq!(to.settings().await.unwrap(), settings);
        from.append(&name, Seq(200), vec![activity(1)])
            .await
            .unwrap();
        let failed = vec![failed_dependency()];
        from.append_breakers(Seq(1), failed).await.unwrap();
        assert_eq!(run(&from, &to).await.unwrap().copied, 1);
        assert_eq!(
            to.breaker_events(Seq::NONE).await.unwrap(),
            from.breaker_events(Seq::NONE).await.unwrap()
        );
    }

    /// A target with a history of its own is left alone.
    #[tokio::test]
    async fn another_history_is_not_overwritten() {
        let from = with_stacks(1, 3).await;
        let to: Arc<dyn Ledger> = Arc::new(MemoryLedger::new());
        let name = stack_name("stack-0");
        to.append(&name, Seq::NONE, vec![requested(), activity(9)])
            .await
            .unwrap();
        let error = run(&from, &to).await.unwrap_err();
        assert!(
            matches!(error, CopyError::Differs { seq: Seq(2), .. }),
            "{error}"
        );
        assert_eq!(to.events(&name, Seq::NONE).await.unwrap().len(), 2);
        let same = run(&from, &from).await.unwrap_err();
        assert!(matches!(same, CopyError::Same), "{same}");
    }
}
