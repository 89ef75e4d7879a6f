//! Sends the warnings and alarms of a run to the webhook. If the receiver is down, the run does not
//! fail: the next run sends them.

use stack::service::Service;
use stack::service::notify::{Alarm, DeliveryReport, Notifier};
use stack::{Clock, ProcessId, SystemClock, process};

use super::reporter::Reporter;
use crate::notify::{Webhook, WebhookMessage};

/// Sends notifications to the webhook of the configuration, if there is one.
pub(super) struct WebhookNotifier<'a> {
    service: &'a Service,
    process: ProcessId,
    webhook: Option<Webhook<SystemClock>>,
    reporter: &'a Reporter,
}

impl<'a> WebhookNotifier<'a> {
    /// Reads the webhook from the configuration.
    pub(super) fn new(service: &'a Service, reporter: &'a Reporter) -> Self {
        let address = service.config().notify.webhook.clone();
        let made = address.map(|address| Webhook::new(address, SystemClock));
        let webhook = made.and_then(|made| {
            made.map_err(|error| {
                reporter.note(format!("Warning: the webhook is not usable: {error}"));
            })
            .ok()
        });
        Self {
            service,
            process: process::current(),
            webhook,
            reporter,
        }
    }

    /// The process of the run, as the ledger records it.
    pub(super) fn process(&self) -> &ProcessId {
        &self.process
    }

    /// Sends the warnings that are due.
    pub(super) async fn send_warnings(&self) -> DeliveryReport {
        let Some(webhook) = &self.webhook else {
            return DeliveryReport::default();
        };
        let receiver: &dyn Notifier = webhook;
        self.report_failures(
            self.service
                .notifications()
                .warn(&self.process, receiver)
                .await,
        )
    }

    /// Sends the reason why the run touched nothing.
    pub(super) async fn send_alarm(&self, alarm: &Alarm) -> DeliveryReport {
        let Some(webhook) = &self.webhook else {
            return DeliveryReport::default();
        };
        let delivery = self
            .service
            .notifications()
            .alarm(&self.process, webhook, alarm.clone());
        self.report_failures(delivery.await)
    }

    fn report_failures(
        &self,
        delivery: Result<DeliveryReport, stack::ServiceError>,
    ) -> DeliveryReport {
        match delivery {
            Ok(report) => {
                for (notification, reason) in &report.failed {
                    let message = WebhookMessage::new(notification, SystemClock.now()).summary();
                    self.reporter.note(format!(
                        "Warning: not sent: {message}: {reason}; the next run retries"
                    ));
                }
                report
            }
            Err(error) => {
                self.reporter
                    .note(format!("Warning: cannot send notifications: {error}"));
                DeliveryReport::default()
            }
        }
    }
}
