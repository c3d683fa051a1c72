//! XACK and XPENDING: ending that entries are pending, and looking at those that are.

use super::{FAMILY, interval_end, interval_start, no_group, reply_id, strict_id};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Event;
use crate::keyspace::types::stream::{Group, Id, Pending, Stream};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XACK, &XPENDING];

static XACK: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N*log(P)) with N ids and P pending entries"),
    summary: "Acknowledges entries, which are not pending any more; returns how many were",
    syntax: "key group id [id ...]",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XACK jobs team 1-1
        :0
    ",
    handler: Handler::Keys(xack),
    ..FAMILY.row("xack", -4, flag::WRITE | flag::FAST, "5.0.0")
};

fn xack(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, name) = (args.at(1), args.at(2));
    if keys.read::<Stream>(key)?.is_none_or(|stream| stream.group(name).is_none()) {
        reply.integer(0);
        return Ok(());
    }
    let ids = args.from(3).iter().map(|text| strict_id(text, 0));
    let ids = ids.collect::<Result<Vec<Id>, CommandError>>()?;
    let acknowledged = keys.change_aside(key, Event::NONE, |stream: &mut Stream| {
        let end =
            |group: &mut Group, _: &_| ids.into_iter().filter(|id| group.acknowledge(*id)).count();
        let acknowledged = stream.change_group(name, end).unwrap_or(0);
        (acknowledged, acknowledged)
    })?;
    reply.count(acknowledged);
    Ok(())
}

static XPENDING: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO access"]),
    complexity: Complexity::Other(
        "O(N) with N entries in the reply; with IDLE, with N entries looked at",
    ),
    summary: "Returns the entries that are pending in a group, or a summary of them",
    syntax: "key group [[IDLE min-idle-time] start end count [consumer]]",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XPENDING jobs team
        *4
        :0
        $-1
        $-1
        *-1
        > XPENDING jobs team - + 10
        *0
    ",
    handler: Handler::Keys(xpending),
    ..FAMILY.row("xpending", -3, flag::READONLY, "5.0.0")
};

/// The extended form of XPENDING.
struct Filter<'a> {
    min_idle_ms: i64,
    from: Id,
    to: Id,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> Filter<'a> {
    fn parse(args: Args<'a>) -> Result<Option<Filter<'a>>, CommandError> {
        match args.len() {
            3 => return Ok(None),
            6..=9 => {}
            _ => return Err(CommandError::SYNTAX),
        }
        let (mut at, mut min_idle_ms) = (3, 0);
        if args.is(3, "IDLE") {
            min_idle_ms = args.integer(4)?;
            if args.len() < 8 {
                return Err(CommandError::SYNTAX);
            }
            at = 5;
        }
        let count = usize::try_from(args.integer(at + 2)?).unwrap_or(0);
        let (from, to) = (interval_start(args.at(at))?, interval_end(args.at(at + 1))?);
        Ok(Some(Filter { min_idle_ms, from, to, count, consumer: args.get(at + 3) }))
    }
}

fn xpending(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let filter = Filter::parse(args)?;
    let (key, name, now_ms) = (args.at(1), args.at(2), keys.now_ms());
    let group = keys.read::<Stream>(key)?.and_then(|stream| stream.group(name));
    let group = group.ok_or_else(|| no_group(key, name, ""))?;
    match filter {
        Some(filter) => reply_list(reply, group, &filter, now_ms),
        None => reply_summary(reply, group),
    }
    Ok(())
}

fn reply_summary(reply: &mut Reply, group: &Group) {
    reply.array(4);
    reply.count(group.pending_len());
    let Some((first, last)) = group.pending_ends() else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    reply_id(reply, first);
    reply_id(reply, last);
    let with_pending = || group.consumers().filter(|consumer| consumer.pending_len() > 0);
    reply.array(with_pending().count());
    for consumer in with_pending() {
        reply.array(2);
        reply.bulk(&consumer.name);
        reply.bulk(itoa::Buffer::new().format(consumer.pending_len()).as_bytes());
    }
}

fn reply_list(reply: &mut Reply, group: &Group, filter: &Filter<'_>, now_ms: u64) {
    let idle_ms = |pending: &Pending| now_ms as i64 - pending.delivered_at_ms as i64;
    let wants = |(id, pending): (Id, &Pending)| {
        let is_idle = filter.min_idle_ms == 0 || idle_ms(pending) >= filter.min_idle_ms;
        is_idle.then_some((id, *pending))
    };
    let found: Vec<(Id, Pending)> = match filter.consumer {
        None => {
            let all = group.pending_from(filter.from).take_while(|(id, _)| *id <= filter.to);
            all.filter_map(wants).take(filter.count).collect()
        }
        Some(name) => {
            let consumer = group.consumer_number(name).and_then(|it| group.consumer(it));
            let own = consumer.into_iter().flat_map(|it| it.pending_from(filter.from));
            let own = own.take_while(|id| *id <= filter.to);
            let own = own.filter_map(|id| wants((id, group.pending(id)?)));
            own.take(filter.count).collect()
        }
    };
    reply.array(found.len());
    for (id, pending) in found {
        reply.array(4);
        reply_id(reply, id);
        reply.bulk(group.name_of(pending.consumer));
        reply.integer(idle_ms(&pending).max(0));
        reply.integer(pending.deliveries as i64);
    }
}
