//! XREADGROUP: entries for a consumer of a group, new ones or those that it has not acknowledged.
//!
//! `>` asks for entries that nobody of the group was given; they become pending for the consumer.
//! An id asks for the consumer's own pending entries behind it. Of the clients that wait, one gets
//! a new entry; all of a group get an error when it is gone.
//!
//! A consumer is created when something is read for it. What is logged is the claim of the entries,
//! never the reading.

use super::log::{Progress, log_claims, log_consumer, log_progress};
use super::progress::advance;
use super::read::{COUNT_AFTER_WAIT, Request, has_waited, reply_head, reply_stream, waiting_words};
use super::{FAMILY, no_group, reply_entry, reply_id, reply_range, strict_id};
use crate::command::engine::blocking::{Blocking, Patience, Served};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Event;
use crate::keyspace::types::stream::{ConsumerNumber, Entries, Group, Id, Pending, Stream};
use std::collections::HashMap;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XREADGROUP];

static XREADGROUP: Command = Command {
    keys: KeyArguments::behind("STREAMS", 4).used(&["RO access"]),
    complexity: Complexity::Other("O(M*log(P)) with M entries in the reply and P pending ones"),
    summary: "Returns entries for a consumer of a group: new ones, or its pending ones",
    syntax: "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS \
             key [key ...] id [id ...]",
    example: "
        > XADD jobs 1-1 do it
        $3
        1-1
        > XGROUP CREATE jobs team 0
        +OK
        > XREADGROUP GROUP team ada COUNT 1 STREAMS jobs >
        *1
        *2
        $4
        jobs
        *1
        *2
        $3
        1-1
        *2
        $2
        do
        $2
        it
        > XREADGROUP GROUP team ada STREAMS jobs >
        *-1
    ",
    handler: Handler::Blocking(&Blocking {
        attempt,
        patience: |args| Ok(Request::parse(args, true)?.patience),
        keys: |args| Request::parse(args, true).map_or(0..0, |request| request.keys),
        give_up: Reply::null_array,
        denied: Reply::null_array,
    }),
    ..FAMILY.row("xreadgroup", -7, flag::WRITE | flag::BLOCKING | flag::MOVABLE_KEYS, "5.0.0")
};

/// What is to be read of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// `>`, and there are new entries.
    New,
    /// `>`, and there are none.
    NewLater,
    /// The consumer's pending entries behind an id.
    History(Id),
}

