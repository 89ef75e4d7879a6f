//! Delivers notifications to the configured webhook, as JSON that Slack understands.

mod webhook_message;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::StatusCode;
use stack::Clock;
use stack::service::notify::{DeliveryError, Notification, Notifier};
use stack::terraform::Mask;

pub(crate) use webhook_message::WebhookMessage;

use crate::error;

/// The time limit of one delivery. Teardowns do not wait for it.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit of connecting to the receiver.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many bytes of an error response are read. It has room for the characters that are shown, and
/// for white space before them.
const MAX_RESPONSE_BYTES: usize = 16 * 1024;

/// How many characters of an error response are shown.
const MAX_RESPONSE_LENGTH: usize = 200;

/// A webhook. Its address is a secret, because anyone who knows it can post there. So no message
/// contains it.
pub(crate) struct Webhook<C> {
    address: String,
    client: reqwest::Client,
    clock: C,
}

impl<C: Clock> Webhook<C> {
    pub(crate) fn new(address: String, clock: C) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(DELIVERY_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("jiti/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| root_cause(&error))?;
        Ok(Self {
            address,
            client,
            clock,
        })
    }

    async fn post(&self, notification: &Notification) -> Result<(), DeliveryError> {
        let message = WebhookMessage::new(notification, self.clock.now());
        let body = serde_json::to_vec(&message).map_err(|error| DeliveryError {
            reason: format!("the notification is not valid JSON: {error}"),
            is_down: false,
        })?;
        let request = self
            .client
            .post(&self.address)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body);
        let response = request.send().await.map_err(|error| DeliveryError {
            reason: no_answer(&error),
            is_down: true,
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let body = mask_of_address(&self.address).reason(&start_of_body(response).await);
        let body: String = body.chars().take(MAX_RESPONSE_LENGTH).collect();
        let body = if body.is_empty() {
            body
        } else {
            format!(" with {body:?}")
        };
        Err(DeliveryError {
            reason: format!("the webhook answered {status}{body}"),
            is_down: !rejects_only_this_message(status),
        })
    }
}

impl<C: Clock> Notifier for Webhook<C> {
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>> {
        Box::pin(self.post(notification))
    }
}

/// Hides the address, and its parts, because a receiver may repeat them.
fn mask_of_address(address: &str) -> Mask {
    let mut mask = Mask::default();
    mask.hide(address);
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    for part in path.split(['/', '?', '&', '=', '@', '#']).skip(1) {
        mask.hide(part);
    }
    mask
}

/// The start of a response's body. A response may be endless, so the rest is never read.
async fn start_of_body(mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < MAX_RESPONSE_BYTES {
        let Ok(Some(chunk)) = response.chunk().await else {
            break;
        };
        let rest = MAX_RESPONSE_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(rest)]);
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// Whether the receiver rejected this message but may accept others.
fn rejects_only_this_message(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

fn no_answer(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!(
            "the webhook did not answer within {} s",
            DELIVERY_TIMEOUT.as_secs()
        );
    }
    format!("the webhook did not answer: {}", root_cause(error))
}

/// The innermost cause of an error. It says what happened, and never contains the address.
fn root_cause(error: &reqwest::Error) -> String {
    match error::chain(error).skip(1).last() {
        Some(cause) => cause.to_string(),
        None if error.is_builder() => {
            "its address or this machine's certificates are not usable".to_owned()
        }
        None => "the connection failed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
