//! XTRIM, and the options by which XADD trims.
//!
//! `~` removes whole chunks only, which costs next to nothing for each entry. What is gone depends
//! on where chunks end, so the log gets the exact figure of what is left.

use super::{FAMILY, strict_id};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::StreamNodes;
use crate::keyspace::types::stream::id::ID_TEXT;
use crate::keyspace::types::stream::{Entries, Id, Stream, Trim};
use crate::keyspace::{Event, Key, Value};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XTRIM];

static XTRIM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(N) with N entries removed; with ~, with N/100 chunks removed"),
    summary: "Removes the oldest entries of a stream, up to a length or an id",
    syntax: "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XADD log 2-1 level info
        $3
        2-1
        > XTRIM log MAXLEN 1
        :1
        > XTRIM log MINID ~ 2-1
        :0
    ",
    handler: Handler::Keys(xtrim),
    ..FAMILY.row("xtrim", -4, flag::WRITE, "5.0.0")
};

/// How a stream is to be trimmed.
#[derive(Debug, Clone)]
pub(super) struct Trimming {
    to: Trim,
    is_approximate: bool,
    /// Entries that may be removed; zero is no limit.
    limit: u64,
}

impl Trimming {
    pub(super) fn is_approximate(&self) -> bool {
        self.is_approximate
    }

    /// Trims; returns how many entries were removed, and the chunks that are gone.
    pub(super) fn apply(&self, entries: &mut Entries) -> (u64, Entries) {
        entries.trim(self.to, self.is_approximate, self.limit)
    }

    /// The options of a request that trims to exactly what is left now.
    pub(super) fn exact_words(&self, len: u64, first: Id) -> [Key; 3] {
        match self.to {
            Trim::Length(_) => [Key::new(b"MAXLEN"), Key::new(b"="), Key::number(len)],
            Trim::Id(_) => {
                // Of a stream without entries all have to go.
                let first = if len == 0 { Id::MAX } else { first };
                [Key::new(b"MINID"), Key::new(b"="), Key::new(first.text(&mut ID_TEXT.clone()))]
            }
        }
    }
}

/// What stands in front of an entry's id in XADD, and behind the key in XTRIM.
pub(super) struct TrimArguments {
    pub(super) trimming: Option<Trimming>,
    /// NOMKSTREAM.
    pub(super) only_existing: bool,
    /// The first argument behind: the id.
    pub(super) end: usize,
}

/// Reads the arguments from number `at` on; an id may follow if it `is_add`.
pub(super) fn trim_arguments(
    args: Args<'_>,
    mut at: usize,
    is_add: bool,
    sizes: StreamNodes,
) -> Result<TrimArguments, CommandError> {
    const TWICE: CommandError = CommandError::new(
        "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
    );
    let (mut only_existing, mut limit, mut trimming) = (false, None, None);
    while at < args.len() {
        let is_followed = at + 1 < args.len();
        if is_add && args.at(at) == b"*" {
            break;
        } else if is_followed && (args.is(at, "MAXLEN") || args.is(at, "MINID")) {
            if trimming.is_some() {
                return Err(TWICE);
            }
            let (read, behind) = threshold(args, at)?;
            (trimming, at) = (Some(read), behind);
        } else if is_followed && args.is(at, "LIMIT") {
            let number = args.integer(at + 1)?;
            limit = Some(
                u64::try_from(number)
                    .map_err(|_| CommandError::new("ERR The LIMIT argument must be >= 0."))?,
            );
            at += 2;
        } else if is_add && args.is(at, "NOMKSTREAM") {
            only_existing = true;
            at += 1;
        } else if is_add {
            break;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    // An id that is none is found before the options are looked at as a whole.
    if is_add && at < args.len() {
        super::add::check_id(args.at(at))?;
    }
    let trimming = with_limit(trimming, limit, is_add, sizes)?;
    Ok(TrimArguments { trimming, only_existing, end: at })
}

/// Reads MAXLEN or MINID at argument `at` with what belongs to it, and says where that ends.
fn threshold(args: Args<'_>, at: usize) -> Result<(Trimming, usize), CommandError> {
    let has_sign = at + 2 < args.len() && matches!(args.at(at + 1), b"~" | b"=");
    let is_approximate = has_sign && args.at(at + 1) == b"~";
    let threshold_at = at + 1 + usize::from(has_sign);
    let to = if args.is(at, "MAXLEN") {
        let max = u64::try_from(args.integer(threshold_at)?);
        Trim::Length(max.map_err(|_| CommandError::new("ERR The MAXLEN argument must be >= 0."))?)
    } else {
        Trim::Id(strict_id(args.at(threshold_at), 0)?)
    };
    Ok((Trimming { to, is_approximate, limit: 0 }, threshold_at + 1))
}

/// Adds the limit, or the usual one.
fn with_limit(
    trimming: Option<Trimming>,
    limit: Option<u64>,
    is_add: bool,
    sizes: StreamNodes,
) -> Result<Option<Trimming>, CommandError> {
    /// Chunks that an approximate trim removes without LIMIT, and bounds of the entries in them: as
    /// in Redis.
    const CHUNKS: u64 = 100;
    const ENTRIES_WITHOUT_SIZE: u64 = 10_000;
    const ENTRIES_MAX: u64 = 1_000_000;
    let Some(mut trimming) = trimming else {
        return match limit {
            Some(1..) => Err(CommandError::new(
                "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            )),
            _ if !is_add => Err(CommandError::new(
                "ERR syntax error, XTRIM must be called with a trimming strategy",
            )),
            Some(_) => Err(NO_TILDE),
            None => Ok(None),
        };
    };
    trimming.limit = match limit {
        Some(_) if !trimming.is_approximate => return Err(NO_TILDE),
        Some(limit) => limit,
        None if !trimming.is_approximate => 0,
        None => match sizes.entries_max.saturating_mul(CHUNKS) {
            0 => ENTRIES_WITHOUT_SIZE,
            entries => entries.min(ENTRIES_MAX),
        },
    };
    Ok(Some(trimming))
}

const NO_TILDE: CommandError =
    CommandError::new("ERR syntax error, LIMIT cannot be used without the special ~ option");

fn xtrim(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let arguments = trim_arguments(args, 2, false, keys.encodings().stream)?;
    let (key, Some(trimming)) = (args.at(1), arguments.trimming) else {
        return Err(CommandError::SYNTAX);
    };
    if keys.look::<Stream>(key)?.is_none() {
        reply.integer(0);
        return Ok(());
    }
    let event = Event::stream("xtrim");
    let (removed, gone, left) = keys.change(key, event, |stream: &mut Stream| {
        let entries = stream.entries_mut();
        let (removed, gone) = trimming.apply(entries);
        ((removed, gone, (entries.len(), entries.first_id())), removed as usize)
    })?;
    keys.discard(Value::Stream(Stream::of_remains(gone)));
    if removed > 0 && trimming.is_approximate {
        keys.log_as(|| {
            let exact = trimming.exact_words(left.0, left.1);
            [Key::new(b"XTRIM"), Key::new(key)].into_iter().chain(exact)
        });
    }
    reply.integer(removed as i64);
    Ok(())
}
