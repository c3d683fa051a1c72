//! Which key events the keyspace has to queue, as `notify-keyspace-events` says.

use crate::config::Events;
use crate::keyspace::events::class;

/// The directive's letters, and what each is called in the keyspace.
const CLASSES: [(Events, u32); 13] = [
    (Events::KEYSPACE, class::KEYSPACE),
    (Events::KEYEVENT, class::KEYEVENT),
    (Events::GENERIC, class::GENERIC),
    (Events::STRING, class::STRING),
    (Events::LIST, class::LIST),
    (Events::SET, class::SET),
    (Events::HASH, class::HASH),
    (Events::SORTED_SET, class::SORTED_SET),
    (Events::EXPIRED, class::EXPIRED),
    (Events::EVICTED, class::EVICTED),
    (Events::STREAM, class::STREAM),
    (Events::KEY_MISS, class::KEY_MISS),
    (Events::NEW, class::NEW),
];

/// The classes to be queued. None if there is no channel on which they would be published: without
/// `K` and `E` the other letters ask for nothing.
pub(super) fn wanted(events: Events) -> u32 {
    let chosen = CLASSES.iter().filter(|(class, _)| events.contains(*class));
    let classes = chosen.fold(0, |sum, (_, class)| sum | class);
    if classes & (class::KEYSPACE | class::KEYEVENT) == 0 { 0 } else { classes }
}
