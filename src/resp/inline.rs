//! Requests typed by a human: words instead of an array of bulk strings.

use super::{ProtocolError, Span};
use crate::text::quoting::{Unbalanced, next_word};

/// Splits `line` (without its end) into words, which are appended to `bytes` with their `spans`.
///
/// # Errors
/// [`ProtocolError::UnbalancedQuotes`].
pub fn split(line: &[u8], bytes: &mut Vec<u8>, spans: &mut Vec<Span>) -> Result<(), ProtocolError> {
    let (mut rest, mut start) = (line, bytes.len());
    while let Some(behind) = next_word(rest, bytes)? {
        spans.push(Span { start: start as u32, len: (bytes.len() - start) as u32 });
        (rest, start) = (behind, bytes.len());
    }
    Ok(())
}

impl From<Unbalanced> for ProtocolError {
    fn from(_: Unbalanced) -> ProtocolError {
        ProtocolError::UnbalancedQuotes
    }
}
