//! Each warning reaches its receiver once: after restarts, with concurrent reapers, and after an
//! outage of the receiver.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::config::Config;
use crate::lease::{NewEvent, Source};
use crate::ledger::{Ledger, MemoryLedger};
use crate::process::current as this_process;
use crate::testing::{ManualClock, actor, new_event, noon, registration, stack_name};
use crate::{Seq, StackName};

/// A webhook that records the delivered ids and can be down.
#[derive(Default)]
struct Receiver {
    ids: Mutex<Vec<String>>,
    down: Mutex<bool>,
    refuses_digests: Mutex<bool>,
    tries: Mutex<u32>,
}

impl Receiver {
    fn ids(&self) -> Vec<String> {
        std::mem::take(&mut *self.ids.lock().unwrap())
    }
}

impl Notifier for Receiver {
    fn deliver<'a>(
        &'a self,
        letter: &'a Notification,
    ) -> Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>> {
        Box::pin(async move {
            *self.tries.lock().unwrap() += 1;
            // Long enough for another reaper to run in between.
            tokio::time::sleep(Duration::from_millis(20)).await;
            if *self.down.lock().unwrap() {
                let reason = "connection refused".to_owned();
                let is_down = true;
                return Err(DeliveryError { reason, is_down });
            }
            let id = match letter {
                Notification::Stack(warning) => warning.id(),
                Notification::Digest(_) if *self.refuses_digests.lock().unwrap() => {
                    return Err(DeliveryError {
                        reason: "400 Bad Request".to_owned(),
                        is_down: false,
                    });
                }
                Notification::Digest(warnings) => {
                    let ids = warnings.iter().map(OwnerWarning::id);
                    format!("digest: {}", ids.collect::<Vec<_>>().join(", "))
                }
                Notification::Reaper(alarm) => alarm.key().to_owned(),
            };
            self.ids.lock().unwrap().push(id);
            Ok(())
        })
    }
}

struct World {
    ledger: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
}

impl World {
    /// Three stacks that began at noon and have a TTL of 8 hours.
    async fn new() -> Self {
        let world = Self {
            ledger: Arc::default(),
            clock: Arc::new(ManualClock::at(noon())),
        };
        for name in ["a", "b", "c"] {
            let registration = Box::new(registration());
            let begin = new_event(noon(), EventKind::Requested { registration });
            world.write(name, Seq::NONE, begin).await;
        }
        world
    }

    /// Delivers all due warnings, as one process does.
    async fn warns(&self, receiver: &Receiver) -> DeliveryReport {
        let told = self
            .service()
            .notifications()
            .warn(&this_process(), receiver)
            .await;
        told.unwrap()
    }

    async fn write(&self, name: &str, after: Seq, event: NewEvent) {
        let append = self.ledger.append(&stack_name(name), after, vec![event]);
        append.await.unwrap();
    }

    /// The service of another process, which shares only the ledger.
    fn service(&self) -> Service {
        Service::new(
            Arc::<MemoryLedger>::clone(&self.ledger),
            Arc::<ManualClock>::clone(&self.clock),
            Arc::new(Config::default()),
            actor(),
            Source::Reaper,
        )
    }

    async fn warned(&self, name: &str) -> usize {
        let events = self.ledger.events(&stack_name(name), Seq::NONE).await;
        let events = events.unwrap().into_iter();
        events
            .filter(|event| matches!(event.kind, EventKind::Warned { .. }))
            .count()
    }
}

fn dead_process() -> ProcessId {
    ProcessId {
        started: "long ago".to_owned(),
        ..this_process()
    }
}

const TWO_HOURS: &str = "expiry:2h/2026-03-02T20:00:00Z";

fn about(names: &[&str]) -> Vec<String> {
    names
        .iter()
        .map(|name| format!("{name}/{TWO_HOURS}"))
        .collect()
}

/// A warning is delivered once across restarts, and the stack's history records it.
#[tokio::test(start_paused = true)]
async fn restarts_tell_nothing_twice() {
    let (world, receiver) = (World::new().await, Receiver::default());
    for _ in 0..3 {
        world.warns(&receiver).await;
    }
    assert!(receiver.ids().is_empty());
    world.clock.advance(Span::minutes(6 * 60));
    for _ in 0..3 {
        world.warns(&receiver).await;
    }
    assert_eq!(receiver.ids(), about(&["a", "b", "c"]));
    assert_eq!(world.warned("a").await, 1);
    let status = world.ledger.reaper().await.unwrap();
    assert_eq!(status.delivery_lock, None);
}

