//! The grammar of a request, and the parser for requests that are complete in a buffer.
//!
//! Invariant: for any bytes, [`parse`] and [`crate::resp::Assembler`] find the same requests and
//! the same error after them; a test feeds both with the same bytes in every way.

use super::{ProtocolError, Span, parse_integer};
use crate::limits;
use memchr::memchr;

/// Limits of one request, smaller before authentication.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Whether the client still has to authenticate.
    pub stranger: bool,
}

/// The content of the beginning of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole request of `len` bytes; the spans of its arguments were appended. Without spans (an
    /// empty array) there is nothing to execute and no reply.
    Request {
        /// Bytes that the request takes.
        len: usize,
    },
    /// A line of words, complete or not. Quoting may change its bytes, so it cannot be parsed in
    /// place.
    Inline,
    /// The end has not arrived.
    Incomplete,
}

/// Parses the request at offset `at` of `buffer` and appends the spans of its arguments to `spans`.
///
/// # Errors
/// Bytes that can never become a request; `spans` is then unspecified beyond its old length.
pub fn parse(
    buffer: &[u8],
    at: usize,
    limits: Limits,
    spans: &mut Vec<Span>,
) -> Result<Parsed, ProtocolError> {
    match buffer.get(at) {
        None => return Ok(Parsed::Incomplete),
        Some(b'*') => {}
        Some(_) => return Ok(Parsed::Inline),
    }
    let spans_before = spans.len();
    let Some((count_text, mut next)) = line(buffer, at + 1, ProtocolError::TooBigMultibulkCount)?
    else {
        return Ok(Parsed::Incomplete);
    };
    for _ in 0..argument_count(count_text, limits)? {
        let Some((len, start)) = bulk_header(buffer, next, limits)? else {
            spans.truncate(spans_before);
            return Ok(Parsed::Incomplete);
        };
        next = start + len + 2;
        if buffer.len() < next {
            spans.truncate(spans_before);
            return Ok(Parsed::Incomplete);
        }
        spans.push(Span { start: start as u32, len: len as u32 });
    }
    Ok(Parsed::Request { len: next - at })
}

/// Reads `$len\r\n` at `at`: the length and the offset of the bytes; `None` if it is incomplete.
fn bulk_header(
    buffer: &[u8],
    at: usize,
    limits: Limits,
) -> Result<Option<(usize, usize)>, ProtocolError> {
    let Some(&first) = buffer.get(at) else { return Ok(None) };
    // Redis looks for the line end first, and so does this: an incomplete line is not yet an error.
    let Some((text, next)) = line(buffer, at, ProtocolError::TooBigBulkCount)? else {
        return Ok(None);
    };
    if first != b'$' {
        return Err(ProtocolError::ExpectedDollar(first));
    }
    Ok(Some((bulk_len(&text[1..], limits)?, next)))
}

/// The line that begins at `at`, without its end, and the offset of the next one.
///
/// As in Redis, a carriage return ends the line, and the byte after it is skipped unchecked.
fn line(
    buffer: &[u8],
    at: usize,
    too_big: ProtocolError,
) -> Result<Option<(&[u8], usize)>, ProtocolError> {
    let rest = &buffer[at..];
    match memchr(b'\r', rest) {
        Some(len) if len > limits::LINE_BYTES_MAX => Err(too_big),
        Some(len) if len + 1 < rest.len() => Ok(Some((&rest[..len], at + len + 2))),
        None if rest.len() > limits::LINE_BYTES_MAX => Err(too_big),
        _ => Ok(None),
    }
}

/// The number after `*`. Zero and negative numbers are allowed and mean: no request.
pub(super) fn argument_count(text: &[u8], limits: Limits) -> Result<usize, ProtocolError> {
    let count = parse_integer(text).ok_or(ProtocolError::InvalidMultibulkLength)?;
    let count = usize::try_from(count).unwrap_or(0);
    if count > limits::ARGUMENTS_MAX {
        return Err(ProtocolError::InvalidMultibulkLength);
    }
    if limits.stranger && count > limits::ARGUMENTS_BEFORE_AUTH_MAX {
        return Err(ProtocolError::UnauthenticatedMultibulkLength);
    }
    Ok(count)
}

