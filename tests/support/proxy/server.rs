//! The listening side of every proxy here: it reads requests, and writes what the proxy answers.

use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::http::{Answer, Request, Upstream};

/// What a proxy answers; `None` closes the connection without an answer.
pub(crate) trait Answers: Send + Sync + 'static {
    fn answer(&self, request: &Request, upstream: &Upstream) -> Option<Answer>;
}

/// A server on the loopback address. It ends when this value is dropped.
pub(crate) struct ProxyServer {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl ProxyServer {
    /// Serves in front of the server at the address `upstream`.
    pub(crate) fn start(upstream: SocketAddr, proxy: Arc<impl Answers>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let closed = Arc::new(AtomicBool::new(false));
        let is_closed = Arc::clone(&closed);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_closed.load(Ordering::Relaxed) {
                    break;
                }
                let proxy = Arc::clone(&proxy);
                std::thread::spawn(move || serve(stream, upstream, &*proxy));
            }
        });
        Self { address, closed }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// Serves one connection until it ends or has no answer. A connection that breaks on either side
/// ends here, and its client sees what AWS would show it.
fn serve(stream: TcpStream, upstream: SocketAddr, proxy: &impl Answers) {
    let _ = stream.set_nodelay(true);
    let Ok(reading) = stream.try_clone() else {
        return;
    };
    let (mut reading, mut writing) = (BufReader::new(reading), stream);
    let upstream = Upstream::new(upstream);
    while let Ok(Some(request)) = Request::read(&mut reading) {
        let Some(answer) = proxy.answer(&request, &upstream) else {
            return;
        };
        if answer.write(&mut writing, &request).is_err() {
            return;
        }
    }
}
