//! Commands that wait for a key (BLPOP and its kind): the beginning of a wait, and its end.
//!
//! ```text
//! first attempt ──► served: an ordinary reply
//!        └────────► not now: a waiter per key, first come first served; the worker listens again
//!                     ├─ a key is changed ──► its waiters try again at the end of that command,
//!                     │                       EXEC or script, under the same hold: effect logged,
//!                     │                       reply into the waiter's outbox
//!                     ├─ the time is over ──► the worker answers null
//!                     ├─ CLIENT UNBLOCK   ──► null or an error into the outbox
//!                     └─ the client hangs up, is killed, the server stops ──► forgotten
//! ```
//! Whether a request is still waiting is decided under the keyspace lock alone. So nothing is taken
//! for a client that was given up, and nobody is answered twice.
//!
//! Inside a transaction or a script nothing waits: what cannot be served is answered at once
//! ([`Blocking::denied`]).

use crate::aof::Pending;
use crate::clients::Client;
use crate::clients::waiting::{Waiting, pack};
use crate::command::engine::blocking::{Blocking, Patience, Served};
use crate::command::engine::session::{Blocked, ReplyMode, reach};
use crate::command::engine::{
    Args, CommandError, CommandId, Context, Handler, Keyspace, Outcome, Reply,
};
use crate::command::engine::{permission, propagation, table};
use crate::resp::Span;
use crate::shared::{Aftermath, Hold, Services};
use std::sync::Arc;

/// Tries to serve a request for the first time. If that is not possible and it may
/// wait, it is registered and nothing is written.
#[inline(never)]
pub(crate) fn begin(
    id: CommandId,
    blocking: &Blocking,
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let patience = (blocking.patience)(args)?;
    let (db, quiet) = (context.session.db(), context.session.no_touch());
    let mut keys = keyspace.keys(db, context.now_ms, quiet);
    let words: Option<Vec<Vec<u8>>> = match (blocking.attempt)(&mut keys, args, reply)? {
        Served::Now => return Ok(()),
        Served::NotNow => None,
        Served::NotNowAs(words) => Some(words),
    };
    if context.session.denies_blocking() {
        (blocking.denied)(reply);
        return Ok(());
    }
    if patience == Patience::None {
        (blocking.give_up)(reply);
        return Ok(());
    }
    let client = &context.session.client;
    let is_silent = context.session.reply_mode != ReplyMode::On;
    let (place, give_up) = ((Some(id), db), blocking.give_up);
    let waiting = match &words {
        None => Waiting::new(client, place, is_silent, give_up, args.iter()),
        Some(words) => {
            Waiting::new(client, place, is_silent, give_up, words.iter().map(Vec::as_slice))
        }
    };
    let named = (blocking.keys)(waiting.args());
    keyspace.waiters.add(client.id, db, named.filter_map(|at| waiting.args().get(at)));
    register(context, waiting, patience);
    Ok(())
}

/// Lets a request wait until the log is synced up to `offset` (WAITAOF). Who syncs it answers.
pub(crate) fn await_sync(
    context: &mut Context<'_>,
    offset: u64,
    patience: Patience,
    give_up: fn(&mut Reply),
) {
    let is_silent = context.session.reply_mode != ReplyMode::On;
    let client = Arc::clone(&context.session.client);
    let waiting = Waiting::new(&client, (None, 0), is_silent, give_up, std::iter::empty());
    register(context, waiting, patience);
    context.shared.clients.waiting.await_sync(offset, client.id);
    context.shared.aof.request_sync();
}

fn register(context: &mut Context<'_>, waiting: Waiting, patience: Patience) {
    context.session.reach(reach::WAITING);
    context.shared.clients.waiting.add(waiting);
    let now_ms = context.shared.clock.steady_ms();
    context.session.blocked = Some(Blocked {
        deadline_ms: match patience {
            Patience::Milliseconds(ms) => Some(now_ms.saturating_add(ms)),
            Patience::Forever | Patience::None => None,
        },
    });
}

/// Lets the clients try again that wait for the keys that were changed, the oldest first. What a
/// served client changes may serve further ones.
#[cold]
#[inline(never)]
pub(crate) fn serve(services: &Services, hold: &mut Hold<'_>, after: &mut Aftermath) {
    let now_ms = hold.now_ms;
    let (keyspace, log) = hold.split();
    while let Some(place) = keyspace.waiters.next_ready() {
        let was_there = keyspace.has_key(place.0, &place.1);
        let mut at = 0;
        while let Some(id) = keyspace.waiters.at(&place, at) {
            let waiting = services.clients.waiting.get(id);
            let tried = waiting.map(|waiting| {
                let reply = try_again(services, keyspace, log, now_ms, (&waiting, &place.1));
                (reply, waiting.client)
            });
            let Some((Some(reply), client)) = tried else {
                at += 1;
                continue;
            };
            match end(services, keyspace, &client) {
                Some(ended) if ended.is_silent => ended.end_without_reply(),
                _ => after.served.push((client, reply)),
            }
            // The last element is gone: nothing is left for those behind.
            if was_there && !keyspace.has_key(place.0, &place.1) {
                break;
            }
        }
    }
}

