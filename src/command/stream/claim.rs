//! XCLAIM and XAUTOCLAIM: taking over entries that are pending for another consumer.
//!
//! An entry that was deleted meanwhile is not given to anybody; it ceases to be pending. While a
//! log is read, a claim is taken at its word: the entry may be one that was deleted.

use super::log::{Progress, log_acknowledged, log_claims, log_consumer, log_progress};
use super::{FAMILY, interval_start, no_group, reply_entry, reply_id, strict_id};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Event;
use crate::keyspace::types::stream::{Entries, Group, Id, Pending, Stream};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XCLAIM, &XAUTOCLAIM];

static XCLAIM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N*log(P)) with N ids and P pending entries"),
    summary: "Gives pending entries to another consumer, if they have been idle for long enough",
    syntax: "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] \
             [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
    example: "
        > XADD jobs 1-1 do it
        $3
        1-1
        > XGROUP CREATE jobs team 0
        +OK
        > XCLAIM jobs team ada 0 1-1
        *0
        > XCLAIM jobs team ada 0 1-1 FORCE JUSTID
        *1
        $3
        1-1
    ",
    handler: Handler::Keys(xclaim),
    ..FAMILY.row("xclaim", -6, flag::WRITE | flag::FAST, "5.0.0")
};

/// What is claimed, and as what.
#[derive(Debug, Default)]
struct Claim {
    min_idle_ms: i64,
    ids: Vec<Id>,
    /// When the entries are said to be delivered.
    time_ms: Option<i64>,
    deliveries: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: Id,
}

impl Claim {
    fn parse(args: Args<'_>, now_ms: u64) -> Result<Claim, CommandError> {
        let mut claim = Claim { min_idle_ms: min_idle(args, "XCLAIM")?, ..Claim::default() };
        let ids = args.from(5).iter().map_while(|text| Id::parse(text, 0));
        claim.ids = ids.collect();
        let mut at = 5 + claim.ids.len();
        while at < args.len() {
            let value = args.get(at + 1);
            match value {
                _ if args.is(at, "FORCE") => claim.force = true,
                _ if args.is(at, "JUSTID") => claim.just_id = true,
                Some(value) if args.is(at, "LASTID") => {
                    claim.last_id = strict_id(value, 0)?;
                    at += 1;
                }
                Some(_) if ["IDLE", "TIME", "RETRYCOUNT"].iter().any(|it| args.is(at, it)) => {
                    claim.number(args, at, now_ms)?;
                    at += 1;
                }
                _ => {
                    let option = super::c_string(args.at(at));
                    return Err(CommandError::quoting(
                        "ERR Unrecognized XCLAIM option '",
                        option,
                        "'",
                    ));
                }
            }
            at += 1;
        }
        Ok(claim)
    }

    /// Reads an option with a number.
    fn number(&mut self, args: Args<'_>, at: usize, now_ms: u64) -> Outcome {
        let invalid = |name| -> CommandError {
            format!("ERR Invalid {name} option argument for XCLAIM").into()
        };
        let number = args.integer(at + 1).ok();
        if args.is(at, "RETRYCOUNT") {
            let count = number.ok_or_else(|| invalid("RETRYCOUNT"))?;
            self.deliveries = u64::try_from(count).ok();
        } else if args.is(at, "TIME") {
            self.time_ms = Some(number.ok_or_else(|| invalid("TIME"))?);
        } else {
            let idle_ms = number.ok_or_else(|| invalid("IDLE"))?;
            self.time_ms = Some((now_ms as i64).wrapping_sub(idle_ms));
        }
        Ok(())
    }

    /// When the entries are said to be delivered: now, if the time makes no sense.
    fn delivered_at_ms(&self, now_ms: u64) -> u64 {
        let given = self.time_ms.and_then(|ms| u64::try_from(ms).ok());
        given.filter(|ms| *ms <= now_ms).unwrap_or(now_ms)
    }
}

fn min_idle(args: Args<'_>, command: &str) -> Result<i64, CommandError> {
    let idle_ms = args.integer(4).map_err(|_| -> CommandError {
        format!("ERR Invalid min-idle-time argument for {command}").into()
    })?;
    Ok(idle_ms.max(0))
}

/// Whether a pending entry was idle for long enough.
fn is_idle(pending: &Pending, min_idle_ms: i64, now_ms: u64) -> bool {
    min_idle_ms == 0 || now_ms as i64 - pending.delivered_at_ms as i64 >= min_idle_ms
}