/// Of concurrent reapers one delivers, and the others report that it is busy.
#[tokio::test(start_paused = true)]
async fn reapers_at_once_tell_once() {
    let (world, receiver) = (World::new().await, Receiver::default());
    world.clock.advance(Span::minutes(6 * 60));
    let process = this_process();
    let services: Vec<Service> = (0..4).map(|_| world.service()).collect();
    let (a, b, c, d) = tokio::join!(
        services[0].notifications().warn(&process, &receiver),
        services[1].notifications().warn(&process, &receiver),
        services[2].notifications().warn(&process, &receiver),
        services[3].notifications().warn(&process, &receiver),
    );
    let told = [a, b, c, d].map(Result::unwrap);
    assert_eq!(told.iter().filter(|told| told.busy).count(), 3, "{told:?}");
    assert_eq!(receiver.ids(), about(&["a", "b", "c"]));
}

/// A receiver that is down gets one attempt per run, and everything once it is up again.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_was_down_is_tried_again() {
    let (world, receiver) = (World::new().await, Receiver::default());
    world.clock.advance(Span::minutes(6 * 60));
    *receiver.down.lock().unwrap() = true;
    let told = world.warns(&receiver).await;
    assert_eq!((told.delivered.len(), told.failed.len()), (0, 1));
    assert_eq!(*receiver.tries.lock().unwrap(), 1);
    assert_eq!(world.warned("a").await, 0);
    *receiver.down.lock().unwrap() = false;
    world.warns(&receiver).await;
    assert_eq!(receiver.ids(), about(&["a", "b", "c"]));
}

/// The delivery lock of a dead process is taken over at once. That of a live process is taken over
/// after it expires.
#[tokio::test(start_paused = true)]
async fn a_lost_turn_is_taken_over() {
    let (world, receiver) = (World::new().await, Receiver::default());
    world.clock.advance(Span::minutes(6 * 60));
    let service = world.service();
    assert!(
        service
            .notifications()
            .take_lock(&RunId::random(), &dead_process())
            .await
            .unwrap()
    );
    assert!(
        service
            .notifications()
            .take_lock(&RunId::random(), &this_process())
            .await
            .unwrap()
    );
    let told = service
        .notifications()
        .warn(&this_process(), &receiver)
        .await
        .unwrap();
    assert!(told.busy && receiver.ids().is_empty(), "{told:?}");
    world.clock.advance(Span::minutes(5));
    service
        .notifications()
        .warn(&this_process(), &receiver)
        .await
        .unwrap();
    assert_eq!(receiver.ids(), about(&["a", "b", "c"]));
}

/// A process that lost the delivery lock delivers nothing more.
#[tokio::test(start_paused = true)]
async fn a_lost_turn_delivers_nothing() {
    let world = World::new().await;
    let service = world.service();
    let (mine, theirs) = (RunId::random(), RunId::random());
    assert!(
        service
            .notifications()
            .take_lock(&mine, &dead_process())
            .await
            .unwrap()
    );
    assert!(
        service
            .notifications()
            .holds_lock(&mine, noon())
            .await
            .unwrap()
    );
    assert!(
        service
            .notifications()
            .take_lock(&theirs, &this_process())
            .await
            .unwrap()
    );
    assert!(
        !service
            .notifications()
            .holds_lock(&mine, noon())
            .await
            .unwrap()
    );
    assert!(
        service
            .notifications()
            .holds_lock(&theirs, noon())
            .await
            .unwrap()
    );
    world.clock.advance(Span::minutes(2));
    assert!(
        !service
            .notifications()
            .holds_lock(&theirs, noon())
            .await
            .unwrap()
    );
}

