//! The line that describes a client: CLIENT LIST, CLIENT INFO, and ACL LOG.

use crate::clients::Client;
use crate::clients::tracking::state;
use crate::command::engine::table;
use crate::listener::Address;
use std::sync::atomic::Ordering::Relaxed;

/// One line of CLIENT LIST, with Redis 7.2's fields; a feature that respool lacks is shown as Redis
/// shows it for a client that does not use it.
pub(crate) fn describe(client: &Client, now_ms: u64) -> String {
    let names = client.names.lock().clone();
    let seconds_since = |ms: u64| now_ms.saturating_sub(ms) / 1_000;
    let command = match client.command.load(Relaxed).checked_sub(1) {
        Some(index) => table::rows()[index].full_name(),
        None => "NULL".to_owned(),
    };
    let queued = client.queued.load(Relaxed);
    let [channels, patterns, shards] = client.subscriptions.each_ref().map(|n| n.load(Relaxed));
    let tracking = client.tracking.load(Relaxed);
    let states = [
        (matches!(client.peer, Address::Unix(_)), 'U'),
        (client.is_monitor.load(Relaxed), 'O'),
        (channels + patterns + shards > 0, 'P'),
        (client.is_waiting.load(Relaxed), 'b'),
        (queued >= 0, 'x'),
        (tracking & state::ON != 0, 't'),
        (tracking & state::BROKEN != 0, 'R'),
        (tracking & state::BCAST != 0, 'B'),
        (client.no_evict.load(Relaxed), 'e'),
        (client.no_touch.load(Relaxed), 'T'),
    ];
    let mut flags: String = states.iter().filter(|(is, _)| *is).map(|(_, flag)| *flag).collect();
    if flags.is_empty() {
        flags.push('N');
    }
    let queued_bytes = client.queued_bytes.load(Relaxed);
    let query = client.query_bytes.load(Relaxed);
    let query_held = client.query_held_bytes.load(Relaxed);
    let waiting = client.outbox.waiting();
    let reply_held = client.reply_held_bytes.load(Relaxed);
    format!(
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={flags} db={} sub={channels} \
         psub={patterns} ssub={shards} multi={queued} qbuf={query} qbuf-free={} argv-mem=0 \
         multi-mem={queued_bytes} rbs={reply_held} rbp=0 obl={} oll={} omem={} tot-mem={} events=r \
         cmd={command} user={} redir={} resp={} lib-name={} lib-ver={}\n",
        client.id,
        client.peer,
        client.local,
        client.descriptor(),
        names.client,
        seconds_since(client.connected_at_ms),
        seconds_since(client.active_at_ms.load(Relaxed)),
        client.db.load(Relaxed),
        query_held.saturating_sub(query),
        waiting.bytes,
        waiting.items,
        waiting.held_bytes,
        query_held + queued_bytes + reply_held + waiting.held_bytes,
        names.user.escape_ascii(),
        client.redirect.load(Relaxed),
        client.resp.load(Relaxed),
        names.library,
        names.library_version,
    )
}
