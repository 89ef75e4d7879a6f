//! Telling people: warnings as JSON to a webhook that takes Slack's.

mod message;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::StatusCode;
use stack::Clock;
use stack::service::notify::{DeliveryError, Notification, Notifier};

pub(crate) use message::Message;

/// How long one delivery may take. Teardowns do not wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the receiver may take to answer at all.
const CONNECT: Duration = Duration::from_secs(5);

/// How much of a refusal is shown.
const LONGEST_ANSWER: usize = 200;

/// A webhook. Its address is a secret: whoever knows it can write there, so it is in no message.
pub(crate) struct Webhook<C> {
    address: String,
    client: reqwest::Client,
    clock: C,
}

impl<C: Clock> Webhook<C> {
    pub(crate) fn new(address: String, clock: C) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("jiti/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| cause(&error))?;
        Ok(Self {
            address,
            client,
            clock,
        })
    }

    async fn post(&self, letter: &Notification) -> Result<(), DeliveryError> {
        let message = Message::of(letter, self.clock.now());
        let body = serde_json::to_vec(&message).map_err(|error| DeliveryError {
            reason: format!("it could not be written as JSON: {error}"),
            is_down: false,
        })?;
        let request = self
            .client
            .post(&self.address)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body);
        let answer = request.send().await.map_err(|error| DeliveryError {
            reason: unanswered(&error),
            is_down: true,
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = answer.text().await.unwrap_or_default();
        let said: String = said.trim().chars().take(LONGEST_ANSWER).collect();
        let said = if said.is_empty() {
            said
        } else {
            format!(" and said {said:?}")
        };
        Err(DeliveryError {
            reason: format!("the webhook answered {status}{said}"),
            is_down: !is_about_the_message(status),
        })
    }
}

impl<C: Clock> Notifier for Webhook<C> {
    fn deliver<'a>(
        &'a self,
        letter: &'a Notification,
    ) -> Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>> {
        Box::pin(self.post(letter))
    }
}

/// Whether another message may fare better.
fn is_about_the_message(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

fn unanswered(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("the webhook did not answer within {} s", PATIENCE.as_secs());
    }
    format!("the webhook did not answer: {}", cause(error))
}

/// The last of an error's causes: it says what happened, and not the address.
fn cause(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return if error.is_builder() {
            "its address or the machine's certificates cannot be used".to_owned()
        } else {
            "the connection failed".to_owned()
        };
    };
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
