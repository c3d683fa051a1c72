//! MIGRATE: moves keys to another server.
//!
//! ```text
//! lock: share the values, watch the keys ─► encode, send RESTORE, read replies ─► lock: remove
//! ```
//! Redis stands still from the first step to the last. Here other clients are served meanwhile, so
//! a key may change after its value was sent. Such a key is *not* removed, and the reply is an
//! error that says so: the change stays here, and the other server has the value as it was before.
//! With REPLACE the client may repeat the request. No acknowledged write is lost, and a reply of OK
//! means what it means in Redis.
//!
//! A key is removed only when the other server has acknowledged it; the log gets a DEL. If the
//! connection breaks in between, keys are on both servers, but never on none.
//!
//! For the same reason it is refused inside a transaction, unlike in Redis: a transaction holds the
//! keyspace lock, which must not be held during a wait for the network. Connections are not kept
//! for the next call.

use super::FAMILY;
use crate::command::engine::arguments::Cursor;
use crate::command::engine::key_use::KeyUse;
use crate::command::engine::waiting;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key, Value, Watch};
use crate::limits;
use crate::peer::{Patience, Peer, Trouble};
use crate::resp::{Answer, request};
use crate::shared::Shared;
use crate::snapshot::encode;
use std::mem::take;

/// The family.
pub const COMMANDS: &[&Command] = &[&MIGRATE];

static MIGRATE: Command = Command {
    keys: KeyArguments::new(3, 3, 1).or_behind("KEYS").used(&["RW access delete"]),
    refine_keys: Some(find_keys),
    complexity: Complexity::Other("O(N) with N bytes of the values"),
    summary: "Moves keys to another server",
    syntax: "host port <key | \"\"> destination-db timeout [COPY] [REPLACE] [AUTH password | \
             AUTH2 username password] [KEYS key [key ...]]",
    example: "> MIGRATE 127.0.0.1 6379 nobody 0 1000
              +NOKEY
              > MIGRATE 127.0.0.1 6379 nobody 0 soon
              -ERR value is not an integer or out of range",
    handler: Handler::Server(migrate),
    ..FAMILY.row(
        "migrate",
        -6,
        flag::WRITE | flag::MOVABLE_KEYS | flag::DANGEROUS | flag::SECRETS | flag::NO_MULTI,
        "2.6.0",
    )
};

/// The keys as [`Order::parse`] finds them: a password is none, even if it is the word KEYS. With
/// a key in both places there are none, because the request is refused.
fn find_keys(args: Args<'_>, found: &mut Vec<KeyUse>) {
    let mut at = 6;
    while at < args.len() && !args.is(at, "KEYS") {
        at += match () {
            () if args.is(at, "AUTH") => 2,
            () if args.is(at, "AUTH2") => 3,
            () => 1,
        };
    }
    let is_empty = args.get(3).is_some_and(<[u8]>::is_empty);
    let all = match (at < args.len(), is_empty) {
        (true, true) => at + 1..args.len(),
        (true, false) => 0..0,
        (false, _) => 3..args.len().min(4),
    };
    *found = all.map(|at| KeyUse { at, uses: "RW access delete" }).collect();
}

/// What a client asks for.
struct Order<'a> {
    host: &'a [u8],
    port: &'a [u8],
    db: i64,
    timeout_ms: u64,
    copies: bool,
    replaces: bool,
    /// The words of AUTH.
    login: Vec<&'a [u8]>,
    keys: Vec<&'a [u8]>,
}

