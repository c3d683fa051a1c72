//! Words to the program that started this one: a file with the number of the process, and systemd's
//! protocol, by which a unit of `Type=notify` learns when the server serves.
//!
//! A message is one datagram to the socket that `NOTIFY_SOCKET` names: a path, or a name without a
//! file behind it, written with `@` in front. Nothing depends on a message's arrival.

use crate::config::{Config, Supervisor};
use crate::log;
use crate::system::differences;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;

/// The file with the number of the process; removed when this is dropped.
pub struct PidFile(Option<PathBuf>);

impl PidFile {
    /// Writes the file that a configuration names, if it does. As in Redis, a server whose file
    /// cannot be written says so and serves.
    pub fn write(config: &Config) -> PidFile {
        let path = config.pidfile.as_ref().map(|path| config.path(path));
        let written = path.filter(|path| {
            let written = fs::write(path, format!("{}\n", std::process::id()));
            if let Err(error) = &written {
                log::warning(&format!("Failed to write PID file {}: {error}", path.display()));
            }
            written.is_ok()
        });
        PidFile(written)
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Another process may have removed it already.
            let _ = fs::remove_file(path);
        }
    }
}

/// The supervisor that wants to hear of us; `None` if there is none.
#[derive(Debug, Clone)]
pub struct Supervision(Option<OsString>);

impl Supervision {
    /// Finds it, as far as a configuration and the environment tell.
    pub fn new(config: &Config) -> Supervision {
        let socket = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        match (config.supervised, socket) {
            (Supervisor::Systemd | Supervisor::Auto, Some(socket)) => Supervision(Some(socket)),
            (Supervisor::Systemd, None) => {
                log::warning("supervised systemd, but there is no NOTIFY_SOCKET to send to");
                Supervision(None)
            }
            (Supervisor::Upstart, _) => {
                log::warning("supervised upstart: respool does not stop itself, as upstart wants");
                Supervision(None)
            }
            (Supervisor::Auto | Supervisor::No, _) => Supervision(None),
        }
    }

    /// Says that clients are served.
    pub fn ready(&self) {
        self.send("STATUS=Ready to accept connections\nREADY=1\n");
    }

    /// Says that the stop has begun.
    pub fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    fn send(&self, message: &str) {
        let Some(socket) = &self.0 else { return };
        if let Err(error) = send(socket, message.as_bytes()) {
            let socket = socket.to_string_lossy();
            log::warning(&format!("Cannot tell systemd at {socket}: {error}"));
        }
    }
}

fn send(socket: &OsStr, message: &[u8]) -> io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => differences::abstract_address(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(message, &address).map(|_| ())
}
