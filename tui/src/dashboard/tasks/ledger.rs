//! Reading the ledger for the dashboard: everything once, and from then on only what has changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use stack::ledger::{Cursor, Scope};
use stack::service::{Service, ServiceError};
use stack::{LedgerError, LedgerId, ReaperStatus, StackName};
use tokio::sync::mpsc;

use crate::dashboard::event::{Event, Loaded};
use crate::dashboard::tasks::ledger_watch::{Stamp, Watch};
use crate::dashboard::tasks::problem;

/// How often the files of the ledger are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How many events are taken from the log at once.
const PAGE: usize = 500;

/// When more stacks than this have changed, reading all of them is less work.
const MANY: usize = 1_000;

/// Reads, and remembers how far it has read.
pub(crate) struct Loader {
    reader: Arc<Service>,
    /// Which ledger was read, and up to where; `None` until all of it was read once.
    known: Option<(LedgerId, Cursor)>,
}

impl Loader {
    pub(crate) fn new(reader: Arc<Service>) -> Self {
        Self {
            reader,
            known: None,
        }
    }

    /// Reads whenever it is wanted, and whenever the files have changed.
    pub(crate) async fn serve(
        mut self,
        watch: Option<Watch>,
        mut wanted: mpsc::Receiver<()>,
        events: mpsc::UnboundedSender<Event>,
    ) {
        let stamp = || watch.as_ref().map_or_else(Stamp::default, Watch::stamp);
        let (mut last, mut once_more) = (None, false);
        loop {
            match tokio::time::timeout(LOOK, wanted.recv()).await {
                Ok(Some(())) => once_more = false,
                Ok(None) => return,
                // A change that came right after the last look may have left the same stamp.
                Err(_) if Some(stamp()) == last && !once_more => continue,
                Err(_) => once_more = !once_more,
            }
            // Taken before reading: what is written meanwhile is seen at the next look.
            last = Some(stamp());
            let answer = self.read().await;
            if answer.is_err() {
                self.known = None;
            }
            let answer = answer.map(Box::new).map_err(problem);
            if events.send(Event::Loaded(answer)).is_err() {
                return;
            }
        }
    }

    async fn read(&mut self) -> Result<Loaded, ServiceError> {
        let ledger = self.reader.ledger();
        let id = match ledger.id().await {
            Ok(id) => id,
            Err(LedgerError::Missing { .. }) => {
                self.known = None;
                return Ok(Loaded {
                    leases: Vec::new(),
                    ended: None,
                    reaper: ReaperStatus::default(),
                    exists: false,
                });
            }
            Err(error) => return Err(error.into()),
        };
        let since = self.known.take().filter(|(known, _)| *known == id);
        if let Some((_, cursor)) = since {
            let (changed, cursor) = self.changed(cursor).await?;
            if changed.len() <= MANY {
                self.known = Some((id, cursor));
                return self.some(changed).await;
            }
        }
        // Taken before the leases: what is written while they are read is read once more with the next look.
        let end = ledger.end().await?;
        let leases = ledger.leases(Scope::Live).await?;
        self.known = Some((id, end));
        Ok(Loaded {
            leases,
            ended: None,
            reaper: self.reader.reaper().await?,
            exists: true,
        })
    }

    /// Which stacks something has happened to since.
    async fn changed(
        &self,
        mut cursor: Cursor,
    ) -> Result<(BTreeSet<StackName>, Cursor), ServiceError> {
        let mut changed = BTreeSet::new();
        loop {
            let page = self.reader.ledger().log(&cursor, PAGE).await?;
            cursor = page.next;
            if page.events.is_empty() || changed.len() > MANY {
                return Ok((changed, cursor));
            }
            changed.extend(page.events.into_iter().map(|event| event.stack));
        }
    }

    /// These stacks and no others.
    async fn some(&self, changed: BTreeSet<StackName>) -> Result<Loaded, ServiceError> {
        let (mut leases, mut ended) = (Vec::new(), Vec::new());
        for stack in changed {
            match self.reader.ledger().lease(&stack).await? {
                Some(lease) if lease.is_live() => leases.push(lease),
                _ => ended.push(stack),
            }
        }
        Ok(Loaded {
            leases,
            ended: Some(ended),
            reaper: self.reader.reaper().await?,
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

    fn names(loaded: &Loaded) -> Vec<&str> {
        let each = loaded.leases.iter();
        each.map(|lease| lease.name.as_str()).collect()
    }

    /// After everything was read once, a reading holds what has changed since and nothing else.
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
        let mut loader = Loader::new(Arc::new(service));
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
}
