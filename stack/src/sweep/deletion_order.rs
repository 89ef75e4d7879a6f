//! The deletion order of a stack's resources: users before what they use. A resource that stays
//! keeps what it uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{DeletionClass, Resource, ResourceId};

/// A step that is possible now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeletionStep {
    /// Remove the references to peers of this resource, which breaks a cycle.
    DetachReferences(ResourceId),
    /// Delete this resource.
    Delete(ResourceId),
}

/// A resource that cannot be deleted because another one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedDeletion {
    /// The blocked resource.
    pub id: ResourceId,
    /// The resource that blocks it.
    pub by: ResourceId,
}

/// The resources that are still to be deleted, and what each waits for. It receives the outcome of
/// each step and returns the steps that became possible. It never releases a resource while
/// something that depends on it may exist.
///
/// ```text
/// instance ──uses──> subnet ──uses──> vpc      instance, then subnet, then vpc
/// group ──owns──> instance                     the group first: it recreates its members
/// a ──loosely──> b ──loosely──> a              both are detached, then deleted
/// role, key, log group                         when everything else is gone or left
/// ```
#[derive(Clone, Debug)]
pub struct DeletionSchedule {
    nodes: Vec<Node>,
    positions: BTreeMap<ResourceId, usize>,
    /// Nodes that wait for nothing, with recreators first.
    ready: BTreeSet<(bool, usize)>,
    /// The number of unsettled nodes that the last ones wait for.
    others: usize,
    /// Something changed since the last search for cycles.
    stale: bool,
    /// Cycles in which no reference can be detached.
    cycles: Vec<Vec<ResourceId>>,
}

#[derive(Clone, Debug)]
struct Node {
    id: ResourceId,
    state: State,
    recreates: bool,
    /// Waits until all other nodes are settled.
    last: bool,
    /// The last ones do not wait for it, because it waits for one of them.
    after_last: bool,
    /// Nodes that must be gone first.
    waits: BTreeSet<usize>,
    /// Nodes that must be gone, or have their references detached, first.
    loosely: BTreeSet<usize>,
    /// Nodes that wait for this one, of each kind.
    keeps: BTreeSet<usize>,
    keeps_loosely: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Loosening,
    Deleting,
    Gone,
    Left,
}

impl DeletionSchedule {
    /// Plans the order of these resources. References to other resources are ignored: they are not
    /// part of this stack, and their own services protect what they use.
    #[must_use]
    pub fn new(resources: &[Resource]) -> Self {
        let mut schedule = Self {
            nodes: resources.iter().map(Node::of).collect(),
            positions: BTreeMap::new(),
            ready: BTreeSet::new(),
            others: 0,
            stale: true,
            cycles: Vec::new(),
        };
        for (index, resource) in resources.iter().enumerate() {
            schedule.positions.insert(resource.id.clone(), index);
        }
        for (index, resource) in resources.iter().enumerate() {
            for used in &resource.uses {
                if let Some(used) = schedule.other(used, index) {
                    let loose = resource.detachable.contains(&schedule.nodes[used].id);
                    schedule.tie(index, used, loose);
                }
            }
        }
        for (index, resource) in resources.iter().enumerate() {
            for container in resource.owner.iter().chain(&resource.part_of) {
                // A resource inside its owner is deleted before it.
                let owner = schedule.other(container, index);
                if let Some(owner) = owner.filter(|owner| !schedule.leads(index, *owner)) {
                    schedule.tie(owner, index, false);
                }
            }
        }
        schedule.find_cycles();
        schedule.mark_last();
        for index in 0..schedule.nodes.len() {
            schedule.consider(index);
        }
        schedule
    }

    /// The steps that have become possible, recreators first. The caller runs each step and reports
    /// its outcome.
    pub fn ready(&mut self) -> Vec<DeletionStep> {
        let mut steps = Vec::new();
        if self.stale {
            self.stale = false;
            for index in self.breaking_points() {
                self.nodes[index].state = State::Loosening;
                steps.push(DeletionStep::DetachReferences(self.nodes[index].id.clone()));
            }
        }
        for (_, index) in std::mem::take(&mut self.ready) {
            self.nodes[index].state = State::Deleting;
            steps.push(DeletionStep::Delete(self.nodes[index].id.clone()));
        }
        steps
    }

    /// Reports that a resource is gone.
    pub fn mark_gone(&mut self, id: &ResourceId) {
        let Some(index) = self.unsettled(id) else {
            return;
        };
        self.settle(index, State::Gone);
        for kept in self.nodes[index].keeps.clone() {
            self.nodes[kept].waits.remove(&index);
            self.consider(kept);
        }
        self.untie(index);
    }

