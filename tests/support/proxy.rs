//! A proxy before moto, for our SDK and for Terraform alike: it breaks what it is told to break, is as strict and as slow
//! as AWS where moto is not, and counts.

mod asking;
mod call;
mod cbor;
mod fault;
pub mod http;
mod laws;
mod slow;
mod xml;

use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

pub use call::Call;
pub use fault::{Fault, Rule};
use http::{Answer, Request, Upstream};
use slow::Going;

/// A proxy of one test. Without rules it changes nothing but what moto is known to say wrongly.
pub struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    moto: SocketAddr,
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<Call>>,
    strict: AtomicBool,
    /// How many descriptions what is deleted outlives.
    lingering: AtomicU32,
    going: Mutex<Vec<Going>>,
    closed: AtomicBool,
}

impl Proxy {
    /// A proxy before the server at this address.
    pub fn new(moto: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            moto,
            rules: Mutex::default(),
            calls: Mutex::default(),
            strict: AtomicBool::new(false),
            lingering: AtomicU32::new(0),
            going: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let serving = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.closed.load(Ordering::Relaxed) {
                    break;
                }
                let inner = Arc::clone(&serving);
                std::thread::spawn(move || inner.serve(stream));
            }
        });
        Self { address, inner }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Refuses what AWS refuses and moto does not: what is in use, referenced or protected stays.
    pub fn strict(&self) {
        self.inner.strict.store(true, Ordering::Relaxed);
    }

    /// What takes AWS its time to delete is still described this often after it was asked to go.
    pub fn lingering(&self, descriptions: u32) {
        self.inner.lingering.store(descriptions, Ordering::Relaxed);
    }

    /// Adds a rule. Of several that hit one call, the first decides.
    pub fn rule(&self, rule: Rule) {
        self.inner.rules.lock().unwrap().push(rule);
    }

    /// Takes all rules away.
    pub fn mend(&self) {
        self.inner.rules.lock().unwrap().clear();
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// Forgets the calls so far.
    pub fn forget(&self) {
        self.inner.calls.lock().unwrap().clear();
    }

    /// How often this call of this service was made.
    pub fn count(&self, service: &str, name: &str) -> usize {
        let calls = self.inner.calls.lock().unwrap();
        let these = calls
            .iter()
            .filter(|call| call.service == service && call.name == name);
        these.count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Inner {
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(mut to) = stream.try_clone() else {
            return;
        };
        let mut from = BufReader::new(stream);
        let upstream = Upstream::new(self.moto);
        // A connection that breaks, from either side, ends here: its client sees what it would see of AWS.
        while let Ok(Some(request)) = Request::read(&mut from) {
            let Some(answer) = self.answer(&request, &upstream) else {
                return;
            };
            if answer.write(&mut to, &request).is_err() {
                return;
            }
        }
    }

    /// What is answered; `None`: nothing, and the connection closes.
    fn answer(&self, request: &Request, upstream: &Upstream) -> Option<Answer> {
        let call = Call::of(request);
        self.calls.lock().unwrap().push(call.clone());
        // The rules are not held while the server is asked.
        let what = self.verdict(&call);
        match what {
            Verdict::Answer(answer) => Some(answer),
            Verdict::Close => None,
            Verdict::Lose => {
                self.forward(&call, request, upstream);
                None
            }
            Verdict::Go(rewrites) => {
                let mut answer = self.forward(&call, request, upstream)?;
                for rewrite in rewrites {
                    answer = rewrite(answer);
                }
                Some(answer)
            }
        }
    }

    fn verdict(&self, call: &Call) -> Verdict {
        let mut rewrites: Vec<Rewrite> = Vec::new();
        let mut rules = self.rules.lock().unwrap();
        for rule in rules.iter_mut() {
            if !rule.hits(call) {
                continue;
            }
            match &mut rule.fault {
                Fault::Throttled => return Verdict::Answer(fault::throttled(call)),
                Fault::Denied => return Verdict::Answer(fault::denied(call)),
                Fault::Expired => return Verdict::Answer(fault::expired(call)),
                Fault::Error(status, code) => {
                    return Verdict::Answer(fault::error(call, *status, code));
                }
                Fault::NotFoundPage => {
                    let page = "<html><body>404 page not found</body></html>";
                    return Verdict::Answer(Answer::new(404, "text/html", page));
                }
                Fault::PartlyFailed(arns) => return Verdict::Answer(fault::partly_failed(arns)),
                Fault::Lost => return Verdict::Lose,
                Fault::Down => return Verdict::Close,
                Fault::Slow(time) => {
                    let time = *time;
                    rewrites.push(Box::new(move |answer| {
                        std::thread::sleep(time);
                        answer
                    }));
                }
                Fault::Answer(body) => {
                    return Verdict::Answer(fault::answer(call, body));
                }
                Fault::Ghosts(ghosts) => {
                    let (call, ghosts) = (call.clone(), ghosts.clone());
                    rewrites.push(Box::new(move |answer| {
                        let text = fault::haunted(&call, &answer.text(), &ghosts);
                        answer.with(text)
                    }));
                }
                Fault::Hidden(hidden) => {
                    let hidden = *hidden;
                    rewrites.push(Box::new(move |answer| {
                        let text = fault::blind(&answer.text(), hidden);
                        answer.with(text)
                    }));
                }
                Fault::First(done) => done(),
                Fault::Rewritten(rewrite) => {
                    let rewrite = Arc::clone(rewrite);
                    rewrites.push(Box::new(move |answer| {
                        let text = rewrite(&answer.text());
                        answer.with(text)
                    }));
                }
            }
        }
        Verdict::Go(rewrites)
    }

    /// What the server, or AWS in its place, says.
    fn forward(&self, call: &Call, request: &Request, upstream: &Upstream) -> Option<Answer> {
        if self.strict.load(Ordering::Relaxed)
            && let Some(refusal) = laws::refusal(call, request, upstream)
        {
            return Some(refusal);
        }
        let lingering = self.lingering.load(Ordering::Relaxed);
        if lingering > 0
            && let Some(answer) = slow::begin(call, request, upstream, lingering, &self.going)
        {
            return Some(answer);
        }
        let answer = upstream.ask(request).ok()?;
        let answer = slow::described(call, answer, upstream, &self.going);
        Some(laws::mended(call, answer))
    }
}

type Rewrite = Box<dyn Fn(Answer) -> Answer>;

enum Verdict {
    Answer(Answer),
    Close,
    Lose,
    Go(Vec<Rewrite>),
}
