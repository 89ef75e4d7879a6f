//! The listener for Terraform's connection: a unix socket that only this user can reach, or a
//! loopback port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::environment::ListenSettings;
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

/// A byte stream to and from a peer, over any transport.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Listener {
    /// Binds a unix socket, or a port if that fails.
    ///
    /// Every user of the machine can connect to a port. It is therefore used only if
    /// `authenticated`, which means that peers must present Terraform's certificate.
    #[cfg(unix)]
    pub(super) fn bind(listen: &ListenSettings, authenticated: bool) -> Result<Self, StartError> {
        match Socket::bind(listen) {
            Ok(socket) => Ok(Self::Unix(socket)),
            Err(StartError::Socket { folder, source }) if authenticated => {
                tracing::warn!(?folder, %source, "cannot bind a unix socket; listening on a port");
                Self::bind_port(listen.ports)
            }
            Err(error) => Err(error),
        }
    }

    /// Binds a port, because this platform has no unix sockets.
    #[cfg(not(unix))]
    pub(super) fn bind(listen: &ListenSettings, _authenticated: bool) -> Result<Self, StartError> {
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

    /// The network in the handshake line: `unix` or `tcp`.
    pub(super) fn network(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Self::Unix(_) => "unix",
            Self::Tcp { .. } => "tcp",
        }
    }

    /// The address in the handshake line: the path of the socket, or host and port.
    pub(super) fn address(&self) -> String {
        match self {
            #[cfg(unix)]
            Self::Unix(socket) => socket.path().display().to_string(),
            Self::Tcp { address, .. } => address.to_string(),
        }
    }

    /// Waits for the next connection.
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

/// Tries the ports of the range in turn, starting at one that depends on the process id: several
/// providers start at once and would otherwise compete for the same ports.
fn first_free_port(first: u16, last: u16) -> io::Result<std::net::TcpListener> {
    let count = u32::from(last.saturating_sub(first)) + 1;
    let start = std::process::id() % count;
    let mut last_error = io::Error::from(io::ErrorKind::AddrInUse);
    for step in 0..count {
        let offset = u16::try_from((start + step) % count).unwrap_or_default();
        match std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, first + offset)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

#[cfg(unix)]
mod unix {
    //! The unix socket, in its own folder.

    use std::fs::Permissions;
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use rustix::fs::Gid;
    use tempfile::TempDir;
    use tokio::net::UnixListener;

    use super::super::environment::ListenSettings;
    use super::super::error::StartError;
    use super::Stream;

    /// The maximum length of a socket path. macOS has the smallest limit: 104 bytes with the final
    /// zero.
    const MAX_PATH_BYTES: usize = 103;

    /// A bound socket, and its private folder. Dropping it removes both.
    pub(in super::super) struct Socket {
        listener: UnixListener,
        path: PathBuf,
        _folder: TempDir,
    }

    impl Socket {
        pub(super) fn bind(listen: &ListenSettings) -> Result<Self, StartError> {
            match Self::bind_in(&listen.folder, listen.group.as_deref()) {
                // The path of a temporary folder can be too long, mostly on macOS and in builds.
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
            // The folder is private before the socket exists, so that no other user can ever
            // connect.
            let folder = tempfile::Builder::new()
                .prefix("plugin")
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)
                .map_err(failed)?;
            let path = folder.path().join("socket");
            if path.as_os_str().as_bytes().len() > MAX_PATH_BYTES {
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

    /// Gives the members of a group, and no other users, access to the socket.
    fn share(folder: &Path, socket: &Path, group: &str) -> Result<(), String> {
        let number = group_number(group).ok_or("the group does not exist")?;
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

    /// The port is in the given range.
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
            panic!("expected a port")
        };
        assert!(address.ip().is_loopback());
        assert!((free..=last).contains(&address.port()), "{address}");
        assert_eq!(listener.network(), "tcp");
    }

    /// The socket is private, and dropping the listener removes it.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_is_private_and_removed_on_drop() {
        use std::os::unix::fs::PermissionsExt;

        let parent = tempfile::tempdir().unwrap();
        let listen = ListenSettings {
            folder: parent.path().to_owned(),
            ..ListenSettings::default()
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

    /// A folder whose path is too long for a socket is replaced by /tmp.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_path_that_is_too_long_falls_back_to_tmp() {
        let parent = tempfile::tempdir().unwrap();
        let long_path = parent.path().join("d".repeat(120));
        std::fs::create_dir(&long_path).unwrap();
        let listen = ListenSettings {
            folder: long_path,
            ..ListenSettings::default()
        };
        let listener = Listener::bind(&listen, false).unwrap();
        assert!(
            listener.address().starts_with("/tmp/plugin"),
            "{}",
            listener.address()
        );
    }

    /// Without a socket, a port is used only if peers are authenticated.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_port_requires_authentication() {
        let listen = ListenSettings {
            folder: "/nowhere".into(),
            ..ListenSettings::default()
        };
        assert!(matches!(
            Listener::bind(&listen, false),
            Err(StartError::Socket { .. })
        ));
        assert_eq!(Listener::bind(&listen, true).unwrap().network(), "tcp");
    }
}
