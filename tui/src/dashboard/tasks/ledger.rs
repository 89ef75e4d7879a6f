//! Reads the ledger in the background: the full list once, then only the stacks that changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stack::ledger::{Cursor, LeaseList, Scope};
use stack::service::{Service, ServiceError};
use stack::{LedgerError, LedgerId, Policy, ReaperStatus, StackName};
use tokio::sync::mpsc;

use crate::dashboard::event::{Event, LedgerData};
use crate::dashboard::problem::Problem;
use crate::dashboard::tasks::ledger_watch::{FileStamp, LedgerWatch};

/// How often to check whether the ledger has changed.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How often to check a shared ledger in which nothing happens. Each check is one query per shard.
const QUIET_INTERVAL: Duration = Duration::from_millis(1_600);

/// After how many checks without an event to check at [`QUIET_INTERVAL`].
const QUIET_AFTER: u32 = 10;

/// After how many checks without an event to read anyway, because the log does not have the
/// reaper's runs and the changes of the policy.
const MAX_QUIET_CHECKS: u32 = 20;

/// How many log entries to read per page.
const LOG_PAGE_SIZE: usize = 500;

/// If more stacks than this have changed, reading the full list is cheaper.
const MAX_CHANGED_STACKS: usize = 1_000;

/// How to notice that the ledger has changed.
#[derive(Debug)]
pub(crate) enum LedgerChanges {
    /// By the files of a ledger on this machine.
    Files {
        /// The files.
        watch: LedgerWatch,
        /// Their stamp before the last read.
        last: Option<FileStamp>,
        /// Whether the next check reads once more.
        read_again: bool,
    },
    /// By the log of a shared ledger.
    Log {
        /// The number of checks since the last event.
        quiet: u32,
    },
}

impl LedgerChanges {
    /// By the files of a ledger.
    pub(crate) fn of_file(ledger: &Path) -> Self {
        Self::Files {
            watch: LedgerWatch::new(ledger),
            last: None,
            read_again: false,
        }
    }

    /// By the log of a shared ledger.
    pub(crate) fn of_log() -> Self {
        Self::Log { quiet: 0 }
    }

    /// The time until the next check.
    fn interval(&self) -> Duration {
        match self {
            Self::Log { quiet } if *quiet >= QUIET_AFTER => QUIET_INTERVAL,
            Self::Files { .. } | Self::Log { .. } => POLL_INTERVAL,
        }
    }

    /// A user asked for a read.
    fn read_now(&mut self) {
        if let Self::Files { read_again, .. } = self {
            *read_again = false;
        }
    }

    /// Takes the stamp before a read: a write during the read shows up at the next check.
    fn before_read(&mut self) {
        if let Self::Files { watch, last, .. } = self {
            *last = Some(watch.stamp());
        }
    }
}

/// Reads the ledger and remembers the position of the last read.
pub(crate) struct LedgerLoader {
    reader: Arc<Service>,
    /// The ledger's id and the cursor after the last read; `None` until the first full read.
    known: Option<(LedgerId, Cursor)>,
}

impl LedgerLoader {
    pub(crate) fn new(reader: Arc<Service>) -> Self {
        Self {
            reader,
            known: None,
        }
    }

    /// Reads on request, and whenever the ledger changes.
    pub(crate) async fn serve(
        mut self,
        mut changes: LedgerChanges,
        mut wanted: mpsc::Receiver<()>,
        events: mpsc::UnboundedSender<Event>,
    ) {
        loop {
            match tokio::time::timeout(changes.interval(), wanted.recv()).await {
                Ok(Some(())) => changes.read_now(),
                Ok(None) => return,
                Err(_) if self.has_changed(&mut changes).await => {}
                Err(_) => continue,
            }
            changes.before_read();
            let answer = self.read().await;
            if answer.is_err() {
                self.known = None;
            }
            let answer = answer.map(Box::new).map_err(Problem::from);
            if events.send(Event::LedgerLoaded(answer)).is_err() {
                return;
            }
        }
    }

    /// Whether the ledger may have changed since the last read.
    async fn has_changed(&self, changes: &mut LedgerChanges) -> bool {
        match changes {
            LedgerChanges::Files {
                watch,
                last,
                read_again,
            } => {
                // A write right after the last check may have left the same stamp, so read once
                // more.
                let changed = Some(watch.stamp()) != *last || *read_again;
                if changed {
                    *read_again = !*read_again;
                }
                changed
            }
            LedgerChanges::Log { quiet } => {
                let is_quiet = match &self.known {
                    Some((_, cursor)) => {
                        let page = self.reader.ledger().log(cursor, 1).await;
                        // An error shows up in the read.
                        page.is_ok_and(|page| page.is_empty())
                    }
                    None => false,
                };
                if !is_quiet {
                    *quiet = 0;
                    return true;
                }
                *quiet += 1;
                *quiet % MAX_QUIET_CHECKS == 0
            }
        }
    }

