//! A server for Terraform's http backend: one state, with a lock.

use std::sync::Mutex;

use test_support::http::{Answer, Server};

/// The server. It keeps the state in memory.
pub struct HttpState {
    server: Server,
}

#[derive(Default)]
struct Stored {
    state: Option<Vec<u8>>,
    lock: Option<Vec<u8>>,
}

impl HttpState {
    pub fn start() -> Self {
        let stored = Mutex::new(Stored::default());
        let server = Server::start(move |request| {
            let mut stored = stored.lock().unwrap();
            let body = request.body.clone();
            match request.method.as_str() {
                "GET" => match &stored.state {
                    Some(state) => Answer {
                        status: 200,
                        content_type: "application/json",
                        body: state.clone(),
                    },
                    None => Answer::text(404, ""),
                },
                "POST" => {
                    stored.state = Some(body);
                    Answer::text(200, "")
                }
                "LOCK" => match &stored.lock {
                    Some(held) => Answer {
                        status: 423,
                        content_type: "application/json",
                        body: held.clone(),
                    },
                    None => {
                        stored.lock = Some(body);
                        Answer::text(200, "")
                    }
                },
                "UNLOCK" => {
                    stored.lock = None;
                    Answer::text(200, "")
                }
                _ => Answer::text(405, ""),
            }
        });
        Self { server }
    }

    pub fn url(&self) -> String {
        self.server.url("/state")
    }
}
