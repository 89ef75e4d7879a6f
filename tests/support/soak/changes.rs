//! The random commands of a soak.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use stack::random::below;

use super::statements::{addresses, deleted, wrong_about_resources};
use super::{SWEPT_STACKS, Soak, versioned};
use crate::terraform::Root;

const OWNER: &str = "ana@example.com";

/// The types of the resources of a swept stack.
const TYPES: [&str; 5] = [
    "ec2:instance",
    "sqs:queue",
    "sns:topic",
    "ec2:security-group",
    "logs:log-group",
];

impl Soak<'_> {
    /// One random change of a stack that has a root module.
    pub(super) fn change_with_terraform(&self, name: &str) {
        let root = &self.roots[name];
        match below(9) {
            0..=2 => {
                root.write(&versioned(name, below(1000)));
                let arguments = ["apply", "-auto-approve", "-input=false", "-lock-timeout=5s"];
                let mut command = root.command(&arguments);
                if below(8) == 0 {
                    self.shift_clock(&mut command);
                }
                let output = self.run(&mut command);
                // The apply was killed after the registration and before the state was written.
                if output.text().contains("terraform import jiti_stack.this") {
                    self.run(&mut root.command(&[
                        "import",
                        "-input=false",
                        "jiti_stack.this",
                        name,
                    ]));
                }
            }
            3 => {
                self.run(&mut root.command(&["destroy", "-auto-approve", "-input=false"]));
            }
            4 => {
                self.jiti(&["extend", name, "1h"]);
            }
            5 => {
                self.jiti(&["hold", name, "--until", "1h", "--why", "soak"]);
                self.jiti(&["unhold", name]);
            }
            6 => {
                self.jiti(&["touch", name]);
                self.jiti(&["report", "--json"]);
            }
            _ => self.tear_down_and_check(root, name),
        }
    }

    /// Tears a stack down. If that succeeds, nothing is left, and the history says what was
    /// deleted.
    pub(super) fn tear_down_and_check(&self, root: &Root<'_>, name: &str) {
        let before = addresses(root);
        let live = self.row(name).is_some_and(|row| row["phase"] != "gone");
        let output = self.jiti(&["teardown", name, "--yes", "--json"]);
        if !live || output.code != Some(0) {
            return;
        }
        let mut wrong = Vec::new();
        let left = addresses(root);
        if !left.is_empty() {
            wrong.push(format!(
                "the teardown of {name} succeeded, but its state contains {left:?}"
            ));
        }
        if let Some(shown) = self.shown(name) {
            let deleted = deleted(&shown);
            let missing: Vec<_> = before.difference(&deleted).collect();
            if !missing.is_empty() {
                wrong.push(format!(
                    "{name} does not record the deletion of {missing:?}"
                ));
            }
            self.checked.fetch_add(1, Ordering::Relaxed);
        }
        self.report(wrong);
    }

    /// Sweeps a stack. If that succeeds, nothing is left, and the history says what was deleted.
    fn sweep_and_check(&self, name: &str) {
        let arguments = ["teardown", name, "--strategy", "sweep", "--yes", "--json"];
        let output = self.jiti(&arguments);
        let shown = self.shown(name);
        let Some(shown) = shown.filter(|_| output.code == Some(0)) else {
            return;
        };
        let existing = self.existing();
        let created = self.created.lock().unwrap();
        self.report(wrong_about_resources(
            name,
            &shown,
            &created[name],
            &existing,
        ));
        self.checked.fetch_add(1, Ordering::Relaxed);
    }

    /// One random change of a stack whose state is lost: creates its resources if it is gone, and
    /// sweeps it otherwise.
    pub(super) fn change_by_tags(&self) {
        let name = SWEPT_STACKS[below(2) as usize];
        let is_created = self.created.lock().unwrap().contains_key(name);
        match self.row(name) {
            Some(row) if row["phase"] != "gone" => match below(4) {
                0 => return drop(self.jiti(&["sleep", name])),
                1 => return drop(self.jiti(&["wake", name])),
                _ => return self.sweep_and_check(name),
            },
            // The command was killed.
            None if is_created => return,
            _ => {}
        }
        let _disk_has_space = self.disk_use.read().unwrap();
        self.world.lease_begun(name, 1);
        let made = self.world.create(&json!([{
            "name": name, "app": "checkout", "owner": OWNER, "regions": ["eu-west-1", "us-east-1"],
            "types": TYPES, "count": 3, "prefix": format!("{name}-{}", stack::random::bits()),
        }]));
        let ids = made.into_iter().map(|resource| resource.id).collect();
        self.created.lock().unwrap().insert(name, ids);
    }

    pub(super) fn reap(&self) {
        self.jiti(&["reap", "--yes"]);
        std::thread::sleep(Duration::from_secs(2));
    }
}
