//! A webhook receiver that records its messages, and refuses them on request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::http::{Answer, Server};

/// A receiver of jiti's notifications.
pub struct Receiver {
    server: Server,
    messages: Arc<Mutex<Vec<Value>>>,
    down: Arc<AtomicBool>,
}

impl Receiver {
    /// A receiver that delays each answer by this much.
    pub fn new(delay: Duration) -> Self {
        let messages: Arc<Mutex<Vec<Value>>> = Arc::default();
        let down: Arc<AtomicBool> = Arc::default();
        let (accepted, refuses) = (Arc::clone(&messages), Arc::clone(&down));
        let server = Server::start(move |request| {
            std::thread::sleep(delay);
            if refuses.load(Ordering::SeqCst) {
                return Answer::text(503, "no");
            }
            let message = serde_json::from_slice(&request.body).unwrap();
            accepted.lock().unwrap().push(message);
            Answer::text(200, "ok")
        });
        Self {
            server,
            messages,
            down,
        }
    }

    /// The configuration that names this webhook.
    pub fn config(&self) -> String {
        format!("[notify]\nwebhook = \"{}\"\n", self.server.url("/hook"))
    }

    /// Refuses messages with a 503, or accepts them again.
    pub fn goes_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// `STACK KIND` of every accepted message, sorted.
    pub fn kinds(&self) -> Vec<String> {
        let messages = self.messages();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let mut kinds: Vec<String> = messages
            .iter()
            .map(|message| format!("{} {}", text(&message["stack"]), text(&message["kind"])))
            .collect();
        kinds.sort();
        kinds
    }

    /// The accepted messages, in order.
    pub fn messages(&self) -> Vec<Value> {
        self.messages.lock().unwrap().clone()
    }
}
