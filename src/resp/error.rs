//! The errors that end a connection.

use std::fmt;

/// A violation of the protocol. After it, the beginning of the next request is unknown, so the
/// connection ends.
///
/// The texts are Redis's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolError {
    /// The count after `*` is not a number or out of range.
    InvalidMultibulkLength,
    /// More arguments than an unauthenticated client may send.
    UnauthenticatedMultibulkLength,
    /// The length after `$` is not a number or out of range.
    InvalidBulkLength,
    /// A longer argument than an unauthenticated client may send.
    UnauthenticatedBulkLength,
    /// An argument begins with this byte instead of `$`.
    ExpectedDollar(u8),
    /// No line end within the limit after `*`.
    TooBigMultibulkCount,
    /// No line end within the limit after `$`.
    TooBigBulkCount,
    /// No line end within the limit of an inline request.
    TooBigInlineRequest,
    /// Quotes of an inline request are not closed, or close in the middle of a word.
    UnbalancedQuotes,
    /// The whole request exceeds the limit.
    TooBigRequest,
}

impl ProtocolError {
    /// The text after `-ERR Protocol error: `. It may quote the client, and so need not be UTF-8.
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