    async fn read(&mut self) -> Result<LedgerData, ServiceError> {
        let ledger = self.reader.ledger();
        let id = match ledger.id().await {
            Ok(id) => id,
            Err(LedgerError::Missing { .. }) => {
                self.known = None;
                return Ok(LedgerData {
                    leases: Vec::new(),
                    ended: None,
                    unreadable: Some(Vec::new()),
                    reaper: ReaperStatus::default(),
                    policy: Some(self.reader.config().policy.clone()),
                    init_queue: None,
                    exists: false,
                });
            }
            Err(error) => return Err(error.into()),
        };
        let since = self.known.take().filter(|(known, _)| *known == id);
        if let Some((_, cursor)) = since {
            let (changed, cursor) = self.changed_stacks(cursor).await?;
            if changed.len() <= MAX_CHANGED_STACKS {
                self.known = Some((id, cursor));
                return self.read_changed(changed).await;
            }
        }
        // Take the cursor before the leases: a write during the read is then read again next time.
        let end = ledger.end().await?;
        let LeaseList { leases, unreadable } = ledger.list_leases(Scope::Live).await?;
        self.known = Some((id, end));
        let policy = Policy::clone(&*self.reader.policy().await?);
        Ok(LedgerData {
            leases,
            ended: None,
            unreadable: Some(unreadable),
            reaper: self.reader.reaper().status().await?,
            init_queue: self.reader.leases().init_queue(&policy).await?,
            policy: Some(policy),
            exists: true,
        })
    }

    /// Returns the stacks that have new log entries, and the new cursor.
    async fn changed_stacks(
        &self,
        mut cursor: Cursor,
    ) -> Result<(BTreeSet<StackName>, Cursor), ServiceError> {
        let mut changed = BTreeSet::new();
        loop {
            let page = self.reader.ledger().log(&cursor, LOG_PAGE_SIZE).await?;
            let is_last = page.is_empty();
            cursor = page.next;
            if is_last || changed.len() > MAX_CHANGED_STACKS {
                return Ok((changed, cursor));
            }
            changed.extend(page.events.into_iter().map(|event| event.stack));
            let damaged = page.damaged.into_iter();
            changed.extend(damaged.filter_map(|stack| StackName::new(stack.name).ok()));
        }
    }

    /// Reads the given stacks only.
    async fn read_changed(&self, changed: BTreeSet<StackName>) -> Result<LedgerData, ServiceError> {
        let (mut leases, mut ended) = (Vec::new(), Vec::new());
        let mut is_damaged = false;
        for stack in changed {
            match self.reader.ledger().lease(&stack).await {
                Ok(Some(lease)) if lease.is_live() => leases.push(lease),
                Ok(_) => ended.push(stack),
                // A damaged stack is listed apart, and the others are read.
                Err(LedgerError::Corrupt { .. }) => {
                    is_damaged = true;
                    ended.push(stack);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let policy = Policy::clone(&*self.reader.policy().await?);
        Ok(LedgerData {
            leases,
            ended: Some(ended),
            unreadable: match is_damaged {
                true => {
                    let list = self.reader.ledger().list_leases(Scope::Live).await?;
                    Some(list.unreadable)
                }
                false => None,
            },
            reaper: self.reader.reaper().status().await?,
            init_queue: self.reader.leases().init_queue(&policy).await?,
            policy: Some(policy),
            exists: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use stack::testing::{ManualClock, actor, new_event, noon, registration, stack_name};
    use stack::{Config, EventKind, Ledger, MemoryLedger, NewEvent, Seq, Source};

    use super::*;

    fn requested() -> NewEvent {
        let registration = Box::new(registration());
        new_event(noon(), EventKind::Requested { registration })
    }

    fn names(loaded: &LedgerData) -> Vec<&str> {
        let each = loaded.leases.iter();
        each.map(|lease| lease.name.as_str()).collect()
    }

    /// After the first full read, each read returns only the stacks that changed since.
    #[tokio::test]
    async fn only_what_has_changed_is_read_again() {
        let ledger = Arc::new(MemoryLedger::new());
        for name in ["a", "b", "c"] {
            let stack = stack_name(name);
            ledger
                .append(&stack, Seq::NONE, vec![requested()])
                .await
                .unwrap();
        }
        let service = Service::new(
            Arc::clone(&ledger) as Arc<dyn Ledger>,
            Arc::new(ManualClock::at(noon())),
            Arc::new(Config::default()),
            actor(),
            Source::Dashboard,
        );
        let mut loader = LedgerLoader::new(Arc::new(service));
        let all = loader.read().await.unwrap();
        assert_eq!(
            (names(&all), all.ended.is_none()),
            (vec!["a", "b", "c"], true)
        );
        let nothing = loader.read().await.unwrap();
        assert_eq!((nothing.leases.len(), nothing.ended), (0, Some(Vec::new())));
        let write = async |name: &str, kind| {
            let event = vec![new_event(noon(), kind)];
            ledger
                .append(&stack_name(name), Seq(1), event)
                .await
                .unwrap();
        };
        write("b", EventKind::Ready).await;
        write("c", EventKind::Released).await;
        let changed = loader.read().await.unwrap();
        assert_eq!(names(&changed), ["b"]);
        assert_eq!(changed.ended, Some(vec![stack_name("c")]));
    }

    /// Each read has the policy in force, and an invalid one in the ledger is an error.
    #[tokio::test]
    async fn the_policy_is_read_again() {
        let ledger = Arc::new(MemoryLedger::new());
        let service = Service::new(
            Arc::clone(&ledger) as Arc<dyn Ledger>,
            Arc::new(ManualClock::at(noon())),
            Arc::new(Config::default()),
            actor(),
            Source::Dashboard,
        );
        let mut loader = LedgerLoader::new(Arc::new(service.clone()));
        let loaded = loader.read().await.unwrap();
        assert_eq!(loaded.policy, Some(Policy::default()));
        let text = "[policy]\nprotected = [\"prod-*\"]\n";
        service.push_policy(text).await.unwrap();
        let loaded = loader.read().await.unwrap();
        assert_eq!(loaded.policy.unwrap().protected, ["prod-*"]);
        service.push_policy("[policy\n").await.unwrap();
        let error = loader.read().await.unwrap_err().to_string();
        assert!(error.contains(actor().as_str()), "{error}");
    }
}
