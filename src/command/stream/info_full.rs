//! XINFO STREAM … FULL: entries, groups, consumers, and what is pending.

use super::info::reply_progress;
use super::{reply_id, reply_range};
use crate::command::engine::Reply;
use crate::keyspace::types::stream::{Consumer, Group, Id, Pending, Stream};

/// The second part of the reply: up to `count` entries, and as many pending ones of each group and
/// each consumer.
pub(super) fn reply_full(reply: &mut Reply, stream: &Stream, count: usize) {
    reply.bulk(b"entries");
    reply_range(reply, stream.entries(), (Id::ZERO, Id::MAX), count, |_| ());
    reply.bulk(b"groups");
    reply.array(stream.groups_len());
    for (name, group) in stream.groups() {
        reply.map(7);
        reply.bulk(b"name");
        reply.bulk(name);
        reply.bulk(b"last-delivered-id");
        reply_id(reply, group.last_id);
        reply_progress(reply, stream, group);
        reply.bulk(b"pel-count");
        reply.count(group.pending_len());
        reply.bulk(b"pending");
        reply.array(group.pending_len().min(count));
        for (id, pending) in group.pending_from(Id::ZERO).take(count) {
            reply.array(4);
            reply_id(reply, id);
            reply.bulk(group.name_of(pending.consumer));
            reply_delivery(reply, pending);
        }
        reply.bulk(b"consumers");
        reply.array(group.consumers_len());
        group.consumers().for_each(|consumer| reply_consumer(reply, group, consumer, count));
    }
}

fn reply_delivery(reply: &mut Reply, pending: &Pending) {
    reply.integer(pending.delivered_at_ms as i64);
    reply.integer(pending.deliveries as i64);
}

fn reply_consumer(reply: &mut Reply, group: &Group, consumer: &Consumer, count: usize) {
    reply.map(5);
    reply.bulk(b"name");
    reply.bulk(&consumer.name);
    reply.bulk(b"seen-time");
    reply.integer(consumer.seen_at_ms as i64);
    reply.bulk(b"active-time");
    reply.integer(consumer.active_at_ms.map_or(-1, |ms| ms as i64));
    reply.bulk(b"pel-count");
    reply.count(consumer.pending_len());
    reply.bulk(b"pending");
    let ids = consumer.pending_from(Id::ZERO).take(count);
    let pending: Vec<(Id, &Pending)> =
        ids.filter_map(|id| Some((id, group.pending(id)?))).collect();
    reply.array(pending.len());
    for (id, pending) in pending {
        reply.array(3);
        reply_id(reply, id);
        reply_delivery(reply, pending);
    }
}
