//! What clients take, and which of them have to leave when that is too much
//! (`maxmemory-clients`).
//!
//! Counted are the buffers for requests and replies, the requests between MULTI and EXEC, and what
//! waits in outboxes. The largest client leaves first, as in Redis; a client may ask to be spared
//! (CLIENT NO-EVICT).

use crate::clients::Client;
use crate::clients::outbox::Cut;
use crate::config::memory::MaxMemory;
use crate::shared::Shared;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Looks at all clients, which INFO must not do with the keyspace locked.
pub fn sample(shared: &Shared) {
    let clients = shared.clients.list();
    let most = |held: fn(&Client) -> usize| {
        clients.iter().map(|client| held(client)).max().unwrap_or(0) as u64
    };
    let input = most(Client::input_held_bytes);
    shared.stats.client_input_max_bytes.store(input, Relaxed);
    let output = most(Client::output_held_bytes);
    shared.stats.client_output_max_bytes.store(output, Relaxed);
    let held: usize = clients.iter().map(|client| client.held_bytes()).sum();
    shared.stats.client_held_bytes.store(held as u64, Relaxed);
}

/// Closes the connections of clients, the largest first, until the others together take no more
/// than they may. Costs nothing without a limit.
pub fn evict(shared: &Shared) {
    let limit_bytes = limit_bytes(shared);
    if limit_bytes == 0 {
        return;
    }
    let clients = shared.clients.list().into_iter().map(|client| (client.held_bytes(), client));
    let mut clients: Vec<(usize, Arc<Client>)> = clients.collect();
    let mut held: usize = clients.iter().map(|(bytes, _)| bytes).sum();
    if held as u64 <= limit_bytes {
        return;
    }
    clients.retain(|(_, client)| !client.no_evict.load(Relaxed));
    clients.sort_by_key(|(bytes, _)| *bytes);
    let mut leaving = Vec::new();
    while held as u64 > limit_bytes
        && let Some((bytes, client)) = clients.pop()
    {
        held -= bytes;
        client.outbox.cut_off(Cut::Evicted);
        leaving.push(client.id);
    }
    shared.clients.kill_where(|client| leaving.contains(&client.id));
    shared.clients.close_killed();
}

/// What all clients together may take; 0 is no limit. Per cent are those of `maxmemory`.
fn limit_bytes(shared: &Shared) -> u64 {
    let config = shared.config();
    match config.maxmemory_clients {
        MaxMemory::Bytes(bytes) => bytes,
        MaxMemory::Percent(percent) => config.limit().bytes as u64 / 100 * percent,
    }
}
