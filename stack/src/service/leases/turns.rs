//! The turns of `max_concurrent_inits`: waiting for one, holding it, and giving it back.
//!
//! A turn is a place in the pool `inits`, which is exact. The queue is a pool of its own: it
//! decides who tries to take a free place. A place or a wait of a dead process is dropped: at once
//! if the process ran on this host, else when it has been silent for [`SILENCE_LIMIT`].

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::pools::{Turnover, has_ended};
use crate::backoff::Pauses;
use crate::init_queue::{InitQueue, QueuedStack, TurnWait};
use crate::lease::ProcessId;
use crate::policy::Policy;
use crate::pool::{Pool, PoolEventKind, PoolMember, PoolRule};
use crate::process::{Liveness, liveness};
use crate::service::{Leases, NoTurn, ServiceError};
use crate::values::id::{PoolName, Seq, StackName};
use crate::values::ttl::Elapsed;

/// How often a process reports that it is alive: while it waits, and while it has a turn that
/// another apply waits for.
const REPORT_INTERVAL: Duration = Duration::from_secs(30);

/// After this time without a report, a process on another host counts as dead. Only the time during
/// which this process looked counts, on its own clock: clocks of other hosts may differ.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

impl Leases<'_> {
    /// Waits for a turn, where the policy limits the inits. The turn ends when the stack is ready
    /// or in purgatory, or when `process`, the apply, has ended. Dropping the future ends the wait,
    /// see [`Leases::leave_queue`].
    pub(super) async fn enter_inits(
        self,
        stack: &StackName,
        process: &ProcessId,
    ) -> Result<(), ServiceError> {
        let policy = self.service.policy().await?;
        let Some(limit) = policy.max_concurrent_inits else {
            return Ok(());
        };
        let longest = Duration::from_secs(policy.max_wait.seconds());
        let mut place = Waiter {
            leases: self,
            stack,
            process,
            limit,
            since: self.service.now(),
            holders: ReportWatch::default(),
            waiters: ReportWatch::default(),
            reported_at: None,
        };
        let started = Instant::now();
        let (mut pauses, mut races) = (Pauses::long(), Pauses::short());
        let mut known: Option<TurnWait> = None;
        loop {
            let wait = match place.attempt().await? {
                Attempt::Taken => break,
                Attempt::Raced => {
                    races.once_more().await;
                    continue;
                }
                Attempt::Waits(wait) => wait,
            };
            if known.as_ref().is_none_or(|known| wait.differs_from(known)) {
                tracing::info!(%stack, place = wait.place, waiting = wait.waiting, "waiting for a turn: {wait}");
            }
            self.service.set_turn_wait(Some(wait.clone()));
            if started.elapsed() >= longest {
                self.leave_queue(stack).await;
                let waited = Elapsed::between(wait.since, wait.now);
                return Err(ServiceError::NoTurn(Box::new(NoTurn { wait, waited })));
            }
            known = Some(wait);
            pauses.once_more().await;
        }
        if known.is_some() {
            self.service.set_turn_wait(None);
            if let Err(error) = place.leave().await {
                tracing::debug!(%stack, %error, "the place in the queue was not given back");
            }
        }
        Ok(())
    }

    /// Leaves the queue: the stack has its turn, or its apply waits no longer. A failure here is
    /// harmless, because the queue drops the wait when the process ends.
    pub async fn leave_queue(self, stack: &StackName) {
        self.service.set_turn_wait(None);
        self.leave(&PoolName::waiting_inits(), stack).await;
    }

    /// Gives back a turn, if the stack has one, whatever policy this service has.
    pub async fn leave_inits(self, stack: &StackName) {
        self.leave(&PoolName::inits(), stack).await;
    }

    /// Reports regularly that `process` still has its turn, until it no longer has it. The process
    /// runs this in the background: other hosts cannot see whether it is alive.
    pub async fn report_turn(self, stack: &StackName, process: &ProcessId) {
        loop {
            match self.report_once(stack, process).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::debug!(%stack, %error, "cannot report that the stack has its turn");
                }
            }
            tokio::time::sleep(REPORT_INTERVAL).await;
        }
    }

    /// Writes a report if it is the first one, or if another apply waits. False if the process has
    /// no turn.
    async fn report_once(
        self,
        stack: &StackName,
        process: &ProcessId,
    ) -> Result<bool, ServiceError> {
        let name = PoolName::inits();
        let pool = self.service.ledger.pool(&name).await?;
        let own = pool.member(stack);
        let Some(member) = own.filter(|member| member.process.as_ref() == Some(process)) else {
            return Ok(false);
        };
        let is_first = member.reported == Seq::NONE;
        let waiting = PoolName::waiting_inits();
        if is_first
            || self
                .service
                .ledger
                .pool(&waiting)
                .await?
                .members()
                .next()
                .is_some()
        {
            let kinds = vec![entered(stack, process)];
            // After a lost race, the next report is early enough.
            let now = self.service.now();
            self.append_pool(&name, &pool, now, kinds).await?;
        }
        Ok(true)
    }

    /// Ends the reports of a process that ends before its apply does: the turn then lasts until the
    /// stack is ready, or its ready timeout has passed.
    ///
    /// # Errors
    /// A ledger error; the turn then ends when the process is silent.
    pub async fn end_turn_reports(
        self,
        stack: &StackName,
        process: &ProcessId,
    ) -> Result<(), ServiceError> {
        self.change_turn(stack, process, |member| match member.reported {
            Seq::NONE => Vec::new(),
            _ => vec![left(stack), entered(stack, process)],
        })
        .await
    }

    /// Gives back the turn of an apply that was interrupted, if it has one.
    ///
    /// # Errors
    /// A ledger error; the turn then ends with the process.
    pub async fn abandon_turn(
        self,
        stack: &StackName,
        process: &ProcessId,
    ) -> Result<(), ServiceError> {
        self.change_turn(stack, process, |_| vec![left(stack)])
            .await
    }

    /// Changes the turn of a process, if it has one.
    async fn change_turn(
        self,
        stack: &StackName,
        process: &ProcessId,
        change: impl Fn(&PoolMember) -> Vec<PoolEventKind>,
    ) -> Result<(), ServiceError> {
        let (name, change) = (PoolName::inits(), &change);
        self.service
            .retry_on_conflict(&name, || async {
                let pool = self.service.ledger.pool(&name).await?;
                let own = pool.member(stack);
                let own = own.filter(|member| member.process.as_ref() == Some(process));
                let kinds = own.map(change).unwrap_or_default();
                if kinds.is_empty() {
                    return Ok(Some(()));
                }
                let now = self.service.now();
                let written = self.append_pool(&name, &pool, now, kinds).await?;
                Ok(written.then_some(()))
            })
            .await
    }

    /// The stacks that are on their way to ready, and those that wait for their turn; `None` if the
    /// policy, which the caller has read, does not limit them. Silent processes of other hosts are
    /// included.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn init_queue(self, policy: &Policy) -> Result<Option<InitQueue>, ServiceError> {
        let Some(limit) = policy.max_concurrent_inits else {
            return Ok(None);
        };
        let ledger = &self.service.ledger;
        let waiting = ledger.pool(&PoolName::waiting_inits()).await?;
        let inits = ledger.pool(&PoolName::inits()).await?;
        let leases = self.members(&inits, None).await?;
        let now = self.service.now();
        let find = |stack: &StackName| leases.get(stack);
        let stale = inits.stale(PoolRule::Init, now, find, has_ended);
        let has_turn = |stack: &StackName| inits.contains(stack) && !stale.contains(&stack);
        Ok(Some(InitQueue {
            limit,
            initialising: queued(&inits, |stack, _| has_turn(stack)),
            waiting: queued(&waiting, |stack, member| {
                !has_ended(stack, member) && !has_turn(stack)
            }),
        }))
    }
}

