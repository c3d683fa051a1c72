//! The stream as a type of value.

use super::id::ID_TEXT;
use super::{Consumer, Group, Id, Stream};
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, stored_word};
use crate::limits;

impl ValueType for Stream {
    const NAME: &'static str = "stream";

    /// A stream without entries exists; one that was never created does not.
    fn is_empty(&self) -> bool {
        !self.exists()
    }

    fn heap_bytes(&self) -> usize {
        Stream::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        "stream"
    }

    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        let entries = self.entries();
        for entry in entries.range(Id::ZERO, Id::MAX) {
            let fields = entry.fields();
            begin(requests, b"XADD", key, 1 + fields.len());
            word_of_id(requests, entry.id);
            fields.for_each(|word| rebuild_element(requests, word));
        }
        if entries.is_empty() {
            begin(requests, b"XADD", key, 5);
            [&b"MAXLEN"[..], b"0", b"0-1", b"x", b"y"].iter().for_each(|word| requests.word(word));
        }
        begin(requests, b"XSETID", key, 5);
        word_of_id(requests, entries.last_id);
        requests.word(b"ENTRIESADDED");
        number(requests, entries.added);
        requests.word(b"MAXDELETEDID");
        word_of_id(requests, entries.max_deleted_id);
        for (name, group) in self.groups() {
            rebuild_group(key, name, group, requests);
        }
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.entries().len() as usize
    }

    fn is_heavy(&self) -> bool {
        self.exists()
    }

    fn check_invariants(&self) {
        Stream::check_invariants(self);
    }
}

/// Begins a request with a command, the key and so many further words.
fn begin(requests: &mut dyn Rebuild, command: &[u8], key: &Key, words: usize) {
    requests.request(2 + words);
    requests.word(command);
    stored_word(requests, key);
}

fn number(requests: &mut dyn Rebuild, number: u64) {
    requests.word(itoa::Buffer::new().format(number).as_bytes());
}

fn word_of_id(requests: &mut dyn Rebuild, id: Id) {
    requests.word(id.text(&mut ID_TEXT.clone()));
}

fn rebuild_group(key: &Key, name: &Key, group: &Group, requests: &mut dyn Rebuild) {
    requests.request(7);
    requests.word(b"XGROUP");
    requests.word(b"CREATE");
    stored_word(requests, key);
    stored_word(requests, name);
    word_of_id(requests, group.last_id);
    requests.word(b"ENTRIESREAD");
    match group.entries_read {
        Some(read) => number(requests, read),
        None => requests.word(b"-1"),
    }
    for consumer in group.consumers() {
        requests.request(5);
        requests.word(b"XGROUP");
        requests.word(b"CREATECONSUMER");
        stored_word(requests, key);
        stored_word(requests, name);
        stored_word(requests, &consumer.name);
        rebuild_pending(key, name, group, consumer, requests);
    }
}

/// Emits a claim for all entries in a row that were delivered at the same moment.
fn rebuild_pending(
    key: &Key,
    name: &Key,
    group: &Group,
    consumer: &Consumer,
    requests: &mut dyn Rebuild,
) {
    let state = |id: Id| group.pending(id).map(|it| (it.delivered_at_ms, it.deliveries));
    let ids: Vec<Id> = consumer.pending_from(Id::ZERO).collect();
    for alike in ids.chunk_by(|one, next| state(*one) == state(*next)) {
        for ids in alike.chunks(limits::AOF_ELEMENTS_PER_REQUEST) {
            let Some((delivered_at_ms, deliveries)) = state(ids[0]) else { continue };
            begin(requests, b"XCLAIM", key, 3 + ids.len() + 6);
            stored_word(requests, name);
            stored_word(requests, &consumer.name);
            requests.word(b"0");
            ids.iter().for_each(|id| word_of_id(requests, *id));
            requests.word(b"TIME");
            number(requests, delivered_at_ms);
            requests.word(b"RETRYCOUNT");
            number(requests, deliveries);
            requests.word(b"JUSTID");
            requests.word(b"FORCE");
        }
    }
}
