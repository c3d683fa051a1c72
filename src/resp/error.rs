//! Why a connection cannot go on.

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
