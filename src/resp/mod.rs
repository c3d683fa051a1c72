//! The wire: Redis's serialisation protocol, versions 2 and 3.
//!
//! Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>. A request is an array
//! of bulk strings, or a line of words typed by a human (an *inline* request):
//!
//! ```text
//! *2\r\n$3\r\nGET\r\n$3\r\nkey\r\n          get key\r\n
//! ```
//!
//! There are two ways to read one, and one grammar under both: `parse.rs`. A request that lies
//! complete in the read buffer is parsed where it lies and nothing is copied ([`parse::parse`]).
//! The one that straddles the buffer's end is collected, as its bytes arrive, by an
//! [`assemble::Assembler`]. Replies are written by [`reply::Reply`], in either version.
//!
//! This layer knows bytes only: no sockets, no keys, no commands.

pub mod assemble;
pub mod inline;
pub mod parse;
pub mod reply;
pub mod request;

pub use assemble::Assembler;
pub use parse::{Limits, Parsed, parse};
pub use reply::Reply;
pub use request::{Args, Span};

use std::fmt;

/// Why a connection cannot go on: after one of these nobody knows where the next request begins.
///
/// The texts are Redis's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolError {
    /// The count behind `*` is not a number or out of range.
    InvalidMultibulkLength,
    /// More arguments than a stranger may send.
    UnauthenticatedMultibulkLength,
    /// The length behind `$` is not a number or out of range.
    InvalidBulkLength,
    /// A longer argument than a stranger may send.
    UnauthenticatedBulkLength,
    /// An argument does not begin with `$` but with this byte.
    ExpectedDollar(u8),
    /// No line end within the bound behind `*`.
    TooBigMultibulkCount,
    /// No line end within the bound behind `$`.
    TooBigBulkCount,
    /// No line end within the bound of an inline request.
    TooBigInlineRequest,
    /// Quotes of an inline request do not close, or close in the middle of a word.
    UnbalancedQuotes,
    /// The whole request is larger than any may be.
    TooBigRequest,
}

impl ProtocolError {
    /// What follows `-ERR Protocol error: `. It may quote the client, and so need not be UTF-8.
    pub fn text(self) -> Vec<u8> {
        let text: &[u8] = match self {
            ProtocolError::InvalidMultibulkLength => b"invalid multibulk length",
            ProtocolError::UnauthenticatedMultibulkLength => b"unauthenticated multibulk length",
            ProtocolError::InvalidBulkLength => b"invalid bulk length",
            ProtocolError::UnauthenticatedBulkLength => b"unauthenticated bulk length",
            ProtocolError::ExpectedDollar(found) => {
                &[b"expected '$', got '", &[found][..], b"'"].concat()
            }
            ProtocolError::TooBigMultibulkCount => b"too big mbulk count string",
            ProtocolError::TooBigBulkCount => b"too big bulk count string",
            ProtocolError::TooBigInlineRequest => b"too big inline request",
            ProtocolError::UnbalancedQuotes => b"unbalanced quotes in request",
            ProtocolError::TooBigRequest => b"too big request",
        };
        text.to_vec()
    }
}

/// For the log.
impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text()))
    }
}

/// Reads a decimal integer exactly as Redis does: an optional minus, no plus, no spaces, no
/// leading zeros, and within 64 bits.
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    let canonical = match digits {
        [b'0'] => !negative,
        [b'1'..=b'9', rest @ ..] => rest.len() < 19 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !canonical {
        return None;
    }
    // Nineteen digits fit into u64; whether they fit into i64 is decided with the sign in hand.
    let magnitude = digits.iter().fold(0_u64, |sum, d| sum * 10 + u64::from(d - b'0'));
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that integers are read as strictly as Redis reads them.
    #[test]
    fn integers_are_canonical_or_refused() {
        let good = ["0", "7", "-1", "9223372036854775807", "-9223372036854775808"];
        for text in good {
            assert_eq!(parse_integer(text.as_bytes()), text.parse().ok(), "{text}");
        }
        let bad = ["", "-", "+1", "01", "-0", " 1", "1 ", "1.0", "0x1", "9223372036854775808"];
        for text in bad.iter().chain(&["-9223372036854775809", "18446744073709551616"]) {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text}");
        }
    }
}