fn entered(stack: &StackName, process: &ProcessId) -> PoolEventKind {
    PoolEventKind::Entered {
        stack: stack.clone(),
        process: Some(process.clone()),
    }
}

fn left(stack: &StackName) -> PoolEventKind {
    PoolEventKind::Left {
        stack: stack.clone(),
    }
}

/// The members of a pool that pass a filter, in the order in which they entered.
fn queued(pool: &Pool, stays: impl Fn(&StackName, &PoolMember) -> bool) -> Vec<QueuedStack> {
    let members = pool.in_order().into_iter();
    members
        .filter(|(stack, member)| stays(stack, member))
        .map(|(stack, member)| QueuedStack::new(stack, member))
        .collect()
}

/// The result of one attempt to take a turn.
enum Attempt {
    Taken,
    /// Another process was faster: decide again.
    Raced,
    Waits(TurnWait),
}

/// An apply that waits for its turn.
struct Waiter<'a> {
    leases: Leases<'a>,
    stack: &'a StackName,
    process: &'a ProcessId,
    limit: u32,
    since: Timestamp,
    holders: ReportWatch,
    waiters: ReportWatch,
    /// When this process last wrote that it waits.
    reported_at: Option<Instant>,
}

impl Waiter<'_> {
    /// Whether this process takes over the turn that its stack has: another process took it, and
    /// does not run on this host.
    fn takes_over(&self, member: Option<&PoolMember>) -> bool {
        let former = member.and_then(|member| member.process.as_ref());
        let former = former.filter(|former| *former != self.process);
        former.is_some_and(|former| liveness(former) != Liveness::Alive)
    }

    /// Takes the turn if it is this stack's, else enters the queue or stays in it.
    async fn attempt(&mut self) -> Result<Attempt, ServiceError> {
        let (leases, stack) = (self.leases, self.stack);
        let ledger = &leases.service.ledger;
        let waiting = ledger.pool(&PoolName::waiting_inits()).await?;
        let inits = ledger.pool(&PoolName::inits()).await?;
        let found = leases.members(&inits, None).await?;
        let now = leases.service.now();
        self.waiters.look(&waiting);
        self.holders.look(&inits);

        let has_left_turn = |stack: &StackName, member: &PoolMember| {
            // An older jiti does not report: its turn lasts until the ready timeout.
            self.holders
                .has_gone(stack, member, member.reported > Seq::NONE)
        };
        let turnover = Turnover::of(&inits, PoolRule::Init, now, &found, stack, has_left_turn);
        let has_left_queue = |other: &StackName, member: &PoolMember| {
            other != stack && self.waiters.has_gone(other, member, true)
        };
        let queue = InitQueue {
            limit: self.limit,
            initialising: queued(&inits, |other, _| turnover.others.contains(other)),
            waiting: queued(&waiting, |other, member| {
                !turnover.others.contains(other) && !has_left_queue(other, member)
            }),
        };
        let has_place = turnover.is_in && turnover.others.len() < self.limit as usize;
        if has_place && !self.takes_over(inits.member(stack)) {
            return Ok(Attempt::Taken);
        }
        if has_place || queue.is_turn_of(stack) {
            let mut kinds = turnover.kinds;
            if turnover.is_in {
                kinds.push(left(stack));
            }
            kinds.push(entered(stack, self.process));
            let name = PoolName::inits();
            let written = leases.append_pool(&name, &inits, now, kinds).await?;
            return Ok(match written {
                true => Attempt::Taken,
                false => Attempt::Raced,
            });
        }
        let mut kinds = self.departures(&waiting);
        let own = waiting.member(stack);
        if own.is_some_and(|member| has_ended(stack, member)) {
            kinds.push(left(stack));
        }
        let reports = self
            .reported_at
            .is_none_or(|at| at.elapsed() >= REPORT_INTERVAL);
        if reports || own.is_none() {
            kinds.push(entered(stack, self.process));
        }
        let wait = queue.wait_of(stack, self.since, now);
        if !kinds.is_empty() {
            let name = PoolName::waiting_inits();
            if !leases.append_pool(&name, &waiting, now, kinds).await? {
                return Ok(Attempt::Raced);
            }
            self.reported_at = Some(Instant::now());
        }
        Ok(Attempt::Waits(wait))
    }

    /// The events that remove the others in the queue whose processes have gone.
    fn departures(&self, waiting: &Pool) -> Vec<PoolEventKind> {
        let members = waiting.in_order().into_iter();
        members
            .filter(|(other, member)| {
                *other != self.stack && self.waiters.has_gone(other, member, true)
            })
            .map(|(other, _)| left(other))
            .collect()
    }

    /// Leaves the queue, and removes those that have gone: the next apply would have to watch them
    /// again.
    async fn leave(&mut self) -> Result<(), ServiceError> {
        let name = PoolName::waiting_inits();
        let mut pauses = Pauses::short();
        loop {
            let waiting = self.leases.service.ledger.pool(&name).await?;
            self.waiters.look(&waiting);
            let mut kinds = self.departures(&waiting);
            if !waiting.contains(self.stack) {
                return Ok(());
            }
            kinds.push(left(self.stack));
            let now = self.leases.service.now();
            if self.leases.append_pool(&name, &waiting, now, kinds).await? {
                return Ok(());
            }
            pauses.once_more().await;
        }
    }
}

