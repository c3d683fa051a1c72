//! Listeners: a TCP port of one address, or a Unix socket in the file system.
//!
//! The kernel reads, writes, times out and shuts down both kinds of connection with the same system
//! calls, so both are a [`TcpStream`] once they are accepted. Only the names of the two ends
//! differ, and they are read here, once.

use crate::config::{Bind, Config, Port};
use crate::log;
use crate::system::optional::Optional;
use crate::system::port_owner;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};
use std::fmt;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The mode of a Unix socket. Some shared file systems have none.
static MODE: Optional = Optional::or_not_permitted(
    "The mode of the Unix socket cannot be set, so its folder decides who may connect",
);

/// What one end of a connection is called. Shown as Redis shows it in CLIENT LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An Internet address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket: both ends of a connection have this name.
    Unix(Arc<Path>),
}

impl Address {
    /// Whether the client runs on this machine: protected mode allows only such clients.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Address::Unix(_) => true,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "{}:0", path.display()),
        }
    }
}

/// An accepted client that is not served yet.
pub struct Arrival {
    /// The connection, of either kind.
    pub stream: TcpStream,
    /// The client's end.
    pub peer: Address,
    /// The server's end.
    pub local: Address,
}

/// A socket that listens.
pub struct Listener(Kind);

/// The socket and its address, with the port that the system chose.
enum Kind {
    Tcp(TcpListener, SocketAddr),
    Unix(UnixListener, Arc<Path>),
}

/// Opens every listener of a configuration. Ports chosen by the system are filled in, and all
/// addresses get the same one.
///
/// # Errors
/// One line that names the address that is not available, and the reason.
pub fn open(config: &mut Config) -> Result<Vec<Listener>, String> {
    let mut listeners = Vec::new();
    let wanted = if config.port == Port::Closed { Bind(Vec::new()) } else { config.bind.clone() };
    for wanted in wanted.0 {
        let found = wanted.addresses().and_then(|addresses| match addresses.is_empty() {
            true => Err(ErrorKind::NotFound.into()),
            false => Ok(addresses),
        });
        let addresses = match found {
            Ok(addresses) => addresses,
            Err(error) if wanted.is_optional => {
                log::notice(&format!("Not listening on {}: {error}", wanted.host));
                continue;
            }
            Err(error) => return Err(format!("cannot listen on {}: {error}", wanted.host)),
        };
        for ip in addresses {
            listeners.extend(tcp(config, ip, wanted.is_optional)?);
        }
    }
    if let Some(path) = &config.unixsocket {
        let path = config.path(path);
        let mode = Some(config.unixsocketperm).filter(|mode| *mode != 0);
        let listener = Listener::unix(&path, mode, config.tcp_backlog).map_err(|error| {
            format!("cannot listen on the Unix socket {}: {error}", path.display())
        })?;
        listeners.push(listener);
    }
    match listeners.is_empty() {
        true => Err("Configured to not listen anywhere, exiting. ('port 0' is no port; \
                     'port any' lets the system choose one.)"
            .to_owned()),
        false => Ok(listeners),
    }
}

/// Opens the listener of one address; `None` if the address is optional and not available.
fn tcp(config: &mut Config, ip: IpAddr, is_optional: bool) -> Result<Option<Listener>, String> {
    let address = SocketAddr::new(ip, config.port.number().unwrap_or(0));
    match Listener::tcp(address, config.tcp_backlog) {
        Ok(listener) => {
            if let Address::Tcp(bound) = listener.address() {
                config.port = Port::At(bound.port());
            }
            Ok(Some(listener))
        }
        Err(error) if is_optional && error.kind() != ErrorKind::AddrInUse => {
            log::notice(&format!("Not listening on {address}: {error}"));
            Ok(None)
        }
        Err(error) => {
            let advice = if error.kind() == ErrorKind::AddrInUse {
                taken(address.port())
            } else {
                "".into()
            };
            Err(format!("cannot listen on {address}: {error}{advice}"))
        }
    }
}

