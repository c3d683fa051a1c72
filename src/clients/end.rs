//! The reasons for which connections end.

use crate::resp::ProtocolError;
use std::io;

/// The reason for which a connection ends.
#[derive(Debug)]
pub enum End {
    /// The client has closed its direction.
    HungUp,
    /// The client requested the end, and has its last reply.
    Quit,
    /// The server stops.
    Stop,
    /// Another thread has decided it: CLIENT KILL, a time-out.
    Killed,
    /// The client's bytes are not a request. It still gets an error reply.
    Protocol(ProtocolError),
    /// So many bytes waited for a client that does not read.
    NotReading(usize),
    /// The client's changes cannot be logged, so it gets no reply.
    Unlogged,
    /// Memory for clients is short.
    Evicted,
    /// The connection is broken.
    Broken(io::Error),
}

/// The kinds of ends, as INFO names them; the last one is a bug in a handler.
pub const END_KINDS: [&str; 10] = [
    "hung_up",
    "quit",
    "stop",
    "killed",
    "protocol",
    "not_reading",
    "unlogged",
    "evicted",
    "broken",
    "bug",
];

/// The kind of [`End::NotReading`].
pub const NOT_READING: usize = 5;

/// The kind of [`End::Evicted`].
pub const EVICTED: usize = 7;

/// The kind of an end by a bug.
pub const BUG: usize = END_KINDS.len() - 1;

impl End {
    /// The index in [`END_KINDS`].
    pub fn kind(&self) -> usize {
        match self {
            End::HungUp => 0,
            End::Quit => 1,
            End::Stop => 2,
            End::Killed => 3,
            End::Protocol(_) => 4,
            End::NotReading(_) => NOT_READING,
            End::Unlogged => 6,
            End::Evicted => EVICTED,
            End::Broken(_) => 8,
        }
    }
}

impl From<ProtocolError> for End {
    fn from(error: ProtocolError) -> End {
        End::Protocol(error)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> End {
        End::Broken(error)
    }
}
