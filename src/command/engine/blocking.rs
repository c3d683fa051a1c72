//! Commands that can wait for a key: what one is made of.

use crate::error::CommandError;
use crate::keyspace::Keys;
use crate::resp::{Args, Reply};
use std::ops::Range;

/// What a command that can wait is made of.
pub struct Blocking {
    /// Tries to serve the request, at first and again whenever one of its keys was changed. It gets
    /// the same arguments each time, and must put a request that does not wait in the place of its
    /// own for the log ([`Keys::log_as`]).
    pub attempt: fn(&mut Keys<'_>, Args<'_>, &mut Reply) -> Result<Served, CommandError>,
    /// How long the request may wait.
    pub patience: fn(Args<'_>) -> Result<Patience, CommandError>,
    /// Which arguments are the keys that it waits for, after a first attempt without an error.
    pub keys: fn(Args<'_>) -> Range<usize>,
    /// What is answered when the time is over.
    pub give_up: fn(&mut Reply),
    /// What is answered where nothing may wait: in a transaction or a script. For BLMOVE that is a
    /// null in RESP2, and not the null array of a wait whose time is over.
    pub denied: fn(&mut Reply),
}

impl Blocking {
    /// What a command is made of whose arguments are keys and a time-out in seconds, and which
    /// replies with a null array when the time is over.
    pub const fn for_keys(
        attempt: fn(&mut Keys<'_>, Args<'_>, &mut Reply) -> Result<Served, CommandError>,
    ) -> Blocking {
        Blocking {
            attempt,
            patience: |args| Patience::seconds(args.at(args.len() - 1)),
            keys: |args| 1..args.len() - 1,
            give_up: Reply::null_array,
            denied: Reply::null_array,
        }
    }
}

/// What an attempt to serve a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// The reply is written.
    Now,
    /// There is nothing to serve it with.
    NotNow,
    /// The same, and the request waits with these words in the place of its own: what it meant at
    /// its first attempt (the `$` of XREAD) it would not mean later.
    NotNowAs(Vec<Vec<u8>>),
}

/// How long a request may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// Until it is served.
    Forever,
    /// For so many milliseconds.
    Milliseconds(u64),
}

impl Patience {
    /// Reads a time in seconds, with a fraction if need be; 0 is for ever. A time below a
    /// millisecond is one.
    ///
    /// # Errors
    /// In Redis's words.
    pub fn seconds(text: &[u8]) -> Result<Patience, CommandError> {
        const BAD: CommandError = CommandError::new("ERR timeout is not a float or out of range");
        let is_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let text =
            std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|b| is_number(&b)));
        let seconds: f64 = text.and_then(|text| text.parse().ok()).ok_or(BAD)?;
        let ms = (seconds * 1_000.0).ceil();
        if ms > i64::MAX as f64 {
            return Err(CommandError::new("ERR timeout is out of range"));
        }
        if seconds < 0.0 {
            return Err(CommandError::new("ERR timeout is negative"));
        }
        Ok(Patience::of_ms(ms as u64))
    }

    /// Reads a time in milliseconds; 0 is for ever.
    ///
    /// # Errors
    /// In Redis's words.
    pub fn milliseconds(text: &[u8]) -> Result<Patience, CommandError> {
        let timeout = crate::resp::parse_integer(text)
            .ok_or(CommandError::new("ERR timeout is not an integer or out of range"))?;
        let ms = u64::try_from(timeout);
        ms.map(Patience::of_ms).map_err(|_| CommandError::new("ERR timeout is negative"))
    }

    fn of_ms(ms: u64) -> Patience {
        if ms == 0 { Patience::Forever } else { Patience::Milliseconds(ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that times are read as Redis reads them, and that a very short one is not for ever.
    #[test]
    fn times_to_wait() {
        let text = |error: CommandError| String::from_utf8_lossy(error.text()).into_owned();
        let read = |word: &str| Patience::seconds(word.as_bytes()).map_err(text);
        assert_eq!(read("0"), Ok(Patience::Forever));
        assert_eq!(read("0.00001"), Ok(Patience::Milliseconds(1)));
        assert_eq!(read("1.5"), Ok(Patience::Milliseconds(1_500)));
        assert_eq!(read("1e1"), Ok(Patience::Milliseconds(10_000)));
        for bad in ["", "x", " 1", "1 ", "nan", "0x1p"] {
            assert_eq!(read(bad), Err("ERR timeout is not a float or out of range".to_owned()));
        }
        assert_eq!(read("-1"), Err("ERR timeout is negative".to_owned()));
        assert_eq!(read("1e300"), Err("ERR timeout is out of range".to_owned()));
    }
}