/// What a claim has changed.
#[derive(Default)]
struct Claimed {
    is_new_consumer: bool,
    /// Entries that are the consumer's now.
    claims: Vec<(Id, Pending)>,
    /// Entries that are not pending any more because they were deleted.
    gone: Vec<Id>,
    /// Whether the group's last id was set.
    is_advanced: bool,
    progress: Option<Progress>,
}

impl Claimed {
    fn changes(&self) -> usize {
        let others = usize::from(self.is_new_consumer) + usize::from(self.is_advanced);
        self.claims.len() + self.gone.len() + others
    }

    /// Logs all of it.
    fn log(&self, keys: &mut Keys<'_>, names: (&[u8], &[u8], &[u8])) {
        let ((key, group, consumer), Some(progress)) = (names, &self.progress) else { return };
        if self.is_new_consumer {
            keys.notify(key, Event::stream("xgroup-createconsumer"));
            log_consumer(keys, key, group, consumer);
        }
        log_acknowledged(keys, key, group, &self.gone);
        log_claims(keys, names, progress.last_id, &self.claims);
        if self.is_advanced {
            log_progress(keys, key, group, progress);
        }
    }
}

/// Gives one pending entry to the consumer, which is created for it.
fn take_over(
    group: &mut Group,
    claimed: &mut Claimed,
    consumer: &[u8],
    now_ms: u64,
    claim: (Id, Pending),
) {
    let (number, is_new) = group.add_consumer(consumer, now_ms);
    claimed.is_new_consumer |= is_new;
    let pending = Pending { consumer: number, ..claim.1 };
    group.assign(claim.0, pending);
    claimed.claims.push((claim.0, pending));
}

fn xclaim(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, name, consumer) = (args.at(1), args.at(2), args.at(3));
    let (now_ms, is_replaying) = (keys.now_ms(), keys.is_replaying());
    if keys.read::<Stream>(key)?.is_none_or(|stream| stream.group(name).is_none()) {
        return Err(no_group(key, name, ""));
    }
    let claim = Claim::parse(args, now_ms)?;
    let claimed = keys.change_aside(key, Event::NONE, |stream: &mut Stream| {
        let claimed = stream.change_group(name, |group, entries| {
            let claimed = claim.perform((group, entries), consumer, now_ms, is_replaying);
            reply_claims(reply, entries, &claimed.claims, claim.just_id);
            claimed
        });
        let claimed = claimed.unwrap_or_default();
        let changes = claimed.changes();
        (claimed, changes)
    })?;
    claimed.log(keys, (key, name, consumer));
    Ok(())
}

impl Claim {
    fn perform(
        &self,
        (group, entries): (&mut Group, &Entries),
        consumer: &[u8],
        now_ms: u64,
        is_replaying: bool,
    ) -> Claimed {
        let mut claimed = Claimed::default();
        if self.last_id > group.last_id {
            group.last_id = self.last_id;
            claimed.is_advanced = true;
        }
        if let Some(number) = group.consumer_number(consumer) {
            group.see(number, now_ms);
        }
        for id in &self.ids {
            let before = group.pending(*id).copied();
            if !is_replaying && entries.get(*id).is_none() {
                if group.acknowledge(*id) {
                    claimed.gone.push(*id);
                }
                continue;
            }
            let is_free = before.is_none_or(|it| is_idle(&it, self.min_idle_ms, now_ms));
            if before.is_none() && !self.force || !is_free {
                continue;
            }
            // One that was not pending counts as delivered once.
            let times = before.map_or(1, |it| it.deliveries);
            let deliveries = match self.deliveries {
                Some(deliveries) => deliveries,
                None => times.saturating_add(u64::from(!self.just_id)),
            };
            let delivered_at_ms = self.delivered_at_ms(now_ms);
            let pending = Pending { delivered_at_ms, deliveries, consumer: 0 };
            take_over(group, &mut claimed, consumer, now_ms, (*id, pending));
        }
        claimed.finish(group, consumer, now_ms)
    }
}

impl Claimed {
    /// Records that the consumer got something, and how far the group has read.
    fn finish(mut self, group: &mut Group, consumer: &[u8], now_ms: u64) -> Claimed {
        let number = group.consumer_number(consumer).filter(|_| !self.claims.is_empty());
        if let Some(number) = number {
            group.activate(number, now_ms);
        }
        self.progress = Some(Progress::of(group));
        self
    }
}

