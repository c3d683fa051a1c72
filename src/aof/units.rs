//! The units of a log file, read a portion at a time: a unit is a request, or a whole transaction.
//!
//! This parser is stricter than the one that serves clients: a log was written by a server, and
//! every deviation from its format is damage. A portion is about a megabyte, or one larger unit; it
//! grows with the bytes that arrive, never with a declared length. This module finds and describes
//! damage; `torn.rs` decides about it.

use crate::limits;
use crate::resp::{Args, Span};
use memchr::{memchr, memmem};
use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};

/// Where and how a file is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Bytes of whole units before it.
    pub offset: u64,
    /// What was found.
    pub what: String,
    /// The kind of damage.
    pub kind: DamageKind,
    /// Whether the file holds a whole request before it.
    pub follows_request: bool,
}

/// The bytes after the last whole unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// The beginning of a unit, up to the end of the file.
    Unfinished,
    /// Bytes that do not begin a unit, and no whole requests after them.
    Unreadable,
    /// Whole requests follow: the damage is in the middle.
    InTheMiddle,
}

impl Damage {
    /// Whether the file merely ends too early.
    pub fn is_unfinished(&self) -> bool {
        self.kind == DamageKind::Unfinished
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "damaged at offset {}: {}", self.offset, self.what)
    }
}

/// The content of a buffer at some offset.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// The end of a request or a comment.
    Whole(usize),
    /// The beginning of a request.
    Incomplete,
    /// No request.
    Broken(&'static str),
}

/// Consecutive whole units of a file, in memory that is used again.
#[derive(Default)]
pub struct Portion {
    buffer: Vec<u8>,
    spans: Vec<Span>,
    requests: Vec<Request>,
    /// The offset of the buffer in the file.
    offset: u64,
    /// Bytes of the units.
    len: usize,
}

/// The position of a request in a portion.
#[derive(Debug, Clone, Copy)]
struct Request {
    /// Offset of its unit in the buffer.
    unit: usize,
    /// Index of its first span.
    first_span: usize,
    /// Index after its last span.
    end_span: usize,
}

impl Portion {
    /// The offset of its end in the file.
    pub fn end(&self) -> u64 {
        self.offset + self.len as u64
    }

    /// Bytes of its units.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its requests, each with the offset of its unit in the file.
    pub fn requests(&self) -> impl ExactSizeIterator<Item = (u64, Args<'_>)> {
        self.requests.iter().map(|request| {
            let spans = &self.spans[request.first_span..request.end_span];
            (self.offset + request.unit as u64, Args::new(&self.buffer, spans))
        })
    }

    /// Appends the unit that begins at `start`: one request, or everything from MULTI to EXEC.
    /// Returns what it found, and the offset of that in the buffer.
    fn unit(&mut self, start: usize) -> (Found, usize) {
        let (mut at, mut is_open) = (start, false);
        loop {
            let (parsed, first_span) = (at, self.spans.len());
            match request(&self.buffer, at, &mut self.spans) {
                Found::Whole(end) => at = end,
                found => return (found, parsed),
            }
            let end_span = self.spans.len();
            let args = Args::new(&self.buffer, &self.spans[first_span..]);
            match (args.is(0, "MULTI"), args.is(0, "EXEC"), is_open) {
                (true, _, true) => return (Found::Broken("MULTI within a transaction"), parsed),
                (_, true, false) => return (Found::Broken("EXEC without MULTI"), parsed),
                (true, ..) => is_open = true,
                (_, true, _) => is_open = false,
                _ if args.is_empty() => {}
                _ => self.requests.push(Request { unit: start, first_span, end_span }),
            }
            if !is_open {
                return (Found::Whole(at), parsed);
            }
        }
    }

    /// Appends all whole units in the buffer; returns what follows them, and its offset.
    fn parse(&mut self) -> (Found, usize) {
        loop {
            let (spans_len, requests_len) = (self.spans.len(), self.requests.len());
            match self.unit(self.len) {
                (Found::Whole(end), _) => self.len = end,
                (found, parsed) => {
                    self.spans.truncate(spans_len);
                    self.requests.truncate(requests_len);
                    return (found, parsed);
                }
            }
        }
    }
}

/// Reads the units of a file.
pub struct Units<R> {
    source: R,
    /// Bytes after the last whole unit.
    rest: Vec<u8>,
    /// Their offset in the file.
    offset: u64,
    is_read: bool,
    has_requests: bool,
    damage: Option<Damage>,
}

impl<R: Read> Units<R> {
    /// Reads `source` from its first byte on.
    pub fn new(source: R) -> Units<R> {
        Units::from_offset(source, 0)
    }

    /// Reads the rest of a file, of which `source` has given `offset` bytes already.
    pub fn from_offset(source: R, offset: u64) -> Units<R> {
        let rest = Vec::new();
        Units { source, rest, offset, is_read: false, has_requests: false, damage: None }
    }

    /// Whether a whole request was found so far.
    pub fn has_requests(&self) -> bool {
        self.has_requests
    }