/// One more attempt for a client that waits, with a key that was changed; its reply, if it is
/// served.
fn try_again(
    services: &Services,
    keyspace: &mut Keyspace,
    log: &mut Pending,
    now_ms: u64,
    (waiting, key): (&Waiting, &[u8]),
) -> Option<Reply> {
    let Handler::Blocking(blocking) = table::command(waiting.id?).handler else { return None };
    // Its worker is about to find out.
    if waiting.client.is_killed() {
        return None;
    }
    if let Err(error) = check_permission(services, waiting) {
        let mut reply = waiting.empty_reply();
        reply.error(error.text());
        services.errors.add(error.text());
        return Some(reply);
    }
    let (mut reply, changes) = (waiting.empty_reply(), keyspace.counters().changes);
    let mut keys = keyspace.keys(waiting.db, now_ms, waiting.client.is_no_touch());
    let narrowed = narrowed(blocking, waiting.args(), key);
    let args = match &narrowed {
        Some((buffer, spans)) => Args::new(buffer, spans),
        None => waiting.args(),
    };
    let outcome = (blocking.attempt)(&mut keys, args, &mut reply);
    let has_changed = keyspace.counters().changes != changes;
    if keyspace.propagation.is_on() {
        let args = has_changed.then_some(waiting.args());
        propagation::log(Some(log), keyspace, waiting.db, args);
    }
    match outcome {
        Ok(Served::Now) => Some(reply),
        Ok(Served::NotNow | Served::NotNowAs(_)) => None,
        // A value of another type has taken the key's place: the client goes on waiting.
        Err(error) if error.text().starts_with(b"WRONGTYPE") => None,
        Err(error) => {
            let mut reply = waiting.empty_reply();
            reply.error(error.text());
            services.errors.add(error.text());
            Some(reply)
        }
    }
}

/// Checks a request again, whose user's rules may have been changed while it waited.
fn check_permission(services: &Services, waiting: &Waiting) -> Outcome {
    let user = services.acl.find(&waiting.client.names.lock().user);
    let user = user.filter(|user| !user.is_unrestricted());
    let (Some(user), Some(id)) = (user, waiting.id) else { return Ok(()) };
    permission::allows(&user.rules(), id, waiting.args())
        .map_err(|denied| permission::error(denied, &user, id))
}

/// The words of a request that waits for several keys with only one of them: the key that was
/// written first serves, whatever the others hold by now. `None` if the words are right as they
/// are, or if more than a number in front of the keys depends on them (XREAD).
fn narrowed(blocking: &Blocking, args: Args<'_>, key: &[u8]) -> Option<(Vec<u8>, Vec<Span>)> {
    let range = (blocking.keys)(args);
    let count = args.get(range.start.checked_sub(1)?)?;
    let is_counted = range.start > 1;
    if range.len() < 2 || is_counted && count != range.len().to_string().as_bytes() {
        return None;
    }
    let words = (0..args.len()).filter(|at| !range.contains(at) || *at == range.start);
    Some(pack(words.map(|at| match at {
        _ if at == range.start => key,
        _ if is_counted && at + 1 == range.start => b"1",
        _ => args.at(at),
    })))
}

/// Ends the wait of a client, if it still waits: what it waited for.
pub(crate) fn end(
    services: &Services,
    keyspace: &mut Keyspace,
    client: &Arc<Client>,
) -> Option<Waiting> {
    keyspace.waiters.remove(client.id);
    services.clients.waiting.remove(client.id)
}

/// Ends a wait by answering as if its time were over, or with an error. Says whether there was one.
pub(crate) fn unblock(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    id: u64,
    error: Option<&CommandError>,
) -> bool {
    let Some(waiting) = context.shared.clients.waiting.remove(id) else { return false };
    keyspace.waiters.remove(id);
    let mut reply = waiting.empty_reply();
    match error {
        Some(error) => {
            reply.error(error.text());
            context.shared.errors.add(error.text());
        }
        None => (waiting.give_up)(&mut reply),
    }
    match waiting.is_silent {
        true => waiting.end_without_reply(),
        false => context.session.aftermath.served.push((waiting.client, reply)),
    }
    true
}
