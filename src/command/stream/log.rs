//! What the log gets of a command on a group: its effect.
//!
//! A delivery depends on the moment, so it is logged as a claim of certain entries, with their
//! times and counts, which is also how Redis logs it.

use crate::keyspace::Key;
use crate::keyspace::keys::Keys;
use crate::keyspace::types::stream::id::ID_TEXT;
use crate::keyspace::types::stream::{Group, Id, Pending};
use crate::limits;

fn key_of(id: Id) -> Key {
    Key::new(id.text(&mut ID_TEXT.clone()))
}

/// Logs that entries are pending for a consumer, with their present times and counts, and what the
/// group has read last. Entries of the same delivery share a request.
pub(super) fn log_claims(
    keys: &mut Keys<'_>,
    (key, group, consumer): (&[u8], &[u8], &[u8]),
    last_id: Id,
    claims: &[(Id, Pending)],
) {
    let is_same = |one: &(Id, Pending), next: &(Id, Pending)| {
        (one.1.delivered_at_ms, one.1.deliveries) == (next.1.delivered_at_ms, next.1.deliveries)
    };
    for alike in claims.chunk_by(is_same) {
        for portion in alike.chunks(limits::AOF_ELEMENTS_PER_REQUEST) {
            let pending = portion[0].1;
            keys.log_as(|| {
                let head = [&b"XCLAIM"[..], key, group, consumer, b"0"].map(Key::new);
                let ids = portion.iter().map(|(id, _)| key_of(*id));
                let time = [Key::new(b"TIME"), Key::number(pending.delivered_at_ms)];
                let count = [Key::new(b"RETRYCOUNT"), Key::number(pending.deliveries)];
                let rest = [&b"FORCE"[..], b"JUSTID", b"LASTID"].map(Key::new);
                let rest = rest.into_iter().chain([key_of(last_id)]);
                head.into_iter().chain(ids).chain(time).chain(count).chain(rest)
            });
        }
    }
}

/// Logs how far a group has read.
pub(super) fn log_progress(keys: &mut Keys<'_>, key: &[u8], name: &[u8], group: &Progress) {
    keys.log_as(|| {
        let head = [&b"XGROUP"[..], b"SETID", key, name].map(Key::new);
        let read = group.entries_read.map_or(Key::new(b"-1"), Key::number);
        head.into_iter().chain([key_of(group.last_id), Key::new(b"ENTRIESREAD"), read])
    });
}

/// How far a group has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) last_id: Id,
    pub(super) entries_read: Option<u64>,
}

impl Progress {
    pub(super) fn of(group: &Group) -> Progress {
        Progress { last_id: group.last_id, entries_read: group.entries_read }
    }
}

/// Logs that a consumer was created.
pub(super) fn log_consumer(keys: &mut Keys<'_>, key: &[u8], group: &[u8], consumer: &[u8]) {
    let words = [&b"XGROUP"[..], b"CREATECONSUMER", key, group, consumer];
    keys.log_as(|| words.map(Key::new));
}

/// Logs that entries are not pending any more.
pub(super) fn log_acknowledged(keys: &mut Keys<'_>, key: &[u8], group: &[u8], ids: &[Id]) {
    for portion in ids.chunks(limits::AOF_ELEMENTS_PER_REQUEST) {
        keys.log_as(|| {
            let head = [&b"XACK"[..], key, group].map(Key::new);
            head.into_iter().chain(portion.iter().map(|id| key_of(*id)))
        });
    }
}