    /// The damage that stopped the reading before the end, if there is any.
    pub fn damage(self) -> Option<Damage> {
        self.damage
    }

    /// Replaces the content of `portion` by the next units; false if there are none before the end
    /// or before damage.
    ///
    /// # Errors
    /// Those of reading.
    pub fn next(&mut self, portion: &mut Portion) -> io::Result<bool> {
        portion.spans.clear();
        portion.requests.clear();
        (portion.offset, portion.len) = (self.offset, 0);
        portion.buffer.clear();
        // Releases memory that only a large unit needed.
        portion.buffer.shrink_to(2 * limits::AOF_READ_BYTES);
        portion.buffer.extend_from_slice(&std::mem::take(&mut self.rest));
        // Doubles the number of bytes until they contain a unit.
        while portion.len == 0 && !self.is_read && self.damage.is_none() {
            let wanted = portion.buffer.len().max(limits::AOF_READ_BYTES) as u64;
            if portion.buffer.len() as u64 + wanted > limits::AOF_UNIT_BYTES_MAX {
                let most = limits::AOF_UNIT_BYTES_MAX;
                let what = format!("a request or a transaction of more than {most} bytes");
                self.damage = Some(self.damage_of(portion, what, DamageKind::InTheMiddle));
                break;
            }
            let read = self.source.by_ref().take(wanted).read_to_end(&mut portion.buffer)?;
            self.is_read = (read as u64) < wanted;
            let (found, parsed) = portion.parse();
            self.has_requests |= !portion.requests.is_empty();
            let is_end = found == Found::Incomplete && portion.len == portion.buffer.len();
            if found != Found::Incomplete || self.is_read && !is_end {
                self.damage = Some(self.judge(found, portion, parsed)?);
            }
        }
        if self.damage.is_none() {
            self.rest = portion.buffer[portion.len..].to_vec();
        }
        self.offset = portion.end();
        Ok(portion.len > 0)
    }

    /// Decides the kind of damage after a portion, by whether requests follow it. It begins at
    /// `parsed` in the portion's buffer.
    fn judge(&mut self, found: Found, portion: &mut Portion, parsed: usize) -> io::Result<Damage> {
        let (what, kind) = match found {
            Found::Broken(what) => {
                let most = limits::AOF_SEARCH_BYTES;
                self.source.by_ref().take(most).read_to_end(&mut portion.buffer)?;
                (what, DamageKind::Unreadable)
            }
            _ => ("it ends in the middle", DamageKind::Unfinished),
        };
        // The bytes after the whole units: the requests of an open transaction do not count.
        let rest = &portion.buffer[parsed..];
        // A torn value may contain anything, even a log; but that would not end where the file
        // ends.
        let must_reach_end = kind == DamageKind::Unfinished;
        let kind = match has_requests(rest, must_reach_end) {
            true => DamageKind::InTheMiddle,
            false => kind,
        };
        let what = match !rest.is_empty() && rest.iter().all(|byte| *byte == 0) {
            true => format!("{} zero bytes", rest.len()),
            false => what.to_owned(),
        };
        Ok(self.damage_of(portion, what, kind))
    }

    fn damage_of(&self, portion: &Portion, what: String, kind: DamageKind) -> Damage {
        Damage { offset: portion.end(), what, kind, follows_request: self.has_requests }
    }
}

/// Whether whole requests follow somewhere in `rest`; with `to_the_end`, up to its very end.
///
/// Every line of `rest` could begin requests, and the requests that begin at one line mostly end
/// where those of another line end. So no offset is tried twice, and the whole search has a budget:
/// a value that looks like many logs in one must not keep a server from starting for hours.
fn has_requests(rest: &[u8], to_the_end: bool) -> bool {
    let (mut spans, mut tried) = (Vec::new(), HashSet::new());
    let mut arguments = 0;
    memmem::find_iter(rest, b"\r\n*").any(|at| {
        let mut next = at + 2;
        while !tried.contains(&next) {
            spans.clear();
            let found = request(rest, next, &mut spans);
            arguments += spans.len() + 1;
            if arguments > limits::AOF_SEARCH_ARGUMENTS_MAX {
                return true;
            }
            match found {
                Found::Whole(end) if !to_the_end || end == rest.len() => {
                    let name = spans.first().map(|span| Args::new(rest, &[*span]).at(0).to_vec());
                    return name.is_some_and(|name| name.iter().all(u8::is_ascii_alphabetic));
                }
                Found::Whole(end) => {
                    tried.insert(next);
                    next = end;
                }
                _ => return false,
            }
        }
        false
    })
}