/// Replies with what was claimed: ids, or whole entries.
fn reply_claims(reply: &mut Reply, entries: &Entries, claims: &[(Id, Pending)], just_id: bool) {
    reply.array(claims.len());
    for (id, _) in claims {
        match entries.get(*id).filter(|_| !just_id) {
            Some(entry) => reply_entry(reply, &entry),
            None => reply_id(reply, *id),
        }
    }
}

static XAUTOCLAIM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(1) if COUNT is small"),
    summary: "Gives the next pending entries that have been idle for long enough to a consumer",
    syntax: "key group consumer min-idle-time start [COUNT count] [JUSTID]",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XAUTOCLAIM jobs team ada 0 0
        *3
        $3
        0-0
        *0
        *0
    ",
    handler: Handler::Keys(xautoclaim),
    ..FAMILY.row("xautoclaim", -6, flag::WRITE | flag::FAST, "6.2.0")
};

/// What XAUTOCLAIM asks for.
struct Search {
    min_idle_ms: i64,
    from: Id,
    count: usize,
    just_id: bool,
}

impl Search {
    fn parse(args: Args<'_>) -> Result<Search, CommandError> {
        /// Pending entries that are looked at for each one that is asked for, and Redis's bound.
        const COUNT_MAX: i64 = i64::MAX / 16;
        const USUAL: usize = 100;
        const BAD_COUNT: CommandError = CommandError::new("ERR COUNT must be > 0");
        let min_idle_ms = min_idle(args, "XAUTOCLAIM")?;
        let from = interval_start(args.at(5))?;
        let mut search = Search { min_idle_ms, from, count: USUAL, just_id: false };
        let mut at = 6;
        while at < args.len() {
            if args.is(at, "COUNT") && at + 1 < args.len() {
                let count = args.integer(at + 1).ok().filter(|it| (1..=COUNT_MAX).contains(it));
                search.count = count.ok_or(BAD_COUNT)? as usize;
                at += 1;
            } else if args.is(at, "JUSTID") {
                search.just_id = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        Ok(search)
    }

    /// Claims, and returns where the next search begins.
    fn perform(
        &self,
        (group, entries): (&mut Group, &Entries),
        consumer: &[u8],
        now_ms: u64,
    ) -> (Claimed, Id) {
        const LOOKS: usize = 10;
        let mut claimed = Claimed::default();
        let mut left = self.count;
        if let Some(number) = group.consumer_number(consumer) {
            group.see(number, now_ms);
        }
        let (mut looks, mut from) = (self.count.saturating_mul(LOOKS), Some(self.from));
        let next = loop {
            let found = from.and_then(|from| group.pending_from(from).next());
            let Some((id, pending)) = found.map(|(id, pending)| (id, *pending)) else {
                break Id::ZERO;
            };
            if looks == 0 || left == 0 {
                break id;
            }
            looks -= 1;
            from = id.next();
            if entries.get(id).is_none() {
                group.acknowledge(id);
                claimed.gone.push(id);
                left -= 1;
            } else if is_idle(&pending, self.min_idle_ms, now_ms) {
                let more = u64::from(!self.just_id);
                let deliveries = pending.deliveries.saturating_add(more);
                let claim = Pending { delivered_at_ms: now_ms, deliveries, consumer: 0 };
                take_over(group, &mut claimed, consumer, now_ms, (id, claim));
                left -= 1;
            }
        };
        (claimed.finish(group, consumer, now_ms), next)
    }
}

fn xautoclaim(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, name, consumer) = (args.at(1), args.at(2), args.at(3));
    let (search, now_ms) = (Search::parse(args)?, keys.now_ms());
    if keys.read::<Stream>(key)?.is_none_or(|stream| stream.group(name).is_none()) {
        return Err(no_group(key, name, ""));
    }
    let claimed = keys.change_aside(key, Event::NONE, |stream: &mut Stream| {
        let claimed = stream.change_group(name, |group, entries| {
            let (claimed, next) = search.perform((group, entries), consumer, now_ms);
            reply.array(3);
            reply_id(reply, next);
            reply_claims(reply, entries, &claimed.claims, search.just_id);
            reply.array(claimed.gone.len());
            claimed.gone.iter().for_each(|id| reply_id(reply, *id));
            claimed
        });
        let claimed = claimed.unwrap_or_default();
        let changes = claimed.changes();
        (claimed, changes)
    })?;
    claimed.log(keys, (key, name, consumer));
    Ok(())
}
