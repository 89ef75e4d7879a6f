//! Limits that several stacks share: entering a pool exactly, and leaving it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::lease::Lease;
use crate::ledger::Scope;
use crate::pool::{Pool, PoolEvent, PoolEventKind, PoolMember, PoolRule};
use crate::process::{Liveness, liveness};
use crate::service::{Leases, ServiceError};
use crate::values::id::{Owner, PoolName, StackName};

/// The result of an attempt to enter.
enum Entry {
    Entered,
    Full(Vec<StackName>),
}

impl Leases<'_> {
    /// Takes a place among the live stacks of an owner, where the policy counts them.
    pub(super) async fn enter_live(
        self,
        owner: &Owner,
        stack: &StackName,
    ) -> Result<(), ServiceError> {
        let Some(limit) = self.service.policy().await?.max_live_per_owner else {
            return Ok(());
        };
        let pool = PoolName::live(owner);
        match self.enter(&pool, owner, stack, limit).await? {
            Entry::Entered => Ok(()),
            Entry::Full(stacks) => Err(ServiceError::OwnerFull {
                owner: owner.clone(),
                limit,
                stacks,
            }),
        }
    }

    /// Checks whether [`Leases::enter_live`] would succeed now.
    pub(super) async fn check_live(
        self,
        owner: &Owner,
        stack: &StackName,
    ) -> Result<(), ServiceError> {
        let Some(limit) = self.service.policy().await?.max_live_per_owner else {
            return Ok(());
        };
        let pool = self.service.ledger.pool(&PoolName::live(owner)).await?;
        let leases = self.members(&pool, Some(owner)).await?;
        let now = self.service.now();
        let after = Turnover::of(&pool, PoolRule::Live, now, &leases, stack, has_ended);
        if after.others.len() < limit as usize {
            return Ok(());
        }
        Err(ServiceError::OwnerFull {
            owner: owner.clone(),
            limit,
            stacks: after.others.into_iter().collect(),
        })
    }

    async fn enter(
        self,
        name: &PoolName,
        owner: &Owner,
        stack: &StackName,
        limit: u32,
    ) -> Result<Entry, ServiceError> {
        self.service
            .retry_on_conflict(name, || async {
                let pool = self.service.ledger.pool(name).await?;
                // The leases are read after the pool: a stack that enters in between causes a lost
                // race.
                let leases = self.members(&pool, Some(owner)).await?;
                let now = self.service.now();
                let after = Turnover::of(&pool, PoolRule::Live, now, &leases, stack, has_ended);
                if after.others.len() >= limit as usize {
                    return Ok(Some(Entry::Full(after.others.into_iter().collect())));
                }
                if after.is_in {
                    return Ok(Some(Entry::Entered));
                }
                let mut kinds = after.kinds;
                kinds.push(PoolEventKind::Entered {
                    stack: stack.clone(),
                    process: None,
                });
                let written = self.append_pool(name, &pool, now, kinds).await?;
                Ok(written.then_some(Entry::Entered))
            })
            .await
    }

    /// Releases a place. A failure here is harmless: the next stack that needs the place finds that
    /// its holder no longer belongs there.
    pub(super) async fn leave(self, name: &PoolName, stack: &StackName) {
        if let Err(error) = self.try_leave(name, stack).await {
            tracing::debug!(%stack, pool = %name, %error, "a place was not given back");
        }
    }

    /// Gives back a place among an owner's stacks, where the policy counts them.
    pub(super) async fn leave_live(self, owner: &Owner, stack: &StackName) {
        let policy = self.service.policy().await;
        if policy.is_ok_and(|policy| policy.max_live_per_owner.is_some()) {
            self.leave(&PoolName::live(owner), stack).await;
        }
    }

    async fn try_leave(self, name: &PoolName, stack: &StackName) -> Result<(), ServiceError> {
        self.service
            .retry_on_conflict(name, || async {
                let pool = self.service.ledger.pool(name).await?;
                if !pool.contains(stack) {
                    return Ok(Some(()));
                }
                let left = vec![PoolEventKind::Left {
                    stack: stack.clone(),
                }];
                let written = self
                    .append_pool(name, &pool, self.service.now(), left)
                    .await?;
                Ok(written.then_some(()))
            })
            .await
    }

    /// False after a lost race.
    pub(super) async fn append_pool(
        self,
        name: &PoolName,
        pool: &Pool,
        at: Timestamp,
        kinds: Vec<PoolEventKind>,
    ) -> Result<bool, ServiceError> {
        let events = kinds
            .into_iter()
            .map(|kind| PoolEvent {
                seq: pool.last_seq(),
                at,
                actor: self.service.actor.clone(),
                kind,
            })
            .collect();
        match self
            .service
            .ledger
            .append_pool(name, pool.last_seq(), events)
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if error.is_raced() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The leases that decide who is in a pool. For an owner: every live stack of that owner,
    /// including those that began before the limit was set.
    pub(super) async fn members(
        self,
        pool: &Pool,
        owner: Option<&Owner>,
    ) -> Result<BTreeMap<StackName, Lease>, ServiceError> {
        let leases = match owner {
            Some(owner) => {
                let mut leases = self.service.ledger.leases(Scope::Live).await?;
                leases.retain(|lease| lease.owner == *owner);
                leases
            }
            None => {
                let mut leases = Vec::new();
                for (stack, _) in pool.members() {
                    leases.extend(self.service.ledger.lease(stack).await?);
                }
                leases
            }
        };
        Ok(leases
            .into_iter()
            .map(|lease| (lease.name.clone(), lease))
            .collect())
    }
}

/// Whether the process of a place has certainly ended.
pub(super) fn has_ended(_: &StackName, member: &PoolMember) -> bool {
    let process = member.process.as_ref();
    process.is_some_and(|process| liveness(process) == Liveness::Dead)
}

/// The change to a pool when a stack wants to enter it.
pub(super) struct Turnover {
    /// The other members, after the correction.
    pub(super) others: BTreeSet<StackName>,
    /// The stack is in it already, and the pool is as it should be.
    pub(super) is_in: bool,
    /// The correction: stacks that no longer belong leave, stacks that were never counted enter.
    pub(super) kinds: Vec<PoolEventKind>,
}

impl Turnover {
    pub(super) fn of(
        pool: &Pool,
        rule: PoolRule,
        now: Timestamp,
        leases: &BTreeMap<StackName, Lease>,
        stack: &StackName,
        is_dead: impl Fn(&StackName, &PoolMember) -> bool,
    ) -> Self {
        let stale = pool.stale(rule, now, |name| leases.get(name), is_dead);
        let members: BTreeSet<_> = pool.members().map(|(name, _)| name.clone()).collect();
        let mut others = members.clone();
        let mut kinds = Vec::new();
        for name in stale {
            others.remove(name);
            kinds.push(PoolEventKind::Left {
                stack: name.clone(),
            });
        }
        let is_in = others.contains(stack);
        for name in leases.keys() {
            if !members.contains(name) && name != stack {
                others.insert(name.clone());
                kinds.push(PoolEventKind::Entered {
                    stack: name.clone(),
                    process: None,
                });
            }
        }
        others.remove(stack);
        Self {
            others,
            is_in,
            kinds,
        }
    }
}
