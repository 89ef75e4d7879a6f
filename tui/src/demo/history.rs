//! The history of the demo: stacks of the last month that are gone. Each app has its own habits, so
//! that the report has something to say: one is used all day, one rarely, and one has a version
//! that starts slower than the one before.

use jiff::Timestamp;
use stack::init::PhaseBoundary;
use stack::lease::Strategy;
use stack::{Actor, EventKind, NameError, RunId, Source, Span, StackName};

use super::{DemoStack, Dice, EventBuilder, OWNERS, before, registration};

/// How far back the history goes.
const DAYS: u64 = 30;

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
const MINUTE: u64 = 60;

/// How an app is used, in seconds and percent.
struct Habits {
    app: &'static str,
    /// In cents per hour.
    rate: u64,
    /// How many stacks are made on a working day.
    stacks_per_day: u64,
    /// How often a stack is used.
    uses: u64,
    /// The usual gap between two uses.
    gap: u64,
    /// The phases of a start: name, class and usual time.
    phases: &'static [(&'static str, &'static str, u64)],
    /// Of a hundred starts, how many are never ready.
    failures: u64,
    /// Whether the stacks sleep over night.
    sleeps: bool,
}

const HABITS: [Habits; 6] = [
    Habits {
        app: "checkout",
        rate: 84,
        stacks_per_day: 3,
        uses: 4,
        gap: 2 * HOUR,
        phases: &[
            ("create network", "network", 70),
            ("restore snapshot", "data", 95),
            ("image scan", "security", 260),
            ("warm caches", "app", 31),
        ],
        failures: 4,
        sleeps: false,
    },
    Habits {
        app: "search",
        rate: 126,
        stacks_per_day: 2,
        uses: 9,
        gap: 25 * MINUTE,
        phases: &[
            ("create network", "network", 60),
            ("build index", "data", 420),
            ("join mesh", "network", 18),
        ],
        failures: 9,
        sleeps: false,
    },
    Habits {
        app: "reports",
        rate: 42,
        stacks_per_day: 1,
        uses: 3,
        gap: 9 * HOUR,
        phases: &[
            ("create database", "data", 310),
            ("fetch licence", "security", 24),
        ],
        failures: 14,
        sleeps: true,
    },
    Habits {
        app: "billing",
        rate: 64,
        stacks_per_day: 1,
        uses: 5,
        gap: 90 * MINUTE,
        phases: &[
            ("issue certificates", "security", 150),
            ("migrate schema", "data", 40),
            ("smoke tests", "app", 55),
        ],
        failures: 3,
        sleeps: false,
    },
    Habits {
        app: "auth",
        rate: 31,
        stacks_per_day: 1,
        uses: 6,
        gap: 40 * MINUTE,
        phases: &[
            ("rotate secrets", "security", 45),
            ("warm caches", "app", 20),
        ],
        failures: 2,
        sleeps: false,
    },
    Habits {
        app: "media",
        rate: 210,
        stacks_per_day: 1,
        uses: 2,
        gap: 6 * HOUR,
        phases: &[
            ("create network", "network", 65),
            ("copy samples", "data", 540),
        ],
        failures: 6,
        sleeps: true,
    },
];

/// The app whose latest version scans its images for longer than the one before.
const SLOWER_APP: &str = "checkout";

/// The events of every stack of the last month that is gone. They are the same at every call.
pub(super) fn events(now: Timestamp) -> Vec<DemoStack> {
    let mut stacks = Vec::new();
    for habits in &HABITS {
        let mut dice = Dice::seeded_by(habits.app);
        let mut number = 0;
        // A stack of yesterday has certainly ended.
        for day in (2..=DAYS).rev() {
            // Fewer stacks on two days of seven.
            let count = match day % 7 {
                0 | 1 => habits.stacks_per_day.saturating_sub(1),
                _ => habits.stacks_per_day,
            };
            for _ in 0..count {
                number += 1;
                stacks.extend(stack(&mut dice, now, habits, day, number).ok());
            }
        }
    }
    stacks
}