    /// Reports that a resource's references were detached, so what it referenced no longer waits
    /// for it.
    pub fn mark_detached(&mut self, id: &ResourceId) {
        let Some(index) = self.unsettled(id) else {
            return;
        };
        self.nodes[index].state = State::Waiting;
        self.untie(index);
        self.consider(index);
    }

    /// Reports that a resource stays. Returns everything that stays because of it.
    pub fn mark_left(&mut self, id: &ResourceId) -> Vec<BlockedDeletion> {
        let Some(index) = self.unsettled(id) else {
            return Vec::new();
        };
        let mut blocked = Vec::new();
        let mut stays = vec![index];
        self.settle(index, State::Left);
        while let Some(index) = stays.pop() {
            let node = &self.nodes[index];
            let by = node.id.clone();
            let kept: Vec<usize> = node.keeps.union(&node.keeps_loosely).copied().collect();
            for kept in kept {
                if self.nodes[kept].is_settled() {
                    continue;
                }
                self.settle(kept, State::Left);
                blocked.push(BlockedDeletion {
                    id: self.nodes[kept].id.clone(),
                    by: by.clone(),
                });
                stays.push(kept);
            }
        }
        blocked
    }

    /// The cycles that cannot be broken. Their members never become ready, because any order would
    /// be a guess.
    #[must_use]
    pub fn cycles(&self) -> &[Vec<ResourceId>] {
        &self.cycles
    }

    /// The resources that are neither gone nor left.
    #[must_use]
    pub fn remaining(&self) -> Vec<ResourceId> {
        let remaining = self.nodes.iter().filter(|node| !node.is_settled());
        remaining.map(|node| node.id.clone()).collect()
    }

    /// Whether every resource is gone or left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.nodes.iter().all(Node::is_settled)
    }

    fn other(&self, id: &ResourceId, than: usize) -> Option<usize> {
        self.positions
            .get(id)
            .copied()
            .filter(|index| *index != than)
    }

    fn unsettled(&self, id: &ResourceId) -> Option<usize> {
        let index = self.positions.get(id).copied()?;
        (!self.nodes[index].is_settled()).then_some(index)
    }

    /// Makes `used` wait until `user` is gone, or, if `loose`, has its references detached.
    fn tie(&mut self, user: usize, used: usize, loose: bool) {
        if loose {
            self.nodes[user].keeps_loosely.insert(used);
            self.nodes[used].loosely.insert(user);
        } else {
            self.nodes[user].keeps.insert(used);
            self.nodes[used].waits.insert(user);
        }
    }

    fn untie(&mut self, index: usize) {
        for kept in std::mem::take(&mut self.nodes[index].keeps_loosely) {
            self.nodes[kept].loosely.remove(&index);
            self.consider(kept);
        }
        self.stale = true;
    }

    fn settle(&mut self, index: usize, state: State) {
        self.ready.remove(&(!self.nodes[index].recreates, index));
        self.nodes[index].state = state;
        self.stale = true;
        if self.nodes[index].is_other() {
            self.others -= 1;
            if self.others == 0 {
                for last in 0..self.nodes.len() {
                    if self.nodes[last].last {
                        self.consider(last);
                    }
                }
            }
        }
    }

    /// Marks a node as ready if it waits for nothing.
    fn consider(&mut self, index: usize) {
        let node = &self.nodes[index];
        let free = node.waits.is_empty() && node.loosely.is_empty();
        if node.state == State::Waiting && free && (!node.last || self.others == 0) {
            self.ready.insert((!node.recreates, index));
        }
    }

    /// Whether `from` has to be deleted before `to`, directly or indirectly.
    fn leads(&self, from: usize, to: usize) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut next = vec![from];
        while let Some(index) = next.pop() {
            if index == to {
                return true;
            }
            next.extend(
                self.nodes[index]
                    .keeps
                    .iter()
                    .filter(|kept| seen.insert(**kept)),
            );
        }
        false
    }

    fn find_cycles(&mut self) {
        let hard = |index: usize| self.nodes[index].keeps.iter().copied();
        for cycle in cycles(self.nodes.len(), hard) {
            let ids = cycle.iter().map(|index| self.nodes[*index].id.clone());
            self.cycles.push(ids.collect());
        }
    }

    /// Marks the nodes that the last ones must not wait for.
    fn mark_last(&mut self) {
        let last = (0..self.nodes.len()).filter(|index| self.nodes[*index].last);
        let mut next: Vec<usize> = last.collect();
        while let Some(index) = next.pop() {
            let node = &self.nodes[index];
            for kept in node
                .keeps
                .union(&node.keeps_loosely)
                .copied()
                .collect::<Vec<_>>()
            {
                if !std::mem::replace(&mut self.nodes[kept].after_last, true) {
                    next.push(kept);
                }
            }
        }
        self.others = self.nodes.iter().filter(|node| node.is_other()).count();
    }

    /// The nodes whose references break a cycle: members that only other members of the cycle use.
    fn breaking_points(&self) -> Vec<usize> {
        let loose = |node: &Node| node.state == State::Waiting && !node.keeps_loosely.is_empty();
        let kept = |node: &Node| !node.waits.is_empty() || !node.loosely.is_empty();
        if !self.nodes.iter().any(|node| loose(node) && kept(node)) {
            return Vec::new();
        }
        let users = |index: usize| {
            let node = &self.nodes[index];
            node.keeps.iter().chain(&node.keeps_loosely).copied()
        };
        let mut openings = Vec::new();
        for cycle in cycles(self.nodes.len(), users) {
            let members: BTreeSet<usize> = cycle.iter().copied().collect();
            for index in cycle {
                let node = &self.nodes[index];
                let within = |others: &BTreeSet<usize>| others.is_subset(&members);
                let opens = !node.keeps_loosely.is_disjoint(&members);
                if loose(node) && opens && within(&node.waits) && within(&node.loosely) {
                    openings.push(index);
                }
            }
        }
        openings
    }
}

