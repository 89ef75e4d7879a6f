//! What a soak checks: each statement of the ledger against what exists.

use std::collections::BTreeSet;

use serde_json::Value;
use stack::lease::Lease;
use stack::ledger::Scope;
use stack::{Ledger, Seq, SqliteLedger};

use super::Soak;
use crate::{Root, Sandbox};

impl Soak<'_> {
    /// Every statement of the ledger that is not true.
    pub(super) fn wrong_statements(&self) -> Vec<String> {
        let mut wrong = wrong_histories(&self.world.sandbox);
        let listed = self.world.sandbox.jiti(&["ls", "--all", "--json"]).ok();
        let rows: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
        let existing = self.existing();
        let created = self.created.lock().unwrap();
        for row in &rows {
            let name = row["name"].as_str().unwrap();
            let shown = self.shown(name).expect("`jiti show` succeeds");
            if row["phase"] == "tearing_down" {
                wrong.push(format!(
                    "{name} is tearing_down, but no process works on it"
                ));
            }
            if row["cost"]["spent_usd"]
                .as_str()
                .is_some_and(|usd| usd.starts_with('-'))
            {
                wrong.push(format!("{name} has a negative spend"));
            }
            match self.roots.get(name) {
                Some(root) => wrong.extend(wrong_about_state(root, name, row)),
                None => {
                    let empty = BTreeSet::new();
                    let own = created.get(name).unwrap_or(&empty);
                    wrong.extend(wrong_about_resources(name, &shown, own, &existing));
                    wrong.extend(wrong_about_sleep(name, &shown));
                }
            }
        }
        for (name, own) in created.iter() {
            if !own.is_disjoint(&existing) && !rows.iter().any(|row| row["name"] == *name) {
                wrong.push(format!(
                    "{name} has resources, but the ledger does not list it"
                ));
            }
        }
        wrong
    }
}

/// Histories with a gap, or whose fold is not the stored lease.
fn wrong_histories(sandbox: &Sandbox) -> Vec<String> {
    let ledger = SqliteLedger::read_only(sandbox.ledger());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut wrong = Vec::new();
    for lease in runtime.block_on(ledger.leases(Scope::All)).unwrap() {
        let events = runtime
            .block_on(ledger.events(&lease.name, Seq::NONE))
            .unwrap();
        let mut folded = None;
        for (index, event) in events.iter().enumerate() {
            if event.seq.0 != u64::try_from(index).unwrap() + 1 {
                wrong.push(format!(
                    "{} has a gap before event {}",
                    lease.name, event.seq.0
                ));
            }
            match Lease::apply(folded.take(), event) {
                Ok(next) => folded = Some(next),
                Err(error) => wrong.push(format!("{}: {error}", lease.name)),
            }
        }
        if folded.as_ref().map(|folded| folded.recorded_phase) != Some(lease.recorded_phase) {
            wrong.push(format!(
                "the stored lease of {} differs from its events",
                lease.name
            ));
        }
    }
    wrong
}

/// The addresses in the state of a root module, without the lease: Terraform may have been killed
/// after the provider had ended it.
pub(super) fn addresses(root: &Root<'_>) -> BTreeSet<String> {
    let listed = root.run(&["state", "list"]).stdout;
    let addresses = listed.lines().map(str::to_owned);
    addresses
        .filter(|address| address != "jiti_stack.this")
        .collect()
}

/// The ids that the history of the current lease records as deleted.
pub(super) fn deleted(shown: &Value) -> BTreeSet<String> {
    let events = shown["events"].as_array().unwrap();
    let begun = events
        .iter()
        .rposition(|event| event["kind"] == "requested");
    let events = events[begun.unwrap_or(0)..].iter();
    let deleted = events.filter(|event| event["kind"] == "resource_deleted");
    deleted
        .filter_map(|event| event["id"].as_str().map(str::to_owned))
        .collect()
}

/// What a stack's row says that its Terraform state contradicts.
fn wrong_about_state(root: &Root<'_>, name: &str, row: &Value) -> Vec<String> {
    let resources = addresses(root);
    let mut wrong = Vec::new();
    if row["phase"] == "gone" && !resources.is_empty() {
        wrong.push(format!(
            "{name} is gone, but its state contains {resources:?}"
        ));
    }
    for left in row["residue"].as_array().into_iter().flatten() {
        let id = left["id"].as_str().unwrap_or_default();
        let state = std::fs::read_to_string(root.path("terraform.tfstate")).unwrap_or_default();
        let names_resource = left["type"].as_str().is_some_and(|kind| kind.contains('_'));
        if names_resource && !resources.contains(id) && !state.contains(id) {
            wrong.push(format!(
                "{name} has the residue {id}, which its state does not contain"
            ));
        }
    }
    wrong
}

/// What a stack's history says that the cloud contradicts.
pub(super) fn wrong_about_resources(
    name: &str,
    shown: &Value,
    created: &BTreeSet<String>,
    existing: &BTreeSet<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let ids = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|one| one["id"].as_str().map(str::to_owned))
            .collect()
    };
    let contains = |ids: &BTreeSet<String>, id: &str| ids.iter().any(|one| same(one, id));
    let deleted = deleted(shown);
    let (resources, residue) = (ids(&shown["resources"]), ids(&shown["residue"]));
    for id in created {
        let exists = contains(existing, id);
        if exists && shown["phase"] == "gone" {
            wrong.push(format!("{name} is gone, but {id} exists"));
        }
        if exists && contains(&deleted, id) {
            wrong.push(format!(
                "{name} records that {id} was deleted, but it exists"
            ));
        }
        if exists && !contains(&resources, id) && !contains(&residue, id) {
            wrong.push(format!(
                "{name} shows {id} neither as a resource nor as residue"
            ));
        }
        if !exists && !contains(&deleted, id) {
            wrong.push(format!("{name} does not record who deleted {id}"));
        }
        if !exists && contains(&residue, id) {
            wrong.push(format!("{name} has the residue {id}, which does not exist"));
        }
    }
    wrong
}

/// The machines of a stack that is asleep, which run all the same.
fn wrong_about_sleep(name: &str, shown: &Value) -> Vec<String> {
    let machines = shown["resources"].as_array().into_iter().flatten();
    let running = machines.filter(|machine| {
        let is_machine = machine["type"] == "ec2:instance" && machine["state"] == "running";
        shown["phase"] == "asleep" && is_machine
    });
    let running = running.map(|machine| format!("{name} is asleep, but {} runs", machine["id"]));
    running.collect()
}

/// Whether two ids name one resource: one of them may be the last part of an ARN.
fn same(one: &str, other: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with([':', '/']))
    };
    ends(one, other) || ends(other, one)
}