fn stack(
    dice: &mut Dice,
    now: Timestamp,
    habits: &Habits,
    day: u64,
    number: u64,
) -> Result<DemoStack, NameError> {
    let name = StackName::new(format!("{}-pr-{number}", habits.app))?;
    let owner = dice.pick(&OWNERS).unwrap_or("ana@example.com");
    let ttl = Span::minutes(36 * 60);
    let mut registration = registration(dice, habits.app, owner, ttl, true)?;
    // A new version every eight days.
    let release = (DAYS - day) / 8;
    registration.version = format!("1.{release}.0").parse()?;
    // Measured, so that it falls while the stack sleeps.
    registration.terms.hourly_cost = None;
    let mut history = StackHistory {
        builder: EventBuilder {
            began: before(now, day * DAY - dice.roll(9 * HOUR)),
            events: Vec::new(),
        },
        second: 0,
        scan_factor: if habits.app == SLOWER_APP && release == (DAYS - 2) / 8 {
            2
        } else {
            1
        },
    };
    history.add(EventKind::Requested {
        registration: Box::new(registration),
    });
    history.pass(2);
    history.add(EventKind::Recorded { origin: None });
    history.rate(habits.rate * 100);
    let fate = dice.roll(100);
    if history.start(dice, habits, fate < habits.failures) {
        history.uses(dice, habits);
        history.end(dice);
    } else {
        history.give_up(dice);
    }
    Ok((name, history.builder.events))
}

/// The events of one stack, up to a second of its life.
struct StackHistory {
    builder: EventBuilder,
    second: u64,
    /// How much longer than usual an image scan takes.
    scan_factor: u64,
}

impl StackHistory {
    fn pass(&mut self, seconds: u64) {
        self.second += seconds;
    }

    fn add(&mut self, kind: EventKind) {
        self.builder.event(self.second, kind);
    }

    /// Measures a rate, in hundredths of a cent per hour.
    fn rate(&mut self, rate: u64) {
        let rate = format!("{}.{:04}", rate / 10_000, rate % 10_000);
        self.add(EventKind::Rated {
            hourly_usd: rate.parse().ok(),
            hourly_source: "list 2026-01-01".to_owned(),
            unpriced: Vec::new(),
            at_least: Vec::new(),
            accrued: Vec::new(),
            created: Vec::new(),
        });
    }

    /// Starts the stack. Returns whether it became ready.
    fn start(&mut self, dice: &mut Dice, habits: &Habits, fails: bool) -> bool {
        self.pass(50 + dice.roll(40));
        self.add(EventKind::Provisioned);
        let stuck = fails.then(|| dice.roll(u64::try_from(habits.phases.len()).unwrap_or(1)));
        for (index, (phase, class, usual)) in (0..).zip(habits.phases) {
            let mark = |state| EventKind::PhaseMarked {
                phase: (*phase).to_owned(),
                class: Some((*class).to_owned()),
                state,
                reported: None,
            };
            self.add(mark(PhaseBoundary::Start));
            if stuck == Some(index) {
                return false;
            }
            let factor = if *phase == "image scan" {
                self.scan_factor
            } else {
                1
            };
            let usual = usual * factor;
            self.pass(usual * 4 / 5 + dice.roll(usual / 3 + 1));
            self.add(mark(PhaseBoundary::Done));
        }
        self.pass(3 + dice.roll(12));
        self.add(EventKind::CheckPassed {
            check: "http healthz".to_owned(),
        });
        self.add(EventKind::Ready);
        true
    }

    /// Uses the stack a few times. It may sleep before the last use.
    fn uses(&mut self, dice: &mut Dice, habits: &Habits) {
        let uses = 1 + dice.roll(habits.uses * 2);
        for number in 0..uses {
            self.pass(habits.gap / 2 + dice.roll(habits.gap));
            let is_last = number + 1 == uses;
            if habits.sleeps && is_last && uses > 1 {
                self.sleep(dice, habits);
            }
            self.add(EventKind::Activity {
                signal: "requests".to_owned(),
            });
            if self.second > 30 * HOUR {
                break;
            }
        }
        // The time until a user notices that the stack is no longer needed.
        self.pass(habits.gap / 4 + dice.roll(habits.gap));
    }

    fn sleep(&mut self, dice: &mut Dice, habits: &Habits) {
        self.add(EventKind::SleepStarted {
            prior: [].into(),
            until: None,
            operator: None,
        });
        self.pass(40 + dice.roll(30));
        self.add(EventKind::Slept);
        // Only the disks cost something now.
        self.rate(habits.rate);
        self.pass(2 * HOUR + dice.roll(4 * HOUR));
        self.add(EventKind::WakeStarted { operator: None });
        self.rate(habits.rate * 100);
        self.pass(80 + dice.roll(60));
        self.add(EventKind::Woken);
        self.pass(20 + dice.roll(habits.phases.first().map_or(30, |phase| phase.2 / 4 + 1)));
        self.add(EventKind::Ready);
        self.pass(30);
    }

