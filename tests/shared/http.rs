//! An HTTP server on the loopback address.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A client's request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// The path with its query.
    pub path: String,
    pub body: Vec<u8>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

impl Request {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Answer {
    /// An answer in plain text.
    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain",
            body: body.into(),
        }
    }
}

/// A server that answers through a function and records the requests. It runs until the process
/// ends.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
        };
        let answer = Arc::new(answer);
        let requests = Arc::clone(&server.requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                std::thread::spawn(move || serve(stream, &*answer, &requests));
            }
        });
        server
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A server whose answers never end. It runs until the process ends.
pub struct EndlessServer {
    address: SocketAddr,
    sent: Arc<AtomicU64>,
}

impl EndlessServer {
    /// Answers every request with this status.
    pub fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            sent: Arc::default(),
        };
        let sent = Arc::clone(&server.sent);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sent = Arc::clone(&sent);
                std::thread::spawn(move || send_endlessly(stream, status, &sent));
            }
        });
        server
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The number of bytes that the clients have accepted so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

/// Writes a body without an end until the client closes the connection.
fn send_endlessly(stream: TcpStream, status: u16, sent: &AtomicU64) {
    let mut writer = stream.try_clone().unwrap();
    read(&mut BufReader::new(stream));
    let head = format!("HTTP/1.1 {status} Answer\r\nContent-Type: text/plain\r\n\r\n");
    let mut next = head.into_bytes();
    while writer.write_all(&next).is_ok() {
        sent.fetch_add(next.len() as u64, Ordering::SeqCst);
        next = vec![b'x'; 64 * 1024];
    }
}

/// Answers the requests of a connection until the client closes it.
fn serve(stream: TcpStream, answer: &dyn Fn(&Request) -> Answer, requests: &Mutex<Vec<Request>>) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let answer = answer(&request);
        requests.lock().unwrap().push(request);
        let head = format!(
            "HTTP/1.1 {} Answer\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            answer.status,
            answer.content_type,
            answer.body.len()
        );
        let written = writer.write_all(&[head.as_bytes(), &answer.body].concat());
        if written.is_err() {
            return;
        }
    }
}

/// The next request of a connection; `None` at its end.
fn read(connection: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    connection.read_line(&mut first).ok()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    Some(Request { method, path, body })
}