/// The number after `$`.
pub(super) fn bulk_len(text: &[u8], limits: Limits) -> Result<usize, ProtocolError> {
    let len = parse_integer(text).and_then(|len| usize::try_from(len).ok());
    let len = len.filter(|len| *len <= limits::BULK_BYTES_MAX);
    let len = len.ok_or(ProtocolError::InvalidBulkLength)?;
    if limits.stranger && len > limits::BULK_BYTES_BEFORE_AUTH_MAX {
        return Err(ProtocolError::UnauthenticatedBulkLength);
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::{Args, Assembler};

    const KNOWN: Limits = Limits { stranger: false };
    const STRANGER: Limits = Limits { stranger: true };

    type Requests = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

    /// Reads everything as a connection does that receives it in pieces, cut at `cuts`.
    fn read_all(bytes: &[u8], cuts: &[usize], limits: Limits) -> Requests {
        let mut requests = Vec::new();
        let mut assembler = Assembler::default();
        let mut edges = vec![0];
        edges.extend(cuts);
        edges.push(bytes.len());
        for pair in edges.windows(2) {
            let (chunk, mut at) = (&bytes[pair[0]..pair[1]], 0);
            while at < chunk.len() {
                let mut spans = Vec::new();
                let in_place = if assembler.is_empty() {
                    match parse(chunk, at, limits, &mut spans) {
                        Ok(parsed) => parsed,
                        Err(error) => return (requests, Some(error)),
                    }
                } else {
                    Parsed::Incomplete
                };
                if let Parsed::Request { len } = in_place {
                    requests.push(Args::new(chunk, &spans).iter().map(<[u8]>::to_vec).collect());
                    at += len;
                    continue;
                }
                match assembler.feed(&chunk[at..], limits) {
                    Err(error) => return (requests, Some(error)),
                    Ok(taken) => at += taken,
                }
                if assembler.is_complete() {
                    let (bytes, spans) = assembler.request();
                    requests.push(Args::new(bytes, spans).iter().map(<[u8]>::to_vec).collect());
                    assembler.reset();
                }
            }
        }
        requests.retain(|request: &Vec<Vec<u8>>| !request.is_empty());
        (requests, None)
    }

    /// Reads `bytes` whole, byte by byte and split at every index, and expects the same each time.
    fn check(bytes: &[u8], limits: Limits, expected: &[&[&str]], error: Option<ProtocolError>) {
        let expected: Vec<Vec<Vec<u8>>> = expected
            .iter()
            .map(|request| request.iter().map(|arg| arg.as_bytes().to_vec()).collect())
            .collect();
        let every_byte: Vec<usize> = (1..bytes.len()).collect();
        let mut ways = vec![vec![], every_byte.clone()];
        ways.extend(every_byte.into_iter().map(|cut| vec![cut]));
        for cuts in ways {
            let read = read_all(bytes, &cuts, limits);
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(read, (expected.clone(), error), "{shown:?} cut at {cuts:?}");
        }
    }

    /// Ensures that well-formed requests are understood however they are chunked.
    #[test]
    fn requests_are_read_in_any_chunking() {
        check(b"*1\r\n$4\r\nPING\r\n", KNOWN, &[&["PING"]], None);
        check(
            b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n*0\r\n*-1\r\n*2\r\n$1\r\na\r\n$2\r\n\r\n\r\n",
            KNOWN,
            &[&["GET", ""], &["a", "\r\n"]],
            None,
        );
        check(
            b"\r\nPING\r\n  set  \"a b\\x41\" 'it\\'s'\n*1\r\n$1\r\nx\r\n",
            KNOWN,
            &[&["PING"], &["set", "a bA", "it's"], &["x"]],
            None,
        );
    }

    /// Ensures that each malformed frame gets Redis's text, and that requests before it are kept.
    #[test]
    fn malformed_frames_are_named() {
        use ProtocolError::*;
        let ping: &[&[&str]] = &[&["PING"]];
        check(b"PING\r\n*x\r\n", KNOWN, ping, Some(InvalidMultibulkLength));
        check(b"PING\r\n*1048577\r\n", KNOWN, ping, Some(InvalidMultibulkLength));
        check(b"PING\r\n*99999999999999999999\r\n", KNOWN, ping, Some(InvalidMultibulkLength));
        check(b"*1\r\n$x\r\n", KNOWN, &[], Some(InvalidBulkLength));
        check(b"*1\r\n$-1\r\n", KNOWN, &[], Some(InvalidBulkLength));
        check(b"*1\r\n$536870913\r\n", KNOWN, &[], Some(InvalidBulkLength));
        check(b"*1\r\n!4\r\n", KNOWN, &[], Some(ExpectedDollar(b'!')));
        check(b"PING\r\nset 'a\r\n", KNOWN, ping, Some(UnbalancedQuotes));
        check(b"set 'a'b\r\n", KNOWN, &[], Some(UnbalancedQuotes));
        check(b"*11\r\n", STRANGER, &[], Some(UnauthenticatedMultibulkLength));
        check(b"*1\r\n$16385\r\n", STRANGER, &[], Some(UnauthenticatedBulkLength));
    }

    /// Ensures that a line without an end is refused at the limit, not when memory is used up.
    #[test]
    fn endless_lines_are_cut_off() {
        let endless = |start: &[u8]| {
            let bytes = [start, &vec![b'1'; limits::LINE_BYTES_MAX + 1][..]].concat();
            let step = 1_000;
            let cuts: Vec<usize> = (step..bytes.len()).step_by(step).collect();
            [read_all(&bytes, &[], KNOWN).1, read_all(&bytes, &cuts, KNOWN).1]
        };
        assert_eq!(endless(b""), [Some(ProtocolError::TooBigInlineRequest); 2]);
        assert_eq!(endless(b"*"), [Some(ProtocolError::TooBigMultibulkCount); 2]);
        assert_eq!(endless(b"*1\r\n$"), [Some(ProtocolError::TooBigBulkCount); 2]);
    }
}