impl Node {
    fn of(resource: &Resource) -> Self {
        Self {
            id: resource.id.clone(),
            state: State::Waiting,
            recreates: resource.recreates,
            last: resource.facts.deletion == DeletionClass::Last,
            after_last: false,
            waits: BTreeSet::new(),
            loosely: BTreeSet::new(),
            keeps: BTreeSet::new(),
            keeps_loosely: BTreeSet::new(),
        }
    }

    fn is_settled(&self) -> bool {
        matches!(self.state, State::Gone | State::Left)
    }

    /// Whether the last ones wait for this node.
    fn is_other(&self) -> bool {
        !self.last && !self.after_last
    }
}

/// The cycles of a graph: its strongly connected components with more than one node.
fn cycles<I>(nodes: usize, next: impl Fn(usize) -> I) -> Vec<Vec<usize>>
where
    I: Iterator<Item = usize>,
{
    let mut walk = Walk {
        place: vec![None; nodes],
        low: vec![0; nodes],
        on_path: vec![false; nodes],
        path: Vec::new(),
        count: 0,
        cycles: Vec::new(),
    };
    for start in 0..nodes {
        if walk.place[start].is_some() {
            continue;
        }
        walk.enter(start);
        let mut stack = vec![(start, next(start))];
        while let Some((index, rest)) = stack.last_mut() {
            let index = *index;
            match rest.next() {
                Some(to) => match walk.place[to] {
                    None => {
                        walk.enter(to);
                        stack.push((to, next(to)));
                    }
                    Some(place) if walk.on_path[to] => walk.low[index] = walk.low[index].min(place),
                    Some(_) => {}
                },
                None => {
                    stack.pop();
                    walk.leave(index);
                    if let Some((above, _)) = stack.last() {
                        walk.low[*above] = walk.low[*above].min(walk.low[index]);
                    }
                }
            }
        }
    }
    walk.cycles
}

/// Tarjan's algorithm without recursion, because chains of references may be long.
struct Walk {
    place: Vec<Option<usize>>,
    low: Vec<usize>,
    on_path: Vec<bool>,
    path: Vec<usize>,
    count: usize,
    cycles: Vec<Vec<usize>>,
}

impl Walk {
    fn enter(&mut self, index: usize) {
        self.place[index] = Some(self.count);
        self.low[index] = self.count;
        self.count += 1;
        self.on_path[index] = true;
        self.path.push(index);
    }

    fn leave(&mut self, index: usize) {
        if self.place[index] != Some(self.low[index]) {
            return;
        }
        let from = self
            .path
            .iter()
            .rposition(|member| *member == index)
            .unwrap_or(0);
        let part = self.path.split_off(from);
        for member in &part {
            self.on_path[*member] = false;
        }
        if part.len() > 1 {
            self.cycles.push(part);
        }
    }
}

#[cfg(test)]
mod tests;
