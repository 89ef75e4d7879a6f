//! The state of the fake cloud: its resources and its scripted behaviour.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{CloudCall, Repeat};
use crate::cloud::{
    AutomaticStarts, Bill, CloudError, CloudErrorKind, Price, Resource, ResourceId, Unchecked,
};
use crate::idle::Activity;

#[derive(Debug)]
pub(super) struct World {
    pub(super) resources: BTreeMap<ResourceId, Resource>,
    pub(super) calls: Vec<(CloudCall, Option<ResourceId>)>,
    pub(super) refusals: BTreeMap<(CloudCall, ResourceId), (CloudErrorKind, Repeat)>,
    pub(super) panics: BTreeSet<(CloudCall, ResourceId)>,
    /// Slow deletions, with the number of descriptions that each takes.
    pub(super) slow: BTreeMap<ResourceId, u32>,
    /// Deletions in progress, with the number of descriptions left.
    pub(super) going: BTreeMap<ResourceId, u32>,
    pub(super) scheduled: BTreeMap<ResourceId, Timestamp>,
    pub(super) silent: Vec<Unchecked>,
    pub(super) unlisted: BTreeSet<ResourceId>,
    /// Groups that replace a deleted member, with a template of the member.
    pub(super) groups: BTreeMap<ResourceId, Resource>,
    pub(super) made: u32,
    pub(super) enforces: bool,
    /// Calls left before the credentials expire.
    pub(super) calls_left: Option<u64>,
    pub(super) clock: Option<Timestamp>,
    pub(super) activity: BTreeMap<ResourceId, Activity>,
    pub(super) bill: Bill,
    pub(super) prices: Vec<Price>,
    pub(super) starts: AutomaticStarts,
    /// The duration of each call.
    pub(super) latency: std::time::Duration,
    pub(super) under_way: usize,
    pub(super) most_under_way: usize,
}

impl World {
    /// A state with these resources.
    pub(super) fn of(resources: BTreeMap<ResourceId, Resource>) -> Self {
        Self {
            resources,
            calls: Vec::new(),
            refusals: BTreeMap::new(),
            panics: BTreeSet::new(),
            slow: BTreeMap::new(),
            going: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            silent: Vec::new(),
            unlisted: BTreeSet::new(),
            groups: BTreeMap::new(),
            made: 0,
            enforces: true,
            calls_left: None,
            clock: None,
            activity: BTreeMap::new(),
            bill: Bill::default(),
            prices: Vec::new(),
            starts: AutomaticStarts::default(),
            latency: std::time::Duration::ZERO,
            under_way: 0,
            most_under_way: 0,
        }
    }

    /// Checks scripted refusals and panics.
    pub(super) fn admit(&mut self, call: CloudCall, id: &ResourceId) -> Result<(), CloudError> {
        self.has_credentials()?;
        let key = (call, id.clone());
        assert!(!self.panics.contains(&key), "scripted panic");
        let Some((kind, times)) = self.refusals.get_mut(&key) else {
            return Ok(());
        };
        let kind = *kind;
        match times {
            Repeat::Always => {}
            Repeat::Few(0 | 1) => {
                self.refusals.remove(&key);
            }
            Repeat::Few(left) => *left -= 1,
        }
        Err(error(call, Some(id), kind))
    }

    pub(super) fn has_credentials(&mut self) -> Result<(), CloudError> {
        match &mut self.calls_left {
            Some(0) => Err(error(
                CloudCall::Describe,
                None,
                CloudErrorKind::Credentials,
            )),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn silence(&self, resource: &Resource) -> Option<&Unchecked> {
        self.silent.iter().find(|one| {
            one.place == resource.place
                && one.kind.as_ref().is_none_or(|kind| *kind == resource.kind)
        })
    }

    /// A resource that uses this one.
    pub(super) fn user_of(&self, id: &ResourceId) -> Option<&Resource> {
        let mut all = self.resources.values();
        all.find(|other| other.id != *id && other.uses.contains(id))
    }

    /// Completes a deletion. A group that exists replaces a deleted member.
    pub(super) fn vanish(&mut self, id: &ResourceId) {
        self.going.remove(id);
        let Some(resource) = self.resources.remove(id) else {
            return;
        };
        let group = resource
            .owner
            .filter(|owner| self.resources.contains_key(owner) && !self.going.contains_key(owner));
        let member = group.and_then(|group| self.groups.get(&group).cloned());
        if let Some(mut member) = member {
            self.made += 1;
            member.id = ResourceId(format!("{}-{}", member.id, self.made));
            self.resources.insert(member.id.clone(), member);
        }
    }
}

pub(super) fn error(call: CloudCall, id: Option<&ResourceId>, kind: CloudErrorKind) -> CloudError {
    let (code, message) = match kind {
        CloudErrorKind::Gone => ("NotFound", "it does not exist"),
        CloudErrorKind::Wait => ("IncorrectState", "it changes its state"),
        CloudErrorKind::InUse => ("DependencyViolation", "it has a dependent object"),
        CloudErrorKind::Throttled => ("RequestLimitExceeded", "too many calls"),
        CloudErrorKind::Denied => ("UnauthorizedOperation", "not authorized"),
        CloudErrorKind::Credentials => ("ExpiredToken", "the credentials have expired"),
        CloudErrorKind::Protected => ("OperationNotPermitted", "it is protected"),
        CloudErrorKind::Unreachable => ("ServiceUnavailable", "it did not answer in time"),
        CloudErrorKind::Other => ("ValidationError", "invalid request"),
    };
    CloudError {
        service: "fake".to_owned(),
        call: format!("{call:?}"),
        resource: id.map(ToString::to_string),
        code: Some(code.to_owned()),
        message: message.to_owned(),
        kind,
    }
}
