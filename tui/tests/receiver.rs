//! A webhook on loopback that stores the requests, or rejects them while it is down.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

pub(crate) struct Receiver {
    address: String,
    taken: Arc<Mutex<Vec<Value>>>,
    down: Arc<AtomicBool>,
}

impl Receiver {
    /// A receiver that takes this long for each request.
    pub(crate) fn new(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self {
            address: format!("http://{}/hook", listener.local_addr().unwrap()),
            taken: Arc::default(),
            down: Arc::default(),
        };
        let (taken, down) = (Arc::clone(&receiver.taken), Arc::clone(&receiver.down));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (taken, down) = (Arc::clone(&taken), Arc::clone(&down));
                std::thread::spawn(move || answer(stream, delay, &taken, &down));
            }
        });
        receiver
    }

    /// The configuration with this webhook.
    pub(crate) fn config(&self) -> String {
        format!("[notify]\nwebhook = \"{}\"\n", self.address)
    }

    pub(crate) fn goes_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// `STACK KIND` of every accepted message, sorted.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let messages = self.messages();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let mut kinds: Vec<String> = messages
            .iter()
            .map(|message| format!("{} {}", text(&message["stack"]), text(&message["kind"])))
            .collect();
        kinds.sort();
        kinds
    }

    pub(crate) fn messages(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, delay: Duration, taken: &Mutex<Vec<Value>>, down: &AtomicBool) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let body = loop {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&piece[..count]),
        }
        if let Some(body) = body(&request) {
            break body;
        }
    };
    std::thread::sleep(delay);
    let status = if down.load(Ordering::SeqCst) {
        "503 Service Unavailable"
    } else {
        taken.lock().unwrap().push(body);
        "200 OK"
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    let _ = stream.write_all(answer.as_bytes());
}

/// The body of a request, once it is complete.
fn body(request: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(request).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.parse::<usize>().ok())?
    })?;
    (body.len() >= length).then(|| serde_json::from_str(body).unwrap())
}
