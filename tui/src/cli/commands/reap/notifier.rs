//! Telling people by the webhook: what is owed to them, and why a run touched nothing. A receiver that is down is no
//! failure of the run: it is tried again with the next.

use stack::service::Service;
use stack::service::notify::{Alarm, DeliveryReport, Notifier};
use stack::{Clock, ProcessId, SystemClock, process};

use super::reporter::Speaker;
use crate::notify::{Webhook, WebhookMessage};

/// Whoever can be told.
pub(super) struct Teller<'a> {
    service: &'a Service,
    process: ProcessId,
    webhook: Option<Webhook<SystemClock>>,
    speaker: &'a Speaker,
}

impl<'a> Teller<'a> {
    /// By the webhook of the configuration, where there is one.
    pub(super) fn new(service: &'a Service, speaker: &'a Speaker) -> Self {
        let address = service.config().notify.webhook.clone();
        let made = address.map(|address| Webhook::new(address, SystemClock));
        let webhook = made.and_then(|made| {
            made.map_err(|error| {
                speaker.aside(format!(
                    "Warning: nobody can be told by the webhook: {error}"
                ));
            })
            .ok()
        });
        Self {
            service,
            process: process::current(),
            webhook,
            speaker,
        }
    }

    /// Who carries out the run, as the ledger records it.
    pub(super) fn process(&self) -> &ProcessId {
        &self.process
    }

    /// Delivers what is owed.
    pub(super) async fn warned(&self) -> DeliveryReport {
        let Some(webhook) = &self.webhook else {
            return DeliveryReport::default();
        };
        let receiver: &dyn Notifier = webhook;
        self.heard(self.service.warn(&self.process, receiver).await)
    }

    /// Tells why nothing was touched.
    pub(super) async fn alarmed(&self, alarm: &Alarm) -> DeliveryReport {
        let Some(webhook) = &self.webhook else {
            return DeliveryReport::default();
        };
        let told = self.service.alarm(&self.process, webhook, alarm.clone());
        self.heard(told.await)
    }

    fn heard(&self, told: Result<DeliveryReport, stack::ServiceError>) -> DeliveryReport {
        match told {
            Ok(told) => {
                for (letter, reason) in &told.failed {
                    let what = WebhookMessage::new(letter, SystemClock.now()).summary();
                    self.speaker.aside(format!(
                        "Warning: nobody was told that {what}: {reason}; the next run tries again"
                    ));
                }
                told
            }
            Err(error) => {
                self.speaker
                    .aside(format!("Warning: warnings were not delivered: {error}"));
                DeliveryReport::default()
            }
        }
    }
}
