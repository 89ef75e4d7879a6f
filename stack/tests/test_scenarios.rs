//! Scenarios as data: each file in `scenarios/` is a stack's life in steps, with expectations for
//! each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use stack::due::due;
use stack::idle::{Activity, Evidence};
use stack::lease::{Event, EventKind, Registration};
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::testing::{actor, new_event, registration, stack_name};
use stack::{Config, Lease, Listing, ReaperStatus, RunId, Seq, Span, View};

/// A scenario. `[registration]` and `[config]` contain only the differences from the fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// The sentence that the scenario verifies.
    holds: String,
    #[serde(default)]
    registration: Terms,
    /// The text of a config file.
    #[serde(default)]
    config: String,
    step: Vec<Step>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    ttl: Option<String>,
    ready_timeout: Option<Span>,
    idle_after: Option<Span>,
    hourly_cost: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at: Timestamp,
    /// An event in its JSON form. `requested` contains the scenario's registration.
    event: Option<toml::Table>,
    /// Extends by this much, as far as the policy allows.
    extend: Option<Span>,
    /// Holds until this time, as far as the policy allows.
    hold: Option<Timestamp>,
    /// The reaper runs.
    #[serde(default)]
    reaper: bool,
    /// A measurement with a threshold of 5, unchanged since then.
    observed: Option<Measurement>,
    /// A part of the expected refusal.
    refused: Option<String>,
    /// Expected fields of the listing by path, where "null" means null. And `due`: the cause.
    #[serde(default)]
    expect: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measurement {
    value: Option<f64>,
    quiet_since: Option<Timestamp>,
}

/// The state of a running scenario.
struct World {
    registration: Registration,
    config: Config,
    events: Vec<Event>,
    reaper: ReaperStatus,
    observed: Activity,
}

/// Every scenario in the folder passes.
#[test]
fn every_scenario_passes() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    assert!(files.len() >= 10, "found only {} scenarios", files.len());
    for file in files {
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file).expect(&name);
        let scenario: Scenario =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: usize = scenario.step.iter().map(|step| step.expect.len()).sum();
        assert!(expected > 0, "{name} expects nothing");
        run_scenario(&name, &scenario);
    }
}

/// A scenario with a wrong expectation fails, which shows that the expectations are checked.
#[test]
#[should_panic(expected = "phase")]
fn a_wrong_expectation_fails() {
    let text = r#"
holds = "nothing"
[[step]]
at = "2026-03-02T12:00:00Z"
event.kind = "requested"
expect.phase = "asleep"
"#;
    run_scenario("wrong", &toml::from_str(text).expect("a scenario"));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn run_scenario(name: &str, scenario: &Scenario) {
    let mut world = World {
        registration: register(scenario),
        config: Config::parse(&scenario.config, Path::new(name)).expect(name),
        events: Vec::new(),
        reaper: ReaperStatus::default(),
        observed: Activity::default(),
    };
    world.registration.policy = world.config.policy.clone();
    for step in &scenario.step {
        let context = format!("{name} at {} ({})", step.at, scenario.holds);
        match (world.act(step), &step.refused) {
            (Ok(()), None) => {}
            (Err(refusal), Some(says)) => {
                assert!(
                    refusal.contains(says.as_str()),
                    "{context}: refused with: {refusal}"
                );
            }
            (Ok(()), Some(says)) => panic!("{context}: was not refused with: {says}"),
            (Err(refusal), None) => panic!("{context}: refused with: {refusal}"),
        }
        world.check(step, &context);
    }
}

fn register(scenario: &Scenario) -> Registration {
    let mut registration = registration();
    let Terms {
        ttl,
        ready_timeout,
        idle_after,
        hourly_cost,
    } = &scenario.registration;
    if let Some(ttl) = ttl {
        registration.terms.ttl = ttl.parse().expect(ttl);
    }
    registration.terms.ready_timeout = *ready_timeout;
    registration.terms.idle_after = *idle_after;
    registration.terms.hourly_cost = hourly_cost.as_ref().map(|rate| rate.parse().expect(rate));
    registration
}

impl World {
    fn lease(&self) -> Lease {
        Lease::fold(None, &self.events)
            .expect("a legal history")
            .expect("a lease")
    }

    fn act(&mut self, step: &Step) -> Result<(), String> {
        if let Some(Measurement { value, quiet_since }) = &step.observed {
            let (signal, window) = ("cpu".to_owned(), Span::minutes(60));
            let evidence = vec![Evidence {
                signal,
                value: *value,
                threshold: 5.0,
                unit: None,
                window,
            }];
            self.observed = Activity {
                evidence,
                quiet_since: *quiet_since,
            };
        }
        if step.reaper {
            let (run, interval) = (RunId::random(), self.config.reaper.interval);
            let kind = ReaperEventKind::RunStarted {
                run,
                interval,
                host: "h".to_owned(),
                pid: 1,
                budgets: Vec::new(),
            };
            let seq = self.reaper.last_seq.next();
            let event = ReaperEvent {
                seq,
                at: step.at,
                actor: actor(),
                kind,
            };
            self.reaper = std::mem::take(&mut self.reaper).apply(&event);
        }
        let policy = &self.config.policy;
        let mut kinds = Vec::new();
        if let Some(fields) = &step.event {
            let mut fields = serde_json::to_value(fields).expect("JSON");
            if fields["kind"] == "requested" {
                fields["registration"] = serde_json::to_value(&self.registration).expect("JSON");
            }
            let kind: EventKind = serde_json::from_value(fields).map_err(|e| e.to_string())?;
            assert!(
                !matches!(kind, EventKind::Unknown(_)),
                "unknown event kind: {}",
                kind.name()
            );
            kinds.push(kind);
        }
        if let Some(by) = step.extend {
            let until = policy
                .extend(&self.lease(), by, step.at)
                .map_err(|e| e.to_string())?;
            kinds.push(EventKind::Extended { by, until });
        }
        if let Some(until) = step.hold {
            let until = policy.hold(until, step.at).map_err(|e| e.to_string())?;
            kinds.push(EventKind::Held {
                until,
                why: "a demo".to_owned(),
            });
        }
        for kind in kinds {
            let seq = Seq(self.events.len() as u64 + 1);
            let event = new_event(step.at, kind).into_event(stack_name("checkout-1"), seq);
            let mut events = self.events.clone();
            events.push(event);
            Lease::fold(None, &events).map_err(|illegal| illegal.to_string())?;
            self.events = events;
        }
        Ok(())
    }

    fn check(&self, step: &Step, context: &str) {
        let lease = self.lease();
        let view = View::new(step.at, self.config.policy.clone(), self.reaper.clone());
        let listing = Listing::observed(&lease, &self.observed, &view);
        let mut seen = serde_json::to_value(listing).expect("JSON");
        let causes = due([(&lease, &self.observed)], &view);
        let cause = causes.first().map(|due| due.deadline.cause);
        seen["due"] = serde_json::to_value(cause).expect("JSON");
        for (path, expected) in &step.expect {
            let pointer = format!("/{}", path.replace('.', "/"));
            let found = seen.pointer(&pointer);
            let found = found.unwrap_or_else(|| panic!("{context}: the listing has no {path}"));
            let expected = match expected.as_str() {
                Some("null") => Value::Null,
                _ => serde_json::to_value(expected).expect("JSON"),
            };
            assert_eq!(*found, expected, "{context}: {path}");
        }
    }
}
