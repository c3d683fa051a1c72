//! Deadlines as requests write them: a number with a unit and a reference point.
//!
//! Five families of options and commands use the same four notations (`EX` and EXPIRE, `PXAT` and
//! PEXPIREAT, …). They differ only in the accepted numbers: an option needs a positive one, while
//! EXPIRE and its variants take any moment, because one in the past is a way to delete.

use crate::command::engine::arguments::Cursor;
use crate::command::engine::{Args, CommandError, Keys, Outcome};
use crate::keyspace::Key;

/// The meaning of a number as a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Seconds from now: `EX`.
    Seconds,
    /// Milliseconds from now: `PX`.
    Milliseconds,
    /// Seconds since 1970: `EXAT`.
    UnixSeconds,
    /// Milliseconds since 1970: `PXAT`.
    UnixMilliseconds,
}

impl Scale {
    const OPTIONS: [(&'static str, Scale); 4] = [
        ("EX", Scale::Seconds),
        ("PX", Scale::Milliseconds),
        ("EXAT", Scale::UnixSeconds),
        ("PXAT", Scale::UnixMilliseconds),
    ];

    /// Unix milliseconds of the moment in argument `index`, negative before 1970.
    ///
    /// # Errors
    /// The argument is not an integer, or the moment does not fit into 64 bits.
    pub fn moment_ms(self, args: Args<'_>, index: usize, now_ms: u64) -> Result<i64, CommandError> {
        let number = args.integer(index)?;
        let unit_ms = match self {
            Scale::Seconds | Scale::UnixSeconds => 1_000,
            Scale::Milliseconds | Scale::UnixMilliseconds => 1,
        };
        let base_ms = match self {
            Scale::Seconds | Scale::Milliseconds => now_ms,
            Scale::UnixSeconds | Scale::UnixMilliseconds => 0,
        };
        number
            .checked_mul(unit_ms)
            .and_then(|ms| ms.checked_add_unsigned(base_ms))
            .ok_or_else(|| invalid_expire_time(args))
    }

    /// The same for an option or a command that sets a value together with its deadline: zero and
    /// negative numbers are errors.
    ///
    /// # Errors
    /// Those of [`Scale::moment_ms`], and a number that is not positive.
    pub fn deadline_ms(
        self,
        args: Args<'_>,
        index: usize,
        now_ms: u64,
    ) -> Result<u64, CommandError> {
        if args.integer(index)? <= 0 {
            return Err(invalid_expire_time(args));
        }
        Ok(self.moment_ms(args, index, now_ms)?.unsigned_abs())
    }
}

/// The change of the deadline that a request's options ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Unchanged: `KEEPTTL`.
    Keep,
    /// Removed: `PERSIST`.
    Persist,
    /// Set according to an argument.
    Until(Scale, usize),
}

impl Lifetime {
    /// Reads `EX number` and its three variants. The number is parsed later: a wrong one is
    /// reported after all errors in the syntax.
    pub(crate) fn option(words: &mut Cursor<'_>) -> Option<Lifetime> {
        let number = words.index() + 1;
        let is_read = |(word, _): &(&str, Scale)| words.value_of(word).is_some();
        let (_, scale) = Scale::OPTIONS.into_iter().find(is_read)?;
        Some(Lifetime::Until(scale, number))
    }

    /// Replaces `chosen` by this option. The same word may be repeated, and the last one counts;
    /// two different words are a syntax error.
    pub fn choose(self, chosen: &mut Option<Lifetime>) -> Outcome {
        let is_same_word = match (*chosen, self) {
            (None, _) => true,
            (Some(Lifetime::Until(before, _)), Lifetime::Until(now, _)) => before == now,
            (Some(before), now) => before == now,
        };
        *chosen = Some(self);
        if is_same_word { Ok(()) } else { Err(CommandError::SYNTAX) }
    }
}

/// Redis's text for a number that cannot be a deadline.
fn invalid_expire_time(args: Args<'_>) -> CommandError {
    let name = String::from_utf8_lossy(args.at(0)).to_lowercase();
    format!("ERR invalid expire time in '{name}' command").into()
}

/// Sets the deadline of `key` and returns whether the key exists. The log gets the moment, or the
/// removal if the moment has passed.
pub fn change_deadline(keys: &mut Keys<'_>, key: &[u8], moment_ms: u64) -> bool {
    if moment_ms > keys.now_ms() {
        keys.log_as(|| [Key::new(b"PEXPIREAT"), Key::new(key), Key::number(moment_ms)]);
    } else {
        keys.log_as(|| [Key::new(b"DEL"), Key::new(key)]);
    }
    keys.set_deadline(key, Some(moment_ms))
}

/// Removes the deadline of `key` and returns whether there was one.
pub fn remove_deadline(keys: &mut Keys<'_>, key: &[u8]) -> bool {
    let has_deadline = keys.look_entry(key).is_some_and(|entry| entry.expires_at_ms().is_some());
    keys.log_as(|| [Key::new(b"PERSIST"), Key::new(key)]);
    has_deadline && keys.set_deadline(key, None)
}
