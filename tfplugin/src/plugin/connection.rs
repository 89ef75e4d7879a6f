//! Connections: each is accepted in its own task, has an id, and is counted until it closes.

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

/// How long a TLS handshake may take. Terraform needs a few milliseconds.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a failed accept, for example when the process is out of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The connection of a call. Each request has it among its extensions.
///
/// A process normally serves one provider configuration. Under a debugger several configurations
/// may connect to the same process. The protocol does not tell their calls apart, but this id does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

/// The number of open connections, and whether there ever was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clients {
    pub(super) open: usize,
    pub(super) ever_connected: bool,
}

/// The stream of accepted connections for the gRPC server.
pub(super) struct Connections {
    ready: mpsc::Receiver<Connection>,
    clients: watch::Receiver<Clients>,
    /// The task that owns the listener. Dropping the stream aborts it, which removes the socket.
    _accepting: AbortOnDropHandle<()>,
}

impl Connections {
    /// Starts accepting connections, with TLS if `security` is given.
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

    /// Watches the number of connections.
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
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            }
        };
        number += 1;
        let id = ConnectionId(number);
        let acceptor = security
            .as_ref()
            .map(|security| security.acceptor().clone());
        let (clients, ready) = (clients.clone(), ready.clone());
        // In its own task, so that a peer that connects and sends nothing does not block others.
        tokio::spawn(async move {
            let stream = match acceptor {
                None => Ok(stream),
                Some(acceptor) => {
                    match tokio::time::timeout(TLS_HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await
                    {
                        Ok(accepted) => accepted.map(|stream| Box::new(stream) as Box<dyn Stream>),
                        Err(late) => Err(late.into()),
                    }
                }
            };
            match stream {
                Ok(stream) => {
                    // An error means that the server has stopped.
                    let _ = ready.send(Connection::open(id, stream, clients)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "rejected a connection that is not from Terraform");
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
            clients.ever_connected = true;
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
