//! XREAD: entries that follow, of several streams, and waiting for the next one.
//!
//! All clients that wait get a new entry; none of them takes it away from another. `$` is the last
//! id at the first attempt, so the request waits with that id in its place.

use super::{FAMILY, count_or_all, reply_range, strict_id};
use crate::command::engine::blocking::{Blocking, Patience, Served};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Reply, flag,
};
use crate::keyspace::types::stream::id::ID_TEXT;
use crate::keyspace::types::stream::{Id, Stream};
use std::ops::Range;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XREAD];

/// Entries that a request without COUNT gets of each stream after it has waited, as in Redis.
pub(super) const COUNT_AFTER_WAIT: usize = 1_000;

static XREAD: Command = Command {
    keys: KeyArguments::behind("STREAMS", 1).used(&["RO access"]),
    complexity: Complexity::Other("O(N) with N entries in the reply"),
    summary: "Returns the entries of streams that follow an id, and may wait for the next one",
    syntax: "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XREAD COUNT 5 STREAMS log 0
        *1
        *2
        $3
        log
        *1
        *2
        $3
        1-1
        *2
        $5
        level
        $4
        info
        > XREAD STREAMS log $
        *-1
    ",
    handler: Handler::Blocking(&Blocking {
        attempt,
        patience: |args| Ok(Request::parse(args, false)?.patience),
        keys: |args| Request::parse(args, false).map_or(0..0, |request| request.keys),
        give_up: Reply::null_array,
        denied: Reply::null_array,
    }),
    ..FAMILY.row("xread", -4, flag::READONLY | flag::BLOCKING | flag::MOVABLE_KEYS, "5.0.0")
};

/// What XREAD and XREADGROUP ask for.
pub(super) struct Request<'a> {
    pub(super) patience: Patience,
    pub(super) count: usize,
    /// The arguments that are keys. As many ids follow.
    pub(super) keys: Range<usize>,
    /// The group and the consumer.
    pub(super) group: Option<(&'a [u8], &'a [u8])>,
    pub(super) noack: bool,
}

impl<'a> Request<'a> {
    pub(super) fn parse(args: Args<'a>, is_group: bool) -> Result<Request<'a>, CommandError> {
        let (mut patience, mut count, mut group) = (Patience::None, usize::MAX, None);
        let (mut noack, mut at) = (false, 1);
        let keys = loop {
            let left = args.len().saturating_sub(at + 1);
            if args.is(at, "BLOCK") && left > 0 {
                patience = Patience::milliseconds(args.at(at + 1))?;
                at += 2;
            } else if args.is(at, "COUNT") && left > 0 {
                count = count_or_all(args, at + 1)?;
                at += 2;
            } else if args.is(at, "STREAMS") && left > 0 {
                if left % 2 == 1 {
                    return Err(UNBALANCED);
                }
                break at + 1..at + 1 + left / 2;
            } else if args.is(at, "GROUP") && left > 1 {
                if !is_group {
                    return Err(only_of_groups("GROUP"));
                }
                group = Some((args.at(at + 1), args.at(at + 2)));
                at += 3;
            } else if args.is(at, "NOACK") {
                if !is_group {
                    return Err(only_of_groups("NOACK"));
                }
                noack = true;
                at += 1;
            } else {
                return Err(CommandError::SYNTAX);
            }
        };
        if is_group && group.is_none() {
            return Err(CommandError::new("ERR Missing GROUP option for XREADGROUP"));
        }
        Ok(Request { patience, count, keys, group, noack })
    }

    /// Each key with the text of its id.
    pub(super) fn streams(&self, args: Args<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let len = self.keys.len();
        self.keys.clone().map(move |at| (args.at(at), args.at(at + len)))
    }
}

/// Redis names XREAD for both commands.
const UNBALANCED: CommandError = CommandError::new(
    "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
);

fn only_of_groups(option: &str) -> CommandError {
    format!("ERR The {option} option is only supported by XREADGROUP. You called XREAD instead.")
        .into()
}

/// Whether the words are those of a request that waits: see [`waiting_words`].
pub(super) fn has_waited(args: Args<'_>) -> bool {
    args.get(0) == Some(b"")
}

/// The words of a request that waits. The name is left out, and by that a later attempt knows that
/// it is one.
pub(super) fn waiting_words(args: Args<'_>) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = args.iter().map(<[u8]>::to_vec).collect();
    words[0].clear();
    words
}

/// The head of the reply: a map of streams in RESP3, a list of pairs in RESP2.
pub(super) fn reply_head(reply: &mut Reply, streams: usize) {
    if reply.is_resp3() { reply.map(streams) } else { reply.array(streams) }
}

/// The head of one stream's entries.
pub(super) fn reply_stream(reply: &mut Reply, key: &[u8]) {
    if !reply.is_resp3() {
        reply.array(2);
    }
    reply.bulk(key);
}

fn attempt(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Result<Served, CommandError> {
    const NO_GROUP: CommandError = CommandError::new(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> \
         <consumer> option.",
    );
    let request = Request::parse(args, false)?;
    let mut ids = Vec::with_capacity(request.keys.len());
    let mut ready = 0;
    for (key, text) in request.streams(args) {
        let stream = keys.read::<Stream>(key);
        // Of several keys that are waited for, one may have got another type.
        let stream = if has_waited(args) { stream.unwrap_or(None) } else { stream? };
        let id = match text {
            b"$" => stream.map_or(Id::ZERO, |stream| stream.entries().last_id),
            b">" => return Err(NO_GROUP),
            text => strict_id(text, 0)?,
        };
        let top = stream.and_then(|stream| stream.entries().top());
        let is_ready = top.is_some_and(|top| top > id);
        ready += usize::from(is_ready);
        ids.push((id, is_ready));
    }
    if ready == 0 {
        return Ok(not_now(&request, args, &ids));
    }
    let count = match request.count {
        usize::MAX if has_waited(args) => COUNT_AFTER_WAIT,
        count => count,
    };
    reply_head(reply, ready);
    for ((key, _), (id, _)) in request.streams(args).zip(&ids).filter(|(_, (_, it))| *it) {
        let Ok(Some(stream)) = keys.look::<Stream>(key) else { continue };
        reply_stream(reply, key);
        let from = id.next().unwrap_or(Id::MAX);
        reply_range(reply, stream.entries(), (from, Id::MAX), count, |_| ());
    }
    Ok(Served::Now)
}

/// Lets the request wait, with ids in the place of each `$`.
fn not_now(request: &Request<'_>, args: Args<'_>, ids: &[(Id, bool)]) -> Served {
    if has_waited(args) || request.patience == Patience::None {
        return Served::NotNow;
    }
    let mut words = waiting_words(args);
    for (at, (id, _)) in (request.keys.end..).zip(ids) {
        words[at] = id.text(&mut ID_TEXT.clone()).to_vec();
    }
    Served::NotNowAs(words)
}
