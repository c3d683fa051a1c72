//! Why the program ends with exit code 1.

use super::client::Failure;
use std::io;

/// Why the program ends.
pub enum Stop {
    /// Everything was said.
    Said,
    /// A line for standard error.
    Message(String),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        match failure {
            Failure::Lost(lost) => Stop::Message(format!("Error: {}", lost.reason)),
            Failure::Unreachable | Failure::ErrorReply | Failure::NoReader => Stop::Said,
        }
    }
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Stop {
        // Standard output was closed by its reader.
        Stop::Said
    }
}