/// Reads the request at `at`, whose arguments are appended to `spans`, or a comment.
fn request(buffer: &[u8], at: usize, spans: &mut Vec<Span>) -> Found {
    match buffer.get(at) {
        None => return Found::Incomplete,
        Some(b'#') => {
            let end = memchr(b'\n', &buffer[at..]);
            return end.map_or(Found::Incomplete, |end| Found::Whole(at + end + 1));
        }
        Some(b'*') => {}
        Some(_) => return Found::Broken("there is no request"),
    }
    let (count, mut next) = match number(buffer, at + 1) {
        Ok(Some((0, _))) => return Found::Broken("a request without a word"),
        Ok(Some(number)) => number,
        Ok(None) => return Found::Incomplete,
        Err(what) => return Found::Broken(what),
    };
    for _ in 0..count {
        match buffer.get(next) {
            None => return Found::Incomplete,
            Some(b'$') => {}
            Some(_) => return Found::Broken("an argument does not begin with '$'"),
        }
        let (len, start) = match number(buffer, next + 1) {
            Ok(Some(number)) => number,
            Ok(None) => return Found::Incomplete,
            Err(what) => return Found::Broken(what),
        };
        next = start + len + 2;
        match buffer.get(next - 2..next) {
            Some(b"\r\n") => {}
            Some(_) => return Found::Broken("an argument does not end where it should"),
            None => return Found::Incomplete,
        }
        spans.push(Span { start: start as u32, len: len as u32 });
    }
    Found::Whole(next)
}

/// Reads a number and its line end at `at`: its value and the offset of the next byte.
fn number(buffer: &[u8], at: usize) -> Result<Option<(usize, usize)>, &'static str> {
    let mut value = 0_usize;
    for (index, byte) in buffer[at..].iter().enumerate() {
        match byte {
            b'0'..=b'9' if value <= limits::BULK_BYTES_MAX => {
                value = value * 10 + usize::from(byte - b'0');
            }
            b'\r' if index > 0 => match buffer.get(at + index + 1) {
                None => return Ok(None),
                Some(b'\n') if value <= limits::BULK_BYTES_MAX => {
                    return Ok(Some((value, at + index + 2)));
                }
                Some(_) => return Err("a length that is none"),
            },
            _ => return Err("a length that is none"),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The requests of a log as text, and the damage.
    fn read(bytes: &[u8]) -> (Vec<String>, Option<Damage>) {
        let mut units = Units::new(bytes);
        let mut requests = Vec::new();
        let mut portion = Portion::default();
        while units.next(&mut portion).expect("readable") {
            requests.extend(portion.requests().map(|(_, args)| {
                let words: Vec<_> = args.iter().map(String::from_utf8_lossy).collect();
                words.join(" ")
            }));
        }
        (requests, units.damage())
    }

    /// The units of a log: a comment, and three that yield a request each.
    const UNITS: [&[u8]; 4] = [
        b"#TS:1\r\n",
        b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n",
        b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n\r\n\r\n*1\r\n$4\r\nEXEC\r\n",
        b"*2\r\n$3\r\nDEL\r\n$1\r\na\r\n",
    ];

    /// Ensures that a log cut at every byte yields its whole units and, unless the cut is between
    /// two of them, a torn tail.
    #[test]
    fn a_cut_anywhere_is_a_torn_tail() {
        let all = ["SELECT 0", "SET a \r\n", "DEL a"];
        let whole = UNITS.concat();
        let ends = [0, 1, 2, 3, 4].map(|count| UNITS[..count].concat().len());
        for cut in 0..=whole.len() {
            let units = ends.iter().rposition(|end| *end <= cut).expect("none is before the first");
            let (requests, damage) = read(&whole[..cut]);
            assert_eq!(requests, all[..units.saturating_sub(1)], "cut at {cut}");
            let torn = (ends[units] < cut).then_some((ends[units] as u64, DamageKind::Unfinished));
            let found = damage.map(|damage| (damage.offset, damage.kind));
            assert_eq!(found, torn, "cut at {cut}");
        }
    }

    /// Ensures that zeros and garbage after the last unit are a torn tail, and that the same bytes
    /// before other units are damage in the middle.
    #[test]
    fn what_follows_decides_what_damage_is() {
        let whole = &UNITS.concat()[..];
        for garbage in [&b"\0\0\0\0"[..], b"\r\n\x7f\xff*", b"*3\r\n$x", b"$3\r\nabc\r\n"] {
            let (requests, damage) = read(&[whole, garbage].concat());
            assert_eq!(requests.len(), 3);
            let damage = damage.expect("damage");
            assert_ne!(damage.kind, DamageKind::InTheMiddle, "{damage}");
            assert_eq!(damage.offset, whole.len() as u64);
            let (requests, damage) = read(&[whole, garbage, b"\r\n", whole].concat());
            assert_eq!(requests.len(), 3);
            let kind = damage.expect("damage").kind;
            assert_eq!(kind, DamageKind::InTheMiddle, "{}", garbage.escape_ascii());
        }
        // A length that exceeds the file hides whole requests.
        let hiding = b"*2\r\n$3\r\nGET\r\n$99999\r\nx\r\n";
        let damage = read(&[hiding, whole].concat()).1.expect("damage");
        assert_eq!(damage.kind, DamageKind::InTheMiddle, "{damage}");
    }
}
