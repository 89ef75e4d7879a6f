//! Reading: one lease, the list, and everything about one stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cloud::Resource;
use crate::inventory::TaggedStack;
use crate::lease::{Event, Lease};
use crate::ledger::{LeaseList, Scope, UnreadableStack};
use crate::listing::{ListedResource, Listing};
use crate::policy::Policy;
use crate::reaper::ReaperStatus;
use crate::service::{Leases, Service, ServiceError};
use crate::values::id::{AppName, Owner, Seq, StackName};
use crate::view::{CloudView, View};

/// A stack with its history and its resources.
#[derive(Clone, Debug)]
pub struct StackDetails {
    /// As it is listed.
    pub listing: Listing,
    /// The lease; `None` when only tags name the stack.
    pub lease: Option<Lease>,
    /// Everything that happened, in order, earlier leases of the name included.
    pub events: Vec<Event>,
    /// The resources that carry its tags, as last described; by id.
    pub resources: Vec<ListedResource>,
}

/// The stacks of a scope.
#[derive(Debug)]
pub struct StackListing {
    /// The stacks, by name.
    pub stacks: Vec<Listing>,
    /// The stacks that cannot be read, because one of their records is damaged, by name.
    pub unreadable: Vec<UnreadableStack>,
    /// What they were read against.
    pub view: View,
}

/// Selects a stack where several have the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackSelector {
    /// The stack of this app.
    pub app: Option<AppName>,
    /// The stack of this owner.
    pub owner: Option<Owner>,
}

impl StackSelector {
    fn matches(&self, listing: &Listing) -> bool {
        self.app.as_ref().is_none_or(|app| *app == listing.app)
            && self
                .owner
                .as_ref()
                .is_none_or(|owner| *owner == listing.owner)
    }
}