impl<'a> Order<'a> {
    fn parse(args: Args<'a>) -> Result<Order<'a>, CommandError> {
        let (mut copies, mut replaces, mut login) = (false, false, Vec::new());
        let mut keys = vec![args.at(3)];
        let mut words = Cursor::at(args, 6);
        while !words.is_done() {
            if words.take("COPY") {
                copies = true;
            } else if words.take("REPLACE") {
                replaces = true;
            } else if let Some(password) = words.value_of("AUTH") {
                login = vec![&b"AUTH"[..], password];
            } else if let Some([user, password]) = words.values_of("AUTH2") {
                login = vec![&b"AUTH"[..], user, password];
            } else if words.take("KEYS") {
                if !args.at(3).is_empty() {
                    return Err(CommandError::new(
                        "ERR When using MIGRATE KEYS option, the key argument must be set to the \
                         empty string",
                    ));
                }
                keys = args.from(words.index()).iter().collect();
                break;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        let (timeout, db) = (args.integer(5)?, args.integer(4)?);
        let timeout_ms = u64::try_from(timeout).ok().filter(|timeout| *timeout > 0);
        let timeout_ms = timeout_ms.unwrap_or(limits::MIGRATE_TIMEOUT_MS);
        let (host, port) = (args.at(1), args.at(2));
        Ok(Order { host, port, db, timeout_ms, copies, replaces, login, keys })
    }

    /// Connects, authenticates and selects the database. Redis sends all at once; this waits for
    /// the replies, because values must not get into another database.
    fn connect<'p>(&self, patience: Patience<'p>) -> Result<Peer<'p>, CommandError> {
        let host = std::str::from_utf8(self.host).map_err(|_| trouble(Trouble::Connecting))?;
        let port = std::str::from_utf8(self.port).ok().and_then(|port| port.parse().ok());
        let port = port.ok_or(trouble(Trouble::Writing))?;
        let mut peer = Peer::connect(host, port, patience).map_err(trouble)?;
        let db = self.db.to_string();
        for words in [&self.login[..], &[b"SELECT", db.as_bytes()]] {
            if words.is_empty() {
                continue;
            }
            let mut bytes = Vec::new();
            request::encode(words, &mut bytes);
            peer.send(&bytes).map_err(trouble)?;
            if let Some(refusal) = refusal(&peer.answer().map_err(trouble)?) {
                return Err(refusal);
            }
        }
        Ok(peer)
    }

    /// Appends the request that creates a key on the other server.
    fn encode(&self, outgoing: &Outgoing<'_>, out: &mut Vec<u8>) -> Outcome {
        let payload = encode::dump(&outgoing.value)
            .map_err(|_| CommandError::new("ERR the value has no serialized form"))?;
        let ttl_ms = outgoing.ttl_ms.to_string();
        let words = [&b"RESTORE"[..], outgoing.key, ttl_ms.as_bytes(), &payload, b"REPLACE"];
        request::encode(&words[..if self.replaces { 5 } else { 4 }], out);
        Ok(())
    }
}

/// Redis's texts.
fn trouble(trouble: Trouble) -> CommandError {
    CommandError::new(match trouble {
        Trouble::Connecting => "IOERR error or timeout connecting to the client",
        Trouble::Writing => "IOERR error or timeout writing to target instance",
        Trouble::Reading => "IOERR error or timeout reading to target instance",
    })
}

/// What the other server refuses.
fn refusal(answer: &Answer) -> Option<CommandError> {
    let refused = |text| CommandError::quoting(TARGET_REFUSES, text, "");
    answer.error().map(refused)
}

const TARGET_REFUSES: &str = "ERR Target instance replied with error: ";

/// A key on its way.
struct Outgoing<'a> {
    key: &'a [u8],
    /// As it was when the key was taken; shared with the keyspace.
    value: Value,
    /// 0 for none.
    ttl_ms: u64,
    expires_at_ms: Option<u64>,
    /// Notices changes from then on.
    watch: Watch,
    is_acknowledged: bool,
}

fn migrate(
    shared: &Shared,
    context: &mut Context<'_>,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let order = Order::parse(args)?;
    let client = context.session.client.clone();
    let is_wanted = || !shared.is_stopping() && !client.is_killed();
    let timeout_ms = order.timeout_ms;
    let patience = Patience { clock: &shared.clock, timeout_ms, is_wanted: &is_wanted };
    let (mut peer, mut first_refusal, mut changed) = (None, None, 0);
    for keys in order.keys.chunks(limits::MIGRATE_KEYS) {
        let mut outgoing = take_values(shared, context, &order, keys)?;
        if outgoing.is_empty() {
            continue;
        }
        let sent = match &mut peer {
            Some(peer) => send(&order, peer, &mut outgoing, &mut first_refusal),
            None => order.connect(patience).and_then(|connected| {
                send(&order, peer.insert(connected), &mut outgoing, &mut first_refusal)
            }),
        };
        changed += settle(shared, context, &order, outgoing);
        // What the other server said first is more than that the connection has ended.
        sent.map_err(|trouble| first_refusal.take().unwrap_or(trouble))?;
    }
    if let Some(refusal) = first_refusal {
        return Err(refusal);
    }
    if changed > 0 {
        let text = format!(
            "ERR {changed} keys changed here after they were sent, and were not removed: repeat \
             the request with REPLACE"
        );
        return Err(text.into());
    }
    reply.simple(if peer.is_some() { "OK" } else { "NOKEY" });
    Ok(())
}

