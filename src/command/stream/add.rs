//! XADD: appending an entry.

use super::trim::{Trimming, trim_arguments};
use super::{FAMILY, reply_id, strict_id};
use crate::command::engine::values::stored;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::keys::Changed;
use crate::keyspace::types::Element;
use crate::keyspace::types::stream::id::ID_TEXT;
use crate::keyspace::types::stream::{Entries, Id, Stream};
use crate::keyspace::{Event, Key, Value};
use crate::limits;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XADD];

static XADD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(1) when adding, O(N) when trimming with N entries removed"),
    summary: "Appends an entry to a stream, and trims the stream",
    syntax: "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> \
             field value [field value ...]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XADD log 1-* level warning
        $3
        1-2
        > XADD log 1-1 level info
        -ERR The ID specified in XADD is equal or smaller than the target stream top item
        > XADD other NOMKSTREAM * level info
        $-1
    ",
    handler: Handler::Keys(xadd),
    ..FAMILY.row("xadd", -5, flag::WRITE | flag::DENYOOM | flag::FAST, "5.0.0")
};

/// The id that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// `*`: now.
    Automatic,
    /// `ms-*`: the next one of a millisecond.
    Of(u64),
    Exactly(Id),
}

impl Wanted {
    fn parse(text: &[u8]) -> Result<Wanted, CommandError> {
        if text == b"*" {
            return Ok(Wanted::Automatic);
        }
        match text.strip_suffix(b"-*") {
            // The rest is the number of milliseconds alone.
            Some(ms) if !ms.contains(&b'-') => Ok(Wanted::Of(strict_id(ms, 0)?.ms)),
            _ => Ok(Wanted::Exactly(strict_id(text, 0)?)),
        }
    }

    /// The id of an entry behind `last`.
    fn after(self, last: Id, now_ms: u64) -> Result<Id, CommandError> {
        const TOO_LOW: CommandError = CommandError::new(
            "ERR The ID specified in XADD is equal or smaller than the target stream top item",
        );
        const EXHAUSTED: CommandError = CommandError::new(
            "ERR The stream has exhausted the last possible ID, unable to add more items",
        );
        let next = last.next().ok_or(EXHAUSTED)?;
        let id = match self {
            Wanted::Automatic => next.max(Id::new(now_ms, 0)),
            Wanted::Of(ms) if ms == last.ms => {
                Some(next).filter(|id| id.ms == ms).ok_or(TOO_LOW)?
            }
            Wanted::Of(ms) => Id::new(ms, 0),
            Wanted::Exactly(id) => id,
        };
        if id > last { Ok(id) } else { Err(TOO_LOW) }
    }
}

/// An entry that was appended, and what was trimmed then.
struct Added {
    id: Id,
    /// How many entries were removed, and the chunks that are gone.
    removed: u64,
    gone: Entries,
    /// What the stream has now.
    len: u64,
    first: Id,
}

/// Whether a text is an id that XADD takes.
pub(super) fn check_id(text: &[u8]) -> Outcome {
    Wanted::parse(text).map(drop)
}

fn xadd(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sizes = keys.encodings().stream;
    let arguments = trim_arguments(args, 2, true, sizes)?;
    let id_at = arguments.end;
    let wanted = Wanted::parse(args.get(id_at).ok_or_else(|| CommandError::arity(XADD.name))?)?;
    let words = args.len().saturating_sub(id_at + 1);
    if words < 2 || words % 2 == 1 {
        return Err(CommandError::arity(XADD.name));
    }
    if wanted == Wanted::Exactly(Id::ZERO) {
        return Err(CommandError::new("ERR The ID specified in XADD must be greater than 0-0"));
    }
    let (key, now_ms, is_created) = (args.at(1), keys.now_ms(), !arguments.only_existing);
    let append = |stream: &mut Stream| -> Result<Added, CommandError> {
        let id = wanted.after(stream.entries().last_id, now_ms)?;
        stream.append(id, (id_at + 1..args.len()).map(move |at| element(args, at)), sizes);
        let entries = stream.entries_mut();
        let (removed, gone) = match &arguments.trimming {
            Some(trimming) => trimming.apply(entries),
            None => (0, Entries::NONE),
        };
        Ok(Added { id, removed, gone, len: entries.len(), first: entries.first_id() })
    };
    let added =
        keys.replace::<Stream, _, CommandError>(
            key,
            Event::stream("xadd"),
            |stream| match stream {
                Some(stream) => Ok(Changed::within(None, true, Some(append(stream)?))),
                None if is_created => {
                    let mut stream = Stream::new();
                    let added = append(&mut stream)?;
                    Ok(Changed::to(stream, Some(added)))
                }
                None => Ok(Changed::within(None, false, None)),
            },
        )?;
    let Some(added) = added else {
        reply.null();
        return Ok(());
    };
    reply_id(reply, added.id);
    if added.removed > 0 {
        keys.notify(key, Event::stream("xtrim"));
        keys.discard(Value::Stream(Stream::of_remains(added.gone)));
    }
    let trimming = arguments.trimming.as_ref();
    if trimming.is_some_and(Trimming::is_approximate) || wanted != Wanted::Exactly(added.id) {
        keys.log_as(|| {
            let id = Key::new(added.id.text(&mut ID_TEXT.clone()));
            let head = [Key::new(b"XADD"), Key::new(key)].into_iter();
            let trim = trimming.map(|trimming| trimming.exact_words(added.len, added.first));
            let fields = (id_at + 1..args.len()).map(|at| stored(args, at));
            head.chain(trim.into_iter().flatten()).chain([id]).chain(fields)
        });
    }
    Ok(())
}

/// An argument as a word of an entry. A long one was copied to the heap already.
fn element(args: Args<'_>, at: usize) -> Element<'_> {
    let text = args.at(at);
    match args.prepared(at).filter(|_| text.len() > limits::STREAM_TEXT_BYTES_MAX) {
        Some(bytes) => Element::Shared(bytes),
        None => Element::Bytes(text),
    }
}