impl Leases<'_> {
    /// The lease of a stack, also when it is gone; `None` when the name never had one.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn lease(self, stack: &StackName) -> Result<Option<Lease>, ServiceError> {
        Ok(self.service.ledger.lease(stack).await?)
    }

    /// All stacks in a scope as they are now, by name, including those that only tags name.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn listing(self, scope: Scope) -> Result<Vec<Listing>, ServiceError> {
        Ok(self.listing_with_view(scope).await?.stacks)
    }

    /// All stacks in a scope, those that cannot be read, and the view that they were read against.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn listing_with_view(self, scope: Scope) -> Result<StackListing, ServiceError> {
        let LeaseList { leases, unreadable } = self.service.ledger.list_leases(scope).await?;
        let view = self.view().await?;
        let mut stacks: Vec<Listing> = leases
            .iter()
            .map(|lease| Listing::new(lease, &view))
            .collect();
        if let Some(cloud) = &view.cloud {
            let unleased = self.unleased(cloud, &leases).await?.into_iter();
            stacks.extend(unleased.map(|tags| Listing::unleased(tags, cloud, &view)));
            // The sort keeps the order of those of one name: the leased one comes first.
            stacks.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(StackListing {
            stacks,
            unreadable,
            view,
        })
    }

    /// Everything that is known about one stack, also when it is gone.
    ///
    /// A live lease comes first, then a stack that only tags name, then a lease that is gone.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`] when nothing of that name is known, [`ServiceError::Several`] when
    /// several stacks without a lease have it; else a ledger error.
    pub async fn show(self, stack: &StackName) -> Result<StackDetails, ServiceError> {
        self.show_one_of(stack, &StackSelector::default()).await
    }

    /// Everything that is known about one stack, where app or owner select among several of one
    /// name.
    ///
    /// # Errors
    /// As [`Leases::show`].
    pub async fn show_one_of(
        self,
        stack: &StackName,
        selector: &StackSelector,
    ) -> Result<StackDetails, ServiceError> {
        let lease = self.service.ledger.lease(stack).await?;
        let view = self.view().await?;
        let leased = lease.map(|lease| (Listing::new(&lease, &view), lease));
        let leased = leased.filter(|(listing, _)| selector.matches(listing));
        if leased.as_ref().is_none_or(|(_, lease)| !lease.is_live())
            && let Some(shown) = self.show_unleased(stack, selector, &view).await?
        {
            return Ok(shown);
        }
        let (listing, lease) = leased.ok_or_else(|| self.service.unknown(stack))?;
        let events = self.service.ledger.events(stack, Seq::NONE).await?;
        let cloud = view.cloud.as_ref();
        let resources = cloud.map(|cloud| listed(&cloud.resources(&lease), cloud));
        Ok(StackDetails {
            listing,
            lease: Some(lease),
            events,
            resources: resources.unwrap_or_default(),
        })
    }

    /// A stack as it is listed after a change of it. Unlike [`Leases::show`], this reads no lease
    /// of another stack, which the credentials of a stack that changes itself may not read.
    ///
    /// # Errors
    /// As [`Leases::show`].
    pub async fn listed(self, stack: &StackName) -> Result<Listing, ServiceError> {
        let lease = self.service.ledger.lease(stack).await?;
        match lease.filter(Lease::is_live) {
            Some(lease) => Ok(Listing::new(&lease, &self.view_of_one().await?)),
            None => Ok(self.show(stack).await?.listing),
        }
    }

    /// The stacks that only tags name, given the leases that are known: at least the live ones. A
    /// stack that was last seen before its lease ended is none: it was deleted, and no later scan
    /// is known, for example because the disk was full. A user who forgets a lease deletes nothing.
    async fn unleased<'c>(
        self,
        cloud: &'c CloudView,
        leases: &[Lease],
    ) -> Result<Vec<&'c TaggedStack>, ServiceError> {
        let by_name: BTreeMap<&str, &Lease> = leases
            .iter()
            .map(|lease| (lease.name.as_str(), lease))
            .collect();
        let mut unleased = Vec::new();
        for tags in cloud.unleased(leases) {
            let lease = match (by_name.get(tags.name.as_str()), tags.name.parse()) {
                (Some(lease), _) => Some((*lease).clone()),
                (None, Ok(name)) => self.service.ledger.lease(&name).await?,
                (None, Err(_)) => None,
            };
            let ended = lease.filter(|lease| !lease.is_live() && !lease.forgotten);
            let ended = ended.filter(|lease| tags.is_of(lease));
            let exists = ended.is_none_or(|lease| {
                let mut resources = cloud.tagged(tags).into_iter();
                resources.any(|one| cloud.seen_after(one, lease.phase_since))
            });
            if exists {
                unleased.push(tags);
            }
        }
        Ok(unleased)
    }

    async fn show_unleased(
        self,
        stack: &StackName,
        selector: &StackSelector,
        view: &View,
    ) -> Result<Option<StackDetails>, ServiceError> {
        let Some(cloud) = &view.cloud else {
            return Ok(None);
        };
        let leases = self.service.ledger.leases(Scope::Live).await?;
        let unleased = self.unleased(cloud, &leases).await?.into_iter();
        let listed_as = unleased.map(|tags| (tags, Listing::unleased(tags, cloud, view)));
        let fits = |listing: &Listing| listing.name == *stack && selector.matches(listing);
        let mut fitting: Vec<_> = listed_as.filter(|(_, listing)| fits(listing)).collect();
        let Some((tags, listing)) = fitting.pop() else {
            return Ok(None);
        };
        if !fitting.is_empty() {
            let all = fitting.into_iter().chain([(tags, listing)]);
            let about = |(_, listing): (_, Listing)| {
                let account = listing.accounts.join(", ");
                format!(
                    "app {}, owner {}, account {account}",
                    listing.app, listing.owner
                )
            };
            return Err(ServiceError::Several {
                stack: stack.clone(),
                stacks: all.map(about).collect(),
            });
        }
        Ok(Some(StackDetails {
            resources: listed(&cloud.tagged(tags), cloud),
            listing,
            lease: None,
            events: Vec::new(),
        }))
    }

    /// The view that leases are read against now.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn view(self) -> Result<View, ServiceError> {
        let view = self.view_of_one().await?;
        let queue = self.init_queue(&view.policy).await?;
        Ok(view.with_init_queue(queue))
    }

    /// The view without the queue of inits, whose members are other stacks.
    async fn view_of_one(self) -> Result<View, ServiceError> {
        let reaper = self.service.ledger.reaper().await?;
        let policy = (*self.service.policy().await?).clone();
        let cloud = self.service.cloud().cloud_view().await?;
        Ok(self.service.view_of(policy, reaper, cloud))
    }
}

impl Service {
    /// What a lease is read against now, by this policy.
    pub(in crate::service) fn view_of(
        &self,
        policy: Policy,
        reaper: ReaperStatus,
        cloud: Option<Arc<CloudView>>,
    ) -> View {
        let grace = self.config.check.noncompliance.grace(&policy);
        let view = View::new(self.now(), policy, reaper).with_noncompliance_grace(grace);
        match cloud {
            Some(cloud) => view.with_cloud(cloud),
            None => view,
        }
    }
}

fn listed(resources: &[&Resource], cloud: &CloudView) -> Vec<ListedResource> {
    let mut listed: Vec<_> = resources
        .iter()
        .map(|resource| ListedResource::new(resource, cloud))
        .collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    listed
}