/// Takes the values of the keys that exist.
fn take_values<'a>(
    shared: &Shared,
    context: &mut Context<'_>,
    order: &Order<'_>,
    wanted: &[&'a [u8]],
) -> Result<Vec<Outgoing<'a>>, CommandError> {
    let mut hold = shared.lock_keyspace_unless_busy().ok_or(CommandError::BUSY)?;
    let (db, quiet, now_ms) = (context.session.db(), context.session.no_touch(), hold.now_ms);
    let mut outgoing = Vec::new();
    for key in wanted.iter().copied() {
        let mut keys = hold.keys(db, now_ms, quiet);
        let Some(entry) = keys.read_entry(key) else { continue };
        let (value, expires_at_ms) = (entry.value.clone(), entry.expires_at_ms());
        let ttl_ms = expires_at_ms.map_or(0, |moment_ms| moment_ms.saturating_sub(now_ms).max(1));
        let mut watch = Watch::default();
        if !order.copies {
            hold.watch(&mut watch, db, key, now_ms);
        }
        let is_acknowledged = false;
        outgoing.push(Outgoing { key, value, ttl_ms, expires_at_ms, watch, is_acknowledged });
    }
    hold.finish(&mut context.session.aftermath);
    Ok(outgoing)
}

/// Sends the keys and notes which are acknowledged. A refusal of one does not stop the others.
fn send(
    order: &Order<'_>,
    peer: &mut Peer<'_>,
    outgoing: &mut [Outgoing<'_>],
    first_refusal: &mut Option<CommandError>,
) -> Outcome {
    let (mut bytes, mut begin) = (Vec::new(), 0);
    for at in 0..outgoing.len() {
        order.encode(&outgoing[at], &mut bytes)?;
        if bytes.len() < limits::MIGRATE_BYTES && at + 1 < outgoing.len() {
            continue;
        }
        peer.send(&take(&mut bytes)).map_err(trouble)?;
        for one in &mut outgoing[begin..=at] {
            let refusal = refusal(&peer.answer().map_err(trouble)?);
            one.is_acknowledged = refusal.is_none();
            *first_refusal = first_refusal.take().or(refusal);
        }
        begin = at + 1;
    }
    Ok(())
}

/// Removes what was acknowledged and has not changed; returns how many keys have changed.
fn settle(
    shared: &Shared,
    context: &mut Context<'_>,
    order: &Order<'_>,
    mut outgoing: Vec<Outgoing<'_>>,
) -> usize {
    if order.copies {
        return 0;
    }
    let mut hold = shared.lock_keyspace();
    let (db, now_ms) = (context.session.db(), hold.now_ms);
    let (mut changed, mut removed) = (0, vec![Key::new(b"DEL")]);
    // All watching ends before the first key is removed: a key may have been named twice.
    outgoing.retain_mut(|one| {
        let has_changed = hold.end_watch(&mut one.watch, now_ms);
        // A key that has expired meanwhile will do so there.
        let has_expired = one.expires_at_ms.is_some_and(|moment_ms| moment_ms <= now_ms)
            && !hold.has_key(db, one.key);
        changed += usize::from(has_changed && one.is_acknowledged && !has_expired);
        one.is_acknowledged && !has_changed
    });
    for one in &outgoing {
        if hold.keys(db, now_ms, true).remove(one.key, Event::DEL) {
            removed.push(Key::new(one.key));
        }
    }
    let (keyspace, log) = hold.split();
    if keyspace.propagation.is_on() && removed.len() > 1 {
        log.removals(&mut keyspace.propagation);
        log.words(db, &removed);
        context.session.rests_on.has_written = true;
    }
    if hold.waiters.has_ready() {
        waiting::serve(shared, &mut hold, &mut context.session.aftermath);
    }
    hold.finish(&mut context.session.aftermath);
    changed
}
