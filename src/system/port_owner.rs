//! Which process listens on a port: for the message of a server that finds its own port taken.
//!
//! Linux tells in `/proc`: a table of sockets has the port and a number, and among the open files
//! of some process is a socket of that number. Processes of other users do not show their files,
//! and other systems have no `/proc`: then nothing is found.

use std::fs;
use std::path::Path;

/// The state of a listening socket in the tables of `/proc`.
const LISTENING: &str = "0A";

/// Name and number of the process that listens on a TCP port, if it can be found.
pub fn find(port: u16) -> Option<(String, u32)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let sockets: Vec<String> = tables.iter().flat_map(|path| listening(path, port)).collect();
    if sockets.is_empty() {
        return None;
    }
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let id = ids.find(|id| has_one_of(*id, &sockets))?;
    let name = fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
    Some((name.trim().to_owned(), id))
}

/// The targets of the links that stand for the listening sockets of a table.
fn listening(path: &str, port: u16) -> Vec<String> {
    let table = fs::read_to_string(path).unwrap_or_default();
    let end = format!(":{port:04X}");
    let socket = |line: &str| {
        // Number, own end, other end, state, … the tenth is the number of the socket.
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_wanted = fields.get(1)?.ends_with(&end) && *fields.get(3)? == LISTENING;
        is_wanted.then(|| format!("socket:[{}]", fields.get(9).unwrap_or(&"")))
    };
    table.lines().filter_map(socket).collect()
}

/// Whether a process has one of these sockets open.
fn has_one_of(id: u32, sockets: &[String]) -> bool {
    let files = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    let mut targets = files.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.any(|target| sockets.iter().any(|socket| target == Path::new(socket)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Ensures that this process is found by a port on which it listens, and nobody by another one.
    #[test]
    fn a_listener_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        if Path::new("/proc/net/tcp").exists() {
            assert_eq!(find(port).map(|(_, id)| id), Some(std::process::id()));
        }
        drop(listener);
        assert_eq!(find(0), None);
    }
}
