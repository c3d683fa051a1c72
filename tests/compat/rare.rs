//! Requests about the connection and the server, and those that are wrong from the beginning.

use crate::commands::{Generator, words};
use crate::connection::Request;
use respool::command::engine::{flag, table};

/// Wrong, or seldom sent.
const LINES: &[&str] = &[
    "FLUSHDB",
    "FLUSHDB ASYNC",
    "FLUSHDB SYNC",
    "FLUSHDB now",
    "FLUSHALL now",
    "FLUSHALL ASYNC SYNC",
    "HELLO 1",
    "HELLO 4",
    "HELLO 3 nonsense",
    "HELLO 2 SETNAME",
    "HELLO 2 AUTH default",
    "HELLO 2 AUTH nobody x",
    "AUTH",
    "AUTH x",
    "AUTH default x",
    "AUTH nobody x",
    "AUTH a b c",
    "RESET",
    "RESET x",
    "CONFIG GET databases",
    "CONFIG GET nonsense",
    "CONFIG GET",
    "CONFIG nonsense",
    "CONFIG",
    "CLIENT",
    "COMMAND x",
    "CLIENT nonsense x",
    "CLIENT GETNAME",
    "CLIENT SETNAME me",
    "CLIENT SETNAME",
    "CLIENT KILL 127.0.0.1:1",
    "CLIENT KILL ID x",
    "CLIENT KILL TYPE x",
    "CLIENT REPLY x",
    "CLIENT KILL SKIPME x",
    "CLIENT LIST TYPE x",
    "CLIENT LIST ID x",
    "CLIENT LIST x",
    "CLIENT NO-EVICT x",
    "CLIENT NO-EVICT on",
    "COMMAND INFO nonsense",
    "COMMAND COUNT x",
    "COMMAND GETKEYS MSET a 1 b 2",
    "COMMAND GETKEYS nonsense a b",
    "COMMAND LIST x",
    "COMMAND GETKEYS SET k v NX",
    "COMMAND DOCS nonsense",
    "COMMAND LIST FILTERBY x y",
    "COMMAND LIST FILTERBY MODULE x",
    "nonsense",
    "nonsense a b c",
    "TIME x",
    "INFO nonsense",
    "DEBUG",
    "DEBUG SLEEP 0",
    "DBSIZE x",
    "OBJECT",
    "OBJECT nonsense a",
    "OBJECT ENCODING",
    "MEMORY",
    "MEMORY nonsense",
    "MEMORY PURGE",
    "SWAPDB 0 16",
    "SWAPDB x x",
    "SWAPDB 99999999999 0",
    "SLOWLOG GET x",
    "SLOWLOG GET -2",
    "SLOWLOG GET 1 2",
    "SLOWLOG nonsense",
    "LATENCY LATEST",
    "LATENCY HISTORY x",
    "LATENCY RESET x",
    "LATENCY GRAPH x",
    "LATENCY HISTOGRAM nonsense",
    "LATENCY nonsense",
    "ACL WHOAMI",
    "ACL USERS",
    "ACL GETUSER nobody",
    "ACL CAT",
    "ACL CAT nonsense",
    "ACL CAT a b",
    "ACL DRYRUN default GET k",
    "ACL DRYRUN default GET",
    "ACL DRYRUN default nonsense k",
    "ACL DRYRUN nobody GET k",
    "CLIENT PAUSE x",
    "CLIENT PAUSE -1",
    "CLIENT PAUSE 1 x",
    "CLIENT PAUSE 1 ALL x",
    "CLIENT PAUSE 1 WRITE",
    "CLIENT UNPAUSE",
    "CLIENT UNBLOCK x",
    "CLIENT UNBLOCK 1",
    "CLIENT UNBLOCK 1 x",
    "CLIENT GETREDIR",
    "CLIENT TRACKINGINFO",
    "CONFIG SET nonsense 1",
    "CONFIG SET latency-tracking maybe",
    "CONFIG SET slowlog-log-slower-than -2",
    "CONFIG SET slowlog-max-len x",
    "CONFIG RESETSTAT",
    "INFO modules",
    "INFO cluster",
    "CLUSTER NODES",
    "READONLY",
    "READWRITE",
    "ROLE",
    "WAIT 0 0",
    "WAIT x 1",
    "WAIT 1 x",
    "WAIT x -1",
    "MODULE LIST",
    "MODULE nonsense",
    "MONITOR x",
    "LOLWUT VERSION x",
    "SHUTDOWN nonsense",
    "SHUTDOWN ABORT",
    "SHUTDOWN SAVE NOSAVE",
    "WATCH",
    "MULTI x",
    "EXEC x",
];

impl Generator {
    /// What clients send about their connection.
    pub fn connection(&mut self) -> Request {
        match self.random.below(8) {
            0 => words("PING"),
            1 => vec![b"PING".to_vec(), self.value()],
            2 => vec![b"ECHO".to_vec(), self.value()],
            3..=4 => vec![b"SELECT".to_vec(), self.database()],
            5 => vec![b"SELECT".to_vec(), self.number()],
            6 => words("HELLO 2"),
            _ => words("HELLO 3"),
        }
    }

    /// What is seldom sent, or wrong from the beginning.
    pub fn rare(&mut self) -> Request {
        let mut line = self.random.pick(LINES);
        while self.is_queueing && !may_be_queued(line) {
            line = self.random.pick(LINES);
        }
        let mut request = words(line);
        if line.starts_with("nonsense") && self.random.once_in(2) {
            request.push(vec![b'x'; self.random.below(200)]);
            request.push(self.value());
        }
        request
    }
}

/// Whether our transactions take a request: they refuse what would make system calls while the
/// keyspace is locked.
fn may_be_queued(line: &str) -> bool {
    let line = line.to_lowercase();
    let mut words = line.split(' ').map(str::to_owned);
    let name = words.next().unwrap_or_default();
    let full_name = words.next().map(|sub| format!("{name}|{sub}"));
    let names = full_name.into_iter().chain([name]);
    let row = names.into_iter().find_map(|name| table::find_full(name.as_bytes()));
    row.is_none_or(|row| !row.command.has(flag::NO_MULTI))
}