fn attempt(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Result<Served, CommandError> {
    let request = Request::parse(args, true)?;
    let Some((group, consumer)) = request.group else { return Err(CommandError::SYNTAX) };
    let count = match request.count {
        usize::MAX if has_waited(args) => COUNT_AFTER_WAIT,
        count => count,
    };
    let mut wanted = Vec::with_capacity(request.keys.len());
    // How often a key was named before: what is given for its first name is not new for the next.
    let mut named: HashMap<&[u8], usize> = HashMap::new();
    for (key, text) in request.streams(args) {
        let before = if request.keys.len() > 1 { *named.get(key).unwrap_or(&0) } else { 0 };
        let is_new = has_new(keys, (key, group), has_waited(args), before.saturating_mul(count))?;
        if text == b">" && is_new && request.keys.len() > 1 {
            *named.entry(key).or_default() += 1;
        }
        wanted.push(match text {
            b"$" => return Err(MEANINGLESS),
            b">" if is_new => Wanted::New,
            b">" => Wanted::NewLater,
            text => match strict_id(text, 0)? {
                // Redis takes the highest id for `>`.
                Id::MAX if is_new => Wanted::New,
                Id::MAX => Wanted::NewLater,
                id => Wanted::History(id),
            },
        });
    }
    let ready = wanted.iter().filter(|wanted| **wanted != Wanted::NewLater).count();
    if ready == 0 {
        let waits = request.patience != Patience::None && !has_waited(args);
        see(keys, &request, args)?;
        return Ok(if waits { Served::NotNowAs(waiting_words(args)) } else { Served::NotNow });
    }
    reply_head(reply, ready);
    for ((key, _), wanted) in request.streams(args).zip(wanted) {
        if wanted != Wanted::NewLater {
            reply_stream(reply, key);
            let names = (key, group, consumer);
            deliver(keys, names, (wanted, count, request.noack), reply)?;
        }
    }
    Ok(Served::Now)
}

const MEANINGLESS: CommandError = CommandError::new(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of \
     this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would \
     just return an empty result set.",
);

/// Whether a stream has more than so many entries that the group was not given.
fn has_new(
    keys: &mut Keys<'_>,
    (key, group): (&[u8], &[u8]),
    has_waited: bool,
    given: usize,
) -> Result<bool, CommandError> {
    const KEY_GONE: CommandError = CommandError::new("UNBLOCKED the stream key no longer exists");
    const GROUP_GONE: CommandError =
        CommandError::new("NOGROUP the consumer group this client was blocked on no longer exists");
    let stream = match keys.read::<Stream>(key) {
        Ok(Some(stream)) => stream,
        Ok(None) | Err(_) if has_waited => return Err(KEY_GONE),
        Ok(None) => return Err(no_group(key, group, CONTEXT)),
        Err(wrong_type) => return Err(wrong_type.into()),
    };
    let (entries, last_id) = match stream.group(group) {
        Some(found) => (stream.entries(), found.last_id),
        None if has_waited => return Err(GROUP_GONE),
        None => return Err(no_group(key, group, CONTEXT)),
    };
    Ok(match given {
        0 => entries.top().is_some_and(|top| top > last_id),
        given => last_id.next().is_some_and(|from| {
            entries.count(from, Id::MAX) > u64::try_from(given).unwrap_or(u64::MAX)
        }),
    })
}

const CONTEXT: &str = " in XREADGROUP with GROUP option";

/// Records that a consumer has asked for something, if it exists.
fn see(keys: &mut Keys<'_>, request: &Request<'_>, args: Args<'_>) -> Outcome {
    let (now_ms, Some((group, consumer))) = (keys.now_ms(), request.group) else { return Ok(()) };
    for (key, _) in request.streams(args) {
        keys.change_aside(key, Event::NONE, |stream: &mut Stream| {
            let number = stream.group(group).and_then(|group| group.consumer_number(consumer));
            if let Some(number) = number {
                stream.change_group(group, |group, _| group.see(number, now_ms));
            }
            ((), 0)
        })?;
    }
    Ok(())
}

/// What a delivery has changed, for the log.
struct Delivered {
    is_new_consumer: bool,
    before: Progress,
    after: Progress,
    claims: Vec<(Id, Pending)>,
}

/// Gives a consumer entries of one stream.
fn deliver(
    keys: &mut Keys<'_>,
    names: (&[u8], &[u8], &[u8]),
    (wanted, count, noack): (Wanted, usize, bool),
    reply: &mut Reply,
) -> Outcome {
    let ((key, group, consumer), now_ms) = (names, keys.now_ms());
    let delivered = keys.change_aside(key, Event::NONE, |stream: &mut Stream| {
        let delivered = stream.change_group(group, |group, entries| {
            let before = Progress::of(group);
            let (number, is_new_consumer) = group.add_consumer(consumer, now_ms);
            group.see(number, now_ms);
            let claims = match wanted {
                Wanted::History(id) => {
                    let from = id.next().unwrap_or(Id::MAX);
                    give_pending((entries, group), (number, now_ms), (from, count), reply)
                }
                _ => {
                    let ids = give_new((entries, group), count, reply);
                    group.activate(number, now_ms);
                    let ids = if noack { Vec::new() } else { ids };
                    let pending =
                        Pending { delivered_at_ms: now_ms, deliveries: 1, consumer: number };
                    ids.iter().for_each(|id| group.assign(*id, pending));
                    ids.into_iter().map(|id| (id, pending)).collect()
                }
            };
            Delivered { is_new_consumer, before, after: Progress::of(group), claims }
        });
        (delivered, 1)
    })?;
    let Some(delivered) = delivered else { return Ok(()) };
    if delivered.is_new_consumer {
        keys.notify(key, Event::stream("xgroup-createconsumer"));
        log_consumer(keys, key, group, consumer);
    }
    log_claims(keys, names, delivered.after.last_id, &delivered.claims);
    // At least one request has to stand in the place of this one.
    if delivered.after != delivered.before || delivered.claims.is_empty() {
        log_progress(keys, key, group, &delivered.after);
    }
    Ok(())
}

/// Replies with entries that the group was not given, and returns their ids.
fn give_new((entries, group): (&Entries, &mut Group), count: usize, reply: &mut Reply) -> Vec<Id> {
    let mut ids = Vec::new();
    let from = group.last_id.next().unwrap_or(Id::MAX);
    reply_range(reply, entries, (from, Id::MAX), count, |entry| {
        ids.push(entry.id);
        advance(entries, group, entry.id);
    });
    ids
}

/// Replies with entries that are pending for a consumer, each delivered once more: an entry that
/// was deleted has no fields, and is not delivered.
fn give_pending(
    (entries, group): (&Entries, &mut Group),
    (number, now_ms): (ConsumerNumber, u64),
    (from, count): (Id, usize),
    reply: &mut Reply,
) -> Vec<(Id, Pending)> {
    let own = group.consumer(number);
    let ids = own.map(|own| own.pending_from(from).take(count).collect::<Vec<Id>>());
    let ids = ids.unwrap_or_default();
    let mut claims = Vec::with_capacity(ids.len());
    reply.array(ids.len());
    for id in ids {
        match entries.get(id) {
            Some(entry) => {
                reply_entry(reply, &entry);
                let deliveries = group.pending(id).map_or(0, |it| it.deliveries);
                let pending = Pending {
                    delivered_at_ms: now_ms,
                    deliveries: deliveries.saturating_add(1),
                    consumer: number,
                };
                group.assign(id, pending);
                claims.push((id, pending));
            }
            None => {
                reply.array(2);
                reply_id(reply, id);
                reply.null_array();
            }
        }
    }
    claims
}
