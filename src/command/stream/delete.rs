//! XDEL and XSETID: removing single entries, and setting what a stream knows apart from them.

use super::{FAMILY, NO_KEY, strict_id};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Event;
use crate::keyspace::types::stream::{Entries, Id, Stream};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XDEL, &XSETID];

static XDEL: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(N) with N ids"),
    summary: "Removes entries of a stream, and returns how many were there",
    syntax: "key id [id ...]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XDEL log 1-1 2-2
        :1
        > EXISTS log
        :1
    ",
    handler: Handler::Keys(xdel),
    ..FAMILY.row("xdel", -3, flag::WRITE | flag::FAST, "5.0.0")
};

fn xdel(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let key = args.at(1);
    if keys.look::<Stream>(key)?.is_none() {
        reply.integer(0);
        return Ok(());
    }
    let ids = args.from(2).iter().map(|text| strict_id(text, 0));
    let ids = ids.collect::<Result<Vec<Id>, CommandError>>()?;
    let deleted = keys.change(key, Event::stream("xdel"), |stream: &mut Stream| {
        let entries = stream.entries_mut();
        let deleted = ids.into_iter().filter(|id| entries.delete(*id)).count();
        (deleted, deleted)
    })?;
    reply.count(deleted);
    Ok(())
}

static XSETID: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    summary: "Sets the last id of a stream, and how many entries it ever had",
    syntax: "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XSETID log 5-0 ENTRIESADDED 7
        +OK
        > XSETID log 1-0
        -ERR The ID specified in XSETID is smaller than the target stream top item
    ",
    handler: Handler::Keys(xsetid),
    ..FAMILY.row("xsetid", -3, flag::WRITE | flag::DENYOOM | flag::FAST, "5.0.0")
};

/// What XSETID is to set.
struct Figures {
    last: Id,
    added: Option<u64>,
    max_deleted: Option<Id>,
}

impl Figures {
    fn parse(args: Args<'_>) -> Result<Figures, CommandError> {
        const NEGATIVE: CommandError = CommandError::new("ERR entries_added must be positive");
        const BELOW_DELETED: CommandError = CommandError::new(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
        );
        let last = strict_id(args.at(2), 0)?;
        let mut figures = Figures { last, added: None, max_deleted: None };
        let mut at = 3;
        while at < args.len() {
            if at + 1 < args.len() && args.is(at, "ENTRIESADDED") {
                let added = u64::try_from(args.integer(at + 1)?).map_err(|_| NEGATIVE)?;
                figures.added = Some(added);
            } else if at + 1 < args.len() && args.is(at, "MAXDELETEDID") {
                let id = strict_id(args.at(at + 1), 0)?;
                if last < id {
                    return Err(BELOW_DELETED);
                }
                figures.max_deleted = Some(id).filter(|id| *id != Id::ZERO);
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 2;
        }
        Ok(figures)
    }

    fn check(&self, entries: &Entries) -> Outcome {
        const BELOW_TOP: CommandError = CommandError::new(
            "ERR The ID specified in XSETID is smaller than the target stream top item",
        );
        const TOO_FEW: CommandError = CommandError::new(
            "ERR The entries_added specified in XSETID is smaller than the target stream length",
        );
        match (entries.top(), self.added) {
            (Some(top), _) if self.last < top => Err(BELOW_TOP),
            (Some(_), Some(added)) if added < entries.len() => Err(TOO_FEW),
            _ => Ok(()),
        }
    }
}

fn xsetid(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, figures) = (args.at(1), Figures::parse(args)?);
    figures.check(keys.look::<Stream>(key)?.ok_or(NO_KEY)?.entries())?;
    keys.change_aside(key, Event::stream("xsetid"), |stream: &mut Stream| {
        let entries = stream.entries_mut();
        entries.last_id = figures.last;
        entries.added = figures.added.unwrap_or(entries.added);
        entries.max_deleted_id = figures.max_deleted.unwrap_or(entries.max_deleted_id);
        ((), 1)
    })?;
    reply.ok();
    Ok(())
}
