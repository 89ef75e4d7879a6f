//! A proxy in front of a DynamoDB test server that misbehaves as DynamoDB may: it loses answers,
//! delays, throttles, and cancels transactions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::proxy::http::{Answer, Request, Upstream};
use crate::proxy::server::{Answers, ProxyServer};

/// How many of 1,000 requests meet each fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultRates {
    /// The server handles the request, and the client gets no answer.
    pub lost: u64,
    /// The server is slow.
    pub delayed: u64,
    /// The server refuses the request because there are too many.
    pub throttled: u64,
    /// Another transaction holds an item.
    pub cancelled: u64,
}

impl FaultRates {
    /// One lost answer in ten, and the other faults about as often.
    pub const MANY: Self = Self {
        lost: 100,
        delayed: 80,
        throttled: 60,
        cancelled: 100,
    };

    /// No faults.
    pub const NONE: Self = Self {
        lost: 0,
        delayed: 0,
        throttled: 0,
        cancelled: 0,
    };
}

/// The proxy. It ends when this value is dropped.
pub struct DynamoFaults {
    server: ProxyServer,
    state: Arc<State>,
}

struct State {
    rates: FaultRates,
    requests: AtomicU64,
    faults: AtomicU64,
}

impl DynamoFaults {
    /// A proxy in front of the server at this address.
    pub fn new(server: SocketAddr, rates: FaultRates) -> Self {
        let state = Arc::new(State {
            rates,
            requests: AtomicU64::new(0),
            faults: AtomicU64::new(0),
        });
        let server = ProxyServer::start(server, Arc::clone(&state));
        Self { server, state }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The requests so far, and those that met a fault.
    pub fn counts(&self) -> (u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (count(&self.state.requests), count(&self.state.faults))
    }
}

impl Answers for State {
    /// The answer, possibly a fault; `None` when it is lost.
    fn answer(&self, request: &Request, server: &Upstream) -> Option<Answer> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let FaultRates {
            lost,
            delayed,
            throttled,
            cancelled,
        } = self.rates;
        let dice = u64::from(stack::random::below(1000));
        if dice < lost + delayed + throttled + cancelled {
            self.faults.fetch_add(1, Ordering::Relaxed);
        }
        let target = request
            .header("x-amz-target")
            .unwrap_or_default()
            .to_owned();
        if dice < lost {
            let _ = server.ask(request);
            return None;
        }
        if dice < lost + delayed {
            let pause = u64::from(stack::random::below(150));
            std::thread::sleep(Duration::from_millis(pause));
        } else if dice < lost + delayed + throttled {
            return Some(error("ThrottlingException", &json!({})));
        } else if dice < lost + delayed + throttled + cancelled
            && target.ends_with("TransactWriteItems")
        {
            let body: Value = serde_json::from_str(&request.text()).unwrap_or_default();
            let items = body["TransactItems"].as_array().map_or(1, Vec::len);
            let held = stack::random::below(u32::try_from(items).unwrap_or(1)) as usize;
            let reasons: Vec<Value> = (0..items)
                .map(|item| match item == held {
                    true => json!({"Code": "TransactionConflict", "Message": "conflict"}),
                    false => json!({"Code": "None"}),
                })
                .collect();
            let more = json!({ "CancellationReasons": reasons });
            return Some(error("TransactionCanceledException", &more));
        }
        server.ask(request).ok()
    }
}

/// An error as DynamoDB writes it.
fn error(code: &str, more: &Value) -> Answer {
    let mut body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "made by the test proxy",
    });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    Answer::new(400, "application/x-amz-json-1.0", body.to_string())
}