/// What this process has seen of the reports of others.
#[derive(Debug, Default)]
struct ReportWatch {
    /// The last report of each member, and when this process first saw it.
    seen: BTreeMap<StackName, ((Seq, Seq), Instant)>,
    last_look: Option<Instant>,
}

impl ReportWatch {
    fn look(&mut self, pool: &Pool) {
        let now = Instant::now();
        // This process was suspended, or could not read the ledger: it has missed reports.
        if self
            .last_look
            .is_some_and(|last| now - last > REPORT_INTERVAL)
        {
            self.seen.clear();
        }
        self.last_look = Some(now);
        self.seen.retain(|stack, _| pool.contains(stack));
        for (stack, member) in pool.in_order() {
            let report = (member.entered, member.reported);
            match self.seen.get_mut(stack) {
                Some(seen) if seen.0 == report => {}
                Some(seen) => *seen = (report, now),
                None => {
                    self.seen.insert(stack.clone(), (report, now));
                }
            }
        }
    }

    /// Whether the process of a member has ended, or is silent although it should report.
    fn has_gone(&self, stack: &StackName, member: &PoolMember, reports: bool) -> bool {
        let Some(process) = &member.process else {
            return false;
        };
        match liveness(process) {
            Liveness::Dead => true,
            Liveness::Alive => false,
            Liveness::Unknown => {
                let seen = self.seen.get(stack);
                reports && seen.is_some_and(|(_, at)| at.elapsed() >= SILENCE_LIMIT)
            }
        }
    }
}
