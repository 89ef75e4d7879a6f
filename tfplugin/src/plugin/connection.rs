//! Connections: each is made in a task of its own, knows its number, and is counted until it
//! closes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::server::Connected;

use super::listener::{Listener, Stream};
use super::tls::Security;

/// How long a peer may take over its TLS handshake. Terraform needs a few milliseconds.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more file descriptors to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Which connection a call came over; a call carries it among its extensions.
///
/// One process serves one configuration, save under a debugger: there several configurations of the
/// provider may connect to the same process, and the protocol does not say which of them a call
/// belongs to. This does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

/// How many peers are connected, and whether there ever was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clients {
    pub(super) open: usize,
    pub(super) seen: bool,
}

/// The stream of connections that the server takes its calls from.
pub(super) struct Connections {
    ready: mpsc::Receiver<Connection>,
    clients: watch::Receiver<Clients>,
    /// Owns the listener: when the server lets go of this stream, the socket is removed.
    _accepting: AbortOnDropHandle<()>,
}

impl Connections {
    /// Begins to accept peers, over TLS where there is security to be had.
    pub(super) fn accept(listener: Listener, security: Option<Security>) -> Self {
        let (clients, watched) = watch::channel(Clients::default());
        let (sender, ready) = mpsc::channel(1);
        let accepting = tokio::spawn(accept_forever(listener, security, clients, sender));
        Self {
            ready,
            clients: watched,
            _accepting: AbortOnDropHandle::new(accepting),
        }
    }

    /// The count of connected peers, as it changes.
    pub(super) fn clients(&self) -> watch::Receiver<Clients> {
        self.clients.clone()
    }
}

impl futures_util::Stream for Connections {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready
            .poll_recv(context)
            .map(|connection| connection.map(Ok))
    }
}

async fn accept_forever(
    listener: Listener,
    security: Option<Security>,
    clients: watch::Sender<Clients>,
    ready: mpsc::Sender<Connection>,
) {
    let mut number = 0;
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        number += 1;
        let id = ConnectionId(number);
        let acceptor = security
            .as_ref()
            .map(|security| security.acceptor().clone());
        let (clients, ready) = (clients.clone(), ready.clone());
        // In a task of its own: a peer that connects and then says nothing is nobody else's
        // concern.
        tokio::spawn(async move {
            let stream = match acceptor {
                None => Ok(stream),
                Some(acceptor) => {
                    match tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                        Ok(accepted) => accepted.map(|stream| Box::new(stream) as Box<dyn Stream>),
                        Err(late) => Err(late.into()),
                    }
                }
            };
            match stream {
                Ok(stream) => {
                    // The server is gone when nobody receives, and so is the need for connections.
                    let _ = ready.send(Connection::open(id, stream, clients)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a peer was refused: it is not the host");
                }
            }
        });
    }
}

/// An open connection, counted among the clients until it is dropped.
pub(super) struct Connection {
    id: ConnectionId,
    stream: Box<dyn Stream>,
    clients: watch::Sender<Clients>,
}

impl Connection {
    fn open(id: ConnectionId, stream: Box<dyn Stream>, clients: watch::Sender<Clients>) -> Self {
        clients.send_modify(|clients| {
            clients.open += 1;
            clients.seen = true;
        });
        Self {
            id,
            stream,
            clients,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.clients.send_modify(|clients| clients.open -= 1);
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionId;

    fn connect_info(&self) -> ConnectionId {
        self.id
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
