//! The place where Terraform connects: a unix socket that only this user can reach, or else a port
//! on the loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::environment::Listen;
use super::error::StartError;

#[cfg(unix)]
use self::unix::Socket;

/// A bound listener. Dropping it removes the socket from the file system.
pub(super) enum Listener {
    #[cfg(unix)]
    Unix(Socket),
    Tcp {
        listener: TcpListener,
        address: SocketAddr,
    },
}

/// Bytes to and from a peer, whatever they travel on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Listener {
    /// Binds a unix socket, and where that cannot be had, a port.
    ///
    /// Anybody on the machine can connect to a port, so it is an answer only if `authenticated`,
    /// that is, if peers must show the host's certificate.
    #[cfg(unix)]
    pub(super) fn bind(listen: &Listen, authenticated: bool) -> Result<Self, StartError> {
        match Socket::bind(listen) {
            Ok(socket) => Ok(Self::Unix(socket)),
            Err(StartError::Socket { folder, source }) if authenticated => {
                tracing::warn!(?folder, %source, "no unix socket; listening on a port");
                Self::bind_port(listen.ports)
            }
            Err(error) => Err(error),
        }
    }

    /// Binds a port: there are no unix sockets here.
    #[cfg(not(unix))]
    pub(super) fn bind(listen: &Listen, _authenticated: bool) -> Result<Self, StartError> {
        Self::bind_port(listen.ports)
    }

    fn bind_port(ports: Option<(u16, u16)>) -> Result<Self, StartError> {
        let (first, last) = ports.unwrap_or((0, 0));
        let failed = |source| StartError::Port {
            first,
            last,
            source,
        };
        let listener = first_free_port(first, last).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = TcpListener::from_std(listener).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self::Tcp { listener, address })
    }

    /// The kind of address, as the handshake line names it.
    pub(super) fn network(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Self::Unix(_) => "unix",
            Self::Tcp { .. } => "tcp",
        }
    }

    /// The path of the socket, or host and port.
    pub(super) fn address(&self) -> String {
        match self {
            #[cfg(unix)]
            Self::Unix(socket) => socket.path().display().to_string(),
            Self::Tcp { address, .. } => address.to_string(),
        }
    }

    /// Waits for the next peer.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            #[cfg(unix)]
            Self::Unix(socket) => socket.accept().await,
            Self::Tcp { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// Tries the ports of the range in turn, from a place of this process's own: several providers
/// start at once, and would otherwise race for the same ports one after the other.
fn first_free_port(first: u16, last: u16) -> io::Result<std::net::TcpListener> {
    let count = u32::from(last.saturating_sub(first)) + 1;
    let start = std::process::id() % count;
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    for step in 0..count {
        let offset = u16::try_from((start + step) % count).unwrap_or_default();
        match std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, first + offset)) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(unix)]
mod unix {
    //! The socket, in a folder of its own.

    use std::fs::Permissions;
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use rustix::fs::Gid;
    use tempfile::TempDir;
    use tokio::net::UnixListener;

    use super::super::environment::Listen;
    use super::super::error::StartError;
    use super::Stream;

    /// What fits into a socket's address on every system that we know: 104 bytes with the zero at
    /// the end, on macOS.
    const LONGEST_PATH: usize = 103;

    /// A bound socket, and the folder that hides it from other users and goes away with it.
    pub(in super::super) struct Socket {
        listener: UnixListener,
        path: PathBuf,
        _folder: TempDir,
    }

    impl Socket {
        pub(super) fn bind(listen: &Listen) -> Result<Self, StartError> {
            match Self::bind_in(&listen.folder, listen.group.as_deref()) {
                // Temporary folders can be deep, above all on macOS and in builds.
                Err(StartError::Socket { source, .. })
                    if source.kind() == io::ErrorKind::InvalidFilename =>
                {
                    Self::bind_in(Path::new("/tmp"), listen.group.as_deref())
                }
                bound => bound,
            }
        }

        fn bind_in(parent: &Path, group: Option<&str>) -> Result<Self, StartError> {
            let failed = |source| StartError::Socket {
                folder: parent.to_owned(),
                source,
            };
            // The folder is closed before there is anything in it: no moment in which the socket is
            // open to others.
            let folder = tempfile::Builder::new()
                .prefix("plugin")
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)
                .map_err(failed)?;
            let path = folder.path().join("socket");
            if path.as_os_str().as_bytes().len() > LONGEST_PATH {
                return Err(failed(io::Error::from(io::ErrorKind::InvalidFilename)));
            }
            let listener = UnixListener::bind(&path).map_err(failed)?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
            if let Some(group) = group {
                share(folder.path(), &path, group).map_err(|reason| StartError::Group {
                    folder: parent.to_owned(),
                    group: group.to_owned(),
                    reason,
                })?;
            }
            Ok(Self {
                listener,
                path,
                _folder: folder,
            })
        }

        pub(super) fn path(&self) -> &Path {
            &self.path
        }

        pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
            let (stream, _) = self.listener.accept().await?;
            Ok(Box::new(stream))
        }
    }

    /// Lets the members of a group through to the socket, and nobody else.
    fn share(folder: &Path, socket: &Path, group: &str) -> Result<(), String> {
        let number = group_number(group).ok_or("there is no such group")?;
        for (path, mode) in [(socket, 0o660), (folder, 0o710)] {
            rustix::fs::chown(path, None, Some(Gid::from_raw(number)))
                .map_err(|error| error.to_string())?;
            std::fs::set_permissions(path, Permissions::from_mode(mode))
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn group_number(group: &str) -> Option<u32> {
        if let Ok(number) = group.parse() {
            return Some(number);
        }
        let groups = std::fs::read_to_string("/etc/group").ok()?;
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (name == group).then(|| fields.nth(1)?.parse().ok())?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_comes_from_the_range() {
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let last = free.saturating_add(20);
        let listener = Listener::bind_port(Some((free, last))).unwrap();
        let Listener::Tcp { address, .. } = &listener else {
            panic!("a port was asked for")
        };
        assert!(address.ip().is_loopback());
        assert!((free..=last).contains(&address.port()), "{address}");
        assert_eq!(listener.network(), "tcp");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_is_closed_to_others_and_goes_away() {
        use std::os::unix::fs::PermissionsExt;

        let parent = tempfile::tempdir().unwrap();
        let listen = Listen {
            folder: parent.path().to_owned(),
            ..Listen::default()
        };
        let listener = Listener::bind(&listen, false).unwrap();
        let path = std::path::PathBuf::from(listener.address());
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        drop(listener);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_folder_too_deep_for_a_socket_is_passed_over() {
        let parent = tempfile::tempdir().unwrap();
        let deep = parent.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let listen = Listen {
            folder: deep,
            ..Listen::default()
        };
        let listener = Listener::bind(&listen, false).unwrap();
        assert!(
            listener.address().starts_with("/tmp/plugin"),
            "{}",
            listener.address()
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn without_a_socket_only_authenticated_peers_get_a_port() {
        let listen = Listen {
            folder: "/nowhere".into(),
            ..Listen::default()
        };
        assert!(matches!(
            Listener::bind(&listen, false),
            Err(StartError::Socket { .. })
        ));
        assert_eq!(Listener::bind(&listen, true).unwrap().network(), "tcp");
    }
}