    /// Ends a stack that was used: by Terraform, by a user, or by the reaper.
    fn end(&mut self, dice: &mut Dice) {
        match dice.roll(10) {
            0..6 => self.add(EventKind::Released),
            6..8 => self.tear_down("merged", Source::Dashboard),
            _ => self.tear_down("expiry", Source::Reaper),
        }
    }

    /// Ends a stack that was never ready: the apply failed, or it waits in purgatory for a while.
    fn give_up(&mut self, dice: &mut Dice) {
        if dice.roll(3) == 0 {
            self.pass(3 * MINUTE + dice.roll(5 * MINUTE));
            self.add(EventKind::Released);
        } else {
            self.pass(HOUR + dice.roll(5 * HOUR));
            self.tear_down("purgatory", Source::Reaper);
        }
    }

    fn tear_down(&mut self, why: &str, source: Source) {
        let by = match source {
            Source::Reaper => Actor::from_names("reaper", "runner-1"),
            _ => Actor::from_names("ana", "laptop"),
        };
        self.add(EventKind::TeardownStarted {
            strategy: Strategy::Terraform,
            by: by.clone(),
            why: why.to_owned(),
            run: RunId::random(),
            host: "runner-1".to_owned(),
            pid: 4_711,
        });
        if let Some(event) = self.builder.events.last_mut() {
            (event.actor, event.source) = (by, source);
        }
        self.pass(90);
        self.add(EventKind::Gone);
    }
}

#[cfg(test)]
mod tests {
    use stack::report::{GroupBy, Report, ReportBuilder, ReportInputs};
    use stack::testing::noon;
    use stack::{Seq, economics::Choice};

    use super::*;

    fn report() -> Report {
        let since = before(noon(), DAYS * DAY);
        let mut builder = ReportBuilder::new(since, noon(), GroupBy::App);
        for (name, events) in events(noon()) {
            for (event, seq) in events.into_iter().zip(1..) {
                let event = event.into_event(name.clone(), Seq(seq));
                builder.event(&event).expect("a valid event");
            }
        }
        builder.finish(&ReportInputs::default())
    }

    /// Every event is valid, every stack is gone, and its name is not one of a live demo stack.
    #[test]
    fn every_stack_is_gone() {
        let stacks = events(noon());
        assert!(stacks.len() > 150, "{}", stacks.len());
        for (name, events) in stacks {
            let number: u64 = name.as_str().rsplit('-').next().unwrap().parse().unwrap();
            assert!(number < 100, "{name}");
            assert!(events.is_sorted_by_key(|event| event.at), "{name}");
            assert!(events.iter().all(|event| event.at < noon()), "{name}");
            let events = events.into_iter().zip(1..);
            let events: Vec<_> = events
                .map(|(event, seq)| event.into_event(name.clone(), Seq(seq)))
                .collect();
            let lease = stack::Lease::fold(None, &events).expect("valid events");
            assert!(lease.is_some_and(|lease| !lease.is_live()), "{name}");
        }
    }

    /// The history has something for every chart of the report.
    #[test]
    fn every_chart_has_data() {
        let report = report();
        assert!(report.days.len() >= 28, "{}", report.days.len());
        assert!(report.days.iter().all(|day| day.spent_usd.is_some()));
        let total = &report.total;
        assert!(total.starts.timed_out > 0 && total.starts.failed > 0);
        assert!(total.init.classes.len() >= 4, "{:?}", total.init.classes);
        assert!(total.purgatory_seconds.seconds() > 0);
        assert!(report.starts_by_version.len() > 10);
        assert!(report.savings.is_some());
        let chosen = |choice| {
            report
                .verdicts
                .iter()
                .any(|verdict| verdict.choice == choice)
        };
        assert!(chosen(Some(Choice::Rebuild)) && chosen(Some(Choice::Sleep)) && chosen(None));
        let slower = report.slower.iter().find(|compared| compared.slower);
        assert_eq!(
            slower.map(|compared| compared.app.as_str()),
            Some(SLOWER_APP)
        );
    }
}