/// A warning for an old lease is not recorded for a new lease of the same name.
#[tokio::test(start_paused = true)]
async fn a_new_lease_has_not_been_warned() {
    let (world, receiver) = (World::new().await, Receiver::default());
    world.clock.advance(Span::minutes(6 * 60));
    let service = world.service();
    let survey = service.reaper().survey().await.unwrap();
    let warning = survey.due_warnings(service.config()).swap_remove(0);
    world
        .write("a", Seq(1), new_event(service.now(), EventKind::Released))
        .await;
    let registration = Box::new(registration());
    let begin = EventKind::Requested { registration };
    world
        .write("a", Seq(2), new_event(service.now(), begin))
        .await;
    let letter = Notification::Stack(Box::new(warning));
    service
        .notifications()
        .record_delivery(&letter)
        .await
        .unwrap();
    assert_eq!(world.warned("a").await, 0);
    service
        .notifications()
        .warn(&this_process(), &receiver)
        .await
        .unwrap();
    assert_eq!(receiver.ids(), about(&["b", "c"]));
}

/// An alarm is delivered at most once a day.
#[tokio::test(start_paused = true)]
async fn alarms_come_daily() {
    let (world, receiver) = (World::new().await, Receiver::default());
    let stacks: Vec<StackName> = vec![stack_name("a"), stack_name("b")];
    let alarm = Alarm::TooMany(TooManyDue { stacks, max: 1 });
    let tell = async |minutes| {
        world.clock.advance(Span::minutes(minutes));
        let (service, process, alarm) = (world.service(), this_process(), alarm.clone());
        service
            .notifications()
            .alarm(&process, &receiver, alarm)
            .await
            .unwrap();
        receiver.ids().len()
    };
    assert_eq!(tell(1).await, 1);
    assert_eq!(tell(1).await, 0);
    assert_eq!(tell(23 * 60).await, 0);
    assert_eq!(tell(59).await, 1);
}

/// A clock skew beyond the limit raises one alarm a day. A skew within the limit raises none.
#[tokio::test(start_paused = true)]
async fn a_clock_off_the_clouds_is_told_once_a_day() {
    use crate::inventory::CloudClock;
    let (world, receiver) = (World::new().await, Receiver::default());
    let skew = |minutes: u32| {
        let here = world.service().now();
        let cloud = Span::minutes(minutes).before(here);
        ClockSkew::between(CloudClock { cloud, here })
    };
    assert_eq!(skew(5), None);
    let alarmed = async || {
        let alarm = Alarm::from(skew(6).unwrap());
        let told = world
            .service()
            .notifications()
            .alarm(&this_process(), &receiver, alarm)
            .await;
        told.unwrap().delivered.len()
    };
    assert_eq!((alarmed().await, alarmed().await), (1, 0));
    world.clock.advance(Span::minutes(24 * 60 - 1));
    assert_eq!(alarmed().await, 0);
    world.clock.advance(Span::minutes(1));
    assert_eq!(alarmed().await, 1);
    assert_eq!(receiver.ids(), ["cloud_clock", "cloud_clock"]);
}

/// Many warnings at once, as in the first run with a webhook, are one digest. Each of them is
/// recorded, so none is delivered again. A receiver that refuses the digest gets them one by one.
#[tokio::test(start_paused = true)]
async fn many_warnings_are_one_digest() {
    for refuses in [false, true] {
        let (world, receiver) = (World::new().await, Receiver::default());
        *receiver.refuses_digests.lock().unwrap() = refuses;
        let names: Vec<String> = (0..14).map(|n| format!("more-{n:02}")).collect();
        for name in &names {
            let registration = Box::new(registration());
            let begin = new_event(noon(), EventKind::Requested { registration });
            world.write(name, Seq::NONE, begin).await;
        }
        world.clock.advance(Span::minutes(6 * 60));
        let report = world.warns(&receiver).await;
        let mut all = vec!["a", "b", "c"];
        all.extend(names.iter().map(String::as_str));
        let expected = about(&all);
        if refuses {
            assert_eq!(receiver.ids(), expected);
        } else {
            assert_eq!(receiver.ids(), [format!("digest: {}", expected.join(", "))]);
        }
        assert!(report.failed.is_empty(), "{report:?}");
        for name in &all {
            assert_eq!(world.warned(name).await, 1, "{name}");
        }
        world.warns(&receiver).await;
        assert_eq!(receiver.ids(), [""; 0]);
    }
}
