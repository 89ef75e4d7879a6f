//! A proxy between moto and its clients, which are our SDK and Terraform. It injects faults,
//! enforces AWS's rules and delays where moto does not, and records calls.

mod aws_rules;
mod call;
mod cbor;
mod fault;
pub mod http;
mod moto_client;
pub(crate) mod server;
mod slow_deletions;
mod xml;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

pub use call::Call;
pub use fault::{Fault, Rule};
use http::{Answer, Request, Upstream};
use server::{Answers, ProxyServer};
use slow_deletions::PendingDeletion;

/// The proxy of one test. Without rules it only corrects known errors in moto's answers.
pub struct Proxy {
    server: ProxyServer,
    inner: Arc<State>,
}

struct State {
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<Call>>,
    enforces_rules: AtomicBool,
    /// How many times a deleted resource is still described.
    descriptions_after_delete: AtomicU32,
    deletions: Mutex<Vec<PendingDeletion>>,
}

impl Proxy {
    /// A proxy in front of the server at this address.
    pub fn new(moto: SocketAddr) -> Self {
        let inner = Arc::new(State {
            rules: Mutex::default(),
            calls: Mutex::default(),
            enforces_rules: AtomicBool::new(false),
            descriptions_after_delete: AtomicU32::new(0),
            deletions: Mutex::default(),
        });
        let server = ProxyServer::start(moto, Arc::clone(&inner));
        Self { server, inner }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Refuses what AWS refuses and moto allows: deleting a resource that is in use, referenced or
    /// protected.
    pub fn enforce_aws_rules(&self) {
        self.inner.enforces_rules.store(true, Ordering::Relaxed);
    }

    /// Keeps describing a deleted resource for this many calls, for the types that AWS deletes
    /// slowly.
    pub fn delay_deletions(&self, descriptions: u32) {
        self.inner
            .descriptions_after_delete
            .store(descriptions, Ordering::Relaxed);
    }

    /// Adds a rule. If several match a call, the first one decides.
    pub fn add_rule(&self, rule: Rule) {
        self.inner.rules.lock().unwrap().push(rule);
    }

    /// Removes all rules.
    pub fn clear_rules(&self) {
        self.inner.rules.lock().unwrap().clear();
    }

    /// The recorded calls, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// Clears the recorded calls.
    pub fn clear_calls(&self) {
        self.inner.calls.lock().unwrap().clear();
    }

    /// The number of recorded calls of this operation of this service.
    pub fn count(&self, service: &str, name: &str) -> usize {
        let calls = self.inner.calls.lock().unwrap();
        let matching = calls
            .iter()
            .filter(|call| call.service == service && call.name == name);
        matching.count()
    }
}

impl Answers for State {
    fn answer(&self, request: &Request, upstream: &Upstream) -> Option<Answer> {
        let call = Call::of(request);
        self.calls.lock().unwrap().push(call.clone());
        // The lock on the rules is released before the server is called.
        let decision = self.decide(&call);
        match decision {
            Decision::Answer(answer) => Some(answer),
            Decision::Close => None,
            Decision::Lose => {
                self.forward(&call, request, upstream);
                None
            }
            Decision::Go(rewrites) => {
                let mut answer = self.forward(&call, request, upstream)?;
                for rewrite in rewrites {
                    answer = rewrite(answer);
                }
                Some(answer)
            }
        }
    }
}

impl State {
    fn decide(&self, call: &Call) -> Decision {
        let mut rewrites: Vec<Rewrite> = Vec::new();
        let mut rules = self.rules.lock().unwrap();
        for rule in rules.iter_mut() {
            if !rule.applies_to(call) {
                continue;
            }
            match &mut rule.fault {
                Fault::Throttled => return Decision::Answer(fault::throttled(call)),
                Fault::Denied => return Decision::Answer(fault::denied(call)),
                Fault::Expired => return Decision::Answer(fault::expired(call)),
                Fault::Error(status, code) => {
                    return Decision::Answer(fault::error(call, *status, code));
                }
                Fault::NotFoundPage => {
                    let page = "<html><body>404 page not found</body></html>";
                    return Decision::Answer(Answer::new(404, "text/html", page));
                }
                Fault::PartlyFailed(arns) => return Decision::Answer(fault::partly_failed(arns)),
                Fault::Lost => return Decision::Lose,
                Fault::Down => return Decision::Close,
                Fault::Slow(time) => {
                    let time = *time;
                    rewrites.push(Box::new(move |answer| {
                        std::thread::sleep(time);
                        answer
                    }));
                }
                Fault::Answer(body) => {
                    return Decision::Answer(fault::answer(call, body));
                }
                Fault::Ghosts(ghosts) => {
                    let (call, ghosts) = (call.clone(), ghosts.clone());
                    rewrites.push(Box::new(move |answer| {
                        let text = fault::with_ghosts(&call, &answer.text(), &ghosts);
                        answer.with(text)
                    }));
                }
                Fault::Hidden(hidden) => {
                    let hidden = *hidden;
                    rewrites.push(Box::new(move |answer| {
                        let text = fault::without(&answer.text(), hidden);
                        answer.with(text)
                    }));
                }
                Fault::First(action) => action(),
                Fault::Rewritten(rewrite) => {
                    let rewrite = Arc::clone(rewrite);
                    rewrites.push(Box::new(move |answer| {
                        let text = rewrite(&answer.text());
                        answer.with(text)
                    }));
                }
            }
        }
        Decision::Go(rewrites)
    }

    /// The server's answer, or AWS's where the server would answer differently.
    fn forward(&self, call: &Call, request: &Request, upstream: &Upstream) -> Option<Answer> {
        if self.enforces_rules.load(Ordering::Relaxed)
            && let Some(refusal) = aws_rules::refusal(call, request, upstream)
        {
            return Some(refusal);
        }
        let lingering = self.descriptions_after_delete.load(Ordering::Relaxed);
        if lingering > 0
            && let Some(answer) =
                slow_deletions::begin(call, request, upstream, lingering, &self.deletions)
        {
            return Some(answer);
        }
        let answer = upstream.ask(request).ok()?;
        let answer = slow_deletions::with_progress(call, answer, upstream, &self.deletions);
        Some(aws_rules::corrected(call, answer))
    }
}

type Rewrite = Box<dyn Fn(Answer) -> Answer>;

enum Decision {
    Answer(Answer),
    Close,
    Lose,
    Go(Vec<Rewrite>),
}