/// Advice for a port that is taken: most often by a server that is the same or a Redis.
fn taken(port: u16) -> String {
    let owner = port_owner::find(port).map(|(name, id)| format!("{name} (process {id})"));
    let owner = owner.unwrap_or("another process".to_owned());
    format!("; {owner} listens there: stop it, or choose another port with --port")
}

impl Listener {
    /// Listens on a TCP port, with a queue of `backlog` connections that wait to be accepted.
    ///
    /// # Errors
    /// The address does not belong to this machine, is in use, or is not permitted.
    pub fn tcp(address: SocketAddr, backlog: i32) -> io::Result<Listener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // A restart must not wait for the last packets of old connections.
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(backlog)?;
        let listener = TcpListener::from(socket);
        let bound = listener.local_addr()?;
        Ok(Listener(Kind::Tcp(listener, bound)))
    }

    /// Listens on a Unix socket. `mode`, in the notation of chmod, says which users may connect;
    /// without it the process's file mode mask decides.
    ///
    /// # Errors
    /// The socket is in use, another file has this path, or the folder cannot be written to.
    pub fn unix(path: &Path, mode: Option<u32>, backlog: i32) -> io::Result<Listener> {
        remove_leftover(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(path)?)?;
        if let Some(mode) = mode {
            MODE.allow(fs::set_permissions(path, Permissions::from_mode(mode)))?;
        }
        // No client can connect before this, whatever the permissions were until now.
        socket.listen(backlog)?;
        let listener = UnixListener::from(OwnedFd::from(socket));
        Ok(Listener(Kind::Unix(listener, path.into())))
    }

    /// Its name.
    pub fn address(&self) -> Address {
        match &self.0 {
            Kind::Tcp(_, address) => Address::Tcp(*address),
            Kind::Unix(_, path) => Address::Unix(Arc::clone(path)),
        }
    }

    /// Waits for the next client.
    ///
    /// # Errors
    /// Descriptors or memory are short, or the client gave up while it waited.
    pub fn accept(&self) -> io::Result<Arrival> {
        match &self.0 {
            Kind::Tcp(listener, _) => {
                let (stream, peer) = listener.accept()?;
                let local = Address::Tcp(stream.local_addr()?);
                Ok(Arrival { stream, peer: Address::Tcp(peer), local })
            }
            Kind::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                let stream = TcpStream::from(OwnedFd::from(stream));
                Ok(Arrival { stream, peer: self.address(), local: self.address() })
            }
        }
    }

    /// Wakes the thread in [`Listener::accept`]: by a connection to this listener, and, because
    /// that may be impossible (no loopback address for IPv6, a socket whose file was removed), by
    /// shutting down the listening socket, which works on Linux. Without a waiting thread it has no
    /// effect.
    pub fn wake(&self) {
        match &self.0 {
            Kind::Tcp(listener, address) => {
                let mut address = *address;
                if address.ip().is_unspecified() {
                    address.set_ip(match address {
                        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
                    });
                }
                let _ = TcpStream::connect_timeout(&address, Duration::from_millis(100));
                let _ = SockRef::from(listener).shutdown(Shutdown::Both);
            }
            Kind::Unix(listener, path) => {
                let _ = UnixStream::connect(path);
                let _ = SockRef::from(listener).shutdown(Shutdown::Both);
            }
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Tcp(_, address) => address.fmt(f),
            Kind::Unix(_, path) => path.display().fmt(f),
        }
    }
}

/// The file of a Unix socket outlives its server.
impl Drop for Listener {
    fn drop(&mut self) {
        if let Kind::Unix(_, path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes the socket that a killed server has left, and no other file.
fn remove_leftover(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(ErrorKind::AlreadyExists.into()),
        Ok(_) if UnixStream::connect(path).is_ok() => Err(ErrorKind::AddrInUse.into()),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
